// SPDX-License-Identifier: MIT
//
// Go: goroutines on one processor (the driver pins them) or, for the sleepers,
// on all of them.  Measured as measure.h does.
package main

import (
	"bufio"
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

// Goroutines that do nothing, made and waited for in batches of 1,000.
func spawn(ops int) {
	for n := 0; n < ops; n += 1000 {
		var all sync.WaitGroup

		all.Add(1000)
		for i := 0; i < 1000; i++ {
			go all.Done()
		}
		all.Wait()
	}
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
