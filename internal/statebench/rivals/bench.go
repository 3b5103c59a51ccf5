package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/athenarollup/athena/internal/statebench"
)

// config says what to measure.
type config struct {
	keys int
	seed uint64
	// each is the time for one row of commits of one tree.
	each  time.Duration
	kinds []*kind
	// dir is the folder for the temporary one with the databases; empty means the system's.
	dir      string
	progress func(format string, args ...any)
	start    func(ctx context.Context, k *kind, dir string, cfg config) (*peer, error)
}

const (
	minKeys = 2000
	maxKeys = 1 << 30
	// turnsARow is the number of turns into which a row of commits is cut.
	turnsARow  = 8
	minCommits = 5
	getTurns   = 20
	getsATurn  = 1000
)

// commitSizes are the rows of commits, proofRows those of proofs: keys, turns and proofs in a turn.
var (
	commitSizes = []int{100, 1000, 10_000}
	proofRows   = []struct{ keys, turns, rounds int }{
		{1, 8, 50}, {10, 4, 20}, {100, 2, 8}, {1000, 2, 2},
	}
)

func (c *config) validate() error {
	switch {
	case c.keys < minKeys || c.keys > maxKeys:
		return fmt.Errorf("%d keys: between %d and %d can be measured", c.keys, minKeys, maxKeys)
	case c.each <= 0:
		return errors.New("the time for a row must be above 0")
	case len(c.kinds) == 0:
		return errors.New("no tree is left to measure")
	}
	return nil
}

// bench is one run.
type bench struct {
	config
	peers []*peer
	out   report
}

// measure runs all turns of all trees.
func measure(ctx context.Context, cfg config) (out *report, err error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(cfg.dir, "athena-rivals-")
	if err != nil {
		return nil, fmt.Errorf("rivals: make a folder for the databases: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, cancel := context.WithCancel(ctx)
	b := &bench{config: cfg, out: report{Keys: cfg.keys, Seed: cfg.seed}}
	defer func() {
		cancel()
		for _, p := range b.peers {
			_ = p.end() // it was closed before, or is killed for the error that is returned
		}
	}()
	for _, k := range cfg.kinds {
		own := filepath.Join(dir, k.name)
		if err := os.Mkdir(own, 0o700); err != nil {
			return nil, fmt.Errorf("rivals: make a folder for a database: %w", err)
		}
		p, err := cfg.start(ctx, k, own, cfg)
		if err != nil {
			return nil, err
		}
		b.peers = append(b.peers, p)
		b.out.Trees = append(b.out.Trees, newResult(k))
	}
	for _, step := range []func() error{b.load, b.warm, b.commits, b.gets, b.proofs, b.memory} {
		if err := step(); err != nil {
			return nil, errors.Join(ctx.Err(), err)
		}
	}
	return &b.out, b.close(dir)
}

// round gives every tree one turn.
func (b *bench) round(q request, done func(t *result, r reply)) error {
	for i, p := range b.peers {
		r, err := p.ask(q)
		if err != nil {
			return err
		}
		done(b.out.Trees[i], r)
	}
	return nil
}

func (b *bench) load() error {
	took := make(map[*result]time.Duration)
	for from := 0; from < b.keys; from += loadBatch {
		if from%(4*loadBatch) == 0 {
			b.progress("loading %d keys, %d are there", b.keys, from)
		}
		q := request{Op: opLoad, From: from, To: min(from+loadBatch, b.keys)}
		if err := b.round(q, func(t *result, r reply) { took[t] += total(r.Took) }); err != nil {
			return err
		}
	}
	for _, t := range b.out.Trees {
		t.LoadKeysPerSecond = float64(b.keys) / took[t].Seconds()
	}
	return nil
}

// warm updates a fifth of the state, so that loading is no longer what caches and histories hold.
func (b *bench) warm() error {
	b.progress("warming up")
	each := min(10_000, b.keys/2)
	for done := 0; done < b.keys/5; done += each {
		q := request{Op: opCommit, N: each}
		if err := b.round(q, func(*result, reply) {}); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) commits() error {
	for _, n := range commitSizes {
		if n > b.keys/2 {
			continue
		}
		b.progress("commits of %d keys", n)
		if err := b.row(n); err != nil {
			return err
		}
	}
	return nil
}

// row gives turns to all trees until each has had its time and some commits.
func (b *bench) row(n int) error {
	took := make([][]time.Duration, len(b.peers))
	cpu := make([]time.Duration, len(b.peers))
	// A turn that is thrown away ends what the row before left running.
	if err := b.round(request{Op: opCommit, N: n}, func(*result, reply) {}); err != nil {
		return err
	}
	for again := true; again; {
		again = false
		for i, p := range b.peers {
			if total(took[i]) >= b.each && len(took[i]) >= minCommits {
				continue
			}
			again = true
			r, err := p.ask(request{Op: opCommit, N: n, For: b.each / turnsARow})
			if err != nil {
				return err
			}
			took[i] = append(took[i], r.Took...)
			cpu[i] += r.CPU
		}
	}
	for i, t := range b.out.Trees {
		updates := float64(n * len(took[i]))
		t.Commits = append(t.Commits, commitRow{
			Keys: n, Commits: len(took[i]),
			UpdatesPerSecond: updates / total(took[i]).Seconds(),
			MedianPerSecond:  float64(n) / median(took[i]).Seconds(),
			CPUMicros:        micros(cpu[i]) / updates,
		})
	}
	return nil
}

func (b *bench) gets() error {
	b.progress("reads")
	took := make(map[*result][]time.Duration)
	for range getTurns {
		q := request{Op: opGet, N: getsATurn}
		err := b.round(q, func(t *result, r reply) { took[t] = append(took[t], r.Took...) })
		if err != nil {
			return err
		}
	}
	for _, t := range b.out.Trees {
		t.GetMicros = micros(median(took[t])) / getsATurn
	}
	return nil
}

func (b *bench) proofs() error {
	for _, row := range proofRows {
		b.progress("proofs of %d keys", row.keys)
		all := make(map[*result]reply)
		for range row.turns {
			q := request{Op: opProve, N: row.keys, Rounds: row.rounds}
			err := b.round(q, func(t *result, r reply) {
				sum := all[t]
				sum.Took = append(sum.Took, r.Took...)
				sum.Verified = append(sum.Verified, r.Verified...)
				sum.Bytes += r.Bytes
				all[t] = sum
			})
			if err != nil {
				return err
			}
		}
		for _, t := range b.out.Trees {
			r, keys := all[t], float64(row.keys)
			if len(r.Took) == 0 {
				continue
			}
			t.Proofs = append(t.Proofs, proofRow{
				Keys:         row.keys,
				BytesPerKey:  float64(r.Bytes) / float64(len(r.Took)) / keys,
				ProveMicros:  micros(median(r.Took)) / keys,
				VerifyMicros: micros(median(r.Verified)) / keys,
			})
		}
	}
	return nil
}

func (b *bench) memory() error {
	b.progress("memory")
	return b.round(request{Op: opMemory}, func(t *result, r reply) {
		t.HeapBytes, t.ResidentBytes = r.Heap, r.Resident
	})
}

// close closes the trees, so that all is on the disk, and weighs them.
func (b *bench) close(dir string) error {
	if err := b.round(request{Op: opClose}, func(*result, reply) {}); err != nil {
		return err
	}
	for _, t := range b.out.Trees {
		var err error
		if t.DiskBytes, err = statebench.Size(filepath.Join(dir, t.Name)); err != nil {
			return err
		}
	}
	return nil
}

func total(took []time.Duration) (sum time.Duration) {
	for _, d := range took {
		sum += d
	}
	return sum
}

func median(took []time.Duration) time.Duration {
	took = slices.Sorted(slices.Values(took))
	return took[len(took)/2]
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
