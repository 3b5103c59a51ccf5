package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/athenarollup/athena/internal/usage"
)

// The operations of a worker.
const (
	opLoad   = "load"
	opCommit = "commit"
	opGet    = "get"
	opProve  = "prove"
	opMemory = "memory"
	opClose  = "close"
)

// request asks a worker for one turn.
type request struct {
	Op string
	// From and To bound the keys to load.
	From, To int
	// N is the number of keys: of a commit, of a turn of reads, of a proof.
	N int
	// Rounds is the number of proofs in a turn.
	Rounds int
	// For ends a turn of commits; there is one at least.
	For time.Duration
}

// reply is what a turn found.
type reply struct {
	// Took has the time of each commit or each proof's making, or of all reads together.
	Took []time.Duration
	// Verified has the time of verifying each proof.
	Verified []time.Duration
	// Bytes is the sum of the lengths of the proofs.
	Bytes int
	// CPU is the processor time of the commits, with what went on since the last turn.
	CPU      time.Duration
	Heap     int64
	Resident int64
	NoProofs bool
	Err      string
}

// worker measures one tree as it is told.
type worker struct {
	kind *kind
	tree tree
	seed uint64
	// values has the number of the newest value of each key.
	values []uint64
	draws  map[string]*rand.Rand
	// heap is the live heap before the tree was opened, idle the processor time after the last turn.
	heap int64
	idle time.Duration
}

// serve opens a tree and answers requests until one closes it or there are no more.
func serve(k *kind, dir string, keys int, seed uint64, in io.Reader, out io.Writer) error {
	w := &worker{kind: k, seed: seed, values: make([]uint64, keys), draws: map[string]*rand.Rand{}}
	w.heap = liveHeap()
	var err error
	if w.tree, err = k.open(dir); err != nil {
		return fmt.Errorf("rivals: open %s: %w", k.name, err)
	}
	requests, replies := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var q request
		if err := requests.Decode(&q); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return errors.Join(err, w.tree.Close())
		}
		r, err := w.turn(q)
		if err != nil {
			r.Err = err.Error()
		}
		w.idle = usage.CPUTime()
		if err := replies.Encode(r); err != nil || q.Op == opClose {
			return err
		}
	}
}

func (w *worker) turn(q request) (r reply, err error) {
	switch q.Op {
	case opLoad:
		err = w.load(q, &r)
	case opCommit:
		err = w.commits(q, &r)
	case opGet:
		err = w.gets(q, &r)
	case opProve:
		err = w.proofs(q, &r)
	case opMemory:
		r.Heap, r.Resident = liveHeap()-w.heap, usage.ResidentBytes()
		runtime.KeepAlive(w)
	case opClose:
		err = w.tree.Close()
	default:
		err = fmt.Errorf("rivals: no operation %q", q.Op)
	}
	return r, err
}

// draw returns the random numbers of a row, which are the same for all trees.
func (w *worker) draw(op string, n int) *rand.Rand {
	name := fmt.Sprint(op, n)
	if w.draws[name] == nil {
		h := uint64(n)
		for _, c := range []byte(op) {
			h = h*257 + uint64(c)
		}
		w.draws[name] = rand.New(rand.NewPCG(w.seed, h))
	}
	return w.draws[name]
}

// pick returns n distinct random keys.
func (w *worker) pick(rng *rand.Rand, n int) []int {
	seen := make(map[int]bool, n)
	picked := make([]int, 0, n)
	for len(picked) < n {
		if i := rng.IntN(len(w.values)); !seen[i] {
			seen[i] = true
			picked = append(picked, i)
		}
	}
	return picked
}

// commit adds the times of one commit.
func (w *worker) commit(updates []update, r *reply) error {
	cpu, start := usage.CPUTime(), time.Now()
	if err := w.tree.Commit(updates); err != nil {
		return err
	}
	r.Took = append(r.Took, time.Since(start))
	r.CPU += usage.CPUTime() - cpu
	return nil
}

func (w *worker) load(q request, r *reply) error {
	for q.From < q.To {
		end := min(q.From+w.kind.loadBatch, q.To)
		updates := make([]update, 0, end-q.From)
		for i := q.From; i < end; i++ {
			w.values[i] = uint64(i)
			updates = append(updates, nth(i, w.values[i]))
		}
		if err := w.commit(updates, r); err != nil {
			return err
		}
		q.From = end
	}
	return nil
}

func (w *worker) commits(q request, r *reply) error {
	r.CPU = usage.CPUTime() - w.idle
	rng := w.draw(q.Op, q.N)
	for sum := time.Duration(0); sum < q.For || len(r.Took) == 0; sum += r.Took[len(r.Took)-1] {
		updates := make([]update, q.N)
		for j, i := range w.pick(rng, q.N) {
			w.values[i] = rng.Uint64()
			updates[j] = nth(i, w.values[i])
		}
		if err := w.commit(updates, r); err != nil {
			return err
		}
	}
	return nil
}

// current returns n random keys with their values.
func (w *worker) current(rng *rand.Rand, n int) []update {
	updates := make([]update, n)
	for j, i := range w.pick(rng, n) {
		updates[j] = nth(i, w.values[i])
	}
	return updates
}

func (w *worker) gets(q request, r *reply) error {
	want, got := w.current(w.draw(q.Op, q.N), q.N), make([][]byte, q.N)
	v, err := w.tree.View()
	if err != nil {
		return err
	}
	start := time.Now()
	for i := range want {
		if got[i], err = v.Get(want[i].key[:]); err != nil {
			return err
		}
	}
	r.Took = []time.Duration{time.Since(start)}
	for i := range want {
		if !bytes.Equal(got[i], want[i].value) {
			return fmt.Errorf("rivals: %s has not what was written", w.kind.name)
		}
	}
	return nil
}

func (w *worker) proofs(q request, r *reply) error {
	v, err := w.tree.View()
	if err != nil {
		return err
	}
	for range q.Rounds {
		updates := w.current(w.draw(q.Op, q.N), q.N)
		start := time.Now()
		p, err := v.Prove(updates)
		if errors.Is(err, errNoProofs) {
			r.NoProofs = true
			return nil
		}
		if err != nil {
			return err
		}
		made := time.Now()
		if err := p.verify(); err != nil {
			return fmt.Errorf("rivals: a proof of %s: %w", w.kind.name, err)
		}
		r.Verified = append(r.Verified, time.Since(made))
		r.Took = append(r.Took, made.Sub(start))
		r.Bytes += p.bytes
	}
	return nil
}

// liveHeap returns the bytes that the collector cannot free.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
