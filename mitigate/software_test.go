package mitigate

import (
	"cmp"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	yaml "go.yaml.in/yaml/v4"
)

// TestRepositoryOf holds in which form images are looked up.
func TestRepositoryOf(t *testing.T) {
	for image, want := range map[string]string{
		"":                                 "library/",
		"nginx":                            "library/nginx",
		"nginx:1.27":                       "library/nginx",
		"docker.io/nginx":                  "library/nginx",
		"docker.io/library/nginx":          "library/nginx",
		"docker.io/grafana/alloy:v1":       "grafana/alloy",
		"quay.io/metallb/speaker":          "quay.io/metallb/speaker",
		"quay.io/metallb/speaker@sha256:0": "quay.io/metallb/speaker",
		"localhost:5000/a/b":               "localhost:5000/a/b",
		"localhost:5000/a/b:1":             "localhost:5000/a/b",
		"k8s.gcr.io/pause:3.9":             "registry.k8s.io/pause",
		"mcr.microsoft.com/oss/v2/kubernetes/coredns":                       "mcr.microsoft.com/oss/kubernetes/coredns",
		"gcr.io/gke-release/netd-amd64":                                     "gke.gcr.io/netd-amd64",
		"europe-west1-artifactregistry.gcr.io/gke-release/gke-release/netd": "gke.gcr.io/netd",
		"877085696533.dkr.ecr.af-south-1.amazonaws.com/amazon-k8s-cni":      "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni",
		"111122223333.dkr.ecr.af-south-1.amazonaws.com/amazon-k8s-cni":      "111122223333.dkr.ecr.af-south-1.amazonaws.com/amazon-k8s-cni",
	} {
		if got := repositoryOf(image); got != want {
			t.Errorf("repositoryOf(%q) = %q, want %q", image, got, want)
		}
	}
}

func TestProgramOf(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "next-server (v1": "next-server", "nginx: worker process": "nginx", "/usr/bin/containerd-shim-runc-v2 -id": "containerd-shim",
		"speaker": "speaker", " x": "x", "/": "",
	} {
		if got := programOf(name); got != want {
			t.Errorf("programOf(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestSoftware holds how software is found, and what is its own.
func TestSoftware(t *testing.T) {
	const speaker = "MetalLB's speaker"
	for _, c := range []struct {
		image, name, pname string
		software, by, role string
	}{
		{"quay.io/metallb/speaker", "speaker", "", speaker, "publisher", "own"},
		{"registry.example.com/quay/metallb/speaker", "speaker", "", speaker, "mirror", "own"},
		{"registry.example.com/speaker", "speaker", "", "", "", ""},
		{"docker.io/rancher/mirrored-metallb-speaker", "speaker", "", speaker, "publisher", "own"},
		{"rancher/mirrored-nothing-known", "speaker", "", "", "", ""},
		{"quay.io/metallb/speaker", "bash", "", speaker, "publisher", "tool"},
		{"quay.io/metallb/speaker", "wget", "speaker", speaker, "publisher", "tool"},
		{"quay.io/metallb/speaker", "ld-x", "speaker", speaker, "publisher", "child"},
		{"quay.io/metallb/speaker", "ld-x", "runc", speaker, "publisher", ""},
	} {
		s := on(alertWith(t, "syscall", map[string]any{"container.image.repository": c.image, "proc.name": c.name, "proc.pname": c.pname}))
		k := s.softwareOf("container.image.repository")
		got, role := "", ""
		if k.is != nil {
			got, role = k.is.Software, s.role(k.is, k.behaviour)
		}
		if got != c.software || k.by != c.by || role != c.role {
			t.Errorf("%+v: %q by %q, role %q", c, got, k.by, role)
		}
	}
	for image, want := range map[string]string{
		"quay.io/metallb/speaker": "quay.io/metallb/speaker", "registry.example.com/x/metallb/speaker": "quay.io/metallb/speaker",
		"nginx": "docker.io/library/nginx", "registry.example.com/grafana/alloy": "docker.io/grafana/alloy",
	} {
		s := on(alertWith(t, "syscall", map[string]any{"container.image.repository": image}))
		if got := s.softwareOf("container.image.repository").origin; got != want {
			t.Errorf("%s comes from %q, want %q", image, got, want)
		}
	}
	images := func(list ...string) string {
		if k := on(alertWith(t, "k8s_audit", map[string]any{"ka.req.pod.containers.image": list})).softwareOf("ka.req.pod.containers.image"); k.is != nil {
			return k.is.Software
		}
		return ""
	}
	if got := images("quay.io/metallb/speaker:v0.14.8"); got != speaker {
		t.Errorf("one image: %q", got)
	}
	if got := images("(quay.io/metallb/speaker:v0.14.8)"); got != speaker {
		t.Errorf("as in Falco's output: %q", got)
	}
	if got := images("(evil/tool,quay.io/metallb/speaker:v0.14.8)"); got != "" {
		t.Errorf("one of two images in Falco's output is unknown: %q", got)
	}
	if got := images("quay.io/metallb/speaker:v0.14.8", "evil/tool"); got != "" {
		t.Errorf("one of two images is unknown: %q", got)
	}
}

// TestSoftwareFound holds that each entry is found by every image and program it
// names.
func TestSoftwareFound(t *testing.T) {
	l := Default()
	for _, e := range l.sorted("software") {
		x := find[softwareEntry](l, "software", e.name)
		if x == nil {
			t.Errorf("%s:%d: %q does not parse", e.file, e.line, e.name)
			continue
		}
		for _, image := range x.Image {
			if got, by := l.byImage(image + ":1.2.3"); got != x || by != "publisher" {
				t.Errorf("%s:%d: %s is not found as %q", e.file, e.line, image, e.name)
			}
			if got, _ := l.byImage("registry.example.com:5000/cache/" + lastTwo(repositoryOf(image))); got != x {
				t.Errorf("%s:%d: a mirror of %s is not found as %q", e.file, e.line, image, e.name)
			}
		}
		for _, program := range x.Program {
			if got := l.byProgram(programOf(program + " --option")); got != x {
				t.Errorf("%s:%d: %s is not found as %q", e.file, e.line, program, e.name)
			}
		}
	}
}

// FuzzSoftware looks up any image and name.
func FuzzSoftware(f *testing.F) {
	f.Add("quay.io/metallb/speaker:v0.14@sha256:0", "next-server (v1")
	f.Add("k8s.gcr.io/", "nginx: worker")
	f.Add("@:", "/")
	f.Fuzz(func(t *testing.T, image, name string) {
		if x, by := Default().byImage(image); (x == nil) != (by == "") {
			t.Errorf("%q: %v by %q", image, x, by)
		}
		if p := programOf(name); len(p) > maxProgram || strings.ContainsAny(p, "/ ") {
			t.Errorf("programOf(%q) = %q", name, p)
		}
		Default().byProgram(programOf(name))
	})
}

// TestSoftwareReplaced: a host's entry takes the place of ours under every name.
func TestSoftwareReplaced(t *testing.T) {
	l, err := Default().With(fstest.MapFS{"mine.yaml": {Data: []byte("- software: MetalLB's speaker\n  image: [registry.example.com/speaker]\n  runs: [speaker]\n  is: ours\n")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, image := range []string{"quay.io/metallb/speaker", "registry.example.com/speaker"} {
		if x, _ := l.byImage(image); x == nil || x.Is != "ours" {
			t.Errorf("%s: %+v", image, x)
		}
	}
}

// TestUsualWork runs the cases of the patterns of known software: for each the
// pattern that is the strongest benign case of the alert, or none of ours.
func TestUsualWork(t *testing.T) {
	data, err := os.ReadFile("testdata/patterns-software.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Pattern    string
		Source     string
		Fires, Not []map[string]any
	}
	if err := yaml.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	tested := make(map[string]bool)
	for _, c := range cases {
		p := find[patternEntry](Default(), "pattern", c.Pattern)
		if p == nil {
			t.Errorf("there is no pattern %q", c.Pattern)
			continue
		}
		if len(c.Fires) == 0 || len(c.Not) == 0 {
			t.Errorf("%s: needs cases that fire and cases that do not", c.Pattern)
		}
		tested[c.Pattern] = true
		source := cmp.Or(c.Source, "syscall")
		for _, fields := range c.Fires {
			s := on(alertWith(t, source, fields))
			if !p.If.holds(s) {
				t.Errorf("%s: does not fire on %v", c.Pattern, fields)
				continue
			}
			d := &draft{subject: *s, notebook: new(notebook)}
			for _, ts := range []texts{p.Case, p.Why, p.Confirm} {
				if text := d.first(ts).String(); text == "" || strings.Contains(text, "not known") {
					t.Errorf("%s: says %q on %v", c.Pattern, text, fields)
				}
			}
		}
		for _, fields := range c.Not {
			if p.If.holds(on(alertWith(t, source, fields))) {
				t.Errorf("%s: fires on %v", c.Pattern, fields)
			}
		}
	}
	for _, e := range Default().sorted("pattern") {
		if e.file == "patterns-software.yaml" && !tested[e.name] {
			t.Errorf("pattern %q has no cases", e.name)
		}
	}
}

// TestBehaviours holds that each behaviour that is not rare is usual for something,
// and that the rules it names exist.
func TestBehaviours(t *testing.T) {
	usual := make(map[string]bool)
	for _, e := range Default().sorted("software") {
		if x := find[softwareEntry](Default(), "software", e.name); x != nil {
			for _, u := range x.Usual {
				name, _, _ := strings.Cut(u, " ")
				usual[name] = true
			}
		}
	}
	for _, e := range Default().sorted("behaviour") {
		if b := find[behaviourEntry](Default(), "behaviour", e.name); !usual[e.name] && !b.Rare {
			t.Errorf("%s:%d: behaviour %q is usual for nothing", e.file, e.line, e.name)
		}
		for _, rule := range find[behaviourEntry](Default(), "behaviour", e.name).Rules {
			if find[ruleEntry](Default(), "rule", rule) == nil {
				t.Errorf("%s:%d: no rule is called %q", e.file, e.line, rule)
			}
		}
	}
}

// TestByName: an object belongs to the software whose word its name has.
func TestByName(t *testing.T) {
	l := Default()
	for name, want := range map[string]string{
		"keycloak-postgresql-0":                  "Keycloak",
		"sso-keycloak-7d8f9c6b5-x2x4z":           "Keycloak",
		"system:serviceaccount:keycloak:shop":    "Keycloak",
		"system:serviceaccount:sso:keycloak-n8n": "n8n",
		"system:serviceaccount:automation:n8n":   "n8n",
		"Keycloak":                               "Keycloak",
		"keycloakish":                            "",
		"":                                       "",
		":":                                      "",
		strings.Repeat("-", 300):                 "",
		strings.Repeat("a-", 100) + "keycloak":   "Keycloak",
		"vault-agent-injector-5d9c8b7f6-k2m4n":   "Vault's injector",
		"gitlab-runner-0":                        "GitLab's runner",
		"kube-prometheus-stack-grafana-0":        "Grafana",
		"kube-prometheus-stack-operator":         "the Prometheus operator",
		"kube-prometheus-stack-prometheus-node-exporter-x2x4z":                     "the node exporter",
		strings.Repeat("a-", 600) + "keycloak":                                     "", // more than is looked at
		`[{"kind":"ServiceAccount","name":"keycloak-operator","namespace":"sso"}]`: "Keycloak",
		"prometheus-node-exporter-x2x4z":                                           "the node exporter",
	} {
		got := ""
		if x := l.byName(name); x != nil {
			got = x.Software
		}
		if got != want {
			t.Errorf("%q belongs to %q, want %q", name, got, want)
		}
	}
}
