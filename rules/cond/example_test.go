package cond_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules/cond"
)

func alert(fields string) *event.Event {
	e, err := event.Parse([]byte(`{
		"rule": "Netcat Remote Code Execution in Container", "priority": "Warning", "source": "syscall",
		"time": "2026-01-02T03:04:05.000000006Z", "output": "netcat ran", "tags": ["network"],
		"output_fields": ` + fields + `}`))
	if err != nil {
		panic(err)
	}
	return e
}

// A condition decides which alerts a handler gets.
func ExampleCompile() {
	shells, err := cond.Compile(`
		proc.name in (nc, ncat) and not fd.snet in (10.0.0.0/8, 192.168.0.0/16)
		and alert.tags intersects (network)`, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var mux event.Mux
	mux.Handle(shells, event.HandlerFunc(func(_ context.Context, e *event.Event) error {
		fmt.Println("outbound:", e.Fields.Get("fd.sip"))
		return nil
	}))
	mux.HandleEvent(context.Background(), alert(`{"proc.name": "nc", "fd.sip": "10.1.2.3"}`))
	mux.HandleEvent(context.Background(), alert(`{"proc.name": "nc", "fd.sip": "203.0.113.9"}`))
	// Output: outbound: 203.0.113.9
}

// The fields that a condition reads are those that a rule has to print.
func ExampleFields() {
	x, err := cond.Parse("spawned and proc.aname[2] = sshd and tolower(fd.name) endswith .key", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cond.Fields(x))
	// Output: [fd.name proc.aname[2]]
}

func ExampleRewrite() {
	macro, _ := cond.Parse("evt.type = execve or evt.type = execveat", nil)
	x, _ := cond.Parse("spawned and proc.name = nc", nil)
	y := cond.Rewrite(x, func(x cond.Expr) cond.Expr {
		if m, ok := x.(*cond.Macro); ok && m.Name == "spawned" {
			return macro
		}
		return x
	})
	fmt.Println(y)
	// Output: (evt.type = execve or evt.type = execveat) and proc.name = nc
}

// An error has Falco's message and the place of the fault.
func ExampleError_Caret() {
	text := "proc.name = nc and fd.sport = htpp"
	_, err := cond.Compile(text, nil)
	var e *cond.Error
	if errors.As(err, &e) {
		fmt.Println(e)
		fmt.Println(e.Caret(text))
	}
	// Output:
	// 1:31: unrecognized protocol htpp
	// proc.name = nc and fd.sport = htpp
	//                               ^
}

// Tools can offer what may stand where reading stopped.
func ExampleError_expected() {
	_, err := cond.Parse("evt.num > ", nil)
	var e *cond.Error
	if errors.As(err, &e) {
		fmt.Println(e.Pos.Offset, e.Expected)
	}
	// Output: 10 [<number> <transformer>]
}

// The fields of a host's own plugin join those of Falco.
func ExampleEnv() {
	own, err := cond.NewTable(
		cond.FieldInfo{Name: "door.id", Type: cond.CharBuf},
		cond.FieldInfo{Name: "door.open", Type: cond.Bool},
		cond.FieldInfo{Name: "door.badges", Type: cond.CharBuf, List: true},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	env := &cond.Env{Fields: cond.Falco().With(cond.Alert()).With(own)}
	p, err := cond.Compile("door.open = true and not door.badges intersects (staff, guard)", env)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Match(alert(`{"door.open": true, "door.badges": ["visitor"]}`)))
	_, err = cond.Compile("door.open = yes", env)
	fmt.Println(err)
	// Output:
	// true
	// 1:13: filter error: unrecognized boolean value yes
}

// A table also comes from what falco --list --format json prints.
func ExampleParseTable() {
	own, err := cond.ParseTable([]byte(`{"fieldclasses": [{
		"name": "door", "event_sources": ["door"],
		"fields": [{"name": "door.key", "type": "CHARBUF", "is_list": false, "desc": "",
			"argument": {"required": true, "type": ["INDEX"]}}]}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = cond.Compile("door.key[first] exists", &cond.Env{Fields: own})
	fmt.Println(err)
	// Output: 1:1: filter door.key[first] door.key has an invalid index argument not composed only by digits: first
}

// Three values tell what an alert does not say from what is not so.
func ExampleProgram_Eval() {
	p := cond.MustCompile("proc.name = nc and not user.name = root")
	for _, fields := range []string{
		`{"proc.name": "nc", "user.name": "daemon"}`,
		`{"proc.name": "nc", "user.name": null}`, // Falco looked: there is no such user
		`{"proc.name": "nc"}`,                    // the rule does not print it
		`{"proc.name": "bash"}`,
	} {
		e := alert(fields)
		fmt.Println(p.Eval(e), p.Match(e))
	}
	// Output:
	// true true
	// true true
	// unknown true
	// false false
}

// A Set says which of many conditions hold, and shares their work.
func ExampleSet() {
	set := cond.NewSet(
		cond.MustCompile("proc.name in (nc, ncat)"),
		cond.MustCompile("proc.name in (nc, ncat) and user.uid = 0"),
		cond.MustCompile("fd.name startswith /etc"),
	)
	fmt.Println(set.AppendMatches(nil, alert(`{"proc.name": "nc", "user.uid": 0}`)))
	// Output: [0 1]
}

// Explain helps to find out why a handler is not told of an alert.
func ExampleProgram_Explain() {
	p := cond.MustCompile("proc.name in (nc, ncat) and not (user.uid = 0 or user.name = root)")
	fmt.Println(p.Explain(alert(`{"proc.name": "bash", "user.uid": 0}`)))
	fmt.Println(p.Explain(alert(`{"proc.name": "nc", "user.uid": 0}`)))
	fmt.Println(p.Explain(alert(`{"proc.name": "nc", "user.uid": 33}`)))
	// Output:
	// not proc.name in (nc, ncat) (proc.name is "bash")
	// user.uid = 0 (user.uid is 0)
	// proc.name in (nc, ncat) (proc.name is "nc"); not user.uid = 0 (user.uid is 33); not user.name = root (the alert has no user.name)
}
