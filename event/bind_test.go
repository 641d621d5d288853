package event

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestBind(t *testing.T) {
	type inner struct {
		Name string `falco:"user.name"`
		UID  uint32 `falco:"user.uid"`
	}
	type all struct {
		inner
		User     inner
		Rule     string         `falco:"alert.rule,required"`
		Severity int            `falco:"alert.severity"`
		At       time.Time      `falco:"evt.time"`
		Took     time.Duration  `falco:"proc.duration"`
		From     netip.Addr     `falco:"fd.cip"`
		Net      netip.Prefix   `falco:"fd.cip"`
		Groups   []string       `falco:"ka.user.groups"`
		Raw      Value          `falco:"proc.pname"`
		None     Value          `falco:"proc.none"`
		PID      *int64         `falco:"proc.pid"`
		PPID     *int64         `falco:"proc.ppid"`
		TTY      Opt[int64]     `falco:"proc.tty"`
		SID      Opt[int64]     `falco:"proc.sid"`
		Write    bool           `falco:"evt.is_open_write"`
		Usage    float32        `falco:"proc.fdusage"`
		Arg      Opt[string]    `falco:"ka.uri.param[a,b]"`
		Skipped  map[string]int // without a tag
	}
	e := withFields(t, `"evt.time":1721831527191837261,"proc.duration":5,"fd.cip":"10.0.0.1","ka.user.groups":["a","b"],"proc.pname":null,
		"proc.pid":7,"proc.ppid":null,"proc.tty":0,"evt.is_open_write":true,"proc.fdusage":0.5,"ka.uri.param[a,b]":"x","user.name":"root","user.uid":4294967295`)
	b, err := Bind[all](e)
	if err != nil {
		t.Fatal(err)
	}
	if b.Rule != "A" || b.Severity != 5 || b.At.UnixNano() != 1721831527191837261 || b.Took != 5 || b.From.String() != "10.0.0.1" ||
		b.Net.String() != "10.0.0.1/32" || len(b.Groups) != 2 || b.Raw.Kind() != Null || b.None.Kind() != Absent || *b.PID != 7 || b.PPID != nil ||
		!b.TTY.OK || b.SID.OK || !b.Write || b.Usage != 0.5 || b.Arg.V != "x" || b.User.Name != "root" || b.Name != "root" || b.User.UID != 4294967295 {
		t.Errorf("%+v", b)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if _, err := Bind[all](e); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestBindErrors(t *testing.T) {
	type misfits struct {
		Small int8 `falco:"proc.pid"`
		User  struct {
			IP netip.Addr `falco:"user.name"`
		}
		Need string `falco:"proc.name,required"`
		NA   string `falco:"proc.pname,required"`
		Fits string `falco:"user.name"`
	}
	b, err := Bind[misfits](withFields(t, `"proc.pid":300,"user.name":"root","proc.pname":"<NA>"`))
	want := strings.Join([]string{
		`proc.pid: number "300" does not fit Small int8`,
		`user.name: string "root" does not fit User.IP netip.Addr`,
		`proc.name: absent does not fit Need string`,
		`proc.pname: string "<NA>" does not fit NA string`,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	var one *BindError
	if !errors.As(err, &one) || one.Field != "proc.pid" || one.Got.Text() != "300" {
		t.Errorf("got %+v", one)
	}
	if b.Fits != "root" {
		t.Error("what fits is not read")
	}

	refused := func(err error, part string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want an error about %q", err, part)
		}
	}
	e := withFields(t, "")
	_, err = Bind[int](e)
	refused(err, "not a struct")
	_, err = Bind[struct {
		C chan int `falco:"a"`
	}](e)
	refused(err, "no field reads as chan int")
	_, err = Bind[struct {
		c string `falco:"a"`
	}](e)
	refused(err, "not exported")
	_, err = Bind[struct {
		C string `falco:",required"`
	}](e)
	refused(err, "cannot bind C")
}

func BenchmarkBind(b *testing.B) {
	e := withFields(b, `"proc.pid":300,"user.name":"root","proc.name":"cat"`)
	type process struct {
		PID  int64  `falco:"proc.pid"`
		Name string `falco:"proc.name"`
		User string `falco:"user.name"`
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Bind[process](e); err != nil {
			b.Fatal(err)
		}
	}
}
