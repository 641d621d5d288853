package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a role in a process of its own, which ends with this one.
type process struct {
	name  string
	cmd   *exec.Cmd
	alive io.Closer // closing it ends the process
	log   *os.File
	ended chan struct{}
	err   error // once ended is closed
}

// processes are what a run has started.
type processes struct {
	exe string // this program
	dir string // for what they print

	mu  sync.Mutex
	all []*process
}

func (ps *processes) start(name string, args ...string) (*process, error) {
	log, err := os.OpenFile(filepath.Join(ps.dir, name+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, err
	}
	p := &process{name: name, cmd: exec.Command(ps.exe, args...), log: log, ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), parentVariable+"=1")
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if p.alive, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		log.Close()
		close(p.ended)
	}()
	ps.mu.Lock()
	ps.all = append(ps.all, p)
	ps.mu.Unlock()
	return p, nil
}

// kill ends the process as the kernel does, in the middle of whatever it does.
func (p *process) kill() error {
	if err := p.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	<-p.ended
	return nil
}

// end has the process come to its end, and returns how that went.
func (p *process) end(ctx context.Context) error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	select {
	case <-p.ended:
		if p.err != nil {
			return fmt.Errorf("%s: %w", p.name, p.err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s does not end: %w", p.name, context.Cause(ctx))
	}
}

// running reports whether the process has not ended.
func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// cpu is the processor time that processes took whose names begin with role, of
// those that have ended.
func (ps *processes) cpu(role string) (sum time.Duration) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.all {
		if strings.HasPrefix(p.name, role) && !p.running() {
			sum += p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
		}
	}
	return sum
}

// killAll ends what still runs.
func (ps *processes) killAll() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.all {
		if p.running() {
			_ = p.kill() // it may have ended meanwhile
		}
	}
}

// freeAddress returns an address that nobody listens at.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// reachable waits until somebody listens at the address.
func reachable(ctx context.Context, address string) error {
	for {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return conn.Close()
		}
		if !sleep(ctx, 50*time.Millisecond) {
			return fmt.Errorf("nobody listens at %s: %w", address, err)
		}
	}
}
