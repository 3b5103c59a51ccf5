package statebench

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/athenarollup/athena/internal/usage"
	"github.com/athenarollup/athena/rollup/statetree"
)

// The back ends.
const (
	Pebble = "pebble"
	Memory = "memory"
)

// Limits of Config.
const (
	MinKeys = 2_000
	MaxKeys = 1_000_000_000
)

// loadLayer is the number of keys in a layer while the state is loaded.
const loadLayer = 50_000

// Config says what to measure.
type Config struct {
	Keys       int
	Backend    string
	CacheBytes int64
	History    int
	// Each is the time for one row, one size of commits.
	Each time.Duration
	// Dir is the folder for the temporary one with the database; empty means the system's.
	Dir      string
	Progress func(format string, args ...any)
}

// Validate returns an error that says what cannot be measured.
func (c *Config) Validate() error {
	switch {
	case c.Keys < MinKeys || c.Keys > MaxKeys:
		return fmt.Errorf("%d keys: between %d and %d can be measured", c.Keys, MinKeys, MaxKeys)
	case c.Backend != Pebble && c.Backend != Memory:
		return fmt.Errorf("no back end %q: there are %s and %s", c.Backend, Pebble, Memory)
	case c.CacheBytes < 1<<20:
		return errors.New("the cache needs 1 MiB at least")
	case c.History < 1 || c.History > 1<<20:
		return fmt.Errorf("a history of %d layers: between 1 and %d are possible", c.History, 1<<20)
	case c.Each <= 0:
		return errors.New("the time for a row must be above 0")
	}
	return nil
}

// run is one measurement.
type run struct {
	Config
	ctx   context.Context
	rng   *rand.Rand
	dir   string
	store statetree.Store
	layer uint64
	out   Report
}

// Run measures. It stops early when ctx ends.
func Run(ctx context.Context, cfg Config) (report *Report, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	r := &run{Config: cfg, ctx: ctx, rng: rand.New(rand.NewPCG(1, 2))}
	r.out = Report{
		Keys: cfg.Keys, Backend: cfg.Backend, CacheBytes: cfg.CacheBytes, History: cfg.History,
	}
	if cfg.Backend == Pebble {
		if r.dir, err = os.MkdirTemp(cfg.Dir, "athena-bench-state-"); err != nil {
			return nil, fmt.Errorf("bench: make a folder for the database: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(r.dir)) }()
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	err = r.all()
	if e := r.store.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	if r.dir != "" {
		if r.out.DiskBytes, err = Size(r.dir); err != nil {
			return nil, err
		}
	}
	return &r.out, nil
}

func (r *run) open() (err error) {
	if r.Backend == Memory {
		r.store = statetree.NewMemory(r.History)
		return nil
	}
	start := time.Now()
	r.store, err = statetree.OpenPebble(filepath.Join(r.dir, "state"), statetree.Options{
		History: r.History, CacheBytes: r.CacheBytes,
	})
	r.out.OpenMillis = float64(time.Since(start).Microseconds()) / 1000
	return err
}

func (r *run) all() error {
	r.out.HashNanos = hashNanos()
	if err := r.load(); err != nil {
		return err
	}
	if r.Backend == Pebble {
		if err := r.store.Close(); err != nil {
			return err
		}
		if err := r.open(); err != nil {
			return err
		}
	}
	if err := r.warm(); err != nil {
		return err
	}
	for _, n := range []int{100, 1000, 10_000} {
		if n > r.Keys/2 {
			continue
		}
		if err := r.commits(n); err != nil {
			return err
		}
	}
	r.out.RSSBytes = usage.ResidentBytes()
	return errors.Join(r.gets(), r.proofs(), r.witnesses(), r.crash())
}

// load commits all keys, in layers of many.
func (r *run) load() error {
	r.Progress("loading %d keys", r.Keys)
	start := time.Now()
	tree, err := r.store.Tree()
	if err != nil {
		return err
	}
	for i := 0; i < r.Keys; i += loadLayer {
		changes := make([]statetree.Change, 0, loadLayer)
		for j := i; j < min(i+loadLayer, r.Keys); j++ {
			changes = append(changes, statetree.Change{Key: Key(j), Value: Value(uint64(j))})
		}
		if err := r.commit(tree, changes); err != nil {
			return err
		}
	}
	r.out.LoadKeysPerSecond = float64(r.Keys) / time.Since(start).Seconds()
	return nil
}

// commit makes the next layer.
func (r *run) commit(tree *statetree.Tree, changes []statetree.Change) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := tree.Apply(changes); err != nil {
		return err
	}
	if _, ok := r.store.Head(); !ok {
		return r.store.CommitGenesis(tree, nil, nil)
	}
	r.layer++
	return r.store.Commit(r.layer, tree, nil, nil)
}

// warm updates a part of the state, so that pages and buckets are in memory as they would be in a
// process that runs for a while, and the layers that loaded the state are out of the history.
func (r *run) warm() error {
	r.Progress("warming up")
	tree, err := r.store.Tree()
	if err != nil {
		return err
	}
	const each = 10_000
	for done := 0; done < 2*r.Keys; done += each {
		if err := r.commit(tree, r.updates(min(each, r.Keys/2))); err != nil {
			return err
		}
	}
	return nil
}

// updates returns changes of n distinct random keys.
func (r *run) updates(n int) []statetree.Change {
	seen := make(map[int]bool, n)
	changes := make([]statetree.Change, 0, n)
	for len(changes) < n {
		if i := r.rng.IntN(r.Keys); !seen[i] {
			seen[i] = true
			changes = append(changes, statetree.Change{Key: Key(i), Value: Value(r.rng.Uint64())})
		}
	}
	return changes
}

// commits measures layers of n updates.
func (r *run) commits(n int) error {
	r.Progress("commits of %d keys", n)
	tree, err := r.store.Tree()
	if err != nil {
		return err
	}
	var took []time.Duration
	var sum, cpu time.Duration
	for sum < r.Each || len(took) < 10 {
		changes := r.updates(n)
		cpuStart, start := usage.CPUTime(), time.Now()
		if err := r.commit(tree, changes); err != nil {
			return err
		}
		d := time.Since(start)
		cpu += usage.CPUTime() - cpuStart
		took, sum = append(took, d), sum+d
	}
	slices.Sort(took)
	r.out.Rows = append(r.out.Rows, Row{
		Commit:           n,
		UpdatesPerSecond: float64(n*len(took)) / sum.Seconds(),
		BestPerSecond:    float64(n) / took[len(took)/10].Seconds(),
		CPUMicros:        float64(cpu.Nanoseconds()) / 1000 / float64(n*len(took)),
		Commits:          len(took),
	})
	return nil
}

// Key returns the i-th key of the state.
func Key(i int) statetree.Key {
	return statetree.Key(statetree.HashValue(binary.LittleEndian.AppendUint64(nil, uint64(i))))
}

// Value returns a value of 32 bytes.
func Value(v uint64) []byte {
	b := statetree.HashValue(binary.LittleEndian.AppendUint64([]byte("value"), v))
	return b[:]
}

// hashNanos returns the time of one hash of a node, the best of some.
func hashNanos() float64 {
	const n = 20_000
	var b [65]byte
	best := time.Duration(1 << 62)
	for range 20 {
		start := time.Now()
		for range n {
			h := sha256.Sum256(b[:])
			copy(b[1:], h[:])
		}
		best = min(best, time.Since(start))
	}
	runtime.KeepAlive(&b)
	return float64(best.Nanoseconds()) / n
}

// Size returns the bytes of the files in a folder.
func Size(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}
