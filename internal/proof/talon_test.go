package proof

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/mitigate"
	"sigs.k8s.io/yaml"
)

// The rule files of falco-talon 0.3 as its documentation gives them: a list of
// actions and rules.

type talonEntry struct {
	Action      string         `json:"action"`
	Rule        string         `json:"rule"`
	Description string         `json:"description"`
	Actionner   string         `json:"actionner"`
	Parameters  map[string]any `json:"parameters"`
	Continue    string         `json:"continue"`
	DryRun      string         `json:"dry_run"`
	Match       *talonMatch    `json:"match"`
	Actions     []talonEntry   `json:"actions"`
	Notifiers   []string       `json:"notifiers"`
}

type talonMatch struct {
	Rules        []string `json:"rules"`
	OutputFields []string `json:"output_fields"`
	Priority     string   `json:"priority"`
	Tags         []string `json:"tags"`
	Source       string   `json:"source"`
}

// talonActionners are those that a snippet may use, with the parameters that
// they need.
var talonActionners = map[string][]string{"kubernetes:label": {"labels"}, "kubernetes:networkpolicy": nil, "kubernetes:log": nil}

// talonField is what the engine reads from an output field; anything else makes
// an empty condition, which matches every event.
var talonField = regexp.MustCompile(`^[a-zA-Z0-9.\[\]]+(=|!=)[^=!,]+$`)

// readTalon reads a rule file strictly and holds what the engine would refuse or
// read otherwise than meant.
func readTalon(body string) ([]talonEntry, error) {
	var list []talonEntry
	if err := yaml.UnmarshalStrict([]byte(body), &list); err != nil {
		return nil, err
	}
	actions := make(map[string]bool)
	rules := 0
	for _, x := range list {
		switch {
		case x.Action != "" && x.Rule == "":
			needs, ok := talonActionners[x.Actionner]
			if !ok {
				return nil, fmt.Errorf("actionner %q", x.Actionner)
			}
			for _, p := range needs {
				if x.Parameters[p] == nil {
					return nil, fmt.Errorf("%s needs %s", x.Actionner, p)
				}
			}
			if x.Match != nil || x.Actions != nil {
				return nil, errors.New("an action with parts of a rule")
			}
			actions[x.Action] = true
		case x.Rule != "" && x.Match != nil && len(x.Match.Rules) > 0 && len(x.Actions) > 0:
			rules++
			if x.DryRun != "true" {
				return nil, errors.New("not a dry run")
			}
			for _, f := range x.Match.OutputFields {
				for part := range strings.SplitSeq(f, ",") {
					if !talonField.MatchString(strings.TrimSpace(part)) {
						return nil, fmt.Errorf("output field %q", part)
					}
				}
			}
			for _, a := range x.Actions {
				if !actions[a.Action] {
					return nil, fmt.Errorf("there is no action %q", a.Action)
				}
			}
		default:
			return nil, errors.New("neither an action nor a rule")
		}
	}
	if rules == 0 {
		return nil, errors.New("no rule")
	}
	return list, nil
}

// matches decides as the engine does: the rule's name, any of the output
// fields' lists in whole, and the source.
func (m *talonMatch) matches(e *event.Event) bool {
	fields := func(f string) bool {
		for part := range strings.SplitSeq(f, ",") {
			name, want, not := strings.Cut(part, "!=")
			if !not {
				name, want, _ = strings.Cut(part, "=")
			}
			if (e.Field(strings.TrimSpace(name)).Text() == want) == not {
				return false
			}
		}
		return true
	}
	return slices.Contains(m.Rules, e.Rule) && (m.Source == "" || m.Source == e.Source) &&
		(len(m.OutputFields) == 0 || slices.ContainsFunc(m.OutputFields, fields))
}

// TestTalon holds that the proposed rule acts on alerts like the one it is made
// from and on no others.
func TestTalon(t *testing.T) {
	const alert = `{"rule":"Drop and execute new binary in container","priority":"Critical","time":"2026-01-02T03:04:05Z","source":"syscall",` +
		`"output_fields":{"k8s.ns.name":"shop","k8s.pod.name":"web-1","container.id":"dca990c78804","proc.exepath":"/tmp/x"}}`
	e := parse(t, []byte(alert))
	plan := mitigate.For(e)
	i := slices.IndexFunc(plan.Config, func(s mitigate.Snippet) bool { return s.Kind == "talon" })
	if i < 0 {
		t.Fatalf("no rule of falco-talon is proposed: %+v", plan.Config)
	}
	list, err := readTalon(plan.Config[i].Body)
	if err != nil {
		t.Fatalf("%v\n%s", err, plan.Config[i].Body)
	}
	match := list[len(list)-1].Match
	for line, want := range map[string]bool{
		alert: true,
		strings.Replace(alert, "shop", "bank", 1):                         false,
		strings.Replace(alert, "Drop and execute", "Read and execute", 1): false,
		strings.Replace(alert, `"syscall"`, `"k8s_audit"`, 1):             false,
	} {
		if got := match.matches(parse(t, []byte(line))); got != want {
			t.Errorf("%v on %s", got, line)
		}
	}
	if plan := mitigate.For(parse(t, []byte(strings.Replace(alert, "shop", "kube-system", 1)))); slices.ContainsFunc(plan.Config, func(s mitigate.Snippet) bool { return s.Kind == "talon" }) {
		t.Error("a rule of falco-talon is proposed for kube-system")
	}
}

func TestReadTalon(t *testing.T) {
	const action = "- action: a\n  actionner: kubernetes:label\n  parameters: {labels: {x: y}}\n"
	for body, ok := range map[string]bool{
		action + "- rule: r\n  dry_run: \"true\"\n  match: {rules: [x]}\n  actions: [{action: a}]\n":                                     true,
		action + "- rule: r\n  dry_run: \"true\"\n  match: {rules: [x]}\n  actions: [{action: b}]\n":                                     false,
		action + "- rule: r\n  match: {rules: [x]}\n  actions: [{action: a}]\n":                                                          false,
		action + "- rule: r\n  dry_run: \"true\"\n  match: {rules: [x], surprise: y}\n  actions: [{action: a}]\n":                        false,
		action + "- rule: r\n  dry_run: \"true\"\n  match: {rules: [x], output_fields: [\"a=b=c\"]}\n  actions: [{action: a}]\n":         false,
		action + "- rule: r\n  dry_run: \"true\"\n  match: {rules: [x], output_fields: [\"proc.is_exe=c\"]}\n  actions: [{action: a}]\n": false,
		"- action: a\n  actionner: kubernetes:label\n":                                                                                   false, action: false, "": false,
	} {
		if _, err := readTalon(body); (err == nil) != ok {
			t.Errorf("%q: %v", body, err)
		}
	}
}
