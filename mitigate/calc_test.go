package mitigate

import (
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"

	yaml "go.yaml.in/yaml/v4"
)

// computed is an alert with something for each function.
var computed = map[string]any{
	"container.start_ts": int64(1790361081083266061), "proc.exe_ino.ctime": int64(1790361177439492389), "evt.time": int64(1790361324684804693),
	"proc.ppid.ts": 0, "proc.pid.ts": "2026-09-25T18:35:24Z", "n_drops": 30, "n_evts": 250, "evt.count": 3,
	"fd.lip": "10.1.2.3", "fd.rip": "10.1.2.200", "fd.sip": "2001:db8:0:1::5", "fd.name": "no address",
	"ka.user.groups": []string{"dev", "system:authenticated"},
	"proc.cmdline":   "useradd -o -u 0 sysadm", "proc.name": "useradd",
	"gcp.policyDelta": `[{"action":"ADD","member":"allUsers","role":"roles/storage.objectViewer"},` +
		`{"action":"ADD","member":"user:a@example.com","role":"roles/owner"},{"action":"REMOVE","member":"allUsers","role":"roles/viewer"}]`,
	"ka.req.role.rules": []string{
		`{"apiGroups":[""],"resources":["pods/exec","pods"],"verbs":["get","create"]}`, `{"resources":["secrets"],"verbs":["list"]}`,
	},
	"jevt.value[/requestObject/spec/volumes]": `[{"name":"v","hostPath":{"path":"/etc"}},{"name":"w","n":1e3,"on":true}]`,
	"ct.request.policy":                       `{"Statement":[{"Effect":"Allow","Action":"s3:*"}`,
}

// asIs is on for an alert that mixes the fields of several sources.
func asIs(e *event.Event) *subject { return &subject{e: e, l: Default(), source: e.Source} }

func parseCondition(text string) (*condition, error) {
	c := &condition{text: text}
	return c, c.compile()
}

func TestCalc(t *testing.T) {
	e := alertWith(t, "syscall", computed)
	for _, c := range []struct{ calc, want string }{
		{"between(container.start_ts, proc.exe_ino.ctime)", "96 s"},
		{"between(proc.exe_ino.ctime, evt.time)", "147 s"},
		{"between(container.start_ts, evt.time)", "244 s"},
		{"between(evt.time, container.start_ts)", ""}, // the wrong way round
		{"between(proc.ppid.ts, evt.time)", ""},       // 0 is no time
		{"between(evt.time, proc.pid.ts)", ""},
		{"between(proc.pid.ts, evt.time)", "685 ms"},
		{"between(container.start_ts, container.duration)", ""},
		{"ninetydays(evt.time)", "2026-12-24"},
		{"fraction(evt.time)", "684804693"},
		{"ninetydays(fd.name)", ""},
		{"percent(n_drops, n_evts)", "12 %"},
		{"percent(evt.count, n_evts)", "1.2 %"},
		{"percent(n_evts, n_drops)", ""},
		{"percent(n_evts, fd.name)", ""},
		{"count(ka.user.groups)", "2"},
		{"count(gcp.policyDelta, /*/role)", "3"},
		{"count(gcp.policyDelta, /*/none)", ""},
		{"network(fd.rip)", "10.1.2.0/24"},
		{"network(fd.sip)", "2001:db8:0:1::/64"},
		{"network(fd.name)", ""},
		{"last(proc.cmdline)", "sysadm"},
		{"last(proc.name)", ""}, // a single word has nothing behind it
		{"file(proc.cmdline)", ""},
		{"weekday(evt.time)", "Friday"},
		{"hour(evt.time)", "18"},
		{"part(gcp.policyDelta, /*[action=ADD][member=allUsers]/role)", "roles/storage.objectViewer"},
		{"part(gcp.policyDelta, /*[action!=ADD]/role)", "roles/viewer"},
		{"part(gcp.policyDelta, /1/member)", "user:a@example.com"},
		{"part(gcp.policyDelta, /7/member)", ""},
		{"part(gcp.policyDelta, /member)", ""},
		{"part(ka.req.role.rules, /*[resources=pods/exec]/verbs)", "get, create"},
		{"part(ka.req.role.rules, /*/verbs/*)", "get, create, list"},
		{"part(jevt.value[/requestObject/spec/volumes], /*/hostPath/path)", "/etc"},
		{"part(jevt.value[/requestObject/spec/volumes], /1/n)", "1e3"},
		{"part(jevt.value[/requestObject/spec/volumes], /1/on)", "true"},
		{"part(jevt.value[/requestObject/spec/volumes], /0)", ""},
		{"part(ct.request.policy, /Statement/*/Action)", ""}, // cut off
		{"part(n_drops, /0)", ""},
	} {
		x, err := parseCalc(c.calc)
		if err != nil {
			t.Errorf("%s: %v", c.calc, err)
			continue
		}
		if got, ok := x.span(asIs(e)); got.Text != c.want || ok != (c.want != "") {
			t.Errorf("%s = %q, want %q", c.calc, got.Text, c.want)
		}
	}
}

func TestDomain(t *testing.T) {
	for name, want := range map[string]string{
		"user:j.holm@CloudPartner.se": "cloudpartner.se", "domain:acme.io": "acme.io", "anna@acme.io": "acme.io",
		"serviceAccount:a@b.iam.gserviceaccount.com": "", "allUsers": "", "user:a@b": "", "user:a@$(id).se": "", "deleted:user:a@acme.io?uid=1": "", "": "",
	} {
		if got := domainOf(name); got != want {
			t.Errorf("the domain of %q is %q, want %q", name, got, want)
		}
	}
}

func TestRepository(t *testing.T) {
	for _, c := range []struct{ name, owner, org, want string }{
		{"acme/storefront", "other", "other", "acme/storefront"},
		{"storefront", "acme", "acme-org", "acme/storefront"},
		{"storefront", "", "acme-org", "acme-org/storefront"},
		{"storefront", "", "", ""},
		{"", "acme", "", ""},
		{"..", "acme", "", ""},
		{"acme/$(id)", "", "", ""},
		{"store front", "acme", "", ""},
	} {
		e := alertWith(t, "github", map[string]any{"github.repo.name": c.name, "github.owner": c.owner, "github.org": c.org})
		var s script
		if err := s.UnmarshalYAML(&yaml.Node{Kind: yaml.ScalarNode, Value: "%{repository(github.repo.name)}"}); err != nil {
			t.Fatal(err)
		}
		if got, ok := s.fields[0].safeValue(asIs(e)); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("repository %q of %q or %q is %q (%v), want %q", c.name, c.owner, c.org, got, ok, c.want)
		}
	}
}

func TestWhere(t *testing.T) {
	e := alertWith(t, "syscall", computed)
	for check, want := range map[string]bool{
		"between(container.start_ts, proc.exe_ino.ctime) > 90s":                   true,
		"between(container.start_ts, proc.exe_ino.ctime) <= 1m30s":                false,
		"between(container.start_ts, evt.time) < 1d":                              true,
		"between(evt.time, container.start_ts) < 0s":                              true,
		"not between(container.start_ts, evt.time) < 1d":                          false,
		"not between(container.start_ts, container.duration) < 1d":                false, // not known is not a no
		"between(container.start_ts, container.duration) exists":                  false,
		"not between(container.start_ts, container.duration) exists":              true,
		"network(fd.lip) = network(fd.rip)":                                       true,
		"network(fd.lip) != network(fd.rip)":                                      false,
		"network(fd.lip) = network(fd.sip)":                                       false,
		"weekday(evt.time) in (Saturday, Sunday)":                                 false,
		"weekday(evt.time) = Friday and hour(evt.time) >= 18":                     true,
		"count(ka.user.groups) = 2":                                               true,
		`part(gcp.policyDelta, /*/member) in (allAuthenticatedUsers, "allUsers")`: true,
		"part(gcp.policyDelta, /*/role) endswith Viewer":                          true,
		"part(gcp.policyDelta, /*/role) contains admin":                           false,
		"not part(gcp.policyDelta, /*/role) startswith projects/":                 true,
		"percent(n_drops, n_evts) > 10":                                           true,
	} {
		list, err := parseWhere(check)
		if err != nil {
			t.Errorf("%s: %v", check, err)
			continue
		}
		c := condition{checks: list}
		if got := c.computed(asIs(e)); got != want {
			t.Errorf("%s is %v", check, got)
		}
	}
	c, err := parseCondition(`proc.name = "no where here" where between(container.start_ts, evt.time) < 1h and weekday(evt.time) = Friday`)
	if err != nil {
		t.Fatal(err)
	}
	if c.holds(on(e)) || !c.mentions("container.start_ts") || !c.mentions("proc.name") {
		t.Errorf("fields = %v", c.fields())
	}
}

func TestCalcFaults(t *testing.T) {
	for _, bad := range []string{
		"where between(a) < 1s", "where between(a, b, c) < 1s", "where between(a, b) < 1", "where between(a, b)", "where nothing(a) = 1",
		"where part(a) = 1", "where part(a, b) = 1", "where part(a, /b[c]) = 1", "where part(a, /b[c=d]e) = 1", "where part(a, //b) = 1",
		"where part(a, /b) < 1", "where count(a) in 1", "where hour(a) = noon", "where weekday(a, b) = Monday", "where weekday(a) exists b",
		"where network(a b) = c", "proc.name = a where", "where part(a, /b = 1",
	} {
		if _, err := parseCondition(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	for _, bad := range []string{"%{between(a)}", "%{part(a, b)}", "%{count(a b)}"} {
		if _, err := parseTemplate(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// FuzzPath holds that no value makes a path slow, loud or unbounded.
func FuzzPath(f *testing.F) {
	for _, v := range computed {
		if s, ok := v.(string); ok {
			f.Add(s)
		}
	}
	f.Add(strings.Repeat("[", 20_000))
	f.Add(`["` + strings.Repeat(`[\"`, 50))
	var paths []jsonPath
	for _, s := range []string{"/*/*/*", "/*[member=allUsers]/role", "/0", "/Statement/*[Effect!=Deny]/Action"} {
		p, err := parsePath(s)
		if err != nil {
			f.Fatal(err)
		}
		paths = append(paths, p)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := alertWith(t, "syscall", map[string]any{"a": s, "b": []string{s, s}})
		for _, p := range paths {
			for _, name := range []string{"a", "b"} {
				if n := len(asIs(e).parts(name, p)); n > maxParts {
					t.Errorf("%d parts", n)
				}
			}
		}
	})
}

func TestEnds(t *testing.T) {
	for _, c := range []struct{ name, end, want string }{
		{"172.17.0.9:43812->10.96.0.1:443", "client", "172.17.0.9"},
		{"172.17.0.9:43812->10.96.0.1:443", "server", "10.96.0.1"},
		{"172.17.0.9:43812->10.96.0.1:443", "serverport", "443"},
		{"/etc/passwd", "client", ""},
		{"/etc/passwd", "server", ""},
		{"/etc/passwd", "serverport", ""},
	} {
		x, err := parseCalc(c.end + "(fd.name)")
		if err != nil {
			t.Fatal(err)
		}
		got := x.of(on(alertWith(t, "syscall", map[string]any{"fd.name": c.name})))
		if strings.Join(got.texts, "") != c.want || got.ok != (c.want != "") {
			t.Errorf("%s of %q: %+v, want %q", c.end, c.name, got, c.want)
		}
	}
}

// TestMatched holds which rules of a snapshot are named.
func TestMatched(t *testing.T) {
	for _, c := range []struct {
		fields map[string]any
		want   string
	}{
		{map[string]any{"falco.rules.matches_total": 30, "falco.rules.A": 2, "falco.rules.C": 9, "falco.rules.B": 9, "falco.rules.D": 0}, "9 B, 9 C, 2 A"},
		{map[string]any{"falco.rules.matches_total": 7, "falco.rules.A": 1, "falco.rules.B": 1, "falco.rules.C": 1, "falco.rules.D": 1, "falco.rules.E": 1, "falco.rules.F": 1, "falco.rules.G": 1},
			"1 A, 1 B, 1 C, 1 D, 1 E, 1 F"},
		{map[string]any{"falco.rules.matches_total": 0, "falco.rules.A": 0}, ""},
	} {
		c.fields["alert.rule"] = "Falco internal: metrics snapshot"
		got, err := parseCalc("matched(falco.rules.matches_total)")
		if err != nil {
			t.Fatal(err)
		}
		span, ok := got.span(asIs(alertWith(t, "internal", c.fields)))
		if span.Text != c.want || ok != (c.want != "") {
			t.Errorf("%v: %q, %v, want %q", c.fields, span.Text, ok, c.want)
		}
	}
	got, _ := parseCalc("matched(proc.pid)")
	if _, ok := got.span(asIs(alertWith(t, "syscall", map[string]any{"proc.pid": 4}))); ok {
		t.Error("an alert that is no snapshot has matches")
	}
}
