package mitigate

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// secretPatterns say what Redact masks, in the order of secrets. Each pattern
// keeps its first group, and its last if it has two, and masks what lies
// between.
var secretPatterns = []*regexp.Regexp{
	// key=value, --key value, "key": "value"
	regexp.MustCompile(`(?i)((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|client[-_]?secret|credentials?|auth)["']?\s*[=:]\s*["']?)[^\s"'&,;}]+`),
	regexp.MustCompile(`(?i)(--?[a-z0-9-]*(?:pass(?:word|wd|phrase)?|secret|token|api-?key|access-?key)(?:\s+|=)["']?)[^\s"'-][^\s"']*`),
	// user:password@ in a URL
	regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(@)`),
	// HTTP authorisation
	regexp.MustCompile(`(?i)(\bbearer\s+)[A-Za-z0-9._~+/=-]{8,}`),
	// base64 after Basic, told from a plain word by a capital or sign after a small letter
	regexp.MustCompile(`((?:^|[^.0-9A-Za-z_])(?i:basic)\s+)[A-Za-z0-9+/=]*[a-z][A-Z0-9+/=][A-Za-z0-9+/=]*`),
	regexp.MustCompile(`(?i)(authorization["']?\s*[=:]\s*["']?)[^\s"']+`),
	// mysql -pSECRET, curl -u user:SECRET, sshpass -p SECRET
	regexp.MustCompile(`(\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^|;&]*?\s-p)[^\s]+`),
	regexp.MustCompile(`(\bcurl\b[^|;&]*?\s(?:-u|--user)\s*[^\s:]+:)[^\s]+`),
	regexp.MustCompile(`(\bsshpass\s+-p\s*)[^\s]+`),
	// tokens that show their kind: AWS, GitHub, GitLab, Slack, Google, JWT, private keys
	regexp.MustCompile(`\b()(?:AKIA|ASIA)[A-Z0-9]{16}\b`),
	regexp.MustCompile(`\b()gh[pousr]_[A-Za-z0-9]{20,}\b`),
	regexp.MustCompile(`\b()github_pat_[A-Za-z0-9_]{20,}\b`),
	regexp.MustCompile(`\b()glpat-[A-Za-z0-9_-]{16,}`),
	regexp.MustCompile(`\b()xox[abeoprs]-[A-Za-z0-9-]{10,}`),
	regexp.MustCompile(`\b()AIza[A-Za-z0-9_-]{35}\b`),
	regexp.MustCompile(`\b()eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?`),
	regexp.MustCompile(`(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END|$)`),
}

// redactByPatterns is what Redact does, slowly. A member of a JSON object that is an
// object itself stays.
func redactByPatterns(s string) string {
	assigned := secretPatterns[0]
	s = sudoTag.ReplaceAllString(s, "${1}\x00${2}")
	var out strings.Builder
	last := 0
	for _, m := range assigned.FindAllStringSubmatchIndex(s, -1) {
		key, value := s[m[2]:m[3]], s[m[3]:]
		out.WriteString(s[last:m[3]])
		if isMember.MatchString(key) && (strings.HasPrefix(value, `{"`) || strings.HasPrefix(value, "{}")) {
			out.WriteString(s[m[3]:m[1]])
		} else {
			out.WriteString(Mask)
		}
		last = m[1]
	}
	out.WriteString(s[last:])
	s = hiddenTag.ReplaceAllString(out.String(), "${1}${2}")
	for _, re := range secretPatterns[1:] {
		repl := "${1}" + Mask
		if re.NumSubexp() > 1 {
			repl += "${2}"
		}
		s = re.ReplaceAllString(s, repl)
	}
	return s
}

// The tag of a rule of sudo is no password. It is hidden from the pattern.
var (
	sudoTag   = regexp.MustCompile(`(?i)(\bnopass)(wd:)`)
	hiddenTag = regexp.MustCompile(`(?i)(\bnopass)\x00(wd:)`)
)

// isMember tells the name of a member, in the quotes of JSON, from other keys.
var isMember = regexp.MustCompile(`"\s*[=:]\s*["']?$`)

// secretive are texts with secrets, or with what nearly is one.
var secretive = []string{
	"password=hunter2", "PASSWORD : 'x y'", `"api_key": "abc", "b": 1`, "token=", "secret=;token=x", "credentials:a,b", "authx=1", "auth=1",
	"--password hunter2", "--db-pass='a b'", "-token=-x", "--token -x", "token x", "--access-key  \"k\"", "-p secret x", "--secret\nvalue",
	"https://u:p@h/x", "1+a://u:p@://x:y@z", "://u:p@h", "a://:p@h", "a://u:@h", "redis://:pa:ss@h", "a://u:p/@h",
	"Authorization: Bearer abcdefgh.i", "authorization='Basic dXNlcjpwYXNz'", "bearer bearer abcdefgh", "Basic basic QmFzZTY0", "basic auth", "vim.basic /home/deploy/.ssh/authorized_keys", "xbearer abcdefgh",
	"mysql -u root -pX y", "mysqldump a|b -pX", "mysql; mysql -p -pq", "mysqlx -pX", "mariadb\n-pX", "mysql -p", "mysql mysql mysql -",
	"curl -u a:b h", "curl -s --user a: -ua:b", "curl a; curl -u  x:y|z", "curl --user=a:b", "curl -u a -u b:c", "curl -u",
	"sshpass -p x", "sshpass -px y", "sshpass x", "sshpass -p ", "sshpass",
	"AKIAIOSFODNN7EXAMPLE", "xAKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLEX", "AKIAIOSFODNN7EXAMPLE-",
	"ghp_abcdefghijklmnopqrst", "ghp_abcdefghijklmnopqrs", "ghp_abcdefghijklmnopqrst_", "github_pat_abcdefghijklmnopqrst", "glpat-abcdefghijklmnop-", "glpat-glpat-glpat-x",
	"xoxb-1234567890", "xoxz-1234567890", "AIza" + strings.Repeat("a", 35), "AIza" + strings.Repeat("a", 36), "AIza" + strings.Repeat("-", 35) + "a",
	"eyJhbGciOiJ.eyJzdWIiOiI.sig", "eyJhbGciOiJ-eyJhbGciOiJ.short", "eyJhbGciOiJ.eyJzdWIiOiI", "eyJ-eyJhbGciOiJ.eyJzdWIiOiI.",
	"-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----MII", "-----BEGIN CERTIFICATE-----MII", "-----BEGIN -----BEGIN PRIVATE KEY-----x",
	`"serviceAccountToken":{"path":"token"}`, `"secret": {"secretName":"db"}`, `"token":{}`, `"token":{x`, `token={"a"`, `"password":{"password":"x"}`,
	"deploy ALL=(ALL) NOPASSWD:ALL", "nopasswd: /bin/ls", "NOPASSWD=x", `"nopasswd": "x"`, "xnopasswd=x", "no passwd=x", "NOPASSWD:token=x", "nopasswdx=1", "onopasswd:x",
	"\xff\xfepass=\xffx", "pässword=é", "é pass=é", "\u00e9://u:p@h",
}

// TestRedactAsPatterns holds Redact to the patterns.
func TestRedactAsPatterns(t *testing.T) {
	for _, a := range secretive {
		checkRedact(t, a)
		for _, b := range secretive {
			checkRedact(t, a+" "+b)
			checkRedact(t, a+b)
		}
	}
}

func FuzzRedact(f *testing.F) {
	for _, s := range secretive {
		f.Add(s)
	}
	f.Fuzz(checkRedact)
}

func checkRedact(t *testing.T, s string) {
	t.Helper()
	if strings.ContainsAny(s, "\u212a\u017f") {
		return // (?i) takes these for k and s
	}
	if got, want := Redact(s), redactByPatterns(s); got != want {
		t.Errorf("Redact(%q) = %q, want %q", s, got, want)
	}
}

// TestConformanceRedact holds Redact to the patterns on all values of the corpus.
func TestConformanceRedact(t *testing.T) {
	root := os.Getenv("FALCONER_CONFORMANCE")
	if root == "" {
		t.Skip("FALCONER_CONFORMANCE is not set")
	}
	files, _ := filepath.Glob(filepath.Join(root, "alerts/*.jsonl"))
	if len(files) == 0 {
		t.Fatal("no alerts in the folder")
	}
	masked := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		lines.Buffer(nil, event.MaxRecordBytes)
		for lines.Scan() {
			checkRedact(t, lines.Text())
			if Redact(lines.Text()) != lines.Text() {
				masked++
			}
		}
	}
	if masked == 0 {
		t.Error("nothing was masked")
	}
}

// TestRedactInTime holds that no text makes Redact look at its rest again and
// again: it would not end on a text of this size.
func TestRedactInTime(t *testing.T) {
	const size = 1 << 20
	for _, s := range []string{
		"mysql ", "curl -u ", "eyJaaaaaaaa-", "basic/", "bearer.", "pass", "--pass ", "a-", "://", "a://u", "glpat-", "AKIA ", "-----BEGIN ", "sshpass ", "auth\"  ", "-token= ",
	} {
		Redact(strings.Repeat(s, size/len(s)))
	}
}

func BenchmarkRedact(b *testing.B) {
	e := sample(b)
	for b.Loop() {
		Redact(e.Output)
	}
}
