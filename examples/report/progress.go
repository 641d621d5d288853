package main

import (
	"fmt"
	"io"
	"time"
)

// progress shows how much of a file is done, on a terminal, for a file that
// takes longer than a second. The zero progress shows nothing.
type progress struct {
	w     io.Writer
	name  string
	total int64
	from  time.Time
	shown time.Time
}

func (p *progress) start(w io.Writer, name string, total int64) {
	*p = progress{}
	if isTerminal(w) && total > 0 {
		*p = progress{w: w, name: name, total: total, from: time.Now()}
	}
}

// at shows that n bytes are done, at most five times a second.
func (p *progress) at(n int64) {
	if p.w == nil {
		return
	}
	now := time.Now()
	if now.Sub(p.from) < time.Second || now.Sub(p.shown) < 200*time.Millisecond {
		return
	}
	p.shown = now
	fmt.Fprintf(p.w, "\r%s: %d%%", p.name, n*100/p.total)
}

// clear takes the line away, for something else to be written.
func (p *progress) clear() {
	if !p.shown.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func (p *progress) stop() {
	p.clear()
	*p = progress{}
}
