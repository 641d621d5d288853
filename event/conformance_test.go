package event

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// conformanceFile returns the lines of a file under FALCONER_CONFORMANCE.
func conformanceFile(t testing.TB, name string) [][]byte {
	t.Helper()
	dir := os.Getenv("FALCONER_CONFORMANCE")
	if dir == "" {
		t.Skip("FALCONER_CONFORMANCE is not set")
	}
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if os.IsNotExist(err) {
		t.Skipf("%s is not in the conformance folder", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]byte
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			lines = append(lines, line)
		}
	}
	return lines
}

// conformanceAlerts are the files of alerts in JSON.
func conformanceAlerts(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv("FALCONER_CONFORMANCE")
	if dir == "" {
		t.Skip("FALCONER_CONFORMANCE is not set")
	}
	var names []string
	for _, pattern := range []string{"alerts/*.jsonl", "alerts/*.json", "verdicts/alerts/*.jsonl"} {
		found, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			name, err := filepath.Rel(dir, path)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Skip("the conformance folder has no alerts")
	}
	return names
}

// report prints the one line of a suite and fails the test if any case differs.
func report(t *testing.T, suite string, agree, differ int) {
	t.Helper()
	fmt.Printf("suite %s: %d agree, 0 listed, %d differ\n", suite, agree, differ)
	if agree == 0 {
		t.Errorf("suite %s is empty", suite)
	}
	if differ > 0 {
		t.Errorf("suite %s: %d cases differ", suite, differ)
	}
}

// TestConformanceRoundTrip decodes every recorded alert, encodes it, and
// expects the same bytes where today's Falco would have printed them, and
// bytes that decode to the same alert everywhere.
func TestConformanceRoundTrip(t *testing.T) {
	agree, differ := 0, 0
	for _, name := range conformanceAlerts(t) {
		for i, line := range conformanceFile(t, name) {
			if fault := roundTrip(line); fault != "" {
				t.Errorf("%s:%d: %s", name, i+1, fault)
				differ++
				continue
			}
			agree++
		}
	}
	report(t, "alerts", agree, differ)
}

// falcoLine is a line as Falco prints it since 0.39: sorted keys, no spaces,
// nine digits of a second. A relay that also sorts is told apart by escapes
// that Falco does not write.
var (
	falcoLine   = regexp.MustCompile(`(?s)^\{"hostname":".*"time":"[^"]*\.[0-9]{9}Z"\}$`)
	relayEscape = regexp.MustCompile(`\\(/|u(00[2-7]|[^0]))`)
)

// roundTrip says what is wrong with the round trip of one alert.
func roundTrip(line []byte) (fault string) {
	e, err := Parse(line)
	if err != nil {
		return err.Error()
	}
	once := e.AppendJSON(nil)
	if falcoLine.Match(line) && !relayEscape.Match(line) && !bytes.Equal(once, line) {
		return fmt.Sprintf("encodes to\n%s\nwant\n%s", once, line)
	}
	again, err := Parse(once)
	if err != nil {
		return fmt.Sprintf("does not decode again: %v", err)
	}
	if twice := again.AppendJSON(nil); !bytes.Equal(once, twice) {
		return fmt.Sprintf("encodes to\n%s\nand then to\n%s", once, twice)
	}
	if e.ID() != again.ID() {
		return "has another ID after a round trip"
	}
	return ""
}
