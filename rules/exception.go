package rules

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/falconer-go/falconer/event"
)

// Exception is an exception of a rule, as it is added to a rule file: it
// silences the alerts whose fields all have these values. [Exception.ByPrefix]
// changes it; otherwise it is safe to share.
type Exception struct {
	Rule   string       // the rule that it is for
	Name   string       // of the exception
	Fields []FieldValue // what an alert must have; never empty

	// Merges says that the rule has an exception of that name already, with
	// the same fields and comparisons, to which the values are added.
	Merges bool

	isList func(string) bool
}

// FieldValue is a field and the value it has to have: exactly, unless Prefix
// or Suffix is set.
type FieldValue struct {
	Field  string
	Value  string
	Prefix bool // the value only has to begin with Value

	// Suffix says that the value only has to end with Value. An exception that
	// picks its fields goes by the end of a connection's fd.name: where it goes
	// stays the same, the port that it comes from does not.
	Suffix bool
}

// Comp returns the operator that Falco is to compare with.
func (f FieldValue) Comp() string {
	switch {
	case f.Prefix:
		return "startswith"
	case f.Suffix:
		return "endswith"
	}
	return "="
}

// compares reports whether the operator is that of f.
func (f FieldValue) compares(op string) bool { return op == f.Comp() || op == "==" && f.Comp() == "=" }

// holds reports whether a field with that text is silenced.
func (f FieldValue) holds(text string) bool {
	switch {
	case f.Prefix:
		return strings.HasPrefix(text, f.Value)
	case f.Suffix:
		return strings.HasSuffix(text, f.Value)
	}
	return text == f.Value
}

// fieldValue is what an exception asks of a field that has this text; chosen
// if a caller asked for the field by name.
func fieldValue(field, text string, chosen bool) FieldValue {
	if field == "fd.name" && !chosen {
		if i := strings.LastIndex(text, "->"); i > 0 && i+2 < len(text) {
			return FieldValue{Field: field, Value: text[i:], Suffix: true}
		}
	}
	return FieldValue{Field: field, Value: text}
}

// ByPrefix lets a field of the exception have any value that begins with
// prefix, for a part of it that changes from one event to the next. It is an
// error if the exception does not go by the field, if the value it was made
// from does not begin so, or if no rule can hold the prefix.
func (x *Exception) ByPrefix(field, prefix string) error {
	for i := range x.Fields {
		f := &x.Fields[i]
		if f.Field != field {
			continue
		}
		if prefix == "" || f.Suffix || !strings.HasPrefix(f.Value, prefix) {
			return &FieldError{field, fmt.Errorf("its value does not begin with %q", prefix)}
		}
		if fault := valueFault(prefix); fault != "" {
			return &FieldError{field, fmt.Errorf("%w: %s", ErrInexpressible, fault)}
		}
		f.Value, f.Prefix, f.Suffix = prefix, true, false
		if x.Merges { // with what the rule has by now, it no longer agrees
			x.Merges, x.Name = false, x.Name+"_prefix"
		}
		return nil
	}
	return &FieldError{field, errors.New("the exception does not go by it")}
}

// FieldError is why a field of an alert cannot be part of an exception.
type FieldError struct {
	Field string
	Err   error
}

func (e *FieldError) Error() string { return "field " + e.Field + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *FieldError) Unwrap() error { return e.Err }

// ErrNoFields is why an alert has no exception: it has no field that would
// tell it from others.
var ErrNoFields = errors.New("the alert has no field that an exception could go by")

// NewException proposes the exception that silences alerts like e, without
// knowing the rule files that it is for: a caller that has them should use
// [Set.Exception]. Fields are those that alerts have to share with e; none means
// those that [ExceptionFields] picks, which makes the exception as narrow as
// can be without depending on what changes from one event to the next.
//
// An error is a [*FieldError] for a field that e does not have or whose value
// cannot be written, or [ErrNoFields].
func NewException(e *event.Event, fields ...string) (*Exception, error) {
	chosen := len(fields) > 0
	if !chosen {
		fields = ExceptionFields(e)
	}
	return newException(e, fields, chosen, likelyList)
}

// likelyList reports whether a word may be the name of a list where the lists
// are not known. Lists are named with underscores; a list with the name of a
// command or of one of its options would break other rules before this one, and
// where there is one all the same, the exception silences less, not more.
func likelyList(word string) bool {
	underscore := false
	for _, c := range []byte(word) {
		if c == '_' {
			underscore = true
		} else if !isLetter(c) && !('0' <= c && c <= '9') {
			return false
		}
	}
	return underscore
}

// newException is NewException; chosen says that a caller named the fields.
func newException(e *event.Event, fields []string, chosen bool, isList func(string) bool) (*Exception, error) {
	if e.Rule == "" {
		return nil, errors.New("the alert names no rule")
	}
	x := &Exception{Rule: e.Rule, isList: isList, Fields: make([]FieldValue, 0, len(fields))}
	for _, name := range fields {
		if slices.ContainsFunc(x.Fields, func(f FieldValue) bool { return f.Field == name }) {
			continue
		}
		text, err := exceptionValue(e.Fields.Get(name))
		if err == nil && !isFieldName(name) {
			err = errors.New("this is no field that a rule can name")
		}
		if err != nil {
			if !chosen {
				continue
			}
			return nil, &FieldError{name, err}
		}
		x.Fields = append(x.Fields, fieldValue(name, text, chosen))
	}
	if len(x.Fields) == 0 {
		return nil, ErrNoFields
	}
	x.Name = exceptionName(x.Fields)
	return x, nil
}

// exceptionValue is the text of a value as a rule would compare with it.
func exceptionValue(v event.Value) (string, error) {
	switch v.Kind() {
	case event.Absent:
		return "", errors.New("the alert does not have it")
	case event.Null:
		return "", errors.New("the event had no value for it, and no comparison holds for that")
	case event.Array, event.Object:
		return "", errors.New("it has more than one value")
	}
	text := v.Text()
	if text == "<NA>" {
		return "", errors.New("the event had no value for it, and no comparison holds for that")
	}
	if fault := valueFault(text); fault != "" {
		return "", fmt.Errorf("%w: %s", ErrInexpressible, fault)
	}
	return text, nil
}

// isFieldName reports whether s is a field with at most a plain argument, and
// nothing that would end it.
func isFieldName(s string) bool {
	n := fieldLen(s)
	if n == 0 {
		return false
	}
	if n == len(s) {
		return true
	}
	arg, ok := strings.CutPrefix(s[n:], "[")
	arg, closed := strings.CutSuffix(arg, "]")
	return ok && closed && arg != "" && !strings.ContainsAny(arg, "[]\"'(),= \t\n\v\f\r\x00")
}

// exceptionName makes a name that says what the exception goes by.
func exceptionName(fields []FieldValue) string {
	const most = 3
	if more := len(fields) - most; more > 0 {
		return exceptionName(fields[:most]) + "_and_" + strconv.Itoa(more) + "_more"
	}
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteByte('_')
		}
		for _, c := range []byte(f.Field) {
			if isLetter(c) || '0' <= c && c <= '9' {
				b.WriteByte(c)
			} else if s := b.String(); !strings.HasSuffix(s, "_") {
				b.WriteByte('_')
			}
		}
	}
	return strings.Trim(b.String(), "_")
}

// Match reports whether the exception silences the alert: that it is of the
// rule and has all values.
func (x *Exception) Match(e *event.Event) bool {
	if e.Rule != x.Rule {
		return false
	}
	for _, f := range x.Fields {
		if v := e.Fields.Get(f.Field); !v.Available() || !f.holds(v.Text()) {
			return false
		}
	}
	return true
}

// YAML returns the exception as an item of a rule file, to be put behind the
// rule: it adds to the rule and leaves the rest of it alone.
func (x *Exception) YAML() string {
	var b strings.Builder
	b.Grow(512)
	put(&b, "- rule: ", yamlScalar(x.Rule), "\n  exceptions:\n")
	x.writeEntry(&b, "    ")
	b.WriteString("  override:\n    exceptions: append\n")
	return b.String()
}

// Condition returns the condition that holds for what the exception silences:
// for a matcher, or for an [Override] that appends "and not (...)" to a rule.
func (x *Exception) Condition() string {
	parts := make([]string, len(x.Fields))
	for i, literal := range x.conditionLiterals() {
		parts[i] = x.Fields[i].Field + " " + x.Fields[i].Comp() + " " + literal
	}
	return strings.Join(parts, " and ")
}

// writeEntry writes the entry of the rule's exceptions, each line indented.
func (x *Exception) writeEntry(b *strings.Builder, indent string) {
	put(b, indent, "- name: ", yamlScalar(x.Name), "\n")
	if !x.Merges {
		put(b, indent, "  fields: [")
		for i, f := range x.Fields {
			put(b, separator(i), yamlScalar(f.Field))
		}
		put(b, "]\n", indent, "  comps: [")
		for i, f := range x.Fields {
			put(b, separator(i), f.Comp())
		}
		b.WriteString("]\n")
	}
	put(b, indent, "  values:\n", indent, "    - [")
	for i, value := range x.literals() {
		put(b, separator(i), value)
	}
	b.WriteString("]\n")
}

func put(b *strings.Builder, parts ...string) {
	for _, s := range parts {
		b.WriteString(s)
	}
}

// separator is what stands before item i of a list.
func separator(i int) string {
	if i == 0 {
		return ""
	}
	return ", "
}

// literals are the values as they stand in the file.
func (x *Exception) literals() []string {
	all := x.conditionLiterals()
	for i, s := range all {
		all[i] = yamlScalar(s)
	}
	return all
}

// conditionLiterals are the values as they stand in a condition.
func (x *Exception) conditionLiterals() []string {
	isList := x.isList
	if isList == nil {
		isList = likelyList
	}
	all := make([]string, len(x.Fields))
	for i, f := range x.Fields {
		all[i] = condLiteral(f.Value, isList)
	}
	return all
}

// exceptionFields are the fields that tell one cause of an alert from another
// and stay the same when it happens again, the most telling first. Process
// ids, times, ports, container and pod names are not among them: they change.
var exceptionFields = [...]string{
	"evt.type", "proc.exepath", "proc.name", "proc.pname", "proc.aname[2]", "proc.cmdline", "user.name", "user.loginname",
	"fd.name", "fd.sip", "fd.sport", "container.image.repository", "container.image.tag", "k8s.ns.name",
	"ka.verb", "ka.user.name", "ka.target.resource", "ka.target.namespace", "ka.target.name",
	"ka.req.pod.containers.image.repository", "ka.uri",
	"ct.name", "ct.src", "ct.user", "ct.user.arn", "ct.srcip", "ct.region", "s3.bucket",
	"okta.evt.type", "okta.actor.id", "okta.actor.name", "okta.target.user.name", "okta.app",
	"github.type", "github.action", "github.user", "github.repo", "github.org",
	"gcp.user", "gcp.methodName", "gcp.serviceName", "gcp.resourceName",
}

// ExceptionFields returns the fields of an alert that an exception goes by
// when none are named: what identifies the cause and can be expected to be
// the same next time. Only fields with one value that a rule can hold are
// among them.
func ExceptionFields(e *event.Event) []string {
	var names []string
	for _, name := range exceptionFields {
		if _, err := exceptionValue(e.Fields.Get(name)); err == nil {
			names = append(names, name)
		}
	}
	return names
}
