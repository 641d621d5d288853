package eventhttp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/falconer-go/falconer/event"
)

// Options change what a [Handler] does. The zero Options are the defaults.
type Options struct {
	// MaxBody is how many bytes a body may have, as it is sent and after
	// decompression; 0 means 8 MiB. One alert has at most event.MaxRecordBytes.
	MaxBody int64

	// ReadTimeout is how long the client may keep the handler waiting for the
	// body; 0 means 10 seconds. It bounds reading where the host's server does
	// not; a server should have a ReadHeaderTimeout of its own.
	ReadTimeout time.Duration

	// Wait is the time that the handlers of one alert get, as the deadline of
	// their ctx; 0 means 5 seconds. They are not told when the client goes away.
	Wait time.Duration

	// InFlight is how many requests are read at once; more get a 503. 0 means
	// 256.
	InFlight int

	// RetryAfter is what a 503 says; 0 means 1 second. It is sent in seconds.
	RetryAfter time.Duration

	// Tokens are the bearer tokens that let a client in; more than one, so that
	// they can be changed without a gap. None means that no token is asked for.
	Tokens []string

	// Identity, if it is not nil, decides by the TLS connection, which is nil
	// where there is none, whether the client is let in; see CertificateNames.
	Identity func(*tls.ConnectionState) error

	// Queued says that the handler only accepts alerts, so that the answer is
	// 202. It need not be set for an event.Queue, in middleware or not.
	Queued bool

	// OnError, if it is not nil, is told why a request was not answered with
	// 200 or 202: a *event.SyntaxError, what a handler returned, or a word on
	// the request. The answer does not say what a handler returned.
	OnError func(r *http.Request, status int, err error)
}

// Handler hands the alerts of HTTP requests to an [event.Handler]. It is safe
// for concurrent use.
type Handler struct {
	next    event.Handler
	options Options
	tokens  tokens
	slots   chan struct{} // a value for each request that is being read
	counts  counts
}

type counts struct{ requests, alerts, accepted, refused, failed, malformed, denied atomic.Uint64 }

// Stats are the counts of a [Handler] since it was made.
type Stats struct {
	Requests  uint64
	Denied    uint64 // requests that were not let in: 401, 403
	Alerts    uint64 // read from requests; each is one of the following three
	Accepted  uint64 // handled, or accepted by a queue
	Refused   uint64 // not accepted: the queue was full or closed, or too small
	Failed    uint64 // a handler failed
	Malformed uint64 // records that were no alerts
}

// Stats returns the counts.
func (h *Handler) Stats() Stats {
	c := &h.counts
	return Stats{
		Requests: c.requests.Load(), Denied: c.denied.Load(), Alerts: c.alerts.Load(), Accepted: c.accepted.Load(),
		Refused: c.refused.Load(), Failed: c.failed.Load(), Malformed: c.malformed.Load(),
	}
}

// NewHandler returns a Handler that hands alerts to next. A nil next, and a
// token that is empty or has space around it, panic. A panic of next is an
// error of it, an [event.PanicError].
func NewHandler(next event.Handler, o *Options) *Handler {
	if f, ok := next.(event.HandlerFunc); next == nil || ok && f == nil {
		panic("eventhttp: nil Handler")
	}
	h := &Handler{next: event.Recover()(next)}
	if o != nil {
		h.options = *o
	}
	c := &h.options
	setDefault(&c.MaxBody, 8<<20)
	setDefault(&c.ReadTimeout, 10*time.Second)
	setDefault(&c.Wait, 5*time.Second)
	setDefault(&c.InFlight, 256)
	setDefault(&c.RetryAfter, time.Second)
	for inner := next; inner != nil && !c.Queued; inner = event.Unwrap(inner) {
		_, c.Queued = inner.(*event.Queue)
	}
	h.tokens = newTokens(c.Tokens)
	h.slots = make(chan struct{}, c.InFlight)
	return h
}

func setDefault[T int | int64 | time.Duration](v *T, to T) {
	if *v <= 0 {
		*v = to
	}
}

// ServeHTTP reads the alerts of one request: a JSON object, an array of them,
// or one after the other, as lines or not; or lines of text, as Falco prints
// them without json_output. What is an alert is handled even where something
// else in the body is not one.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.counts.requests.Add(1)
	switch {
	case !h.tokens.allow(r):
		h.counts.denied.Add(1)
		w.Header().Set("WWW-Authenticate", `Bearer realm="falco"`)
		h.refuse(w, r, http.StatusUnauthorized, errors.New("a bearer token is needed"))
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		h.refuse(w, r, http.StatusMethodNotAllowed, errors.New("send alerts with POST"))
		return
	}
	if h.options.Identity != nil {
		if err := h.options.Identity(r.TLS); err != nil {
			h.counts.denied.Add(1)
			h.refuse(w, r, http.StatusForbidden, err)
			return
		}
	}
	if err := contentType(r); err != nil {
		h.refuse(w, r, http.StatusUnsupportedMediaType, err)
		return
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		h.refuse(w, r, http.StatusServiceUnavailable, errors.New("too many requests at once"))
		return
	}
	b, err := newBody(w, r, &h.options)
	if err != nil {
		h.refuse(w, r, statusOf(err), err)
		return
	}
	o := h.read(r, b)
	if o.cause != nil && !b.whole(r) {
		w.Header().Set("Connection", "close") // the server need not wait for the rest
	}
	h.answer(w, r, o)
}

// outcome is what became of the records of a body.
type outcome struct {
	Answer
	status int
	cause  error // the first; nil if all went well
}

// worst keeps the most telling status: that the sender should come back
// outweighs that it sent something wrong.
func (o *outcome) worst(status int, err error) {
	if status > o.status {
		o.status, o.cause = status, err
	}
}

var errEmpty = errors.New("no alert in the body")

// read hands on the alerts of a body.
func (h *Handler) read(r *http.Request, b *body) (o outcome) {
	d := event.NewDecoder(b, &event.DecoderOptions{
		Strict: true,
		Plain:  true, // what is compressed without saying so would pass by MaxBody
		Near:   time.Now,
	})
	for {
		e := new(event.Event)
		err := d.Decode(e)
		var syntax *event.SyntaxError
		switch {
		case err == nil:
			h.counts.alerts.Add(1)
			if !h.handle(r, e, &o) {
				return o
			}
		case errors.As(err, &syntax):
			h.counts.malformed.Add(1)
			status := http.StatusBadRequest
			if errors.Is(err, event.ErrTooLarge) {
				status = http.StatusRequestEntityTooLarge
			}
			o.worst(status, err)
			o.malformed(syntax)
		case err == io.EOF:
			if o.Accepted == 0 && o.cause == nil {
				o.worst(http.StatusBadRequest, errEmpty)
			}
			return o
		default:
			o.worst(statusOf(err), err)
			return o
		}
	}
}

// handle hands on one alert, and reports whether to go on with the next: after
// one that is refused the others would be too, and out of order if not.
func (h *Handler) handle(r *http.Request, e *event.Event, o *outcome) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), h.options.Wait)
	err := h.next.HandleEvent(ctx, e)
	cancel()
	switch {
	case err == nil:
		h.counts.accepted.Add(1)
		o.Accepted++
		return true
	case errors.Is(err, event.ErrQueueFull), errors.Is(err, event.ErrQueueClosed):
		h.counts.refused.Add(1)
		o.worst(http.StatusServiceUnavailable, err)
		return false
	case h.options.Queued && errors.Is(err, event.ErrTooLarge):
		h.counts.refused.Add(1)
		o.worst(http.StatusRequestEntityTooLarge, err)
		return true
	}
	h.counts.failed.Add(1)
	o.worst(http.StatusInternalServerError, err)
	return true
}

func statusOf(err error) int {
	switch err {
	case errTooLarge:
		return http.StatusRequestEntityTooLarge
	case errTooSlow:
		return http.StatusRequestTimeout
	case errEncoding:
		return http.StatusUnsupportedMediaType
	}
	return http.StatusBadRequest
}

func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	h.answer(w, r, outcome{status: status, cause: err})
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request, o outcome) {
	if o.cause == nil {
		status := http.StatusOK
		if h.options.Queued {
			status = http.StatusAccepted
		}
		w.WriteHeader(status)
		return
	}
	switch o.status {
	case http.StatusInternalServerError:
		o.Error = "a handler failed" // how is none of the client's business
	default:
		o.Error = o.cause.Error()
	}
	if o.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(h.options.RetryAfter.Round(time.Second)/time.Second))))
	}
	// The server reads on for a while to keep the connection, though not
	// longer than this.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.options.ReadTimeout))
	o.write(w, o.status)
	if h.options.OnError != nil {
		h.options.OnError(r, o.status, o.cause)
	}
}
