package mitigate

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/falconer-go/falconer/event"
)

// function computes a value from fields of an alert; knowledge/README.md says
// what each gives.
type function struct {
	fields int // how many it takes
	path   pathUse
	gives  kind
	of     func(c *calc, s *subject, v event.Value) result // v is the first field's, and there
}

// pathUse says whether a path into a JSON value follows the fields.
type pathUse uint8

const (
	noPath pathUse = iota
	mayPath
	needsPath
)

// kind is what a function gives.
type kind uint8

const (
	number  kind = iota
	elapsed      // a duration, in nanoseconds
	share        // per cent
	theirs       // texts of the alert
	ours         // words of ours
	code         // a word of ours that is set as code
	whether      // no more than that there is something
)

// isText reports whether what a function gives is compared as texts.
func (k kind) isText() bool { return k == theirs || k == ours || k == code }

// result is what a calc gives, by the kind of its function; the zero value where
// it cannot be computed.
type result struct {
	ok    bool
	n     int64
	texts []string
	shown string // in place of the texts
}

func asNumber(n int64, ok bool) result { return result{ok: ok, n: n} }

func asTexts(list []string) result { return result{ok: len(list) > 0, texts: list} }

func asText(s string) result {
	if s == "" {
		return result{}
	}
	return result{ok: true, texts: []string{s}}
}

// functions are all functions by name. It is filled by init, since some of them
// lead back here.
var functions map[string]*function

func init() {
	functions = map[string]*function{
		"between": {fields: 2, gives: elapsed, of: between},
		"percent": {fields: 2, gives: share, of: percent},
		"age":     {fields: 1, gives: elapsed, of: ageOf},
		"weekday": {fields: 1, gives: ours, of: atInstant(func(t time.Time) result { return asText(t.Weekday().String()) })},
		"hour":    {fields: 1, gives: number, of: atInstant(func(t time.Time) result { return asNumber(int64(t.Hour()), true) })},
		"minute":  {fields: 1, gives: number, of: atInstant(func(t time.Time) result { return asNumber(int64(t.Minute()), true) })},

		"fraction":   {fields: 1, gives: ours, of: atInstant(func(t time.Time) result { return asText(t.Format(".000000000")[1:]) })},
		"ninetydays": {fields: 1, gives: ours, of: atInstant(func(t time.Time) result { return asText(t.AddDate(0, 0, 90).Format(time.DateOnly)) })},

		"count": {fields: 1, path: mayPath, gives: number, of: count},
		"part": {fields: 1, path: needsPath, gives: theirs, of: func(c *calc, s *subject, _ event.Value) result {
			return asTexts(s.parts(c.args[0], c.path))
		}},

		"network":     {fields: 1, gives: theirs, of: network},
		"client":      {fields: 1, gives: theirs, of: ofConnection(func(from, _ netip.AddrPort) string { return from.Addr().String() })},
		"peer":        {fields: 1, gives: theirs, of: peer},
		"server":      {fields: 1, gives: theirs, of: ofConnection(func(_, to netip.AddrPort) string { return to.Addr().String() })},
		"serverport":  {fields: 1, gives: theirs, of: ofConnection(func(_, to netip.AddrPort) string { return strconv.Itoa(int(to.Port())) })},
		"hostaddress": {fields: 1, gives: theirs, of: ofText(func(name string) result { return asText(hostAddress(name)) })},

		"owner":     {fields: 1, gives: ours, of: ofOwner(func(n *networkEntry) string { return n.Is })},
		"ownersort": {fields: 1, gives: ours, of: ofOwner(func(n *networkEntry) string { return n.Sort })},

		"program": {fields: 1, gives: theirs, of: ofText(func(line string) result {
			first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			return asText(base(first))
		})},
		"last": {fields: 1, gives: theirs, of: ofText(func(line string) result {
			if len(line) > maxCommandLine {
				return result{} // where it ends is not looked at
			}
			if words := strings.Fields(line); len(words) > 1 {
				return asText(words[len(words)-1])
			}
			return result{}
		})},
		"script":  {fields: 1, gives: theirs, of: ofText(func(line string) result { return asText(scriptOf(line)) })},
		"file":    {fields: 1, gives: theirs, of: ofText(func(line string) result { return asText(fileOf(line)) })},
		"process": {fields: 1, gives: theirs, of: ofText(func(line string) result { return asText(processOf(line)) })},
		"outside": {fields: 1, gives: theirs, of: ofText(func(line string) result { return asTexts(outsideOf(line)) })},

		"tunnelopens":  {fields: 1, gives: theirs, of: ofTunnel(func(t *tunnel) string { return t.opens })},
		"tunnelhost":   {fields: 1, gives: theirs, of: ofTunnel(func(t *tunnel) string { return t.host })},
		"tunnelport":   {fields: 1, gives: theirs, of: ofTunnel(func(t *tunnel) string { return t.port })},
		"tunnelserver": {fields: 1, gives: theirs, of: ofTunnel(func(t *tunnel) string { return t.server })},

		"urlhost": {fields: 1, gives: theirs, of: ofText(func(line string) result { return asTexts(urlHostsOf(line)) })},
		"decoded": {fields: 1, gives: theirs, of: ofText(func(line string) result { return asText(decodedOf(line)) })},
		"class":   {fields: 1, gives: theirs, of: func(c *calc, s *subject, _ event.Value) result { return asTexts(s.line(c.args[0]).classes) }},
		"does":    {fields: 1, gives: whether, of: does},
		"printed": {fields: 1, gives: whether, of: func(*calc, *subject, event.Value) result { return result{ok: true} }},

		"domain":     {fields: 1, path: mayPath, gives: theirs, of: domain},
		"awsaccount": {fields: 1, gives: theirs, of: ofText(func(arn string) result { return asText(awsAccountOf(arn)) })},
		"repository": {fields: 1, gives: theirs, of: repository},
		"software":   {fields: 1, gives: ours, of: ofSoftware(func(k *known) result { return asText(k.is.Software) })},
		"whatis":     {fields: 1, gives: ours, of: ofSoftware(func(k *known) result { return asText(k.is.Is) })},
		"knownby":    {fields: 1, gives: ours, of: ofSoftware(func(k *known) result { return asText(k.by) })},
		"origin":     {fields: 1, gives: code, of: ofSoftware(func(k *known) result { return asText(k.origin) })},
		"usual":      {fields: 1, gives: ours, of: ofSoftware(func(k *known) result { return k.doing(true) })},
		"unusual":    {fields: 1, gives: ours, of: ofSoftware(func(k *known) result { return k.doing(false) })},
		"role":       {fields: 1, gives: ours, of: role},
		"runsas":     {fields: 1, gives: ours, of: ofSoftware(func(k *known) result { return asText(k.is.Owner) })},
		"called":     {fields: 1, gives: ours, of: ofMeant(func(x *softwareEntry) string { return x.Software })},
		"keeps":      {fields: 1, gives: ours, of: ofMeant(func(x *softwareEntry) string { return x.Keeps })},
		"asks":       {fields: 1, gives: ours, of: ofMeant(func(x *softwareEntry) string { return x.Asks })},
		"tells":      {fields: 1, gives: ours, of: ofMeant(func(x *softwareEntry) string { return x.Tells })},
		"stop":       {fields: 1, gives: ours, of: ofMeant(func(x *softwareEntry) string { return x.Stop })},
		"proof":      {fields: 1, gives: ours, of: ofSoftware(func(k *known) result { return asText(k.is.Check) })},

		"matched":      {fields: 1, gives: theirs, of: matched},
		"terminal":     {fields: 1, gives: code, of: terminal},
		"workload":     {fields: 1, gives: theirs, of: ofText(func(pod string) result { _, name := workloadOf(pod); return asText(name) })},
		"workloadkind": {fields: 1, gives: ours, of: ofText(func(pod string) result { kind, _ := workloadOf(pod); return asText(kind) })},
		"account":      {fields: 1, gives: theirs, of: ofText(func(user string) result { _, name := accountOf(user); return asText(name) })},
		"home":         {fields: 1, gives: theirs, of: ofText(func(user string) result { home, _ := accountOf(user); return asText(home) })},
	}
}

// between is the time from one instant to another.
func between(c *calc, s *subject, v event.Value) result {
	from, ok1 := instant(v)
	to, ok2 := instant(s.e.Field(c.args[1]))
	return asNumber(int64(to.Sub(from)), ok1 && ok2)
}

// ageOf is the time since an instant, for a plan that is read at a known time.
func ageOf(_ *calc, s *subject, v event.Value) result {
	from, ok := instant(v)
	return asNumber(int64(s.now.Sub(from)), ok && !s.now.IsZero())
}

// instant reads a point in time. A number that is no plausible one is none:
// Falco prints 0 where it does not know.
func instant(v event.Value) (time.Time, bool) {
	const years = 20 * 365 * 24 * time.Hour
	t, ok := v.Time()
	return t, ok && t.After(time.Unix(0, int64(years)))
}

// atInstant is f of an instant, in UTC.
func atInstant(f func(time.Time) result) func(*calc, *subject, event.Value) result {
	return func(_ *calc, _ *subject, v event.Value) result {
		t, ok := instant(v)
		if !ok {
			return result{}
		}
		return f(t)
	}
}

// percent is one number as a share of another.
func percent(c *calc, s *subject, v event.Value) result {
	some, ok1 := v.Float()
	all, ok2 := s.e.Field(c.args[1]).Float()
	if !ok1 || !ok2 || some < 0 || all <= 0 || some > all {
		return result{}
	}
	share, digits := some/all*100, 0
	if share < 10 {
		digits = 1
	}
	return result{ok: true, n: int64(share + 0.5), shown: strconv.FormatFloat(share, 'f', digits, 64)}
}

// count is how many elements a list has, or parts a JSON value.
func count(c *calc, s *subject, v event.Value) result {
	if c.path != nil {
		n := len(s.parts(c.args[0], c.path))
		return asNumber(int64(n), n > 0)
	}
	n := int64(0)
	for range v.Elements() {
		n++
	}
	return asNumber(n, v.Kind() == event.Array)
}

// domain is the domain of each person or group that a text, or the parts of a value,
// names: what stands behind the @, or behind domain: in a policy of Google's.
func domain(c *calc, s *subject, v event.Value) result {
	names := []string{v.Text()}
	if c.path != nil {
		names = s.parts(c.args[0], c.path)
	}
	var domains []string
	for _, name := range names {
		if d := domainOf(name); d != "" && !slices.Contains(domains, d) {
			domains = append(domains, d)
		}
	}
	return asTexts(domains)
}

func domainOf(name string) string {
	d, of := strings.CutPrefix(name, "domain:")
	if !of {
		at := strings.LastIndexByte(name, '@')
		if at < 0 {
			return ""
		}
		d = name[at+1:]
	}
	d = strings.ToLower(d)
	if !strings.Contains(d, ".") || !dnsName(d) || strings.HasSuffix(d, "gserviceaccount.com") {
		return ""
	}
	return d
}

// network is the network of an address: /24, or /64 of IPv6.
func network(_ *calc, _ *subject, v event.Value) result {
	a, ok := v.Addr()
	if !ok {
		return result{}
	}
	return asText(networkOf(a).String())
}

func networkOf(a netip.Addr) netip.Prefix {
	bits := 24
	if a = a.Unmap(); a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // fails for bits out of range only
	return p
}

// peer is the far end of a connection: the client of what was taken in here, which
// the local port tells, else the server.
func peer(_ *calc, s *subject, v event.Value) result {
	from, to, ok := v.Connection()
	if !ok {
		return result{}
	}
	far := to
	switch s.e.Field("evt.type").Text() {
	case "accept", "accept4", "listen":
		far = from
	}
	local, ok1 := s.e.Field("fd.lport").Int()
	remote, ok2 := s.e.Field("fd.rport").Int()
	if ok1 && ok2 && local != remote && local == int64(to.Port()) && remote == int64(from.Port()) {
		far = from
	}
	return asText(far.Addr().String())
}

// ofConnection is f of the ends in the name of a connection.
func ofConnection(f func(from, to netip.AddrPort) string) func(*calc, *subject, event.Value) result {
	return func(_ *calc, _ *subject, v event.Value) result {
		from, to, ok := v.Connection()
		if !ok {
			return result{}
		}
		return asText(f(from, to))
	}
}

// ofOwner is f of the network that an address belongs to.
func ofOwner(f func(*networkEntry) string) func(*calc, *subject, event.Value) result {
	return func(c *calc, s *subject, v event.Value) result {
		n := s.ownerOf(c.args[0], v)
		if n == nil {
			return result{}
		}
		return asText(f(n))
	}
}

// ofText is f of a field's text.
func ofText(f func(string) result) func(*calc, *subject, event.Value) result {
	return func(_ *calc, _ *subject, v event.Value) result { return f(v.Text()) }
}

// fileOf is the first absolute path behind the first word of a command line, or
// that an argument such as oldpath=/usr/bin/ps has as its value.
func fileOf(line string) string {
	for i, word := range strings.Fields(line[:min(len(line), maxCommandLine)]) {
		if at := strings.Index(word, "=/"); at >= 0 {
			word = word[at+1:]
		} else if at := strings.Index(word, "=@/"); at >= 0 && i > 0 {
			word, _, _ = strings.Cut(word[at+2:], ";") // curl -F file=@/srv/a.gz;type=application/gzip
		} else if i > 0 && strings.HasPrefix(word, "@/") {
			word = word[1:]
		} else if i == 0 {
			continue
		}
		if len(word) > 1 && word[0] == '/' && word[1] != '/' && !strings.HasPrefix(word, "/dev/null") {
			return strings.TrimRight(word, ";,)")
		}
	}
	return ""
}

// does tells whether anything is known of what the programs of a command line do.
func does(c *calc, s *subject, _ event.Value) result {
	return result{ok: slices.ContainsFunc(s.line(c.args[0]).uses, func(u use) bool { return u.does != nil })}
}

// repository is the full name of a repository on GitHub. The plugin prints that,
// a relay or a collector of one organisation may print the name alone.
func repository(_ *calc, s *subject, v event.Value) result {
	name := v.Text()
	if name == "" || strings.Contains(name, "/") {
		return asText(name)
	}
	for _, f := range [...]string{"github.owner", "github.org"} {
		if owner := s.e.Field(f); owner.Available() && owner.Text() != "" {
			return asText(owner.Text() + "/" + name)
		}
	}
	return result{}
}

// maxMatched is how many rules matched names.
const maxMatched = 6

// matched is which rules matched how often by a snapshot of Falco's metrics, the
// most frequent first.
func matched(_ *calc, s *subject, _ event.Value) result {
	snapshot, ok := s.e.Internal().(event.MetricsSnapshot)
	if !ok {
		return result{}
	}
	list := slices.DeleteFunc(slices.Clone(snapshot.RuleMatches), func(c event.Counter) bool { return c.N == 0 })
	slices.SortStableFunc(list, func(a, b event.Counter) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name)) })
	var texts []string
	for _, c := range list[:min(len(list), maxMatched)] {
		texts = append(texts, strconv.FormatUint(c.N, 10)+" "+c.Name)
	}
	return asTexts(texts)
}

// terminal is the name of a terminal, by its number.
func terminal(_ *calc, _ *subject, v event.Value) result {
	n, ok := v.Int()
	if !ok {
		return result{}
	}
	return asText(terminalOf(n))
}

// awsAccountOf is the number of the account in an ARN of AWS,
// arn:aws:ecs:eu-west-1:123456789012:cluster/a; a bucket's has none.
func awsAccountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || !strings.HasPrefix(parts[1], "aws") {
		return ""
	}
	number := parts[4]
	if len(number) != 12 || strings.Trim(number, "0123456789") != "" {
		return ""
	}
	return number
}
