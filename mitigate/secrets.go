package mitigate

import "strings"

// secrets are the kinds of secrets, in the order in which they are masked.
var secrets = []secretKind{
	// key=value, "key": "value"
	{hints: []string{"pass", "pwd", "secret", "token", "api", "access", "private", "client", "cred", "auth"}, fold: true, find: assigned},
	// --key value, --key=value
	{hints: []string{"pass", "secret", "token", "api", "access"}, fold: true, find: flagged},
	// user:password@ in a URL
	{hints: []string{"://"}, find: inURL},
	// HTTP authorisation
	{hints: []string{"bearer"}, fold: true, alone: true, find: bearer},
	{hints: []string{"basic"}, fold: true, alone: true, find: basic},
	{hints: []string{"authorization"}, fold: true, find: authorization},
	// mysql -pSECRET, curl -u user:SECRET, sshpass -p SECRET
	{hints: []string{"mysqldump", "mysqladmin", "mysql", "mariadb"}, alone: true, find: mysqlOption},
	{hints: []string{"curl"}, alone: true, find: curlOption},
	{hints: []string{"sshpass"}, alone: true, find: sshpassOption},
	// tokens that show their kind: AWS, GitHub, GitLab, Slack, Google, JWT
	{hints: []string{"AKIA", "ASIA"}, alone: true, find: exactly(16, capitals)},
	{hints: []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_"}, alone: true, find: atLeast(20, alphanumeric, true)},
	{hints: []string{"github_pat_"}, alone: true, find: atLeast(20, wordBytes, true)},
	{hints: []string{"glpat-"}, alone: true, find: atLeast(16, tokenBytes, false)},
	{hints: []string{"xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-"}, alone: true, find: atLeast(10, bytesOf(alnum+"-"), false)},
	{hints: []string{"AIza"}, alone: true, find: exactly(35, tokenBytes)},
	{hints: []string{"eyJ"}, alone: true, find: jsonWebToken},
	{hints: []string{"-----BEGIN "}, find: privateKey},
}

var (
	spaces      = bytesOf("\t\n\f\r ")
	capitals    = bytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
	wordBytes   = bytesOf(alnum + "_")
	tokenBytes  = bytesOf(alnum + "_-")
	bearerBytes = bytesOf(alnum + "._~+/=-")
	base64Bytes = bytesOf(alnum + "+/=")
	schemeBytes = bytesOf(alnum + "+.-")
	flagBytes   = bytesOf(alnum + "-")

	// What ends a secret.
	valueEnd = bytesOf("\t\n\f\r \"'&,;}")
	quoteEnd = bytesOf("\t\n\f\r \"'")
	userEnd  = bytesOf("\t\n\f\r /:@")
	hostEnd  = bytesOf("\t\n\f\r /@")
	nameEnd  = bytesOf("\t\n\f\r :")
	command  = bytesOf("|;&") // another command begins
)

// keyWords are the names of secrets, longer ones before those that they begin
// with.
var keyWords = []string{
	"password", "passwd", "passphrase", "pass", "pwd", "secret", "token", "apikey", "api-key", "api_key",
	"accesskey", "access-key", "access_key", "privatekey", "private-key", "private_key",
	"clientsecret", "client-secret", "client_secret", "credentials", "credential", "auth",
}

// flagWords are those of them that options of commands have.
var flagWords = []string{
	"password", "passwd", "passphrase", "pass", "secret", "token", "apikey", "api-key", "accesskey", "access-key",
}

// wordAt returns where one of the words ends that begins at at, -1 if none does.
func wordAt(s string, at int, words []string) int {
	for _, w := range words {
		if hasHint(s[at:], w, true) {
			return at + len(w)
		}
	}
	return -1
}

// past returns the first index from i on of a byte that is not in the set.
func (set *byteSet) past(s string, i int) int {
	for i < len(s) && set[s[i]] {
		i++
	}
	return i
}

// upTo returns the first index from i on of a byte that is in the set, the
// length of s if there is none.
func (set *byteSet) upTo(s string, i int) int {
	for i < len(s) && !set[s[i]] {
		i++
	}
	return i
}

// pastQuote skips a quotation mark.
func pastQuote(s string, i int) int {
	if i < len(s) && (s[i] == '"' || s[i] == '\'') {
		i++
	}
	return i
}

// pastSign skips an equals sign or a colon with what may stand around it.
func pastSign(s string, i int) (int, bool) {
	i = spaces.past(s, pastQuote(s, i))
	if i == len(s) || s[i] != '=' && s[i] != ':' {
		return 0, false
	}
	return pastQuote(s, spaces.past(s, i+1)), true
}

func assigned(s string, at, _ int) (from, to int, ok bool) {
	end := wordAt(s, at, keyWords)
	if end < 0 || hasHint(s[at:], "passwd:", true) && isTag(s[:at]) {
		return 0, 0, false
	}
	if from, ok = pastSign(s, end); !ok || end < len(s) && s[end] == '"' && isObject(s[from:]) {
		return 0, 0, false
	}
	return some(from, valueEnd.upTo(s, from))
}

// isTag reports whether s ends in what makes NOPASSWD of the word that follows: a tag of
// sudo's rules, whose value is the command.
func isTag(s string) bool {
	n := len(s) - len("no")
	return n >= 0 && hasHint(s[n:], "no", true) && (n == 0 || !wordBytes[s[n-1]])
}

// isObject reports whether the value of a member in JSON is an object, whose members
// are looked at by themselves.
func isObject(s string) bool { return strings.HasPrefix(s, `{"`) || strings.HasPrefix(s, "{}") }

func authorization(s string, _, end int) (from, to int, ok bool) {
	if from, ok = pastSign(s, end); !ok {
		return 0, 0, false
	}
	return some(from, quoteEnd.upTo(s, from))
}

// some is what a kind of secret finds if it is not empty.
func some(from, to int) (int, int, bool) {
	if from >= to {
		return 0, 0, false
	}
	return from, to, true
}

func flagged(s string, at, _ int) (from, to int, ok bool) {
	end := wordAt(s, at, flagWords)
	if end < 0 || end == len(s) {
		return 0, 0, false
	}
	from = end + 1
	if s[end] != '=' {
		if from = spaces.past(s, end); from == end {
			return 0, 0, false
		}
	}
	from = pastQuote(s, from)
	if to = quoteEnd.upTo(s, from); to == from || s[from] == '-' || !inFlag(s[:at]) {
		return 0, 0, false
	}
	return from, to, true
}

// inFlag reports whether the last word of s has a hyphen.
func inFlag(s string) bool {
	for i := len(s) - 1; i >= 0 && flagBytes[s[i]]; i-- {
		if s[i] == '-' {
			return true
		}
	}
	return false
}

func inURL(s string, at, end int) (from, to int, ok bool) {
	if !hasScheme(s[:at]) {
		return 0, 0, false
	}
	if from = userEnd.upTo(s, end) + 1; from > len(s) || s[from-1] != ':' {
		return 0, 0, false
	}
	if to = hostEnd.upTo(s, from); to == len(s) || s[to] != '@' {
		return 0, 0, false
	}
	return some(from, to)
}

// hasScheme reports whether s ends as the scheme of a URL.
func hasScheme(s string) bool {
	for i := len(s) - 1; i >= 0 && schemeBytes[s[i]]; i-- {
		if small(lower(s[i])) {
			return true
		}
	}
	return false
}

func bearer(s string, _, end int) (from, to int, ok bool) {
	const least = 8
	if from = spaces.past(s, end); from == end {
		return 0, 0, false
	}
	if to = bearerBytes.past(s, from); to-from < least {
		return 0, 0, false
	}
	return from, to, true
}

// basic finds base64, told from a plain word by a capital or sign after a small
// letter. Behind a dot the word ends a program's name: Debian's Vim is vim.basic.
func basic(s string, start, end int) (from, to int, ok bool) {
	if start > 0 && s[start-1] == '.' {
		return 0, 0, false
	}
	if from = spaces.past(s, end); from == end {
		return 0, 0, false
	}
	to = base64Bytes.past(s, from)
	for i := from + 1; i < to; i++ {
		if small(s[i-1]) && !small(s[i]) {
			return from, to, true
		}
	}
	return 0, 0, false
}

func small(c byte) bool { return 'a' <= c && c <= 'z' }

// mysqlOption finds the password behind -p.
func mysqlOption(s string, _, end int) (from, to int, ok bool) {
	return inCommand(s, end, func(option string) (from, to int, ok bool) {
		if !strings.HasPrefix(option, "-p") {
			return 0, 0, false
		}
		return some(len("-p"), spaces.upTo(option, len("-p")))
	})
}

// curlOption finds the password of -u user:password.
func curlOption(s string, _, end int) (from, to int, ok bool) {
	return inCommand(s, end, func(option string) (from, to int, ok bool) {
		switch {
		case strings.HasPrefix(option, "-u"):
			from = len("-u")
		case strings.HasPrefix(option, "--user"):
			from = len("--user")
		default:
			return 0, 0, false
		}
		name := spaces.past(option, from)
		from = nameEnd.upTo(option, name) + 1
		if from-1 == name || from > len(option) || option[from-1] != ':' {
			return 0, 0, false
		}
		return some(from, spaces.upTo(option, from))
	})
}

// inCommand looks for an option of the command whose name ends at end: behind
// white space, up to where another command begins.
func inCommand(s string, end int, find func(option string) (from, to int, ok bool)) (from, to int, ok bool) {
	if end < len(s) && wordBytes[s[end]] {
		return 0, 0, false // the name goes on
	}
	last := command.upTo(s, end)
	for i := end; i < last; i++ {
		if !spaces[s[i]] || i+1 == len(s) || s[i+1] != '-' {
			continue
		}
		if from, to, ok = find(s[i+1:]); ok {
			return i + 1 + from, i + 1 + to, true
		}
	}
	return 0, last, false // nor for a name further on
}

func sshpassOption(s string, _, end int) (from, to int, ok bool) {
	i := spaces.past(s, end)
	if i == end || !strings.HasPrefix(s[i:], "-p") {
		return 0, 0, false
	}
	from = spaces.past(s, i+len("-p"))
	return some(from, spaces.upTo(s, from))
}

// exactly finds n bytes of the set behind the hint, and masks that as well.
func exactly(n int, set *byteSet) func(s string, at, end int) (from, to int, ok bool) {
	return func(s string, at, end int) (from, to int, ok bool) {
		if to = end + n; to > len(s) || !set.all(s[end:to]) || !boundary(s, to) {
			return 0, 0, false
		}
		return at, to, true
	}
}

// atLeast finds n bytes of the set or more behind the hint, which end a word if
// word is set, and masks the hint as well.
func atLeast(n int, set *byteSet, word bool) func(s string, at, end int) (from, to int, ok bool) {
	return func(s string, at, end int) (from, to int, ok bool) {
		if to = set.past(s, end); to-end < n || word && !boundary(s, to) {
			return 0, 0, false
		}
		return at, to, true
	}
}

// boundary reports whether a word begins or ends at i.
func boundary(s string, i int) bool {
	return (i > 0 && wordBytes[s[i-1]]) != (i < len(s) && wordBytes[s[i]])
}

func jsonWebToken(s string, at, end int) (from, to int, ok bool) {
	const least = 8
	dot := tokenBytes.past(s, end)
	if dot-end < least || dot == len(s) || s[dot] != '.' {
		return 0, dot, false
	}
	if to = tokenBytes.past(s, dot+1); to-dot-1 < least {
		return 0, dot, false
	}
	if to < len(s) && s[to] == '.' {
		to = tokenBytes.past(s, to+1)
	}
	return at, to, true
}

// privateKey finds a key in PEM, of which the end may be missing.
func privateKey(s string, _, end int) (from, to int, ok bool) {
	const last = "PRIVATE KEY-----"
	kind := end
	for kind < len(s) && (s[kind] == ' ' || 'A' <= s[kind] && s[kind] <= 'Z') {
		kind++
	}
	from = kind + len("-----")
	if from > len(s) || !strings.HasSuffix(s[end:from], last) {
		return 0, 0, false
	}
	if n := strings.Index(s[from:], "-----END"); n >= 0 {
		return from, from + n, true
	}
	return from, len(s), true
}
