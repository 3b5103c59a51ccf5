package relay

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

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
	params  atomic.Pointer[rollup.Params] // of the layer that executes what is posted now
	chainID rollup.Hash
	store   Store
	server  *service.Server
	conn    *grpc.ClientConn
	exec    athenav1.ExecutorServiceClient // nil without an executor
	api     *server

	simulations chan struct{} // one for each that runs
	exempt      map[address.Address]bool

	kick   chan struct{} // asks the posting loop to look at the queue now
	broken chan error    // why the store failed
	cancel context.CancelFunc
	done   chan struct{} // closed when the loops have ended
	end    error         // why they did; valid after done

	closing  sync.Once
	closeErr error

	posts  sync.Mutex // serialises building, posting and following; taken before mu
	bid    uint64     // of the next bundle; guarded by posts
	crowd  crowd      // of the block that was looked at last; guarded by posts
	closed bool       // nothing may be posted any more; guarded by posts

	mu         sync.Mutex
	known      bool                    // L1 has answered: tip and header are valid
	down       bool                    // L1 does not answer
	tip        l1.Tip                  // newest block that the relay knows
	header     rollup.Header           // of a block near the tip, for its prices
	settled    l1.Tip                  // newest block that everything was done for
	moved      chan struct{}           // closed and replaced when settled changes
	away       backoff                 // when to look at L1 again after a failure
	retry      backoff                 // when to post again after a failure
	stalled    bool                    // nothing in the queue may be posted before something changes
	nextSeq    uint64                  // from 1
	queue      []rollup.Hash           // accepted, oldest first
	queueBytes int                     // bytes of the queue
	packing    packing                 // what the last bundle came to
	records    map[rollup.Hash]*record // of the queue and of the bundles in flight
	standing   standing                // of the same
	postings   []*posting              // bundles in flight, oldest first
	finished   int                     // records in the store that have ended
	total      tally                   // of the bundles that nothing can undo
	accounts   int                     // of them, in the store
	unpaid     []uint64                // seqs of those that wait for something, oldest first
}

// Start opens the durable queue, starts the API and the loops, and returns. Close ends all of it. It
// needs no L1 that answers: until one does, transactions are refused as UNAVAILABLE.
func Start(ctx context.Context, cfg Config) (*Relay, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Store == nil {
		store, err := kv.Open(cfg.Dir)
		if err != nil {
			return nil, err
		}
		cfg.Store = store
	}
	cfg = cfg.withDefaults()
	r := &Relay{
		cfg: cfg, chainID: cfg.Genesis.ChainID(), store: cfg.Store,
		kick: make(chan struct{}, 1), done: make(chan struct{}), moved: make(chan struct{}),
		broken: make(chan error, 1), records: map[rollup.Hash]*record{}, standing: newStanding(),
		simulations: make(chan struct{}, cfg.Policy.Simulations),
		exempt:      map[address.Address]bool{}, nextSeq: 1, bid: cfg.Bidding.Bid,
	}
	r.api = &server{relay: r}
	for _, a := range cfg.Policy.Exempt {
		r.exempt[a] = true
	}
	if err := r.open(ctx); err != nil {
		return nil, errors.Join(err, r.closeParts())
	}
	waiting, posted := len(r.queue), len(r.postings)
	ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	group, ctx := errgroup.WithContext(ctx)
	if cfg.Clock == nil {
		group.Go(func() error { return r.follow(ctx) })
		group.Go(func() error { return r.post(ctx) })
		group.Go(func() error { return r.keepAccounts(ctx) })
	}
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
	r.cfg.Log.Info("relay started", "address", r.Addr(), "relay", cfg.Account.String(),
		"waiting", waiting, "posted", posted)
	return r, nil
}

// open reads what an earlier run left and what L1 is now.
func (r *Relay) open(ctx context.Context) error {
	if err := r.guardStore(); err != nil {
		return err
	}
	if err := errors.Join(r.loadParams(), r.load()); err != nil {
		return err
	}
	first, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if v, err := r.look(first); err == nil {
		r.tip, r.header, r.known = v.tip, v.header, true
	} else {
		r.down = true
		r.cfg.Log.Warn("L1 does not answer; nothing is accepted before it does", "error", err)
	}
	if r.exec = r.cfg.ExecutorClient; r.cfg.Executor == "" {
		return nil
	}
	var err error
	r.conn, err = grpc.NewClient(r.cfg.Executor,
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("relay: executor %q: %w", r.cfg.Executor, err)
	}
	r.exec = athenav1.NewExecutorServiceClient(r.conn)
	return nil
}

func (r *Relay) serve() (err error) {
	if r.cfg.Listen == "" {
		return nil
	}
	r.server, err = service.Serve(r.cfg.Listen, r.cfg.Genesis.Params.MaxTxBytes,
		func(s grpc.ServiceRegistrar) { athenav1.RegisterRelayServiceServer(s, r.api) })
	return err
}

// Addr is the address of the gRPC API; "" where there is none.
func (r *Relay) Addr() string {
	if r.server == nil {
		return ""
	}
	return r.server.Addr()
}

// Service is the API without a network.
func (r *Relay) Service() athenav1.RelayServiceServer { return r.api }

// now is the time by the clock of the relay.
func (r *Relay) now() time.Time {
	if r.cfg.Clock != nil {
		return r.cfg.Clock()
	}
	return time.Now()
}

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
