package mitigate

import (
	"regexp"
	"strings"
)

// Mask is what stands for a secret.
const Mask = "[redacted]"

// secrets are the places in text where a secret stands. Each pattern keeps its
// first group, and its last if it has two, and masks what lies between. The
// aim is to mask too much rather than too little: a masked word can be looked
// up in the alert.
var secrets = []*regexp.Regexp{
	// key=value, --key value, "key": "value"
	regexp.MustCompile(`(?i)((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|client[-_]?secret|credentials?|auth)["']?\s*[=:]\s*["']?)[^\s"'&,;}]+`),
	regexp.MustCompile(`(?i)(--?[a-z0-9-]*(?:pass(?:word|wd|phrase)?|secret|token|api-?key|access-?key)(?:\s+|=)["']?)[^\s"'-][^\s"']*`),
	// user:password@ in a URL
	regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(@)`),
	// HTTP authorisation
	regexp.MustCompile(`(?i)(\bbearer\s+)[A-Za-z0-9._~+/=-]{8,}`),
	// base64 after Basic, told from a plain word by a capital or sign after a small letter
	regexp.MustCompile(`(\b(?i:basic)\s+)[A-Za-z0-9+/=]*[a-z][A-Z0-9+/=][A-Za-z0-9+/=]*`),
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
	regexp.MustCompile(`(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END|$)`),
}

// hints are in every text that one of secrets can match, in lower case.
var hints = []string{
	"pass", "pwd", "secret", "token", "key", "cred", "auth", "://", "bearer", "basic", "mysql", "mariadb", "curl",
	"akia", "asia", "gh", "glpat", "xox", "aiza", "eyj", "private",
}

// looksSecret is the cheap test before the patterns.
func looksSecret(s string) bool {
	s = strings.ToLower(s)
	for _, h := range hints {
		if strings.Contains(s, h) {
			return true
		}
	}
	return false
}

// Redact masks what looks like a secret in foreign text: passwords in flags,
// URLs and assignments, bearer tokens, and keys of well-known kinds.
func Redact(s string) string {
	if !looksSecret(s) {
		return s
	}
	for _, re := range secrets {
		repl := "${1}" + Mask
		if re.NumSubexp() > 1 {
			repl += "${2}"
		}
		s = re.ReplaceAllString(s, repl)
	}
	return s
}
