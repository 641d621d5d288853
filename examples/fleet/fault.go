package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// faultConfig is a run of a whole fleet, each part a process, with parts of it
// killed and paused while it works.
type faultConfig struct {
	dir         string
	exe         string
	alerts      int
	hosts       int
	ingests     int
	workers     int
	workerKills int
	brokerKills int
	pauses      int
	partitions  int
	ackWait     time.Duration
	ackFirst    bool
	work        time.Duration
	seed        uint64
	deadline    time.Duration
	out         io.Writer
	log         *slog.Logger
}

func (c *faultConfig) flags(f *flag.FlagSet) {
	f.StringVar(&c.dir, "dir", "", "`folder` for all that the run writes, which must be empty; without it a temporary one that is removed if all went well")
	f.IntVar(&c.alerts, "alerts", 200_000, "how many alerts to send")
	f.IntVar(&c.hosts, "hosts", 96, "how many hosts send them")
	f.IntVar(&c.ingests, "ingests", 3, "how many ingests there are")
	f.IntVar(&c.workers, "workers", 4, "how many workers there are; for one that is killed another is started")
	f.IntVar(&c.workerKills, "worker-kills", 12, "how many times a worker is killed, at random")
	f.IntVar(&c.brokerKills, "broker-kills", 3, "how many times the broker is killed")
	f.IntVar(&c.pauses, "pauses", 2, "how many times a worker is paused, for longer than the ack wait")
	f.IntVar(&c.partitions, "partitions", 64, "how many partitions there are")
	f.DurationVar(&c.ackWait, "ack-wait", 5*time.Second, "the ack wait")
	f.BoolVar(&c.ackFirst, "unsafe-ack-first", false, "let workers acknowledge before the handlers have run: the check has to fail")
	f.DurationVar(&c.work, "work", 0, "how much longer each alert takes")
	f.Uint64Var(&c.seed, "seed", 0, "where the random choices begin; 0 takes one of the clock")
	f.DurationVar(&c.deadline, "deadline", time.Hour, "when to give up")
}

func runFault(ctx context.Context, args []string, e env) error {
	c := faultConfig{out: e.out, log: e.log}
	if err := e.parse("fault", args, c.flags); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	c.exe = exe
	temporary := c.dir == ""
	if temporary {
		if c.dir, err = os.MkdirTemp("", "fleet-fault"); err != nil {
			return err
		}
	}
	o, err := c.run(ctx)
	if err == nil {
		o.print(e.out)
		err = o.err()
	}
	if err != nil {
		return fmt.Errorf("%w (see %s)", err, c.dir)
	}
	if temporary {
		return os.RemoveAll(c.dir)
	}
	return nil
}

// faultRun is a run under way.
type faultRun struct {
	*faultConfig
	random   *rand.Rand
	ps       *processes
	url      string // of the broker
	address  string
	broker   *process
	live     []*process // workers
	started  int        // workers, so far
	resumed  []<-chan error
	paused   map[*process]bool
	progress *senders
}

func (c *faultConfig) check() error {
	if c.alerts < 1 || c.hosts < 1 || c.ingests < 1 || c.workers < 1 || c.workers < 2 && c.pauses > 0 {
		return usageError{errors.New("there has to be at least one of alerts, hosts, ingests and workers, and two workers to pause one")}
	}
	return nil
}

// run sends, hurts, waits until nothing is left to handle, and checks.
func (c *faultConfig) run(ctx context.Context) (o *outcome, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.deadline)
	defer cancel()
	if left, err := os.ReadDir(c.dir); err != nil || len(left) > 0 {
		return nil, cmp.Or(err, fmt.Errorf("%s is not empty", c.dir))
	}
	if c.seed == 0 {
		c.seed = uint64(time.Now().UnixNano())
	}
	r := &faultRun{
		faultConfig: c, random: rand.New(rand.NewPCG(c.seed, 0)), paused: make(map[*process]bool),
		ps: &processes{exe: c.exe, dir: c.dir}, progress: &senders{hosts: c.hosts, alerts: c.alerts},
	}
	defer r.ps.killAll()
	fmt.Fprintf(c.out, "seed       %d\n", c.seed)
	if err := r.start(ctx); err != nil {
		return nil, err
	}
	begin := time.Now()
	sent := make(chan error, 1)
	var sending time.Duration
	go func() {
		err := r.progress.run(ctx, filepath.Join(c.dir, "sent.jsonl"))
		sending = time.Since(begin)
		sent <- err
	}()
	if err := r.hurt(ctx); err != nil {
		return nil, err
	}
	if err := <-sent; err != nil {
		return nil, err
	}
	dead, err := r.settle(ctx)
	if err != nil {
		return nil, err
	}
	took := time.Since(begin)
	fmt.Fprintf(c.out, "sent       in %v, %.0f a second; %d requests repeated\n", sending.Round(time.Millisecond), float64(c.alerts)/sending.Seconds(), r.progress.repeated.Load())
	fmt.Fprintf(c.out, "settled    in %v, %.0f a second; %d dead letters\n", took.Round(time.Millisecond), float64(c.alerts)/took.Seconds(), dead)
	r.ps.killAll()
	fmt.Fprintf(c.out, "processor  per alert: ingests %v, broker %v, workers %v\n", r.perAlert("ingest"), r.perAlert("broker"), r.perAlert("worker"))
	check := checkConfig{
		sent: filepath.Join(c.dir, "sent.jsonl"), ledgers: filepath.Join(c.dir, "ledger-*"),
		reports: filepath.Join(c.dir, "reports"), reportIf: "alert.severity <= 4", key: "host",
	}
	return check.run()
}

// perAlert is the processor time that a role took for each alert.
func (r *faultRun) perAlert(role string) time.Duration {
	return (r.ps.cpu(role) / time.Duration(r.alerts)).Round(time.Microsecond)
}

func (r *faultRun) start(ctx context.Context) (err error) {
	if r.address, err = freeAddress(); err != nil {
		return err
	}
	r.url = "nats://" + r.address
	if err := r.startBroker(ctx); err != nil {
		return err
	}
	for i := range r.ingests {
		address, err := freeAddress()
		if err != nil {
			return err
		}
		name := "ingest-" + strconv.Itoa(i+1)
		if _, err := r.ps.start(name, append([]string{"ingest", "-ingest-name", name, "-listen", address}, r.shared()...)...); err != nil {
			return err
		}
		if err := reachable(ctx, address); err != nil {
			return err
		}
		r.progress.urls = append(r.progress.urls, "http://"+address+"/")
	}
	for range r.workers {
		if err := r.startWorker(); err != nil {
			return err
		}
	}
	return nil
}

// shared are the flags that ingests and workers have in common.
func (r *faultRun) shared() []string {
	return []string{"-broker", r.url, "-partitions", strconv.Itoa(r.partitions), "-ack-wait", r.ackWait.String()}
}

func (r *faultRun) startBroker(ctx context.Context) (err error) {
	r.broker, err = r.ps.start("broker", "broker", "-broker-listen", r.address, "-store", filepath.Join(r.dir, "store"))
	if err != nil {
		return err
	}
	return reachable(ctx, r.address)
}

func (r *faultRun) startWorker() error {
	r.started++
	name := "worker-" + strconv.Itoa(r.started)
	args := append([]string{
		"worker", "-worker-name", name, "-window", "5s",
		"-ledger", filepath.Join(r.dir, "ledger-"+name), "-reports", filepath.Join(r.dir, "reports"), "-work", r.work.String(),
	}, r.shared()...)
	if r.ackFirst {
		args = append(args, "-unsafe-ack-first")
	}
	p, err := r.ps.start(name, args...)
	if err == nil {
		r.live = append(r.live, p)
	}
	return err
}

// fault is something that is done when so many alerts are accepted, or handled.
type fault struct {
	accepted, handled int
	do                func(ctx context.Context) error
}

// plan spreads the faults over the run: those of the broker while alerts are
// sent, those of workers while they are handled.
func (r *faultRun) plan() (plan []fault) {
	for i := range r.brokerKills {
		plan = append(plan, fault{accepted: r.alerts * (i + 1) / (r.brokerKills + 1), do: r.killBroker})
	}
	for range r.workerKills {
		plan = append(plan, fault{handled: r.somewhere(10, 85), do: r.killWorker})
	}
	for range r.pauses {
		plan = append(plan, fault{handled: r.somewhere(20, 60), do: r.pauseWorker})
	}
	return plan
}

// somewhere is a random number of alerts, from one percentage to another.
func (r *faultRun) somewhere(from, to int) int {
	return r.alerts * (from*100 + r.random.IntN((to-from)*100)) / 10_000
}

// hurt does what is planned as the run goes on.
func (r *faultRun) hurt(ctx context.Context) error {
	plan := r.plan()
	for len(plan) > 0 {
		accepted, handled := int(r.progress.accepted.Load()), r.handled()
		next := slices.IndexFunc(plan, func(f fault) bool { return f.accepted <= accepted && f.handled <= handled })
		if next < 0 {
			if !sleep(ctx, 10*time.Millisecond) {
				return context.Cause(ctx)
			}
			continue
		}
		if err := plan[next].do(ctx); err != nil {
			return err
		}
		plan = slices.Delete(plan, next, next+1)
	}
	var errs []error
	for _, resumed := range r.resumed {
		errs = append(errs, <-resumed)
	}
	return errors.Join(errs...)
}

// handled is about how many alerts were handled, by the size of the ledgers.
func (r *faultRun) handled() (n int) {
	names, _ := filepath.Glob(filepath.Join(r.dir, "ledger-*"))
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			n += int(info.Size()) / entryLength
		}
	}
	return n
}

func (r *faultRun) say(what string, p *process) {
	fmt.Fprintf(r.out, "fault      %s %s: %d accepted, %d handled\n", what, p.name, r.progress.accepted.Load(), r.handled())
}

func (r *faultRun) killBroker(ctx context.Context) error {
	r.say("kill", r.broker)
	if err := r.broker.kill(); err != nil {
		return err
	}
	if !sleep(ctx, time.Second) {
		return context.Cause(ctx)
	}
	return r.startBroker(ctx)
}

// victim is a worker that is not paused.
func (r *faultRun) victim() int {
	for {
		i := r.random.IntN(len(r.live))
		if !r.paused[r.live[i]] {
			return i
		}
	}
}

func (r *faultRun) killWorker(context.Context) error {
	i := r.victim()
	r.say("kill", r.live[i])
	if err := r.live[i].kill(); err != nil {
		return err
	}
	r.live = slices.Delete(r.live, i, i+1)
	return r.startWorker()
}

// pauseWorker pauses a worker while the run goes on.
func (r *faultRun) pauseWorker(ctx context.Context) error {
	if len(r.paused)+1 >= len(r.live) {
		for _, resumed := range r.resumed { // one at least has to go on
			if err := <-resumed; err != nil {
				return err
			}
		}
		r.resumed = nil
		clear(r.paused)
	}
	p := r.live[r.victim()]
	r.say("pause", p)
	if err := pause(p.cmd.Process); err != nil {
		return err
	}
	r.paused[p] = true
	done := make(chan error, 1)
	r.resumed = append(r.resumed, done)
	go func() {
		sleep(ctx, 2*r.ackWait+2*time.Second)
		fmt.Fprintf(r.out, "fault      resume %s\n", p.name)
		done <- resume(p.cmd.Process)
	}()
	return nil
}

// settle waits until no alert is left, ends the workers, and returns how many
// dead letters there are.
func (r *faultRun) settle(ctx context.Context) (dead uint64, err error) {
	c := &connection{url: r.url, layout: layout{
		settings: settings{Partitions: r.partitions, Key: "host", AckWait: r.ackWait}, Replicas: 1, Sidekick: "falco.>"}}
	if err := c.open(ctx, "fault", r.log); err != nil {
		return 0, err
	}
	defer c.close()
	for {
		left, err := readBacklog(ctx, c.js, r.partitions)
		if err == nil && left.waiting == 0 {
			break
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return 0, fmt.Errorf("%d alerts left: %w", left.waiting, cmp.Or(err, context.Cause(ctx)))
		}
	}
	if dead, err = messages(ctx, c.js, deadStream); err != nil {
		return 0, err
	}
	var errs []error
	for _, p := range r.live {
		errs = append(errs, p.end(ctx))
	}
	return dead, errors.Join(errs...)
}

// messages is how many a stream holds.
func messages(ctx context.Context, js jetstream.JetStream, name string) (uint64, error) {
	ctx, cancel := briefly(ctx)
	defer cancel()
	stream, err := js.Stream(ctx, name)
	if err != nil {
		return 0, err
	}
	return stream.CachedInfo().State.Msgs, nil
}
