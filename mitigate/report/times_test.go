package report

import (
	"strings"
	"testing"
)

func TestLocalClock(t *testing.T) {
	for text, want := range map[string]string{
		"03:36:21.780289000: Critical x": "UTC+3", "00:36:21.780289000: Critical x": "", "19:36:21.780289000: x": "UTC-5",
		"06:06:21.780289000: x": "UTC+5:30", "21:06:21.1: x": "UTC-3:30", "03:36:22.1: x": "", "2023-06-30T00:36:21: x": "", "x": "", "": "",
	} {
		e := parse(t, []byte(`{"rule":"R","priority":"Notice","time":"2023-06-30T00:36:21.780289Z","output":"`+text+`","output_fields":{}}`))
		if got := localClock(e); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestTimes(t *testing.T) {
	e := parse(t, []byte(`{"rule":"R","priority":"Notice","time":"2026-09-25T18:35:24.684804693Z","output_fields":{`+
		`"container.start_ts":1790361081083266061,"proc.exe_ino.ctime":1790361177439492389,"proc.exe_ino.mtime":1790361177439492389,"proc.ppid.ts":0}}`))
	tab := new(room).times(e)
	var got []string
	for _, r := range tab.rows {
		got = append(got, r[1].String()+" "+r[2].String())
	}
	want := " the container started|+96 s the content of the program's file was last written; the program's file was last changed, its owner and mode included|+147 s this alert"
	if strings.Join(got, "|") != want {
		t.Errorf("times = %q", got)
	}
	if tab := new(room).times(parse(t, []byte(`{"rule":"R","priority":"Notice","time":"2026-09-25T18:35:24Z","output_fields":{"container.start_ts":0}}`))); tab.rows != nil {
		t.Errorf("times of an alert without any: %v", tab.rows)
	}
}
