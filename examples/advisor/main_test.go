package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/mitigate"
)

// standIn is an endpoint that gives one answer, and keeps what it was asked.
func standIn(t *testing.T, status int, content string) (url string, asked *string) {
	asked = new(string)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*asked = string(body)
		if r.URL.Path != "/v1/chat/completions" {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"message": map[string]string{"role": "assistant", "content": content}}}})
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/v1", asked
}

func TestRun(t *testing.T) {
	const alert = `{"rule":"Clear Log Activities","priority":"Warning","source":"syscall","time":"2026-01-02T03:04:05Z",` +
		`"output_fields":{"proc.cmdline":"mysql -psecret1 --password=hunter2","proc.name":"mysql","fd.name":"/var/log/mysql.log"}}`
	for _, tc := range []struct {
		name    string
		status  int
		content string
		says    []string
		not     []string
	}{
		{"good", 200, `{"steps":[{"phase":"now","do":"Look at the binlog","why":"It keeps statements","attack":["M1047"],"nist":["AU-6"],"shell":"ls -l /var/log"}]}`,
			[]string{"`m` suggests: `Look at the binlog`", "ls -l /var/log\n", "M1047 Audit"}, nil},
		{"dangerous command", 200, `{"steps":[{"phase":"now","do":"Clean up","why":"w","shell":"rm -rf /"}]}`,
			[]string{"`m` suggests: `Clean up`", "is not a command that only reads"}, []string{"rm -rf"}},
		{"command in a command", 200, `{"steps":[{"phase":"now","do":"Look","why":"w","shell":"ls $(reboot)"}]}`, []string{"it expands something"}, []string{"$(reboot)"}},
		{"markup", 200, `{"steps":[{"phase":"now","do":"[click](https://example.com) <script>","why":"\u001b[31m"}]}`,
			[]string{"`[click](https://example.com) <script>`"}, []string{"\x1b"}},
		{"invented ids", 200, `{"steps":[{"phase":"later","do":"d","why":"w","attack":["M4242"],"nist":["XX-1"]}]}`, []string{"ATT&CK does not have"}, []string{"M4242"}},
		{"chatter", 200, `Sure! Here is what I think.`, []string{"was not heard"}, nil},
		{"down", 503, ``, []string{"was not heard: the endpoint answers 503"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			url, asked := standIn(t, tc.status, tc.content)
			var out, errs bytes.Buffer
			if status := run(t.Context(), []string{"-url", url, "-model", "m", "-"}, strings.NewReader(alert), &out, &errs); status != 0 {
				t.Fatalf("status %d: %s", status, &errs)
			}
			if !strings.Contains(out.String(), "## Conclusion") {
				t.Error("the library's report is not there")
			}
			for _, want := range tc.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the report lacks %q", want)
				}
			}
			for _, not := range tc.not {
				if strings.Contains(out.String(), not) {
					t.Errorf("the report holds %q", not)
				}
			}
			if strings.Contains(*asked, "secret1") || strings.Contains(*asked, "hunter2") {
				t.Errorf("a secret left: %s", *asked)
			}
		})
	}
}

func TestLate(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer srv.Close()
	defer close(release)
	var out, errs bytes.Buffer
	if status := run(t.Context(), []string{"-url", srv.URL, "-model", "m", "-timeout", "10ms"}, nil, &out, &errs); status != 0 {
		t.Fatalf("status %d: %s", status, &errs)
	}
	if !strings.Contains(out.String(), "was not heard") || !strings.Contains(out.String(), "## Conclusion") {
		t.Errorf("the report does not say that the model was late:\n%s", &out)
	}
}

func TestValidate(t *testing.T) {
	for body, ok := range map[string]bool{
		"ps aux\n": true, "kubectl get pods -A\n": true, "grep -r x /var/log | head -n 5\n": true, "cat 'a b'\n": true,
		"kubectl delete pod x\n": false, "ls > /etc/passwd\n": false, "ls; reboot\n": false, "ls && reboot\n": false, "X=1 ls\n": false,
		"ls `id`\n": false, "ls $HOME\n": false, "ls *\n": false, "ls &\n": false, "": false, "if true; then ls; fi\n": false, "ls '": false,
		"/bin/ls\n": false, "ss -K dst 10.0.0.1\n": false, "kubectl\n": false,
	} {
		if err := validate(mitigate.Snippet{Kind: "shell", Body: body}); (err == nil) != ok {
			t.Errorf("validate(%q) = %v", body, err)
		}
	}
	if validate(mitigate.Snippet{Kind: "kubernetes", Body: "a: b"}) == nil {
		t.Error("a manifest passed")
	}
}

func TestUsage(t *testing.T) {
	var out, errs bytes.Buffer
	if status := run(t.Context(), nil, nil, &out, &errs); status != 2 || !strings.Contains(errs.String(), "usage: advisor") {
		t.Errorf("status %d: %s", status, &errs)
	}
}
