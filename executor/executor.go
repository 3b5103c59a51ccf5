package executor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/grpc"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/internal/service"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

const (
	// retryDelay is how long the executor waits before it asks an L1 that failed again.
	retryDelay = time.Second
	// movedDelay is how long it waits for a reorganisation to be over.
	movedDelay = 20 * time.Millisecond
	// movedLimit is how often in a row L1 may move before that counts as a failure.
	movedLimit = 50
)

// Executor is an executor with its stores open. Its methods are safe for concurrent use.
type Executor struct {
	cfg        Config
	ledger     *ledger
	snapshots  *snapshots
	outbox     *outbox     // nil: nothing is posted
	claimer    *claimer    // nil: no claims
	challenger *challenger // nil: no challenges
	watcher    *watcher
	teller     teller
	server     *service.Server // nil without Listen
	log        *slog.Logger

	cancel  context.CancelFunc
	group   sync.WaitGroup
	stopped chan struct{} // closed when the loop has ended
	end     error         // why the loop ended; valid after group

	mu      sync.Mutex
	moved   chan struct{} // closed and replaced when the head moves or a tip is settled
	settled l1.Tip        // the newest tip that everything was done for
}

// New opens the stores and serves the API. Start begins to follow L1; Close ends everything.
func New(cfg Config) (*Executor, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	led, err := openLedger(&cfg)
	if err != nil {
		return nil, err
	}
	led.archive, led.past = newArchive(&cfg), newPast(&cfg)
	e := &Executor{cfg: cfg, ledger: led, log: cfg.Log, moved: make(chan struct{}),
		stopped: make(chan struct{})}
	if e.snapshots, err = openSnapshots(&cfg, led); err != nil {
		return nil, errors.Join(err, led.store.Close())
	}
	if e.outbox, err = openOutbox(&cfg); err != nil {
		return nil, errors.Join(err, e.closeStores())
	}
	if cfg.Claim {
		e.claimer = &claimer{
			ledger: led, outbox: e.outbox, reward: cfg.Reward,
			every: uint64(cfg.ClaimEvery), tamper: cfg.Tamper, log: cfg.Log,
		}
	}
	e.watcher = &watcher{
		ledger: led, archive: led.archive, log: cfg.Log, told: map[rollup.Hash]bool{},
	}
	if e.outbox != nil {
		e.watcher.account, e.teller.log = e.outbox.account, cfg.Log
	}
	if cfg.Challenge {
		e.challenger = &challenger{ledger: led, outbox: e.outbox, log: cfg.Log}
	}
	if cfg.Listen != "" {
		e.server, err = service.Serve(cfg.Listen, cfg.Genesis.Params.MaxTxBytes,
			func(s grpc.ServiceRegistrar) {
				athenav1.RegisterExecutorServiceServer(s, newAPI(led, e.snapshots, cfg.Genesis.Name))
			})
		if err != nil {
			return nil, errors.Join(err, e.closeStores())
		}
	}
	return e, nil
}

// Start follows L1 in a goroutine of its own until Close, or until something is wrong: see Err.
func (e *Executor) Start(ctx context.Context) {
	ctx, e.cancel = context.WithCancel(context.WithoutCancel(ctx))
	e.group.Go(func() {
		defer close(e.stopped)
		e.end = e.Run(ctx)
	})
}

// Run follows L1 until the context ends, and returns nil then. Any other end is an error that says
// what to do. Use one of Run, Start and Step.
func (e *Executor) Run(ctx context.Context) error {
	h, err := e.ledger.head()
	if err != nil {
		return err
	}
	e.log.Info("executor started", "address", e.Addr(), "layer", h.layer, "root", h.root.Short())
	for moved := 0; ; {
		progress, err := e.Step(ctx)
		if progress {
			moved = 0
		} else if err == nil {
			err = e.wait(ctx)
		}
		delay := retryDelay
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the end of ctx is how it ends
		case err == nil:
			continue
		case errors.Is(err, errMoved) && moved < movedLimit:
			delay = movedDelay
			moved++
		case errors.Is(err, ErrL1):
			e.log.Warn("L1 does not answer", "error", err)
		default:
			e.log.Error("executor stopped", "error", err)
			return err
		}
		if !sleep(ctx, delay) {
			return nil
		}
	}
}

// wait blocks until L1 has another tip than the settled one.
func (e *Executor) wait(ctx context.Context) error {
	_, err := e.cfg.Chain.Wait(ctx, e.settledTip())
	return onChain("wait for L1", err)
}

// Step does what the current tip of L1 asks for, or, when that is done, a part of what may wait: it
// cuts a chunk of a snapshot. It reports whether it found something to do. It uses no clock and no
// goroutine, and what it does depends on L1 and the stores alone, so that a simulation can drive it;
// until it reports false there is more to do at this tip. After ErrL1 call it again; after any other
// error the executor is at its end.
func (e *Executor) Step(ctx context.Context) (progress bool, err error) {
	tip, err := e.cfg.Chain.Tip(ctx)
	if err != nil {
		return false, onChain("ask L1 for its tip", err)
	}
	if tip == e.settledTip() {
		return e.snapshots.advance()
	}
	if err := e.follow(ctx, tip); err != nil {
		return false, err
	}
	replaying, err := e.ledger.past.advance(ctx, e.log)
	if err != nil || replaying {
		return true, err
	}
	claims, final, err := e.claims(ctx)
	if err != nil {
		return false, err
	}
	if err := e.snapshots.look(claims, final); err != nil {
		return false, err
	}
	e.settle(tip)
	return true, nil
}

// follow does all that a new tip asks for.
func (e *Executor) follow(ctx context.Context, tip l1.Tip) error {
	undone, err := e.ledger.unwind(ctx)
	if err != nil {
		return err
	}
	if undone > 0 {
		e.log.Warn("L1 reorganised", "layers_undone", undone)
		e.announce()
	}
	// What is final is compared before anything is built on it, and again with what is final then.
	claims, final, err := e.claims(ctx)
	if err != nil {
		return err
	}
	for {
		h, err := e.ledger.head()
		if err != nil {
			return err
		}
		if h.layer >= tip.Height {
			break
		}
		if err := e.step(ctx); err != nil {
			return err
		}
		if h.layer+1 == final.Layer {
			if err := e.ledger.checkFinal(ctx, claims, final); err != nil {
				return err
			}
		}
	}
	if e.outbox == nil {
		if claims, _, err = e.claims(ctx); err == nil {
			_, err = e.watcher.run(ctx, claims)
		}
		return err
	}
	return e.post(ctx, tip)
}

// claims asks L1 for its claims, and compares what is final with what was executed here.
func (e *Executor) claims(ctx context.Context) ([]l1.ClaimInfo, l1.FinalHead, error) {
	claims, final, err := e.cfg.Chain.Claims(ctx)
	if err != nil {
		return nil, final, onChain("ask L1 for its claims", err)
	}
	e.ledger.final.Store(final.Layer)
	return claims, final, e.ledger.checkFinal(ctx, claims, final)
}

// step executes one layer.
func (e *Executor) step(ctx context.Context) error {
	began := time.Now()
	rec, res, err := e.ledger.advance(ctx)
	if err != nil {
		return err
	}
	h, err := e.ledger.head()
	if err != nil {
		return err
	}
	var gas uint64
	for _, s := range res.Steps {
		gas += s.GasUsed
	}
	e.log.Info("layer", "height", h.layer, "items", rec.Items, "steps", len(rec.StepRoots),
		"drops", len(rec.Drops), "gas", gas, "root", h.root.Short(), "took", time.Since(began))
	e.announce()
	return nil
}

// post brings this account's business on L1 forward.
func (e *Executor) post(ctx context.Context, tip l1.Tip) error {
	if err := e.outbox.settle(ctx, tip); err != nil {
		return err
	}
	// What the outbox just learned may be newer than the claims read before: read them after it, so
	// that an own claim in a block is never missed.
	claims, final, err := e.claims(ctx)
	if err != nil {
		return err
	}
	e.teller.tell(e.outbox, claims)
	if err := e.outbox.tellOutcomes(tip, claims); err != nil {
		return err
	}
	if tip.Height%forgetEvery == 0 {
		if err := e.outbox.forget(claims); err != nil {
			return err
		}
	}
	wrong, err := e.watcher.run(ctx, claims)
	if err != nil {
		return err
	}
	if e.challenger != nil {
		if err := e.challenger.run(ctx, tip, wrong); err != nil {
			return err
		}
	}
	if e.claimer != nil {
		return e.claimer.run(ctx, tip, claims, final)
	}
	return nil
}

// announce wakes those who wait for a layer.
func (e *Executor) announce() {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.moved)
	e.moved = make(chan struct{})
}

// Addr is the address of the gRPC API; empty without Listen.
func (e *Executor) Addr() string {
	if e.server == nil {
		return ""
	}
	return e.server.Addr()
}

// Head returns the newest executed layer and the root after it.
func (e *Executor) Head() (layer uint64, root rollup.Hash) {
	h, _ := e.ledger.store.Head()
	return h.Layer, rollup.Hash(h.Root)
}

// WaitLayer blocks until a layer is executed and returns its root.
func (e *Executor) WaitLayer(ctx context.Context, layer uint64) (rollup.Hash, error) {
	for {
		e.mu.Lock()
		moved := e.moved
		e.mu.Unlock()
		if at, _ := e.Head(); at >= layer {
			return e.ledger.rootAfter(layer)
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return rollup.Hash{}, fmt.Errorf("executor: wait for layer %d: %w", layer, ctx.Err())
		}
	}
}

// Err waits for a loop begun with Start to end and says why; nil after Close.
func (e *Executor) Err() error {
	e.group.Wait()
	return e.end
}

// Close ends the API and the loop, and closes the stores. Everything executed is durable already.
func (e *Executor) Close() error {
	var err error
	if e.server != nil {
		err = e.server.Stop()
	}
	if e.cancel != nil {
		e.cancel()
	}
	return errors.Join(err, e.Err(), e.closeStores())
}

func (e *Executor) closeStores() error {
	err := errors.Join(e.ledger.past.close(), e.snapshots.store.Close(), e.ledger.store.Close())
	if e.outbox != nil {
		err = errors.Join(err, e.outbox.close())
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
