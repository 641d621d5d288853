package event

import "testing"

// wantAllocs fails if f allocates more than want times.
func wantAllocs(t *testing.T, what string, want float64, f func()) {
	t.Helper()
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	if got := testing.AllocsPerRun(100, f); got > want {
		t.Errorf("%s allocates %v times, the budget is %v", what, got, want)
	}
}

func TestAllocations(t *testing.T) {
	lines, _ := benchAlerts(t)
	line := lines[len(lines)-1]
	e, err := Parse(line)
	if err != nil {
		t.Fatal(err)
	}
	wantAllocs(t, "Parse", 2, func() { e, _ = Parse(line) })

	var into Event
	r := room{reused: true}
	limits := Limits{}.orDefault()
	wantAllocs(t, "decoding into used memory", 0, func() {
		into = Event{}
		_, _ = into.decode(&r, line, limits, wholeInput)
	})

	wantAllocs(t, "Get", 0, func() { _ = e.Fields.Get("proc.name") })
	wantAllocs(t, "Field", 0, func() { _ = e.Field("alert.rule") })
	wantAllocs(t, "Int", 0, func() { _, _ = e.Fields.Get("evt.time").Int() })
	wantAllocs(t, "Process", 0, func() { _ = e.Process() })
	wantAllocs(t, "ID", 0, func() { _ = e.ID() })
	buf := e.AppendJSON(nil)
	wantAllocs(t, "AppendJSON", 0, func() { buf = e.AppendJSON(buf[:0]) })

	list := StringsValue("a", "b", "c")
	wantAllocs(t, "Elements", 0, func() {
		n := 0
		for v := range list.Elements() {
			n += len(v.Text())
		}
		if n != 3 {
			t.Error("lost elements")
		}
	})
}

// TestConformanceParseAllocations holds the budget for alerts of any shape.
func TestConformanceParseAllocations(t *testing.T) {
	agree := 0
	for _, name := range conformanceAlerts(t) {
		for _, line := range conformanceFile(t, name) {
			want := 2.0
			if e, err := Parse(line); err != nil || len(e.Tags) > inlineTags {
				want++
			}
			wantAllocs(t, name, want, func() { _, _ = Parse(line) })
			agree++
		}
	}
	report(t, "allocations", agree, 0)
}
