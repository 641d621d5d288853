package mitigate

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// TestTakeFileAway: the command that moves an archive names it only where the line leaves
// no doubt which path that is; what was packed must stay where it is.
func TestTakeFileAway(t *testing.T) {
	for line, want := range map[string]string{
		"tar czf /tmp/.cache.tgz /etc/shadow /root/.ssh":   "mv -n -v /tmp/.cache.tgz /root/taken-out/\n",
		"tar cz /etc/shadow /root/.ssh -f /tmp/.cache.tgz": "mv -n -v FILE_PATH /root/taken-out/\n",
		"tar cz /root/.ssh":                                 "mv -n -v FILE_PATH /root/taken-out/\n",
		"tar czf /tmp/.x;reboot /root/.ssh":                 "mv -n -v FILE_PATH /root/taken-out/\n",
		"zip -qr /root/.cache/a.zip /root/.aws /root/.kube": "mv -n -v FILE_PATH /root/taken-out/\n",
	} {
		name, _, _ := strings.Cut(line, " ")
		fields, err := json.Marshal(map[string]string{"proc.name": name, "proc.cmdline": line, "container.id": "host"})
		if err != nil {
			t.Fatal(err)
		}
		e, err := event.Parse([]byte(`{"rule": "Read sensitive file untrusted", "source": "syscall", "priority": "Warning", "time": "2026-01-02T03:04:05Z", "output": "a file", "output_fields": ` + string(fields) + `}`))
		if err != nil {
			t.Fatal(err)
		}
		s, ok := Default().Snippet(e, "take-file-away")
		if !ok || !strings.HasSuffix(s.Body, want) {
			t.Errorf("%s: %q, want it to end in %q", line, s.Body, want)
		}
	}
}
