package enrich

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The mapping files are large (a release of ATT&CK is 50 MB), and little of
// them is needed. So they are read as a stream: the members of the top object
// are walked, and the elements of the one array that matters are decoded one
// after the other into a struct that names the few members of interest.

const (
	maxFile   = 512 << 20 // bytes of a mapping file
	maxObject = 16 << 20  // bytes of one object in it; the largest known has 2 MB
	maxDepth  = 1000      // of what is skipped; the decoder itself bounds what it decodes
)

// stream walks a JSON file.
type stream struct {
	*json.Decoder
	in bounded
}

func newStream(r io.Reader) *stream {
	s := &stream{in: bounded{r: r, left: maxFile, object: maxObject}}
	s.Decoder = json.NewDecoder(&s.in)
	return s
}

var errTooLarge = errors.New("the file or an object in it is too large")

// bounded fails when a file or one of its objects has too many bytes.
type bounded struct {
	r            io.Reader
	left, object int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 || b.object <= 0 {
		return 0, errTooLarge
	}
	if most := min(b.left, b.object); int64(len(p)) > most {
		p = p[:most]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	b.object -= int64(n)
	return n, err
}

// fail returns an error at the place reached.
func (s *stream) fail(object, msg string, err error) error {
	return &DataError{Object: object, Offset: s.InputOffset(), Msg: msg, Err: err}
}

// delim reads one delimiter.
func (s *stream) delim(want json.Delim) error {
	t, err := s.Token()
	if err != nil {
		return s.fail("", "malformed JSON", unexpected(err))
	}
	if t != want {
		return s.fail("", fmt.Sprintf("%v where %v belongs", clip(fmt.Sprint(t)), want), nil)
	}
	return nil
}

// members calls f with the name of each member of the object that begins here.
// f must read the member's value.
func (s *stream) members(f func(name string) error) error {
	if err := s.delim('{'); err != nil {
		return err
	}
	for s.More() {
		t, err := s.Token()
		if err != nil {
			return s.fail("", "malformed JSON", unexpected(err))
		}
		name, _ := t.(string) // the decoder accepts nothing else here
		if err := f(name); err != nil {
			return err
		}
	}
	return s.delim('}')
}

// elements calls f at each element of the array that begins here. f must read
// the element.
func (s *stream) elements(f func() error) error {
	if err := s.delim('['); err != nil {
		return err
	}
	for s.More() {
		s.in.object = maxObject
		if err := f(); err != nil {
			return err
		}
	}
	return s.delim(']')
}

// value decodes the value that begins here.
func (s *stream) value(v any) error {
	if err := s.Decode(v); err != nil {
		return s.fail("", "malformed JSON", unexpected(err))
	}
	return nil
}

// skip reads past the value that begins here, without keeping it.
func (s *stream) skip() error {
	for depth := 0; ; {
		s.in.object = maxObject
		t, err := s.Token()
		if err != nil {
			return s.fail("", "malformed JSON", unexpected(err))
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxDepth {
				return s.fail("", "nested too deep", nil)
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// end makes sure that nothing follows.
func (s *stream) end() error {
	switch t, err := s.Token(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return s.fail("", "malformed JSON", err)
	default:
		return s.fail("", fmt.Sprintf("%v after the end", clip(fmt.Sprint(t))), nil)
	}
}

// unexpected makes the end of a file in the middle of a value an error of its
// own, since io.EOF means that all is well.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// clip shortens text of a file for an error.
func clip(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
