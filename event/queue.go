package event

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
)

// The errors of a [Queue] for an alert that it did not accept.
var (
	ErrQueueFull   = errors.New("queue is full")
	ErrQueueClosed = errors.New("queue is closed")
)

// FullPolicy says what a full [Queue] does with one more alert.
type FullPolicy uint8

const (
	// Block waits for room until ctx is done. Those who wait are served in the
	// order in which they came.
	Block FullPolicy = iota
	// Reject answers with ErrQueueFull at once.
	Reject
	// DropOldest makes room by dropping those who have waited longest in the
	// queue; they are counted, and OnDrop is told.
	DropOldest
)

// QueueOptions change what a [Queue] does. The zero QueueOptions are the
// defaults.
type QueueOptions struct {
	Workers int     // how many alerts are handled at once; 0 means as many as there are CPUs
	Key     KeyFunc // alerts with the same key are handled one after the other, in order; nil means ByHost
	Alerts  int     // how many may wait, beside those being handled; 0 means 10,000
	Bytes   int     // how much memory those may take, by estimate; 0 means 64 MiB
	Full    FullPolicy

	// OnError is told of each alert that the handler did not handle, a panic
	// being a *PanicError. OnDrop is told of each accepted alert that will not
	// be handled: with ErrQueueFull for the policy DropOldest, with
	// ErrQueueClosed for Close. Both are called without a lock, by several
	// goroutines at once; nil means that only the counts tell.
	OnError func(e *Event, err error)
	OnDrop  func(e *Event, reason error)
}

// Queue is a [Handler] that accepts alerts at once and hands them to another
// handler later, in other goroutines. It holds a bounded number of alerts.
//
// Every accepted alert is handled exactly once, unless it is dropped by a
// policy that says so or by Close; a queue is in memory, so the end of the
// process ends it too. Alerts with the same key are handled in the order in
// which they were accepted, one at a time. Keys take turns, so a busy one does
// not keep the others waiting, and while one key's alert is being handled, the
// other workers serve other keys.
//
// The handler's ctx has the values of the ctx with which the alert was accepted
// but not its end: it is done when the queue is closed. A queue has goroutines
// only while there is something to do. It must not be copied.
type Queue struct {
	wrapper
	options QueueOptions
	life    context.Context // of the handlers: done when the queue is closed
	end     context.CancelFunc

	mu      sync.Mutex
	lanes   map[string]*lane // of keys with alerts that wait or are being handled
	ready   list.List        // of *lane: those with an alert that waits and none being handled
	waiting list.List        // of *queued in all lanes, the oldest first
	blocked list.List        // of *blocked: callers that wait for room, the first first
	workers int              // goroutines
	closed  bool             // accepts no more
	idle    chan struct{}    // closed when closed and no worker is left
	counts  QueueStats
}

// QueueStats are what a [Queue] did and has. At every moment Accepted =
// Handled + Dropped + Waiting + Running.
type QueueStats struct {
	Accepted uint64 // alerts
	Handled  uint64 // given to the handler, which returned
	Failed   uint64 // of these, those it returned an error for or panicked with
	Dropped  uint64 // accepted, but dropped by DropOldest or Close
	Refused  uint64 // not accepted: the caller got an error
	Waiting  int    // alerts in the queue
	Bytes    int    // what they take, by estimate
	Running  int    // alerts that are being handled
	Blocked  int    // callers that wait for room
	Keys     int    // keys with alerts that wait or are being handled

	// Oldest is how long the alert has waited that has waited longest; 0 if
	// none waits.
	Oldest time.Duration
}

// lane is the alerts of one key that wait, in order.
type lane struct {
	key        string
	head, tail *queued
	ready      *list.Element // in ready; nil while an alert of it is being handled
}

// queued is an alert that waits.
type queued struct {
	ctx  context.Context // for its values
	e    *Event
	size int
	at   time.Time

	lane *lane
	next *queued       // in the lane
	el   *list.Element // in waiting
}

// blocked is a caller that waits for room.
type blocked struct {
	item *queued
	key  string
	done chan struct{} // closed when err is final
	err  error
}

// NewQueue returns a Queue in front of h. A nil h panics.
func NewQueue(h Handler, o *QueueOptions) *Queue {
	if isNilHandler(h) {
		panic("event: NewQueue: nil Handler at " + caller(2))
	}
	q := &Queue{wrapper: wrapper{h}, lanes: make(map[string]*lane), idle: make(chan struct{})}
	if o != nil {
		q.options = *o
	}
	if q.options.Workers <= 0 {
		q.options.Workers = runtime.GOMAXPROCS(0)
	}
	if q.options.Key == nil {
		q.options.Key = ByHost
	}
	if q.options.Alerts <= 0 {
		q.options.Alerts = 10_000
	}
	if q.options.Bytes <= 0 {
		q.options.Bytes = 64 << 20
	}
	q.life, q.end = context.WithCancel(context.Background())
	return q
}

// HandleEvent accepts e. An error says that it did not: ErrQueueFull,
// ErrQueueClosed, or ErrTooLarge for an alert that is larger than the whole
// queue. With the policy Block, the error for a ctx that ended while waiting
// wraps ErrQueueFull and the cause.
func (q *Queue) HandleEvent(ctx context.Context, e *Event) error {
	item := &queued{ctx: ctx, e: e, size: e.size()}
	key := q.options.Key(e)
	var dropped []*Event
	q.mu.Lock()
	switch {
	case q.closed:
		q.counts.Refused++
		q.mu.Unlock()
		return ErrQueueClosed
	case item.size > q.options.Bytes:
		q.counts.Refused++
		q.mu.Unlock()
		return fmt.Errorf("alert of %d bytes for a queue of %d: %w", item.size, q.options.Bytes, ErrTooLarge)
	case q.fits(item) && q.blocked.Len() == 0:
	case q.options.Full == Reject:
		q.counts.Refused++
		q.mu.Unlock()
		return ErrQueueFull
	case q.options.Full == DropOldest:
		for !q.fits(item) {
			dropped = append(dropped, q.dropOldest())
		}
	default:
		b := &blocked{item: item, key: key, done: make(chan struct{})}
		el := q.blocked.PushBack(b)
		q.mu.Unlock()
		return q.wait(ctx, el)
	}
	q.accept(item, key)
	q.mu.Unlock()
	q.tellDropped(dropped, ErrQueueFull)
	return nil
}

// wait is for room, or for the end of ctx.
func (q *Queue) wait(ctx context.Context, el *list.Element) error {
	b := el.Value.(*blocked)
	select {
	case <-b.done:
		return b.err
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-b.done: // both at once: the alert was accepted, or the queue closed
		return b.err
	default:
	}
	q.blocked.Remove(el)
	q.counts.Refused++
	q.admit() // if this one was too large to fit, the one behind it may fit
	return fmt.Errorf("%w: %w", ErrQueueFull, context.Cause(ctx))
}

func (q *Queue) fits(item *queued) bool {
	return q.waiting.Len() < q.options.Alerts && q.counts.Bytes+item.size <= q.options.Bytes
}

// admit accepts those who wait for room, in order, as far as there is room.
func (q *Queue) admit() {
	for el := q.blocked.Front(); el != nil; el = q.blocked.Front() {
		b := el.Value.(*blocked)
		if !q.fits(b.item) {
			return
		}
		q.blocked.Remove(el)
		q.accept(b.item, b.key)
		close(b.done)
	}
}

// accept puts an alert into its lane, and starts a worker if the lane needs one.
func (q *Queue) accept(item *queued, key string) {
	l := q.lanes[key]
	if l == nil {
		// A key is mostly a piece of its alert, which may be gone long before
		// the lane, and would be held in memory by it.
		key = strings.Clone(key)
		l = &lane{key: key}
		q.lanes[key] = l
		l.ready = q.ready.PushBack(l)
		if q.workers < q.options.Workers {
			q.workers++
			go q.work()
		}
	}
	if l.head == nil {
		l.head = item
	} else {
		l.tail.next = item
	}
	l.tail = item
	item.at, item.lane, item.el = time.Now(), l, q.waiting.PushBack(item)
	q.counts.Accepted++
	q.counts.Bytes += item.size
}

// take removes the first alert of a lane, which has one.
func (q *Queue) take(l *lane) *queued {
	item := l.head
	l.head = item.next
	q.waiting.Remove(item.el)
	q.counts.Bytes -= item.size
	return item
}

// dropOldest removes the oldest alert, which is the first of its lane.
func (q *Queue) dropOldest() *Event {
	l := q.waiting.Front().Value.(*queued).lane
	item := q.take(l)
	if l.head == nil && l.ready != nil {
		q.ready.Remove(l.ready)
		delete(q.lanes, l.key)
	}
	q.counts.Dropped++
	return item.e
}

func (q *Queue) tellDropped(list []*Event, reason error) {
	if q.options.OnDrop != nil {
		for _, e := range list {
			q.options.OnDrop(e, reason)
		}
	}
}

// work handles alerts until there are none.
func (q *Queue) work() {
	for {
		q.mu.Lock()
		front := q.ready.Front()
		if front == nil {
			q.workers--
			q.settle()
			q.mu.Unlock()
			return
		}
		l := q.ready.Remove(front).(*lane)
		l.ready = nil
		item := q.take(l)
		q.counts.Running++
		q.admit()
		q.mu.Unlock()
		q.handle(l, item)
	}
}

// settle says so when nothing is left of a closed queue.
func (q *Queue) settle() {
	if q.closed && q.workers == 0 {
		select {
		case <-q.idle:
		default:
			close(q.idle)
		}
	}
}

var errGoexit = errors.New("the handler ended its goroutine")

// handle gives an alert to the handler, and its lane back.
func (q *Queue) handle(l *lane, item *queued) {
	err, returned := errGoexit, false
	defer func() { // deferred, for a handler that calls runtime.Goexit
		if err != nil && q.options.OnError != nil {
			q.options.OnError(item.e, err)
		}
		q.mu.Lock()
		defer q.mu.Unlock()
		q.counts.Running--
		q.counts.Handled++
		if err != nil {
			q.counts.Failed++
		}
		if l.head == nil {
			delete(q.lanes, l.key)
		} else {
			l.ready = q.ready.PushBack(l)
		}
		if !returned {
			go q.work() // in the place of this worker, which ends
		}
	}()
	err = call(queuedContext{q.life, item.ctx}, q.next, item.e)
	returned = true
}

// queuedContext is the life of the queue with the values of the ctx with which
// an alert was accepted. The life is asked first, since package context looks
// for what can be cancelled by a value of its own.
type queuedContext struct {
	context.Context
	values context.Context
}

func (c queuedContext) Value(key any) any {
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.values.Value(key)
}

// Drain stops accepting alerts and waits until every accepted one has been
// handled, or dropped by its policy. Callers that wait for room get
// ErrQueueClosed. If ctx ends first, its error says how many are left; they go
// on being handled, and Drain may be called again, or Close. It must not be
// called by the handler itself.
func (q *Queue) Drain(ctx context.Context) error {
	q.stop()
	select {
	case <-q.idle:
		q.end()
		return nil
	case <-ctx.Done():
	}
	s := q.Stats()
	return fmt.Errorf("%d alerts waiting and %d being handled: %w", s.Waiting, s.Running, context.Cause(ctx))
}

// Close stops accepting alerts, drops those that wait, ends the ctx of those
// that are being handled, and waits for them. Its error says how many it
// dropped; after a Drain that returned nil there are none. It must not be
// called by the handler itself.
func (q *Queue) Close() error {
	q.stop()
	q.mu.Lock()
	var dropped []*Event
	for q.waiting.Len() > 0 {
		dropped = append(dropped, q.dropOldest())
	}
	q.mu.Unlock()
	q.end()
	q.tellDropped(dropped, ErrQueueClosed)
	<-q.idle
	if len(dropped) > 0 {
		return fmt.Errorf("%d alerts dropped: %w", len(dropped), ErrQueueClosed)
	}
	return nil
}

// stop accepting.
func (q *Queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for el := q.blocked.Front(); el != nil; el = q.blocked.Front() {
		b := q.blocked.Remove(el).(*blocked)
		b.err = ErrQueueClosed
		q.counts.Refused++
		close(b.done)
	}
	q.settle()
}

// Stats returns what the queue did and has at this moment.
func (q *Queue) Stats() QueueStats {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.counts
	s.Waiting, s.Blocked, s.Keys = q.waiting.Len(), q.blocked.Len(), len(q.lanes)
	if front := q.waiting.Front(); front != nil {
		s.Oldest = time.Since(front.Value.(*queued).at)
	}
	return s
}

// Held returns what the queue dropped.
func (q *Queue) Held() Held { return Held{"queue", q.Stats().Dropped} }
