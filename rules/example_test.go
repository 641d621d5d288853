package rules_test

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/rules"
)

// A rule file, as it lies on disk.
var file = rules.File{Name: "rules.yaml", Data: []byte(`# Our rules.
- list: shells
  items: [bash, sh]

- rule: Shell in container
  desc: a shell was started in a container
  condition: >
    evt.type = execve and container.id != host
    and proc.name in (shells)
  output: shell (%proc.name %proc.cmdline %container.image.repository)
  priority: NOTICE
  tags: [container, shell]
`)}

// An alert of that rule, as Falco sent it.
var alert = parse(`{"rule":"Shell in container","priority":"Notice","source":"syscall",
	"time":"2026-01-02T03:04:05.000000006Z","output_fields":{"evt.type":"execve","container.id":"3ad7b26ded6d",
	"proc.name":"bash","proc.cmdline":"bash -c \"backup; sync\"","container.image.repository":"registry.example/backup"}}`)

func parse(text string) *event.Event {
	e, err := event.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return e
}

func Example() {
	set, err := rules.Load(nil, file)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range set.Match(alert) {
		fmt.Println(r.Name, r.Priority, r.Tags)
	}
	// Output: Shell in container Notice [container shell]
}

// What is wrong with a file, and where: inside a folded scalar too, and all of
// it in one go.
func ExampleLoad_errors() {
	_, err := rules.Load(nil, rules.File{Name: "bad.yaml", Data: []byte(`- rule: A
  desc: d
  condition: >
    evt.type = open
    and proc.nome = cat
  output: opened %fd.nmae
  priority: NOTICE
- rule: B
  condition: and proc.name = x
  override: {condition: append}
`)})
	var list rules.ErrorList
	if errors.As(err, &list) {
		for _, e := range list {
			fmt.Println(e.Pos, e.Code, e.Beyond)
		}
	}
	fmt.Println(list[0])
	// Output:
	// 8:3 LOAD_ERR_VALIDATE false
	// 6:18 LOAD_ERR_COMPILE_OUTPUT true
	// bad.yaml:8:3: rule "B": Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists (LOAD_ERR_VALIDATE)
}

// The narrowest exception that silences one benign alert, put into the file.
func ExampleSet_Exception() {
	set, err := rules.Load(nil, file)
	if err != nil {
		fmt.Println(err)
		return
	}
	x, err := set.Exception(alert, "proc.cmdline", "container.image.repository")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(x.YAML())

	patched, err := x.Patch(file.Data)
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err = rules.Load(nil, rules.File{Name: file.Name, Data: patched})
	fmt.Println(err, len(set.Match(alert)))
	// Output:
	// - rule: Shell in container
	//   exceptions:
	//     - name: proc_cmdline_container_image_repository
	//       fields: [proc.cmdline, container.image.repository]
	//       comps: [=, =]
	//       values:
	//         - ['"bash -c \"backup; sync\""', registry.example/backup]
	//   override:
	//     exceptions: append
	// <nil> 0
}

// An override in a later file changes a rule of an earlier one.
func ExampleOverride() {
	critical := event.Critical
	text, err := (&rules.Override{
		Rule:            "Shell in container",
		AppendCondition: "and not user.name = backup",
		Priority:        &critical,
	}).YAML()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(text)

	set, err := rules.Load(nil, file, rules.File{Name: "local.yaml", Data: []byte(text)})
	fmt.Println(err, set.Rule("Shell in container").Priority)
	// Output:
	// - rule: Shell in container
	//   condition: 'and not user.name = backup'
	//   priority: CRITICAL
	//   override:
	//     condition: append
	//     priority: replace
	// <nil> Critical
}

func ExampleDefinition() {
	text, err := (&rules.Definition{
		Name:      "Read shadow",
		Desc:      "the password file was opened",
		Condition: "evt.type in (open, openat) and fd.name = /etc/shadow",
		Output:    "shadow opened (%proc.name %user.name)",
		Priority:  event.Warning,
		Tags:      []string{"host"},
	}).YAML()
	fmt.Print(text, err)
	// Output:
	// - rule: Read shadow
	//   desc: the password file was opened
	//   condition: 'evt.type in (open, openat) and fd.name = /etc/shadow'
	//   output: 'shadow opened (%proc.name %user.name)'
	//   priority: WARNING
	//   tags: [host]
	// <nil>
}

// What an edit of the rules would have done to alerts that were recorded.
func ExampleDiff() {
	before, _ := rules.Load(nil, file)
	after, _ := rules.Load(nil, file, rules.File{Name: "local.yaml", Data: []byte(
		"- list: shells\n  items: [zsh]\n  override: {items: replace}\n")})
	for c := range rules.Diff(before, after, slices.Values([]*event.Event{alert})) {
		fmt.Println(c.Alert.Rule, c.Kind)
	}
	// Output: Shell in container vanishes
}

// Lint finds what Falco accepts but nobody means.
func ExampleSet_Lint() {
	set, _ := rules.Load(nil, rules.File{Name: "odd.yaml", Data: []byte(`- rule: Odd
  desc: d
  condition: evt.type = execve and proc.name in shels
  output: o
  priority: NOTICE
`)})
	for _, f := range set.Lint() {
		fmt.Println(f.Severity, f.Code, f.Pos)
		fmt.Println(f.Message)
		fmt.Println(f.Fix)
	}
	// Output:
	// warning LINT_NO_SUCH_LIST 1:3
	// there is no list "shels": the condition compares with that text
	// put the name in parentheses and define the list
}

// Which rules run, as the rules key of Falco's configuration chooses them.
func ExampleSet_Select() {
	set, _ := rules.Load(nil, file)
	set = set.Select(
		rules.Selection{Enable: false, Rule: "*"},
		rules.Selection{Enable: true, Tag: "container"},
	)
	for _, r := range set.Rules() {
		fmt.Println(r.Name, r.Enabled)
	}
	// Output: Shell in container true
}

func ExampleSet_Describe() {
	set, _ := rules.Load(nil, file)
	d := set.Describe().Rules[0]
	fmt.Println(d.Details.Compiled)
	fmt.Println(d.Details.Fields, d.Details.Lists, d.Details.Plugins)
	// Output:
	// (evt.type = execve and container.id != host and proc.name in (bash, sh))
	// [container.id evt.type proc.name] [shells] [container]
}

// A rule that Falco ships is known without its file, by older names too.
func ExampleLookupShipped() {
	s := rules.LookupShipped("Lauch Suspicious Network Tool in Container")
	fmt.Println(s.Name, s.Priority, s.Maturity)
	// Output: Launch Suspicious Network Tool in Container Notice incubating
}

func ExampleSet_WriteSARIF() {
	set, _ := rules.Load(nil, file)
	if err := set.WriteSARIF(os.Stdout, "1.0.0", nil); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {
	//   "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
	//   "runs": [
	//     {
	//       "columnKind": "unicodeCodePoints",
	//       "results": [],
	//       "tool": {
	//         "driver": {
	//           "informationUri": "https://github.com/falconer-go/falconer",
	//           "name": "falconer",
	//           "rules": [],
	//           "version": "1.0.0"
	//         }
	//       }
	//     }
	//   ],
	//   "version": "2.1.0"
	// }
}

// What Falco ignores is there for others: an owner, a date, a ticket.
func ExampleRule_UnknownKeys() {
	set, _ := rules.Load(nil, rules.File{Name: "own.yaml", Data: []byte(`- rule: Read shadow
  desc: the password file was opened
  condition: evt.type in (open, openat) and fd.name = /etc/shadow
  output: shadow opened (%proc.name)
  priority: WARNING
  owner: {team: platform, since: 2026}
`)})
	for _, k := range set.Rule("Read shadow").UnknownKeys() {
		v, err := k.Value()
		fmt.Println(k.Pos, k.Key, v, err)
	}
	// Output: 6:3 owner map[since:2026 team:platform] <nil>
}

// An exception as a condition: for a matcher, or for an override.
func ExampleException_Condition() {
	x, err := rules.NewException(alert, "proc.cmdline", "container.image.repository")
	if err != nil {
		fmt.Println(err)
		return
	}
	text, _ := (&rules.Override{Rule: x.Rule, AppendCondition: "and not (" + x.Condition() + ")"}).YAML()
	fmt.Print(text)
	// Output:
	// - rule: Shell in container
	//   condition: 'and not (proc.cmdline = "bash -c \"backup; sync\"" and container.image.repository = registry.example/backup)'
	//   override:
	//     condition: append
}
