package rules

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAppendOutputFields(t *testing.T) {
	const text = `
- rule: a
  desc: d
  condition: evt.type = open
  output: x %fd.name
  priority: INFO
  tags: [t, u]
  skip-if-unknown-filter: true
  exceptions:
    - {name: e, fields: [proc.name], values: [[b]]}
`
	type want struct {
		output   string
		extra    []string
		err      Code
		warnings []Code
	}
	for _, c := range []struct {
		name string
		add  []AppendOutput
		want want
	}{
		{"nothing", nil, want{output: "x %fd.name"}},
		{"text", []AppendOutput{{Format: "y=%proc.name"}}, want{output: "x %fd.name y=%proc.name"}},
		{"fields", []AppendOutput{{Fields: []ExtraField{{Key: "proc.name"}, {Key: "k", Format: "is %evt.type"}}}},
			want{output: "x %fd.name", extra: []string{"k", "proc.name"}}},
		{"both", []AppendOutput{{Format: "y", Fields: []ExtraField{{Key: "proc.name"}}, Tags: []string{"u"}}},
			want{output: "x %fd.name y", extra: []string{"proc.name"}}},
		{"of another rule", []AppendOutput{{Fields: []ExtraField{{Key: "proc.name"}}, Rule: "b"}}, want{output: "x %fd.name"}},
		{"of another source", []AppendOutput{{Fields: []ExtraField{{Key: "proc.name"}}, Source: "okta"}}, want{output: "x %fd.name"}},
		{"of other tags", []AppendOutput{{Fields: []ExtraField{{Key: "proc.name"}}, Tags: []string{"t", "v"}}}, want{output: "x %fd.name"}},
		{"no field", []AppendOutput{{Fields: []ExtraField{{Key: "no.field"}}}}, want{err: ErrCompileOutput}},
		{"the last of a key counts", []AppendOutput{{Fields: []ExtraField{{Key: "k", Format: "%no.field"}}},
			{Fields: []ExtraField{{Key: "k", Format: "%evt.type"}}}}, want{output: "x %fd.name", extra: []string{"k"}}},
		{"deprecated", []AppendOutput{{Fields: []ExtraField{{Key: "evt.dir"}}}},
			want{output: "x %fd.name", extra: []string{"evt.dir"}, warnings: []Code{WarnDeprecatedItem}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, err := Load(&Options{Append: c.add}, File{"f.yaml", []byte(text)})
			res := set.Results()[0]
			var got want
			if err != nil {
				got.err = res.Errors[0].Code
			}
			for _, w := range res.Warnings {
				got.warnings = append(got.warnings, w.Code)
			}
			if r := set.Rule("a"); r != nil {
				got.output, got.extra = r.compiledOutput, r.ExtraFields
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			// What an exception goes by is shown if it is added.
			unseen := false
			for _, f := range set.Lint() {
				unseen = unseen || f.Code == LintExceptionUnseen
			}
			shown := err != nil || strings.Contains(got.output, "%proc.name") || contains(got.extra, "proc.name")
			if unseen == shown {
				t.Errorf("lint says that the field of the exception is not shown: %v", unseen)
			}
		})
	}
}
