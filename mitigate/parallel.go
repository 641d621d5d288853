package mitigate

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// maxReaders is how many goroutines read knowledge at the same time.
const maxReaders = 4

// inParallel calls do with 0 to n-1 and returns when all calls have.
func inParallel(n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), maxReaders) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// inTurn calls do with 0 to n-1.
func inTurn(n int, do func(i int)) {
	for i := range n {
		do(i)
	}
}
