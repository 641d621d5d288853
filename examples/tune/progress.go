package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress is a bar on standard error that shows once the work takes longer
// than a second, and only where someone can see it.
type progress struct {
	out   io.Writer // nil for nowhere
	begin time.Time
	last  time.Time
	now   func() time.Time
}

func newProgress(w io.Writer) *progress {
	p := &progress{now: time.Now}
	p.begin = p.now()
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.out = w
		}
	}
	return p
}

// step says that i of n are done; n is 0 if it is not known.
func (p *progress) step(what string, i, n int) {
	if p.out == nil || i&63 != 0 {
		return
	}
	t := p.now()
	if t.Sub(p.begin) < time.Second || t.Sub(p.last) < 100*time.Millisecond {
		return
	}
	p.last = t
	if n == 0 {
		fmt.Fprintf(p.out, "\r%s: %d\x1b[K", what, i)
		return
	}
	const width = 30
	full := width * i / n
	fmt.Fprintf(p.out, "\r%s [%s%s] %d of %d\x1b[K", what, strings.Repeat("#", full), strings.Repeat(".", width-full), i, n)
}

// done takes the bar away.
func (p *progress) done() {
	if p.out != nil && !p.last.IsZero() {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
