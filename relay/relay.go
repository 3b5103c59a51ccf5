package relay

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/internal/service"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// Relay is a running relay. Its methods are safe for concurrent use.
type Relay struct {
	cfg     Config
	chainID rollup.Hash
	store   store
	server  *service.Server
	conn    *grpc.ClientConn
	exec    athenav1.ExecutorServiceClient // nil without an executor

	kick   chan struct{} // asks the posting loop to look at the queue now
	broken chan error    // why the store failed
	cancel context.CancelFunc
	done   chan struct{} // closed when the loops have ended
	end    error         // why they did; valid after done

	closing  sync.Once
	closeErr error

	posts  sync.Mutex // serialises building, posting and following; taken before mu
	closed bool       // nothing may be posted any more; guarded by posts

	mu         sync.Mutex
	tip        l1.Tip        // newest block that the relay knows
	header     rollup.Header // of a block near the tip, for its prices
	settled    l1.Tip        // newest block that everything was done for
	moved      chan struct{} // closed and replaced when settled changes
	retry      backoff       // when to post again after a failure
	nextSeq    uint64
	queue      []rollup.Hash           // accepted, oldest first
	queueBytes int                     // bytes of the queue
	records    map[rollup.Hash]*record // of the queue and of the bundles in flight
	postings   []*posting              // bundles in flight, oldest first
}

// Start opens the durable queue, starts the API and the loops, and returns. Close ends all of it.
func Start(ctx context.Context, cfg Config) (*Relay, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	store, err := kv.Open(cfg.Dir)
	if err != nil {
		return nil, err
	}
	return start(ctx, cfg, store)
}

// start is Start with an open store, which it closes when it fails.
func start(ctx context.Context, cfg Config, s store) (*Relay, error) {
	cfg = cfg.withDefaults()
	r := &Relay{
		cfg: cfg, chainID: cfg.Genesis.ChainID(), store: s,
		kick: make(chan struct{}, 1), done: make(chan struct{}), moved: make(chan struct{}),
		broken: make(chan error, 1), records: map[rollup.Hash]*record{},
	}
	if err := r.open(ctx); err != nil {
		return nil, errors.Join(err, r.closeParts())
	}
	waiting, posted := len(r.queue), len(r.postings)
	ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.follow(ctx) })
	group.Go(func() error { return r.post(ctx) })
	group.Go(func() error {
		select {
		case err := <-r.broken:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	go func() {
		defer close(r.done)
		if err := group.Wait(); !errors.Is(err, context.Canceled) {
			r.end = err
			r.cfg.Log.Error("relay stopped", "error", err)
		}
	}()
	if err := r.serve(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	r.cfg.Log.Info("relay started", "address", r.Addr(), "account", cfg.Account.String(),
		"waiting", waiting, "posted", posted)
	return r, nil
}

// open reads what an earlier run left and what L1 is now.
func (r *Relay) open(ctx context.Context) error {
	if err := r.guardStore(); err != nil {
		return err
	}
	if err := r.load(); err != nil {
		return err
	}
	tip, err := r.cfg.Chain.Tip(ctx)
	if err != nil {
		return fmt.Errorf("relay: ask L1 for its tip: %w", err)
	}
	block, err := r.cfg.Chain.Layer(ctx, tip.Height)
	if err != nil {
		return fmt.Errorf("relay: ask L1 for its prices: %w", err)
	}
	r.tip, r.header = tip, block.Header
	if r.cfg.Executor == "" {
		return nil
	}
	r.conn, err = grpc.NewClient(r.cfg.Executor,
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("relay: executor %q: %w", r.cfg.Executor, err)
	}
	r.exec = athenav1.NewExecutorServiceClient(r.conn)
	return nil
}

func (r *Relay) serve() (err error) {
	r.server, err = service.Serve(r.cfg.Listen, r.cfg.Genesis.Params.MaxTxBytes,
		func(s grpc.ServiceRegistrar) { athenav1.RegisterRelayServiceServer(s, &server{relay: r}) })
	return err
}

// Addr is the address of the gRPC API.
func (r *Relay) Addr() string { return r.server.Addr() }

// Err waits for the relay to end and says why: nil after Close, else a failure of its store or a
// stored bundle that does not decode. L1 that does not answer is no reason to end.
func (r *Relay) Err() error {
	<-r.done
	return r.end
}

// Close stops taking requests, ends the loops and closes the store. Nothing accepted is lost. Calling
// it again does nothing more.
func (r *Relay) Close() error {
	r.closing.Do(func() {
		var err error
		if r.server != nil {
			err = r.server.Stop()
		}
		r.cancel()
		err = errors.Join(err, r.Err())
		r.posts.Lock()
		r.closed = true
		r.posts.Unlock()
		r.closeErr = errors.Join(err, r.closeParts())
	})
	return r.closeErr
}

func (r *Relay) closeParts() (err error) {
	if r.conn != nil {
		err = r.conn.Close()
	}
	return errors.Join(err, r.store.Close())
}

// stopped reports whether the loops have ended.
func (r *Relay) stopped() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

func (r *Relay) height() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tip.Height
}

func (r *Relay) l1Address() address.Address {
	return rollup.L1Address([32]byte(r.cfg.Key.Public().(ed25519.PublicKey)))
}

func (r *Relay) wake() {
	select {
	case r.kick <- struct{}{}:
	default: // a wake-up is pending already
	}
}
