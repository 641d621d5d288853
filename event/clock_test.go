package event

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"2024-07-24T14:32:07Z":                "2024-07-24T14:32:07.000000000Z",
		"2024-07-24t14:32:07.5z":              "2024-07-24T14:32:07.500000000Z",
		"2024-07-24 14:32:07.191837261":       "2024-07-24T14:32:07.191837261Z",
		"2024-07-24T14:32:07.19183726Z":       "2024-07-24T14:32:07.191837260Z",
		"2024-07-24T14:32:07.191837261+0000":  "2024-07-24T14:32:07.191837261Z",
		"2024-07-24T14:32:07.191837261-05:30": "2024-07-24T20:02:07.191837261Z",
		"2024-07-24T14:32:07+2":               "2024-07-24T12:32:07.000000000Z",
		"2024-07-24T14:32:07Z+2":              "2024-07-24T12:32:07.000000000Z",
		"2024-07-24T14:32:07+02":              "2024-07-24T12:32:07.000000000Z",
		"2024-02-29T23:59:60Z":                "2024-03-01T00:00:00.000000000Z",
		"0000-01-01T00:00:00Z":                "0000-01-01T00:00:00.000000000Z",
		"9999-12-31T23:59:59.999999999Z":      "9999-12-31T23:59:59.999999999Z",
		"1900-02-28T00:00:00Z":                "1900-02-28T00:00:00.000000000Z",
		"2023-02-29T00:00:00Z":                "", "1900-02-29T00:00:00Z": "", "2024-04-31T00:00:00Z": "", "2024-13-01T00:00:00Z": "", "2024-00-01T00:00:00Z": "",
		"2024-07-24T24:00:00Z": "", "2024-07-24T14:60:00Z": "", "2024-07-24T14:32:61Z": "", "2024-07-24T14:32:07.Z": "", "2024-07-24T14:32:07.1234567890Z": "",
		"2024-07-24": "", "14:32:07": "", "2024-07-24T14:32": "", "2024-07-24T14:32:07X": "", "2024-07-24T14:32:07+25:00": "", "2024-07-24T14:32:07+1:00": "", "": "",
		"2024-07-24T14:32:07Z ": "", "0000-01-01T00:00:00+01:00": "", "9999-12-31T23:59:60Z": "", "2o24-07-24T14:32:07Z": "", "+024-07-24T14:32:07Z": "",
	} {
		got, ok := parseTime(text)
		if ok != (want != "") || ok && string(appendTime(nil, got)) != want {
			t.Errorf("%q is %v, %v, want %s", text, got, ok, want)
		}
	}
}

// Every day agrees with package time, and so does each second of an odd one.
func TestParseTimeAgainstTime(t *testing.T) {
	for day := time.Date(0, 1, 1, 23, 59, 59, 123456789, time.UTC); day.Year() < 10000; day = day.AddDate(0, 0, 1) {
		if got, ok := parseTime(day.Format(time.RFC3339Nano)); !ok || !got.Equal(day) {
			t.Fatalf("%v is %v, %v", day, got, ok)
		}
	}
}

func TestTimeOfAlert(t *testing.T) {
	alert := func(time, fields string) string {
		return `{"rule":"A","priority":"info",` + time + `"output_fields":{` + fields + `}}`
	}
	const ns, iso = "1721831527191837261", "2024-07-24T14:32:07.191837261Z"
	for _, c := range []struct {
		alert, want string
		from        TimeSource
	}{
		{alert(`"time":"`+iso+`",`, ``), iso, TimeOfAlert},
		{alert(`"time":{"seconds":1721831527,"nanos":191837261},`, ``), iso, TimeOfAlert},
		{alert(`"time":{"seconds":"1721831527","nanos":191837261},`, ``), iso, TimeOfAlert},
		{alert(``, `"evt.time":`+ns), iso, TimeOfField},
		{alert(`"time":null,`, `"evt.time.iso8601":`+ns), iso, TimeOfField},
		{alert(`"time":"",`, `"jevt.time":"14:32:07.191837261","jevt.time.iso8601":"2024-07-24T14:32:07.191837261+0000"`), iso, TimeOfField},
		{alert(`"time":"2024-07-24T16:32:07.191837261Z+2",`, ``), iso, TimeOfAlert},
		{alert(`"time":"2024-07-24T16:32:07.191837261Z+2",`, `"evt.time":`+ns), iso, TimeOfAlert},
		{alert(`"time":"2024-07-24T14:32:07.191837261Z+2",`, `"evt.time":`+ns), iso, TimeOfAlert},
	} {
		e := parsed(t, c.alert)
		if got := string(appendTime(nil, e.Time)); got != c.want || e.TimeSource() != c.from {
			t.Errorf("%s: %s from %v, want %s from %v", c.alert, got, e.TimeSource(), c.want, c.from)
		}
	}
	e := parsed(t, alert(`"time":"`+iso+`",`, `"evt.time":1721831527191837400`))
	if field, later, ok := e.TimeCheck(); field != "evt.time" || later != 139 || !ok {
		t.Errorf("TimeCheck = %s, %v, %v", field, later, ok)
	}
	if _, _, ok := parsed(t, alert(`"time":"`+iso+`",`, ``)).TimeCheck(); ok {
		t.Error("TimeCheck is ok without a field to check")
	}
}
