package eventhttp

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// contentTypes are what Falco, relays and log shippers send alerts as.
var contentTypes = map[string]bool{
	"":                     true, // not said
	"application/json":     true,
	"text/json":            true,
	"application/x-ndjson": true,
	"application/ndjson":   true,
	"application/jsonl":    true,
	"text/plain":           true, // http_output without json_output
}

func contentType(r *http.Request) error {
	header := r.Header.Get("Content-Type")
	if header == "" {
		return nil
	}
	t, params, err := mime.ParseMediaType(header)
	if err != nil || !contentTypes[t] {
		return fmt.Errorf("content type %q: send alerts as application/json, application/x-ndjson or text/plain", header)
	}
	if c := params["charset"]; c != "" && !strings.EqualFold(c, "utf-8") && !strings.EqualFold(c, "us-ascii") {
		return fmt.Errorf("charset %q: send alerts as UTF-8", c)
	}
	return nil
}

var (
	errTooLarge = errors.New("the body is too large")
	errTooSlow  = errors.New("the body came too slowly")
	errEncoding = errors.New("content encoding: send alerts as they are, or with gzip")
)

// body reads what was posted, decompressed. It bounds the bytes before and
// after decompression, and the time for which it waits for the client; the time
// between two reads, in which alerts are handled, does not count.
type body struct {
	r    io.Reader
	conn *http.ResponseController
	in   int64         // bytes that came in
	left int64         // bytes that may still come out
	time time.Duration // that may still be waited
	err  error
}

func newBody(w http.ResponseWriter, r *http.Request, o *Options) (*body, error) {
	if r.ContentLength > o.MaxBody {
		return nil, errTooLarge
	}
	b := &body{conn: http.NewResponseController(w), left: o.MaxBody, time: o.ReadTimeout}
	raw := &timedReader{b, http.MaxBytesReader(w, r.Body, o.MaxBody)}
	switch strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))) {
	case "", "identity":
		b.r = raw
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(raw)
		if err != nil {
			return nil, cause(err)
		}
		b.r = z
	default:
		return nil, errEncoding
	}
	return b, nil
}

// Read implements [io.Reader]. What it failed with it fails with again.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	// One byte more than is allowed tells a body that is too large from one
	// that is just not.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		n, err = n-1, errTooLarge
	}
	if err != nil {
		b.err = cause(err)
	}
	return n, b.err
}

// whole reports whether the client's body has been read to its end, as far as
// one can tell.
func (b *body) whole(r *http.Request) bool { return b.err == io.EOF || b.in == r.ContentLength }

// timedReader takes the time that a read waits from what is left of it.
type timedReader struct {
	b *body
	r io.Reader
}

func (t *timedReader) Read(p []byte) (int, error) {
	start := time.Now()
	if t.b.time <= 0 {
		return 0, errTooSlow
	}
	// Not every ResponseWriter can; then it is the host's server that bounds
	// the time.
	_ = t.b.conn.SetReadDeadline(start.Add(t.b.time))
	n, err := t.r.Read(p)
	t.b.time -= time.Since(start)
	t.b.in += int64(n)
	if err == nil || err == io.EOF {
		// Not left on while alerts are handled: it would end the request's ctx.
		_ = t.b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

// cause tells the errors of a body apart, of whatever layer.
func cause(err error) error {
	var large *http.MaxBytesError
	var timeout interface{ Timeout() bool }
	switch {
	case err == io.EOF:
		return err
	case errors.As(err, &large):
		return errTooLarge
	case errors.As(err, &timeout) && timeout.Timeout():
		return errTooSlow
	}
	return err
}
