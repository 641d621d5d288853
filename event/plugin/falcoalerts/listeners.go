//go:build cgo

package falcoalerts

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/falconer-go/falconer/event/eventhttp"
)

// socket is a unix or TCP listener.
type socket struct {
	network, address string
	mode             fs.FileMode // of a unix socket
	most             int         // connections at once
	listener         net.Listener
}

func (s *socket) open() (err error) {
	if s.network == "unix" {
		if err := removeStale(s.address); err != nil {
			return fmt.Errorf("unix: %w", err)
		}
	}
	if s.listener, err = net.Listen(s.network, s.address); err != nil {
		return fmt.Errorf("%s: %w", s.network, err)
	}
	if s.network == "unix" {
		if err := os.Chmod(s.address, s.mode); err != nil {
			s.listener.Close()
			return fmt.Errorf("unix: %w", err)
		}
	}
	return nil
}

// removeStale removes a socket that a process left behind.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket {
		return nil // listening says what is wrong with it
	}
	c, err := net.Dial("unix", path)
	if err == nil {
		c.Close()
		return fmt.Errorf("%s: another process listens there", path)
	}
	return os.Remove(path)
}

func (s *socket) close() { s.listener.Close() }

func (s *socket) run(ctx context.Context, f *feed) {
	stop := context.AfterFunc(ctx, func() { s.listener.Close() })
	defer stop()
	var connections sync.WaitGroup
	defer connections.Wait()
	slots := make(chan struct{}, s.most)
	var b backoff
	for {
		c, err := s.listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				c.Close()
			}
			return
		}
		if err != nil {
			f.report(ctx, fmt.Errorf("%s: %w", s.network, err))
			b.wait(ctx)
			continue
		}
		b.reset()
		select {
		case slots <- struct{}{}:
			connections.Go(func() {
				defer func() { <-slots }()
				s.serve(ctx, f, c)
			})
		default:
			from := c.RemoteAddr()
			c.Close()
			f.report(ctx, fmt.Errorf("%s: a connection from %s was refused: there are %d", s.network, from, s.most))
		}
	}
}

func (s *socket) serve(ctx context.Context, f *feed, c net.Conn) {
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	from := s.network
	if s.network == "tcp" {
		from += " from " + c.RemoteAddr().String()
	}
	if err := f.read(ctx, c, false, from, nil, nil); err != nil && ctx.Err() == nil {
		f.report(ctx, fmt.Errorf("%s: %w", from, err))
	}
}

// web is an HTTP listener.
type web struct {
	params   httpParams
	listener net.Listener
	options  eventhttp.Options
}

func (w *web) open() error {
	p := &w.params
	if p.TokenFile != "" {
		text, err := os.ReadFile(p.TokenFile)
		if err != nil {
			return fmt.Errorf("http: token_file: %w", err)
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" {
				w.options.Tokens = append(w.options.Tokens, line)
			}
		}
		if w.options.Tokens == nil {
			return fmt.Errorf("http: token_file: there is no token in %s", p.TokenFile)
		}
	}
	var config *tls.Config
	if p.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(p.Certificate, p.Key)
		if err != nil {
			return fmt.Errorf("http: certificate: %w", err)
		}
		config = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	if p.ClientCA != "" {
		text, err := os.ReadFile(p.ClientCA)
		if err != nil {
			return fmt.Errorf("http: client_ca: %w", err)
		}
		config.ClientCAs = x509.NewCertPool()
		if !config.ClientCAs.AppendCertsFromPEM(text) {
			return fmt.Errorf("http: client_ca: there is no certificate in %s", p.ClientCA)
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if p.ClientNames != nil {
		w.options.Identity = eventhttp.CertificateNames(p.ClientNames...)
	}
	listener, err := net.Listen("tcp", p.Address)
	if err != nil {
		return fmt.Errorf("http: %w", err)
	}
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	w.listener = listener
	return nil
}

func (w *web) close() { w.listener.Close() }

func (w *web) run(ctx context.Context, f *feed) {
	o := w.options
	o.Queued = true // the answer is given when the alert is on its way to Falco
	o.OnError = func(r *http.Request, status int, err error) {
		f.report(ctx, fmt.Errorf("http from %s: answered %d: %w", r.RemoteAddr, status, err))
	}
	mux := http.NewServeMux()
	path := w.params.Path
	if path == "" {
		path = "/"
	}
	if strings.HasSuffix(path, "/") {
		path += "{$}" // that path alone
	}
	mux.Handle(path, eventhttp.NewHandler(f, &o))
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          log.New(logged(func(text string) { f.report(ctx, errors.New(text)) }), "", 0),
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if server.Shutdown(limit) != nil {
			server.Close()
		}
	})
	err := server.Serve(w.listener)
	if !stop() {
		<-stopped
	} else if !errors.Is(err, http.ErrServerClosed) {
		f.report(ctx, fmt.Errorf("http: %w", err))
	}
}

// logged makes an error of what net/http would log.
type logged func(string)

func (l logged) Write(p []byte) (int, error) {
	l(strings.TrimSpace(string(p)))
	return len(p), nil
}
