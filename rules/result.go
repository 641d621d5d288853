package rules

// Result is what there is to say about one file, loaded on top of the files
// before it. It is read-only.
type Result struct {
	Name     string
	Errors   []*Error      // empty if the file loads; the first is Falco's
	Warnings []*Diagnostic // Falco's first, those that Falco does not come to say last

	// UnknownKeys are the keys that Falco ignores, in their order, those of
	// exceptions and of items of an unknown kind included.
	UnknownKeys []UnknownKey

	// Schema is what a check against Falco's JSON schema for rules finds. It
	// never keeps a file from loading: Falco reports it and goes on.
	Schema SchemaResult

	file *source
}

// OK reports whether the file loads.
func (r *Result) OK() bool { return len(r.Errors) == 0 }

// SchemaResult is the outcome of the check against Falco's JSON schema.
type SchemaResult struct {
	Checked bool     // the file has a document to check
	Valid   bool     // the first document follows the schema; Falco looks at no other
	Faults  []string // what does not, in the documents as they come
}

// sink collects errors and warnings while a file is loaded.
type sink struct {
	res    *Result
	limit  int
	beyond bool // Falco would have stopped
}

// fail records an error and reports whether to go on.
func (s *sink) fail(err error) bool {
	f, ok := err.(*fault)
	if !ok {
		f = &fault{Diagnostic{Code: ErrValidate, Message: err.Error()}}
	}
	f.Beyond = s.beyond
	s.beyond = true
	s.res.Errors = append(s.res.Errors, &Error{f.Diagnostic})
	return len(s.res.Errors) < s.limit
}

// maxWarnings bounds the warnings kept for one file.
const maxWarnings = 10_000

func (s *sink) warn(c chain, code Code, message string) {
	d := c.diagnostic(code, message)
	d.Beyond = s.beyond
	s.add(&d)
}

// warnField is warn of the use of a field that Falco has no more.
func (s *sink) warnField(c chain, field, message string) {
	d := c.diagnostic(WarnDeprecatedItem, message)
	d.Beyond, d.deprecated = s.beyond, field
	s.add(&d)
}

func (s *sink) add(d *Diagnostic) {
	if len(s.res.Warnings) < maxWarnings {
		s.res.Warnings = append(s.res.Warnings, d)
	}
}
