package rules

// Options say which Falco the rules are for. The zero Options, and nil, stand
// for the Falco that [DefaultEngineVersion] names, with [DefaultPlugins].
type Options struct {
	// EngineVersion is the version of Falco's rules engine, against which
	// required_engine_version is held. "" is DefaultEngineVersion.
	EngineVersion string

	// Plugins are the plugins that are loaded: they decide which sources and
	// fields there are. Nil stands for DefaultPlugins; an empty slice that is
	// not nil for none at all.
	Plugins []Plugin

	// Append is text and fields that Falco adds to the output of rules, as its
	// configuration append_output does.
	Append []AppendOutput

	// Limits bound what is read. Nil is [DefaultLimits].
	Limits *Limits

	defaultPlugins bool
	forget         bool // compile everything anew each time, for tests
}

// AppendOutput is a text, fields or both, added to the output of the rules it
// matches: those of that source, with all of the tags, and of that name. What
// is empty matches every rule.
type AppendOutput struct {
	Format string
	Fields []ExtraField
	Source string
	Tags   []string
	Rule   string
}

// ExtraField is a field that Falco adds to the output_fields of alerts beside
// those that their output prints, as extra_fields of append_output does.
type ExtraField struct {
	Key    string
	Format string // of its text; "" is the value of the field named Key
}

// DefaultEngineVersion is the version of the rules engine of Falco 0.45.
const DefaultEngineVersion = "0.63.0"

// Limits bound what [Load] reads. Whatever is over one of them is an error
// with the code [ErrTooLarge].
type Limits struct {
	FileBytes      int // of one file
	Nodes          int // values in one file, estimated before it is read
	Nesting        int // of YAML
	ConditionBytes int // of one condition, after lists are in place
	ConditionNodes int // of one condition, after macros are in place
	Errors         int // errors reported for one file
}

// DefaultLimits are the limits that hold unless [Options] say otherwise. They
// leave room for some hundred thousand rules.
var DefaultLimits = Limits{
	FileBytes:      32 << 20,
	Nodes:          4 << 20,
	Nesting:        64,
	ConditionBytes: 1 << 20,
	ConditionNodes: 1 << 18,
	Errors:         100,
}

func (o *Options) withDefaults() Options {
	var d Options
	if o != nil {
		d = *o
	}
	if d.EngineVersion == "" {
		d.EngineVersion = DefaultEngineVersion
	}
	if d.Plugins == nil {
		d.Plugins = DefaultPlugins()
		d.defaultPlugins = true
	}
	limits := DefaultLimits
	if d.Limits != nil {
		given := *d.Limits
		for _, l := range []struct{ to, from *int }{
			{&limits.FileBytes, &given.FileBytes},
			{&limits.Nodes, &given.Nodes},
			{&limits.Nesting, &given.Nesting},
			{&limits.ConditionBytes, &given.ConditionBytes},
			{&limits.ConditionNodes, &given.ConditionNodes},
			{&limits.Errors, &given.Errors},
		} {
			if *l.from > 0 {
				*l.to = *l.from
			}
		}
	}
	d.Limits = &limits
	return d
}
