package event

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestUnmarshalJSON(t *testing.T) {
	var envelope struct {
		Alert  *Event `json:"alert"`
		Value  Value  `json:"value"`
		Null   Value  `json:"null"`
		Fields Fields `json:"fields"`
		None   Fields `json:"none"`
	}
	err := json.Unmarshal([]byte(`{"alert":`+idAlert+`,"value": ["a\n", 1721831527191837261] ,"null":null,"fields":{"b":1,"a.b":"\u00e9"},"none":null}`), &envelope)
	if err != nil {
		t.Fatal(err)
	}
	if envelope.Alert.ID() != parsed(t, idAlert).ID() || envelope.Alert.Fields.Len() != 6 {
		t.Errorf("the alert became %s", envelope.Alert.AppendJSON(nil))
	}
	if list, _ := envelope.Value.Strings(); len(list) != 2 || list[0] != "a\n" || list[1] != "1721831527191837261" {
		t.Errorf("the value became %q", list)
	}
	if envelope.Null.Kind() != Null || envelope.None.Len() != 0 || briefFields(envelope.Fields) != "b=1; a.b=é" {
		t.Errorf("%v, %v, %s", envelope.Null.Kind(), envelope.None.Len(), briefFields(envelope.Fields))
	}

	var e Event
	var f Fields
	var v Value
	for text, into := range map[string]json.Unmarshaler{
		`{"rule":"A"}`: &e, `[]`: &f, `{"a":1,"a":2}`: &f, `1 2`: &v, ``: &v, `{"a":`: &v, "\"\n\"": &v, `"a`: &v,
	} {
		var syntax *SyntaxError
		if err := into.UnmarshalJSON([]byte(text)); !errors.As(err, &syntax) {
			t.Errorf("%s gives %v", text, err)
		}
	}
	if err := v.UnmarshalJSON([]byte("\"a\xff\"")); err != nil || v.Text() != "a\uFFFD" {
		t.Errorf("%v, %q", err, v.Text())
	}
}
