package relay

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

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
	store   *kv.Store
	server  *service.Server
	conn    *grpc.ClientConn
	exec    athenav1.ExecutorServiceClient // nil without an executor

	kick   chan struct{} // asks the posting loop to look at the queue now
	cancel context.CancelFunc
	group  *errgroup.Group

	posts sync.Mutex // serialises building, posting and following; taken before mu

	mu       sync.Mutex
	tip      l1.Tip
	nextSeq  uint64
	queue    []rollup.Hash // accepted, oldest first
	queued   int           // bytes of the queue
	oldest   time.Time     // when the oldest of the queue came in
	records  map[rollup.Hash]*record
	postings []*posting // oldest first
}

// Start opens the durable queue, starts the API and the loops, and returns. Close ends all of it.
func Start(ctx context.Context, cfg Config) (*Relay, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	store, err := kv.Open(cfg.Dir)
	if err != nil {
		return nil, err
	}
	r := &Relay{
		cfg: cfg, chainID: cfg.Genesis.ChainID(), store: store,
		kick: make(chan struct{}, 1), records: map[rollup.Hash]*record{},
	}
	if err := r.open(ctx); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	r.group, ctx = errgroup.WithContext(ctx)
	r.group.Go(func() error { return r.follow(ctx) })
	r.group.Go(func() error { return r.post(ctx) })
	r.cfg.Log.Info("relay started", "address", r.Addr(), "account", cfg.Account.String(),
		"waiting", len(r.queue), "posted", len(r.postings))
	return r, nil
}

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
	r.tip = tip
	if r.cfg.Executor != "" {
		r.conn, err = grpc.NewClient(r.cfg.Executor,
			grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return fmt.Errorf("relay: executor %q: %w", r.cfg.Executor, err)
		}
		r.exec = athenav1.NewExecutorServiceClient(r.conn)
	}
	r.server, err = service.Serve(r.cfg.Listen, r.cfg.Genesis.Params.MaxTxBytes,
		func(s grpc.ServiceRegistrar) { athenav1.RegisterRelayServiceServer(s, &server{relay: r}) })
	return err
}

// guardStore refuses a folder that belongs to another network or account.
func (r *Relay) guardStore() error {
	want := slices.Concat(r.chainID[:], r.cfg.Key.Public().(ed25519.PublicKey))
	have, ok, err := r.store.Get([]byte{keyAccount})
	if err != nil {
		return err
	}
	if !ok {
		return r.store.Apply(kv.Write{Key: []byte{keyAccount}, Value: want})
	}
	if !bytes.Equal(have, want) {
		return fmt.Errorf("relay: folder %q belongs to another network or key; choose another folder",
			r.cfg.Dir)
	}
	return nil
}

// load reads the unfinished work of an earlier run.
func (r *Relay) load() error {
	var failed error
	err := r.store.Range([]byte{keyRecord}, []byte{keyRecord + 1}, func(k, v []byte) bool {
		rec, err := decodeRecord(v)
		if err != nil {
			failed = err
			return false
		}
		r.nextSeq = max(r.nextSeq, rec.seq+1)
		if rec.stage == stageAccepted || rec.stage == stageBundled {
			r.records[rollup.Hash(k[1:])] = rec
		}
		return true
	})
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	for h, rec := range r.records { //lint:unordered the queue is sorted below
		if rec.stage == stageAccepted {
			r.enqueue(h, rec)
		}
	}
	slices.SortFunc(r.queue, func(a, b rollup.Hash) int {
		return int(r.records[a].seq) - int(r.records[b].seq)
	})
	err = r.store.Range([]byte{keyPosting}, []byte{keyPosting + 1}, func(k, v []byte) bool {
		p, err := decodePosting(k, v)
		if err != nil {
			failed = err
			return false
		}
		r.postings = append(r.postings, p)
		r.nextSeq = max(r.nextSeq, p.seq+1)
		return true
	})
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	return r.loadInFlight()
}

// loadInFlight brings the transactions of the bundles in flight, ordered ones too, into memory.
func (r *Relay) loadInFlight() error {
	for _, p := range r.postings {
		for _, h := range p.txs {
			rec, err := r.find(h)
			if err != nil {
				return err
			}
			if rec == nil {
				return fmt.Errorf("relay: folder %q: bundle %d names transaction %s, which is not there",
					r.cfg.Dir, p.seq, h)
			}
			r.records[h] = rec
		}
	}
	return nil
}

// enqueue appends to the queue; the caller holds mu or is alone.
func (r *Relay) enqueue(h rollup.Hash, rec *record) {
	if len(r.queue) == 0 {
		r.oldest = time.Now()
	}
	r.queue = append(r.queue, h)
	r.queued += len(rec.raw)
}

// Addr is the address of the gRPC API.
func (r *Relay) Addr() string { return r.server.Addr() }

// Err waits for the loops to end and says why; it is nil after Close.
func (r *Relay) Err() error {
	if err := r.group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Close stops taking requests, ends the loops and closes the store. Nothing accepted is lost.
func (r *Relay) Close() error {
	err := r.server.Stop()
	r.cancel()
	err = errors.Join(err, r.Err())
	if r.conn != nil {
		err = errors.Join(err, r.conn.Close())
	}
	return errors.Join(err, r.store.Close())
}
