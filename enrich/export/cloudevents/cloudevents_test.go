package cloudevents_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/enrich/export/cloudevents"
	"github.com/falconer-go/falconer/event"
)

const alert = `{"hostname":"a\u001b[31m\u0085\uffff","output":"o","output_fields":{},"priority":"Notice","rule":"R\u0000\n\u00e9","source":"syscall","time":"2026-09-17T09:12:44.000000000Z"}`

// TestAttributes holds that attributes have no character that CloudEvents
// forbids in them, and that the data have it all the same.
func TestAttributes(t *testing.T) {
	e, err := event.Parse([]byte(alert))
	if err != nil {
		t.Fatal(err)
	}
	doc := cloudevents.Append(nil, e)
	var got struct{ Rule, Hostname string }
	if err := json.Unmarshal(doc, &got); err != nil {
		t.Fatal(err)
	}
	if got.Rule != "R\uFFFD\uFFFDé" || got.Hostname != "a\uFFFD[31m\uFFFD\uFFFD" {
		t.Errorf("attributes %+q", got)
	}
	back, err := cloudevents.Parse(doc)
	if err != nil || back.Rule != e.Rule || back.Hostname != e.Hostname {
		t.Errorf("came back as %+v, %v", back, err)
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ doc, err string }{
		{`{"specversion":"1.0","id":"1","source":"x","type":"t","data":` + alert + `}`, ""},
		{`{"specversion":"1.0","data_base64":"` + base64.StdEncoding.EncodeToString([]byte(alert)) + `"}`, ""},
		{`{"specversion":"1.0"}`, "no data"},
		{`{"specversion":"0.3","data":{}}`, "specversion"},
		{`[]`, "cloudevents"},
		{`{"specversion":"1.0","data":`, "cloudevents"},
		{`{"specversion":"1.0","data_base64":"*"}`, "cloudevents"},
	} {
		e, err := cloudevents.Parse([]byte(c.doc))
		if c.err == "" && (err != nil || e.Priority != event.Notice) {
			t.Errorf("%s: %v", c.doc, err)
		}
		if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: error %v, want one of %s", c.doc, err, c.err)
		}
	}
	var syntax *event.SyntaxError
	if _, err := cloudevents.Parse([]byte(`{"specversion":"1.0","data":"text"}`)); !errors.As(err, &syntax) {
		t.Errorf("data that are no alert: %v", err)
	}
}
