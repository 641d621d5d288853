package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/falconer-go/falconer/internal/jsonstr"
)

// brief is a stream as one line an alert or error.
func brief(r io.Reader, o *DecoderOptions) (list []string) {
	d := NewDecoder(r, o)
	for e, err := range d.All() {
		var syntax *SyntaxError
		switch {
		case err == nil && e.FromText():
			list = append(list, "text "+e.Priority.String()+" "+e.message())
		case err == nil:
			list = append(list, strings.Clone(e.Rule)) // Reuse voids it
		case errors.As(err, &syntax):
			list = append(list, err.Error())
		default:
			list = append(list, "fatal: "+err.Error())
		}
		if len(list) > 10000 {
			panic("no end")
		}
	}
	if n := d.Skipped(); n > 0 {
		list = append(list, fmt.Sprintf("%d skipped", n))
	}
	return list
}

// alertNamed is a whole alert.
func alertNamed(rule string) string {
	return `{"hostname":"h","output":"14:32:07.191837261: Warning ` + rule + `","output_fields":{"evt.time":1721831527191837261,"proc.name":"a {b} \"c\""},` +
		`"priority":"Warning","rule":"` + rule + `","source":"syscall","tags":["x"],"time":"2024-07-24T14:32:07.191837261Z"}`
}

func pretty(rule string) string {
	return "{\n  \"rule\": \"" + rule + "\",\n  \"priority\": \"Notice\",\n  \"output_fields\": {\n    \"a\": [\n      1,\n      2\n    ]\n  },\n  \"time\": \"2024-07-24T14:32:07Z\"\n}"
}

func dockerLine(text, stream string) string {
	return `{"log":` + string(jsonstr.Append(nil, text)) + `,"stream":"` + stream + `","time":"2024-07-24T14:32:07.5Z"}` + "\n"
}

func streamCases() []struct {
	name, stream string
	want         []string
} {
	a, b, c := alertNamed("A"), alertNamed("B"), alertNamed("C")
	const text = "14:32:07.191837261: Notice A shell | user=root"
	const cri = "2024-07-24T14:32:07.200000000Z stdout "
	return []struct {
		name, stream string
		want         []string
	}{
		{"empty", "", nil},
		{"blank", " \n\r\n\t", nil},
		{"lines", a + "\n" + b + "\r\n\n" + c, []string{"A", "B", "C"}},
		{"concatenated", a + b + " " + c + "\n", []string{"A", "B", "C"}},
		{"pretty", pretty("A") + "\n" + pretty("B"), []string{"A", "B"}},
		{"array", "[" + a + "," + b + "]", []string{"A", "B"}},
		{"empty array", "[]", nil},
		{"pretty array", "[\n  " + strings.ReplaceAll(pretty("A"), "\n", "\n  ") + ",\n  " + a + "\n]\n" + b, []string{"A", "A", "B"}},
		{"record separators", "\x1e" + a + "\n\x1e" + b + "\n", []string{"A", "B"}},
		{"byte order mark", "\uFEFF" + a, []string{"A"}},
		{"noise", "Thu Jul 24 14:32:07 2024: Falco version: 0.40.0\n" + a + "\nEvents detected: 1\nRule counts by severity:\n" + b, []string{"A", "B", "3 skipped"}},
		{"noise with braces", "map[a:{b}] {x} {\"y\": 1}\n" + a, []string{"A", "1 skipped"}},
		{"noise with brackets", "[pod/falco-x/falco] " + a + "\n[info] x\n", []string{"A", "1 skipped"}},
		{"glued behind", "Events detected: 7" + a + "\n" + b, []string{"A", "B"}},
		{"glued before", a + "Events detected: 7\n" + b, []string{"A", "B", "1 skipped"}},
		{"glued twice", "x" + a + "y" + b + "z\n", []string{"A", "B", "1 skipped"}},
		{"glued text to digits", "Events detected: 1" + text + "\nabc2024-07-24T14:32:07.191837261+0000: Error iso\n", []string{"text Notice A shell | user=root", "text Error iso"}},
		{"glued text", "x " + a + text + "\n" + b + text + "\n", []string{"A", "text Notice A shell | user=root", "B", "text Notice A shell | user=root"}},
		{"text", text + "\n" + a + "\n" + "2024-07-24T14:32:07.191837261+0000: Error iso\n", []string{"text Notice A shell | user=root", "A", "text Error iso"}},
		{"text with json in it", "14:32:07.191837261: Notice x " + a + "\n", []string{"text Notice x " + a}},
		{"syslog 3164", "<12>Jul 24 14:32:07 node falco[12]: " + a + "\n<12>Jul 24 14:32:07 node falco: " + text + "\n", []string{"A", "text Notice A shell | user=root"}},
		{"syslog 5424", "<12>1 2024-07-24T14:32:07.003Z node falco 12 - - " + a + "\n", []string{"A"}},
		{"cri", cri + "F " + a + "\n" + cri + "F noise\n" + cri + "F " + text + "\n", []string{"A", "text Notice A shell | user=root", "1 skipped"}},
		{"cri in parts", cri + "P " + a[:10] + "\n2024-07-24T14:32:07Z stderr F log\n" + cri + "P " + a[10:20] + "\n" + cri + "F " + a[20:] + "\n", []string{"A", "1 skipped"}},
		{"cri cut off", cri + "P " + a[:10] + "\n", []string{"line 2: offset 51: unexpected EOF"}},
		{"docker", dockerLine(a+"\n", "stdout") + dockerLine("noise\n", "stderr") + dockerLine(text+"\n", "stdout"), []string{"A", "text Notice A shell | user=root", "1 skipped"}},
		{"docker in parts", dockerLine(a[:10], "stdout") + dockerLine("x\n", "stderr") + dockerLine(a[10:]+"\n", "stdout"), []string{"A", "1 skipped"}},
		{"docker of two", dockerLine(a+b+"\n", "stdout"), []string{"A", "B"}},
		{"not docker", `{"log":"x","rule":"A","priority":"info","time":"2024-07-24T14:32:07Z"}` + a, []string{"A", "A"}},
		{"bad record", `{"rule":"A"}` + "\n" + b, []string{"line 1: offset 0: priority: missing or empty", "B"}},
		{"bad records on a line", `{"rule":"A"}{"rule":1}` + b, []string{"line 1: offset 0: priority: missing or empty", "line 1: offset 20: rule: number where a rule's name belongs", "B"}},
		{"bad pretty", strings.Replace(pretty("A"), "Notice", "Odd", 1) + "\n" + b, []string{`line 3: offset 31: priority: unknown priority "Odd"`, "B"}},
		{"cut off line", a[:40] + "\n" + b, []string{"line 1: offset 40: output: control character in a string", "B"}},
		{"cut off between tokens", a[:15] + "\n" + b, []string{"line 2: offset 16: hostname: unexpected EOF", "B"}},
		{"cut off in pretty", pretty("A")[:60] + "\n" + b, []string{"line 5: offset 61: output_fields: unexpected EOF", "B"}},
		{"cut off before text", a[:16] + "\n" + text + "\n" + b, []string{"line 2: offset 17: expected a key", "text Notice A shell | user=root", "B"}},
		{"cut off at the end", a + "\n" + b[:len(b)-1], []string{"A", fmt.Sprintf("line 2: offset %d: time: unexpected EOF", len(a)+len(b))}},
		{"array cut off", "[" + a + ",", []string{"A", fmt.Sprintf("line 1: offset %d: unexpected EOF", len(a)+2)}},
		{"glued and cut off", "x " + a[:len(a)-5] + "\n" + b, []string{fmt.Sprintf("line 1: offset %d: time: unexpected EOF", len(a)-3), "B"}},
		{"metrics of a file", `{"output_fields":{"a":1},"sample":1}` + "\n" + b, []string{"line 1: offset 0: rule: missing or empty", "B"}},
	}
}

func TestDecoder(t *testing.T) {
	for _, c := range streamCases() {
		if diff := cmp.Diff(c.want, brief(strings.NewReader(c.stream), nil)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.want, brief(iotest.OneByteReader(strings.NewReader(c.stream)), &DecoderOptions{Reuse: true})); diff != "" {
			t.Errorf("%s, byte by byte: (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestDecoderLimits(t *testing.T) {
	a, b := alertNamed("A"), alertNamed("B")
	o := &DecoderOptions{Limits: Limits{RecordBytes: len(a)}}
	huge := strings.Repeat("x", 1<<20)
	over := fmt.Sprintf("record of more than %d bytes: over the limit", len(a))
	for _, c := range []struct {
		name, stream string
		want         []string
	}{
		{"at the limit", a + "\n" + b, []string{"A", "B"}},
		{"one over", " " + strings.Replace(a, ":", ": ", 1) + "\n" + b, []string{fmt.Sprintf("line 1: offset %d: %s", len(a)+1, over), "B"}},
		{"a long one", `{"rule":"` + huge + `"}` + b, []string{fmt.Sprintf("line 1: offset %d: %s", len(a), over), "B"}},
		{"a long one that does not end", `{"rule":"` + huge + "\n" + b, []string{fmt.Sprintf("line 1: offset %d: %s", len(a), over), "B"}},
		{"long over many lines", "{" + strings.Repeat("\n\"a\":1,", 1<<16) + "\n" + b, []string{fmt.Sprintf("line 35: offset %d: %s", len(a), over), "B"}},
		{"long noise", huge + "\n" + b, []string{"B", "1 skipped"}},
		{"long glued", `x {"rule":"` + huge + "\"}\n" + b, []string{fmt.Sprintf("line 1: offset %d: %s", len(a), over), "B"}},
		{"long parts", strings.Repeat("2024-07-24T14:32:07Z stdout P "+huge[:100]+"\n", 100) + "2024-07-24T14:32:07Z stdout F x\n" + b,
			[]string{fmt.Sprintf("line 101: offset 13130: %s", over), "B"}},
		{"a long line of short ones", strings.Repeat(a, 1000), slicesRepeat("A", 1000)},
	} {
		for _, r := range []io.Reader{strings.NewReader(c.stream), iotest.HalfReader(strings.NewReader(c.stream))} {
			d := NewDecoder(r, o)
			if diff := cmp.Diff(c.want, brief(r, o)); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", c.name, diff)
			}
			if n := cap(d.in.buf); n > 256<<10 {
				t.Errorf("%s: holds %d bytes", c.name, n)
			}
		}
	}
}

func slicesRepeat(s string, n int) (list []string) {
	for range n {
		list = append(list, s)
	}
	return list
}

func TestDecoderCompressed(t *testing.T) {
	stream := alertNamed("A") + "\n" + alertNamed("B") + "\n"
	var gz, zs, two bytes.Buffer
	w := gzip.NewWriter(&gz)
	io.WriteString(w, stream)
	w.Close()
	two.Write(gz.Bytes())
	two.Write(gz.Bytes())
	z, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(z, stream)
	z.Close()
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{"gzip", gz.Bytes(), []string{"A", "B"}},
		{"gzip twice", two.Bytes(), []string{"A", "B", "A", "B"}},
		{"zstd", zs.Bytes(), []string{"A", "B"}},
		{"gzip cut off", gz.Bytes()[:gz.Len()-9], []string{"A", "B", "fatal: unexpected EOF"}},
	} {
		for _, r := range []io.Reader{bytes.NewReader(c.data), iotest.OneByteReader(bytes.NewReader(c.data))} {
			if diff := cmp.Diff(c.want, brief(r, nil)); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", c.name, diff)
			}
		}
	}
}

func TestDecoderReaderError(t *testing.T) {
	broken := errors.New("broken")
	a := alertNamed("A")
	d := NewDecoder(io.MultiReader(strings.NewReader(a+"\n"+a[:20]), iotest.ErrReader(broken)), nil)
	var e Event
	if err := d.Decode(&e); err != nil || e.Rule != "A" {
		t.Errorf("%v, %q", err, e.Rule)
	}
	for range 2 {
		if err := d.Decode(&e); err != broken {
			t.Errorf("got %v, want the reader's error itself", err)
		}
	}
	if got := brief(iotest.ErrReader(broken), nil); got[0] != "fatal: broken" {
		t.Error(got)
	}
}

// An alert that is not reused stays as it is.
func TestDecoderKeeps(t *testing.T) {
	stream := ""
	for i := range 100 {
		stream += alertNamed(fmt.Sprint("rule ", i)) + "\n"
	}
	var all []*Event
	for e, err := range NewDecoder(strings.NewReader(stream), nil).All() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	for i, e := range all {
		if want := fmt.Sprint("rule ", i); e.Rule != want || e.Tags[0] != "x" || e.Fields.Get("proc.name").Text() != `a {b} "c"` {
			t.Errorf("%q became %q", want, e.Rule)
		}
	}
}

// A small alert does not hold the memory of a large record before it.
func TestDecoderHolds(t *testing.T) {
	stream := `{"rule":1,"x":"` + strings.Repeat("x", MaxRecordBytes/2) + `"}` + alertNamed("A")
	d := NewDecoder(strings.NewReader(stream), nil)
	var e Event
	if err := d.Decode(&e); err == nil {
		t.Error("the large record is an alert")
	}
	if err := d.Decode(&e); err != nil || e.Rule != "A" || cap(e.Fields.index) > 100 || e.size() > 4096 {
		t.Errorf("%v, %q, %d entries, %d bytes", err, e.Rule, cap(e.Fields.index), e.size())
	}
	// Nor does one that has others behind it on its line.
	d = NewDecoder(strings.NewReader(strings.Repeat(alertNamed("A"), 100)+"\n"), nil)
	if err := d.Decode(&e); err != nil || e.size() > 4096 {
		t.Errorf("%v, %d bytes", err, e.size())
	}
	// The room is the alert's now; what it has is what the alert holds.
	r := new(room)
	if _, err := e.decode(r, []byte(stream), Limits{}.orDefault(), startOfInput); err == nil {
		t.Error("the large record is an alert")
	}
	large := cap(r.memory)
	if _, err := e.decode(r, []byte(alertNamed("A")), Limits{}.orDefault(), wholeInput); err != nil || cap(r.memory) > large/100 {
		t.Errorf("%v, %d entries after %d", err, cap(r.memory), large)
	}
}

func TestDecoderNear(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	near := func() time.Time { return time.Date(2024, 7, 25, 0, 10, 0, 0, zone) }
	for _, c := range []struct{ line, want string }{
		{"00:09:00.000000001: Notice x", "2024-07-24T22:09:00.000000001Z"},
		{"23:59:00.000000001: Notice x", "2024-07-24T21:59:00.000000001Z"},
		{"12:00:00.000000001: Notice x", "2024-07-25T10:00:00.000000001Z"},
		{"2020-01-01T00:00:00.000000001+0000: Notice x", "2020-01-01T00:00:00.000000001Z"},
		{"2023-01-01T22:30:00Z stdout F 00:29:59.000000001: Notice x", "2023-01-01T22:29:59.000000001Z"},
	} {
		var e Event
		if err := NewDecoder(strings.NewReader(c.line), &DecoderOptions{Near: near}).Decode(&e); err != nil {
			t.Errorf("%s: %v", c.line, err)
		}
		if got := string(appendTime(nil, e.Time)); got != c.want {
			t.Errorf("%s is at %s, want %s", c.line, got, c.want)
		}
	}
	var e Event
	if NewDecoder(strings.NewReader("00:09:00.000000001: Notice x"), nil).Decode(&e); e.Time.Year() != 1 || e.TimeSource() != TimeOfNothing {
		t.Errorf("without a date: %v, %v", e.Time, e.TimeSource())
	}
}

// splitReader gives data in pieces of random sizes.
type splitReader struct {
	data []byte
	r    *rand.Rand
}

func (s *splitReader) Read(p []byte) (int, error) {
	if len(s.data) == 0 {
		return 0, io.EOF
	}
	n := min(1+s.r.IntN(40), len(p), len(s.data))
	copy(p, s.data[:n])
	s.data = s.data[n:]
	return n, nil
}

// FuzzDecoder expects the same alerts and the same errors however the reader
// cuts the stream, and an end.
func FuzzDecoder(f *testing.F) {
	for _, c := range streamCases() {
		f.Add([]byte(c.stream), uint64(1), uint16(0))
		f.Add([]byte(c.stream), uint64(2), uint16(100))
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64, limit uint16) {
		o := &DecoderOptions{Limits: Limits{RecordBytes: int(limit)}}
		want := brief(bytes.NewReader(data), o)
		if diff := cmp.Diff(want, brief(&splitReader{data, rand.New(rand.NewPCG(seed, 0))}, o)); diff != "" {
			t.Errorf("(-whole +split)\n%s", diff)
		}
		o.Reuse = true
		if diff := cmp.Diff(want, brief(bytes.NewReader(data), o)); diff != "" {
			t.Errorf("(-kept +reused)\n%s", diff)
		}
	})
}

// TestDecoderStrict holds that no noise goes by unsaid.
func TestDecoderStrict(t *testing.T) {
	const alert = `{"rule":"A","priority":"Notice","time":"2026-01-02T03:04:05Z"}`
	in := alert + "\nnoise\n\n{x}\n" + alert + " glued\n" + alert
	var got []string
	for e, err := range NewDecoder(strings.NewReader(in), &DecoderOptions{Strict: true}).All() {
		if err != nil {
			got = append(got, err.Error())
		} else {
			got = append(got, e.Rule)
		}
	}
	want := []string{"A", "line 2: offset 63: not an alert", "line 4: offset 71: expected a key", "A", "line 5: offset 137: not an alert", "A"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
