// SPDX-License-Identifier: MIT
//
// Go: goroutines on one processor (the driver pins them) or, for the sleepers,
// on all of them.  Measured as measure.h does.  Go has no eager goroutines.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

func measure(ops int, batch func(ops int)) float64 {
	var took []float64
	var total time.Duration

	batch(ops)
	for len(took) < 3 || total < 330*time.Millisecond {
		start := time.Now()
		batch(ops)
		took = append(took, float64(time.Since(start)))
		total += time.Since(start)
	}
	sort.Float64s(took)
	return took[len(took)/2] / float64(ops)
}

// 1,000 goroutines that each give way so often that it is ops in all.
func yield(ops int) {
	var all sync.WaitGroup

	all.Add(1000)
	for i := 0; i < 1000; i++ {
		go func() {
			for n := 0; n < ops/1000; n++ {
				runtime.Gosched()
			}
			all.Done()
		}()
	}
	all.Wait()
}

// Goroutines that do nothing, made and waited for in batches.
func batches(ops, size int) {
	for n := 0; n < ops; n += size {
		var all sync.WaitGroup

		all.Add(size)
		for i := 0; i < size; i++ {
			go all.Done()
		}
		all.Wait()
	}
}

func spawn(ops int)  { batches(ops, 1000) }
func gather(ops int) { batches(ops, 10000) }

// An Event as coil and asyncio have it: a flag, and a condition to wait for it.
type event struct {
	mutex sync.Mutex
	cond  sync.Cond
	isSet bool
}

func newEvent() *event {
	e := new(event)
	e.cond.L = &e.mutex
	return e
}

func (e *event) set() {
	e.mutex.Lock()
	e.isSet = true
	e.mutex.Unlock()
	e.cond.Broadcast()
}

func (e *event) clear() {
	e.mutex.Lock()
	e.isSet = false
	e.mutex.Unlock()
}

func (e *event) wait() {
	e.mutex.Lock()
	for !e.isSet {
		e.cond.Wait()
	}
	e.mutex.Unlock()
}

func events(ops int) {
	ping, pong := newEvent(), newEvent()

	go func() {
		for n := 0; n < ops/2; n++ {
			ping.wait()
			ping.clear()
			pong.set()
		}
	}()
	for n := 0; n < ops/2; n++ {
		ping.set()
		pong.wait()
		pong.clear()
	}
}

// The lock is a channel of capacity 1: to send is to acquire, to receive is to
// release, which lets the first sender in line send.  (A sync.Mutex would stay with
// the goroutine that releases it and takes it at once again.)  Where nobody is in
// line, at the beginning and after the scheduler has stopped a goroutine between
// release and acquire, it is held until the other comes.
func lock(ops int) {
	var all sync.WaitGroup
	lock, holder, kept := make(chan struct{}, 1), 0, 0

	taker := func(self int) {
		for n := 0; n < ops/2; n++ {
			lock <- struct{}{}
			if holder == self {
				kept++
			}
			holder = self
			<-lock
			for len(lock) == 0 && n < ops/2-1 {
				lock <- struct{}{}
				runtime.Gosched()
				<-lock
			}
		}
		all.Done()
	}
	all.Add(2)
	go taker(1)
	go taker(2)
	all.Wait()
	if kept > ops/100 {
		panic("the lock was not the other's")
	}
}

func queue(ops int) {
	items := make(chan int, 1)

	go func() {
		for n := ops; n > 0; n-- {
			items <- n
		}
	}()
	for n := ops; n > 0; n-- {
		if <-items != n {
			panic("items out of their order")
		}
	}
}

// Does not wait for anything, and is not inlined.
//
//go:noinline
func nothing(ctx context.Context) error { return ctx.Err() }

func waitFor(ops int) {
	for n := 0; n < ops; n++ {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		if nothing(ctx) != nil {
			panic("timed out")
		}
		cancel()
	}
}

// 1,000 goroutines that would sleep for an hour, cancelled together by their context.
func cancel(ops int) {
	for n := 0; n < ops; n += 1000 {
		var begun, all sync.WaitGroup
		ctx, cancel := context.WithCancel(context.Background())

		begun.Add(1000)
		all.Add(1000)
		for i := 0; i < 1000; i++ {
			go func() {
				timer := time.NewTimer(time.Hour)
				begun.Done()
				select {
				case <-timer.C:
					panic("nobody cancelled")
				case <-ctx.Done():
				}
				timer.Stop()
				all.Done()
			}()
		}
		begun.Wait()
		cancel()
		all.Wait()
	}
}

// A pool of goroutines: they take jobs from one channel and say in another that they
// have done one.
func pool(workers int) (jobs chan func(), done chan bool) {
	jobs, done = make(chan func(), 1000), make(chan bool, 1000)
	for i := 0; i < workers; i++ {
		go func() {
			for job := range jobs {
				job()
				done <- true
			}
		}()
	}
	return
}

func executorOne(ops int) {
	jobs, done := pool(1)
	for n := 0; n < ops; n++ {
		jobs <- func() {}
		<-done
	}
	close(jobs)
}

func executorBatch(ops int) {
	jobs, done := pool(2)
	for n := 0; n < ops; n += 1000 {
		for i := 0; i < 1000; i++ {
			jobs <- func() {}
		}
		for i := 0; i < 1000; i++ {
			<-done
		}
	}
	close(jobs)
}

const million = 1000000

// A million goroutines, the i-th of which sleeps for delay(i).
func sleepers(delay func(i int) time.Duration) {
	var all sync.WaitGroup

	all.Add(million)
	for i := 0; i < million; i++ {
		go func(i int) {
			time.Sleep(delay(i))
			all.Done()
		}(i)
	}
	all.Wait()
}

// 0 to 1 s, evenly spread and in no order: the same in every peer.
func scattered(i int) time.Duration {
	return time.Duration(float64(uint32(i)*2654435761) / 4294967296 * 1e9)
}

func long(i int) time.Duration { return 3 * time.Second }

func residentBytes() (kib float64) {
	status, err := os.Open("/proc/self/status")
	if err != nil {
		panic(err)
	}
	defer status.Close()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "VmHWM:") {
			fmt.Sscanf(lines.Text(), "VmHWM: %f kB", &kib)
		}
	}
	return kib * 1024
}

func main() {
	switch strings.Join(os.Args[1:2], "") {
	case "version":
		fmt.Println("Go", strings.TrimPrefix(runtime.Version(), "go"))
	case "yield":
		fmt.Println("ns", measure(1000000, yield))
	case "spawn":
		fmt.Println("ns", measure(1000000, spawn))
	case "gather":
		fmt.Println("ns", measure(1000000, gather))
	case "event":
		fmt.Println("ns", measure(500000, events))
	case "lock":
		fmt.Println("ns", measure(500000, lock))
	case "queue":
		fmt.Println("ns", measure(500000, queue))
	case "wait-for":
		fmt.Println("ns", measure(300000, waitFor))
	case "cancel":
		fmt.Println("ns", measure(100000, cancel))
	case "executor-one":
		fmt.Println("ns", measure(20000, executorOne))
	case "executor-batch":
		fmt.Println("ns", measure(100000, executorBatch))
	case "sleepers":
		start := time.Now()
		sleepers(scattered)
		fmt.Println("ns", float64(time.Since(start)))
	case "asleep":
		before := residentBytes()
		sleepers(long)
		fmt.Println("bytes", (residentBytes()-before)/million)
	default:
		fmt.Fprintln(os.Stderr, "usage: go WORD SCRATCH")
		os.Exit(2)
	}
}
