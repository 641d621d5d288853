package enrich

import "strings"

// This file reads one tag. The grammar is what upstream's rules use, in any
// case and with - or _ between words, and what others write for the same:
//
//	mitre_<tactic>, attack.<tactic>, <tactic>         a tactic by its short name
//	TA0005, TA0005-defense-evasion, attack.ta0005     a tactic by its id
//	T1059.004, T1562-impair-defenses, attack.t1059    a technique by its id
//	mitre_data_destruction, inhibit-system-recovery   a technique by its name
//	NIST_800-53_AU-10, NIST_SP_800-53r5_au-10.1, AU-10
//	PCI_DSS_11.5.1, PCI_DSS_v4.0.1_11.5.1
//	CIS_Kubernetes_1.8_5.2.2
//	cis, compliance, nist, pci, mitre                 a framework without an id
//
// Anything else is context: where the rule looks, or how mature it is.

// kind is what a tag speaks of.
type kind uint8

const (
	kindContext kind = iota
	kindTactic
	kindTechnique
	kindControl
	kindRequirement
	kindFramework // named, with no id after it
	kindUnknown   // of the form of a mapping, and not one
)

// form is how a tag spells what it means.
type form uint8

const (
	byID   form = iota
	prefix      // a name behind mitre_ or attack.
	bare        // a name alone
)

// reading is what a tag says.
type reading struct {
	kind    kind
	form    form
	id      string // canonical: a tactic's short name or id, a technique's id, ...
	slug    string // what follows the id
	std     string // of a requirement: PCI DSS, CIS Kubernetes
	version string // of the framework, if the tag says it
}

// lexicon is what readings are looked up in.
type lexicon struct {
	matrix  *Matrix
	catalog *Catalog
}

// shortNames maps every short name of a tactic in any release, and the
// wordings in use beside them, to the one that tactics are looked up by.
// defense-evasion stays what it is: which tactics it means is a question of the
// release and of the technique.
var shortNames = map[string]string{
	"reconnaissance": "reconnaissance", "recon": "reconnaissance",
	"resource-development": "resource-development",
	"initial-access":       "initial-access",
	"execution":            "execution",
	"persistence":          "persistence",
	"privilege-escalation": "privilege-escalation", "privesc": "privilege-escalation",
	"defense-evasion": "defense-evasion", "defence-evasion": "defense-evasion",
	"stealth":            "stealth",
	"defense-impairment": "defense-impairment", "defence-impairment": "defense-impairment",
	"credential-access":   "credential-access",
	"discovery":           "discovery",
	"lateral-movement":    "lateral-movement",
	"collection":          "collection",
	"command-and-control": "command-and-control", "command-control": "command-and-control", "c2": "command-and-control",
	"exfiltration": "exfiltration", "data-exfiltration": "exfiltration",
	"impact": "impact",
}

// read says what a tag means. It does not say whether the release has it.
func (l lexicon) read(tag string) reading {
	s := lower(strings.TrimSpace(tag))
	switch s {
	case "compliance", "nist", "pci", "cis", "mitre", "attack", "mitre_attack", "mitre-attack":
		return reading{kind: kindFramework, id: s}
	}
	for _, p := range [...]string{"mitre_attack_", "mitre-attack-", "mitre_", "mitre-", "attack."} {
		if rest, ok := strings.CutPrefix(s, p); ok && rest != "" {
			return l.readName(rest)
		}
	}
	if r, ok := readAttackID(s); ok {
		return r
	}
	if rest, ok := cutNIST(s); ok {
		return readNIST(rest)
	}
	if rest, ok := cutWords(s, "pci", "dss"); ok {
		return readPCI(rest)
	}
	if rest, ok := cutWords(s, "cis"); ok {
		return readCIS(rest, tag)
	}
	if id, ok := ParseControl(s); ok {
		if _, ok := l.catalog.Control(id); ok {
			return reading{kind: kindControl, id: id, form: bare}
		}
	}
	return l.readBare(s)
}

// readName reads what follows mitre_ or attack.
func (l lexicon) readName(s string) reading {
	if r, ok := readAttackID(s); ok {
		return r
	}
	// Sigma also tags groups, software and campaigns.
	if len(s) == 5 && strings.ContainsRune("gsc", rune(s[0])) && digits(s[1:]) == 4 {
		return reading{}
	}
	name := hyphens(s)
	if short, ok := shortNames[name]; ok {
		return reading{kind: kindTactic, form: prefix, id: short}
	}
	if t, ok := l.matrix.Tactic(name); ok { // of a matrix that the host read
		return reading{kind: kindTactic, form: prefix, id: t.Short}
	}
	if id := l.matrix.named(name); id != "" {
		return reading{kind: kindTechnique, form: prefix, id: id}
	}
	return reading{kind: kindUnknown, id: name}
}

// readBare reads a tag without any mark of a framework. A technique's name must
// have three words: shorter ones (server, ssh, web-service, container-service)
// are everyday topics.
func (l lexicon) readBare(s string) reading {
	name := hyphens(s)
	if short, ok := shortNames[name]; ok {
		return reading{kind: kindTactic, form: bare, id: short}
	}
	if strings.Count(name, "-") >= 2 {
		if id := l.matrix.named(name); id != "" {
			return reading{kind: kindTechnique, form: bare, id: id}
		}
	}
	return reading{kind: kindContext}
}

// readAttackID reads TA0005, T1059 and T1059.004, with a slug behind them.
// Something that begins like one and goes on otherwise is unknown.
func readAttackID(s string) (reading, bool) {
	if rest, ok := strings.CutPrefix(s, "ta"); ok && digits(rest) >= 3 {
		n := digits(rest)
		slug, ok := cutSlug(rest[n:])
		if n != 4 || !ok {
			return reading{kind: kindUnknown, id: s}, true
		}
		return reading{kind: kindTactic, id: strings.ToUpper(s[:6]), slug: slug}, true
	}
	rest, ok := strings.CutPrefix(s, "t")
	if !ok || digits(rest) < 3 {
		return reading{}, false
	}
	n := digits(rest)
	end := n
	if after, ok := strings.CutPrefix(rest[n:], "."); ok {
		if digits(after) != 3 {
			return reading{kind: kindUnknown, id: s}, true
		}
		end += 4
	}
	slug, ok := cutSlug(rest[end:])
	if n != 4 || !ok {
		return reading{kind: kindUnknown, id: s}, true
	}
	return reading{kind: kindTechnique, id: strings.ToUpper(s[:1+end]), slug: slug}, true
}

// cutSlug cuts the - or _ off what follows an id.
func cutSlug(s string) (slug string, ok bool) {
	if s == "" {
		return "", true
	}
	if s[0] == '-' || s[0] == '_' {
		return hyphens(s[1:]), true
	}
	return "", false
}

// cutNIST cuts NIST SP 800-53, with any of its separators and a revision, off s.
func cutNIST(s string) (rest string, ok bool) {
	s, ok = strings.CutPrefix(s, "nist")
	if !ok {
		return "", false
	}
	s = strings.TrimLeft(s, separators)
	if after, ok := strings.CutPrefix(s, "sp"); ok {
		s = strings.TrimLeft(after, separators)
	}
	if s, ok = strings.CutPrefix(s, "800"); !ok {
		return "", false
	}
	if s, ok = strings.CutPrefix(strings.TrimLeft(s, separators), "53"); !ok {
		return "", false
	}
	rest = strings.TrimLeft(s, separators)
	for _, revision := range [...]string{"rev", "r"} {
		if after, ok := strings.CutPrefix(rest, revision); ok {
			after = strings.TrimLeft(after, separators)
			if digits(after) == 1 && (len(after) == 1 || strings.ContainsRune(separators, rune(after[1]))) {
				return strings.TrimLeft(after[1:], separators), true
			}
		}
	}
	return rest, true
}

func readNIST(s string) reading {
	if s == "" {
		return reading{kind: kindFramework, id: "nist"}
	}
	if id, ok := ParseControl(strings.ReplaceAll(s, "_", "-")); ok {
		return reading{kind: kindControl, id: id}
	}
	return reading{kind: kindUnknown, id: s}
}

func readPCI(s string) reading {
	if s == "" {
		return reading{kind: kindFramework, id: "pci"}
	}
	r := reading{kind: kindRequirement, std: pciName}
	first, second, two := cutAny(s)
	if two {
		r.version, first = strings.TrimPrefix(first, "v"), second
	}
	r.id = strings.ToUpper(first)
	if !dotted(strings.TrimPrefix(r.id, "A")) || two && !dotted(r.version) {
		return reading{kind: kindUnknown, id: s}
	}
	return r
}

// readCIS reads words, then a version, then an id. The id is the last number;
// a number before it is the version of the benchmark. The words keep the case
// of the tag.
func readCIS(s, tag string) reading {
	if s == "" {
		return reading{kind: kindFramework, id: "cis"}
	}
	r := reading{kind: kindRequirement, std: "CIS"}
	tag = strings.TrimSpace(tag)
	for s != "" {
		word, rest, _ := cutAny(s)
		written := tag[len(tag)-len(s):][:len(word)]
		s = strings.TrimLeft(rest, separators)
		switch number := strings.TrimPrefix(word, "v"); {
		case dotted(number) && s == "":
			r.id = number
		case dotted(number) && r.version == "":
			r.version = number
		case s == "", r.version != "", !plain(word), len(r.std)+len(word) > 64:
			return reading{kind: kindUnknown, id: s}
		default:
			r.std += " " + written
		}
	}
	return r
}

const separators = "_-. :/"

// cutWords cuts words with separators between them off s, and the separators
// behind them. What follows must not be a letter.
func cutWords(s string, words ...string) (rest string, ok bool) {
	for i, word := range words {
		if i > 0 {
			s = strings.TrimLeft(s, separators)
		}
		if s, ok = strings.CutPrefix(s, word); !ok {
			return "", false
		}
	}
	if s != "" && !strings.ContainsRune(separators, rune(s[0])) {
		return "", false
	}
	return strings.TrimLeft(s, separators), true
}

// cutAny cuts s at the first separator that is not a dot.
func cutAny(s string) (before, after string, ok bool) {
	i := strings.IndexAny(s, "_- :/")
	if i < 0 {
		return s, "", false
	}
	return s[:i], strings.TrimLeft(s[i:], separators), true
}

// dotted reports whether s is decimal numbers with dots between them.
func dotted(s string) bool {
	if s == "" || len(s) > 16 || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	return strings.Trim(s, "0123456789.") == ""
}

// plain reports whether s is ASCII letters and digits: a word of a tag that
// becomes part of a name must be harmless wherever the name is shown.
func plain(s string) bool {
	for _, c := range []byte(s) {
		if !isLetter(c) && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// digits counts the digits that s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// lower lowers ASCII letters alone, so that offsets in the result are offsets in
// the tag.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if c := b[i]; c >= 'A' && c <= 'Z' {
					b[i] = c + 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// hyphens returns a name in the form of short names.
func hyphens(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "_", "-"), " ", "-")
}
