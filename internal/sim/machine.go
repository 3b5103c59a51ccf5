package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/executor"
	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/internal/kv/crashfs"
	"github.com/athenarollup/athena/relay"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// machine is a computer with a disk and a line to L1.
type machine struct {
	name    string
	disk    *crashfs.Disk
	link    *link
	asleep  uint64 // does nothing until this height: it is off, or slow
	failure error  // why its daemon does not run
}

func (w *world) machine(name string) *machine {
	m := &machine{name: name, disk: crashfs.New()}
	m.link = &link{
		rng:   rand.New(rand.NewPCG(w.seed, w.rng.Uint64())),
		noise: 0.15,
		disk:  func() *crashfs.Disk { return m.disk },
	}
	return m
}

// misfortune decides what goes wrong with the machines at this height.
func (w *world) misfortune() {
	height := w.height()
	for _, m := range w.machines() {
		switch w.rng.IntN(25) {
		case 0:
			m.disk.Arm(1+w.rng.IntN(6), w.rng.IntN(2) == 0, "")
		case 1:
			m.link.cut = height + 1 + w.rng.Uint64N(3)
			w.say("%s cannot reach L1 until %d", m.name, m.link.cut)
		case 2:
			m.asleep = height + 1 + w.rng.Uint64N(3)
			w.say("%s sleeps until %d", m.name, m.asleep)
		}
	}
}

// relayNode is a relay on a machine.
type relayNode struct {
	*machine
	daemon *relay.Relay
}

// executorNode is an executor on a machine.
type executorNode struct {
	*machine
	daemon                   *executor.Executor
	honest, claim, challenge bool
	sabotaged                bool
	lie                      int
	joins                    *joining // nil: it derives from the genesis
	worked                   []uint64 // heights of this chain at which everything was done
	tip                      l1.Tip   // that it has worked for
}

func (r *relayNode) running() bool    { return r.daemon != nil }
func (e *executorNode) running() bool { return e.daemon != nil }

// follows reports whether the executor stands on a block of the present chain: what it did last, it
// did for that block or a descendant.
func (e *executorNode) follows(hash [32]byte) bool { return e.tip.Hash == hash }

// work lets every daemon do what there is to do, in some order.
func (w *world) work(ctx context.Context, trouble bool) error {
	nodes := make([]func() error, 0, 16)
	for _, r := range w.relays {
		nodes = append(nodes, func() error { return w.workRelay(ctx, r) })
	}
	for _, e := range w.executors {
		nodes = append(nodes, func() error { return w.workExecutor(ctx, e) })
	}
	if trouble {
		w.rng.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
	}
	for _, work := range nodes {
		if err := work(); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) workRelay(ctx context.Context, r *relayNode) error {
	if r.asleep > w.height() {
		return nil
	}
	if !r.running() {
		var err error
		if err = w.startRelay(ctx, r); err != nil {
			return w.powerLost(r.machine, r.stop, err)
		}
	}
	r.link.deliver(ctx, w.height())
	return w.powerLost(r.machine, r.stop, r.daemon.Step(ctx))
}

func (w *world) workExecutor(ctx context.Context, e *executorNode) error {
	if e.asleep > w.height() {
		return nil
	}
	if e.joins != nil && !e.joins.done {
		if done, err := w.join(ctx, e); err != nil || !done {
			return w.powerLost(e.machine, e.stop, err)
		}
	}
	if !e.running() {
		if err := w.startExecutor(e); err != nil {
			return w.powerLost(e.machine, e.stop, err)
		}
	}
	e.link.deliver(ctx, w.height())
	for {
		progress, err := e.daemon.Step(ctx)
		if e.disk.Dead() || err != nil {
			if errors.Is(err, executor.ErrL1) {
				err = nil
			}
			return w.powerLost(e.machine, e.stop, err)
		}
		if !progress {
			e.worked, e.tip = append(e.worked, w.height()), w.tip()
			return nil
		}
	}
}

// powerLost stops a daemon whose machine has no power any more, and notes one that stopped by
// itself: no trouble of the network may end a daemon.
func (w *world) powerLost(m *machine, stop func(), err error) error {
	switch {
	case m.disk.Dead():
		stop()
		m.disk = m.disk.Restored()
		m.asleep = w.height() + w.rng.Uint64N(3)
		w.say("%s loses its power, back at %d", m.name, m.asleep)
		w.count("power cuts")
	case err != nil:
		m.failure = err
		w.violate("%s stopped: %v", m.name, err)
		stop()
	}
	return nil
}

func (w *world) startRelay(ctx context.Context, r *relayNode) error {
	store, err := kv.OpenOn(r.disk, "relay")
	if err != nil {
		return err
	}
	r.daemon, err = relay.Start(ctx, relay.Config{
		Genesis: w.genesis, Chain: r.link, Key: key(r.name), Account: stftest.Wallet(r.name),
		Clock: w.now, Store: store, BundleInterval: time.Second, Log: w.logger(r.name),
	})
	if err != nil {
		r.daemon = nil
		return fmt.Errorf("start: %w", err)
	}
	return nil
}

// logger writes what a daemon logs into the story, without the time that it took.
func (w *world) logger(name string) *slog.Logger {
	if w.out == nil {
		return nil
	}
	h := slog.NewTextHandler(w.out, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case slog.TimeKey, slog.LevelKey, "took":
				return slog.Attr{}
			}
			return a
		},
	})
	return slog.New(h).With("machine", name)
}

// now is the time of the newest block.
func (w *world) now() time.Time { return time.Unix(int64(w.height())*15, 0) }

func (r *relayNode) submit(ctx context.Context, raw []byte) error {
	_, err := r.daemon.Service().Submit(ctx, &athenav1.SubmitRequest{Tx: raw})
	return err
}

func (r *relayNode) stop() {
	if r.daemon != nil {
		_ = r.daemon.Close() // without power it cannot
		r.daemon = nil
	}
}

func (w *world) executorConfig(e *executorNode) executor.Config {
	cfg := executor.Config{
		Genesis: w.genesis, Chain: e.link, Dir: "executor", FS: e.disk, Key: key(e.name),
		Reward: stftest.Wallet(e.name), Claim: e.claim, Challenge: e.challenge, Engine: w.engine,
		Log: w.logger(e.name),
	}
	if w.traits.join {
		cfg.SnapshotEvery, cfg.SnapshotChunk = snapshotEvery, snapshotChunk
	}
	if !e.honest || e.sabotaged {
		cfg.Tamper = lies[e.lie].tell
	}
	return cfg
}

func (w *world) startExecutor(e *executorNode) error {
	var err error
	if e.daemon, err = executor.New(w.executorConfig(e)); err != nil {
		e.daemon = nil
		return fmt.Errorf("start: %w", err)
	}
	return nil
}

func (e *executorNode) stop() {
	if e.daemon != nil {
		_ = e.daemon.Close() // without power it cannot
		e.daemon = nil
	}
	e.tip = l1.Tip{}
}
