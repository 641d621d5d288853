package report

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
)

// moments are the fields that say when something was before the alert.
var moments = []struct{ field, what string }{
	{"container.start_ts", "the container started"},
	{"proc.pidns_init_start_ts", "the first process of its process namespace started"},
	{"proc.ppid.ts", "the parent process started"},
	{"proc.exe_ino.mtime", "the content of the program's file was last written"},
	{"proc.exe_ino.ctime", "the program's file was last changed, its owner and mode included"},
	{"proc.pid.ts", "the process started"},
}

// times lists what happened when, with what lay between, where the alert has
// more than one point in time.
func (r *room) times(e *event.Event) table {
	type moment struct {
		at   time.Time
		what mitigate.Text
	}
	var list []moment
	add := func(at time.Time, what string) {
		for i := range list {
			if list[i].at.Equal(at) {
				list[i].what = r.join(list[i].what, say("; "), say(what))
				return
			}
		}
		list = append(list, moment{at, r.say(what)})
	}
	for _, m := range moments {
		// A field without a plausible time is 0, or as old as the image.
		if t, ok := e.Fields.Get(m.field).Time(); ok && t.Year() >= 2015 && !t.After(e.Time) {
			add(t, m.what)
		}
	}
	if len(list) == 0 {
		return table{}
	}
	add(e.Time, "this alert")
	slices.SortStableFunc(list, func(a, b moment) int { return a.at.Compare(b.at) })
	t := table{head: []string{"Time", "After", "What"}}
	for i, m := range list {
		after := ""
		if i > 0 {
			after = "+" + mitigate.Elapsed(m.at.Sub(list[i-1].at))
		}
		t.rows = append(t.rows, []mitigate.Text{say(m.at.UTC().Format("2006-01-02 15:04:05.000 UTC")), say(after), m.what})
	}
	return t
}

// localClock returns how far the clock in the alert's text is from UTC, such as
// UTC+3, where the text begins with the time of day of the same second. It is
// empty where both agree or nothing can be said.
func localClock(e *event.Event) string {
	const clock = "15:04:05"
	if len(e.Output) < len(clock) {
		return ""
	}
	local, err := time.Parse(clock, e.Output[:len(clock)])
	if err != nil {
		return ""
	}
	utc, _ := time.Parse(clock, e.Time.UTC().Format(clock))
	d := local.Sub(utc)
	switch {
	case d > 14*time.Hour:
		d -= 24 * time.Hour
	case d <= -12*time.Hour:
		d += 24 * time.Hour
	}
	if d == 0 || d%(15*time.Minute) != 0 {
		return ""
	}
	offset := strconv.Itoa(int(d / time.Hour))
	if d > 0 {
		offset = "+" + offset
	}
	if m := d % time.Hour / time.Minute; m != 0 {
		offset += fmt.Sprintf(":%02d", max(m, -m))
	}
	return "UTC" + offset
}
