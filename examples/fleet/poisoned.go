package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/falconer-go/falconer/event"
)

// poisoned makes dead letters of requests in which something is no alert: the
// answer says so, but Falco does not look at answers.
type poisoned struct {
	c   *connection
	by  string
	log *slog.Logger
}

// maxPoison is how much of a body is kept.
const maxPoison = 64 << 10

type bodyKey struct{}

// body is what was read of a request's body, up to a bound.
type body struct {
	io.ReadCloser
	kept bytes.Buffer
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.kept.Write(p[:min(n, maxPoison-b.kept.Len())])
	return n, err
}

// keepBody lets bury find what was read of the body.
func (p *poisoned) keepBody(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := &body{ReadCloser: r.Body}
		r = r.WithContext(context.WithValue(r.Context(), bodyKey{}, b))
		r.Body = b
		h.ServeHTTP(w, r)
	})
}

// bury stores the body of a request if the fault is with it.
func (p *poisoned) bury(r *http.Request, reason error) {
	var syntax *event.SyntaxError
	b, ok := r.Context().Value(bodyKey{}).(*body)
	if !ok || b.kept.Len() == 0 || !errors.As(reason, &syntax) {
		return
	}
	ctx, cancel := briefly(context.WithoutCancel(r.Context()))
	defer cancel()
	// The same body again is the same dead letter.
	err := bury(ctx, p.c.js, letter{subject: "http", data: b.kept.Bytes(), stream: "http", tries: 1}, reason, p.by)
	if err != nil {
		p.log.Error("a request that is no alert is not kept", "error", err)
	}
}
