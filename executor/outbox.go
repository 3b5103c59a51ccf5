package executor

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// forgetEvery is the number of blocks between two looks for what can be forgotten.
const forgetEvery = 64

// feeSlackBytes is more than two L1 transactions hold beside what they carry.
const feeSlackBytes = 1024

// outbox brings the jobs of one L1 account to their end. A transaction is durable before it is
// submitted, and keeps its nonce and its bytes: however often it is submitted, also after a crash
// or a reorganisation, L1 includes it once. It is used by one goroutine.
type outbox struct {
	chain   l1.Chain
	chainID rollup.Hash
	key     ed25519.PrivateKey
	account address.Address
	params  *rollup.Params // the widest known: they decode whatever was written
	log     *slog.Logger
	store   *kv.Store
	jobs    []*job // by seq
	next    uint64 // seq of the next job
	poor    bool   // the account could not pay when it was last asked
}

// openOutbox opens the outbox of an account. Without a key it returns nil: there is nothing to
// send.
func openOutbox(cfg *Config) (*outbox, error) {
	if !cfg.Claim && !cfg.Challenge {
		return nil, nil
	}
	store, err := cfg.records("outbox")
	if err != nil {
		return nil, fmt.Errorf("executor: %w", err)
	}
	o := &outbox{
		chain: cfg.Chain, chainID: cfg.Genesis.ChainID(), key: cfg.Key,
		account: rollup.L1Address([32]byte(cfg.Key.Public().(ed25519.PublicKey))),
		params:  &cfg.Genesis.Params, log: cfg.Log, store: store,
	}
	if err := errors.Join(o.guard(), o.load()); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return o, nil
}

// guard refuses an outbox of another network or account.
func (o *outbox) guard() error {
	want := append(o.chainID[:], o.account[:]...)
	have, ok, err := o.store.Get([]byte{keyGuard})
	switch {
	case err != nil:
		return err
	case !ok:
		return o.store.Apply(kv.Write{Key: []byte{keyGuard}, Value: want})
	case string(have) != string(want):
		return errors.New("executor: the outbox belongs to another network or L1 account; " +
			"choose another folder")
	}
	return nil
}

func (o *outbox) load() error {
	var failed error
	err := o.store.Range([]byte{keyJob}, []byte{keyJob + 1}, func(k, v []byte) bool {
		var j *job
		if j, failed = decodeJob(k, v); failed != nil {
			return false
		}
		o.jobs = append(o.jobs, j)
		o.next = j.seq + 1
		return true
	})
	for _, j := range o.jobs {
		if err != nil || failed != nil {
			break
		}
		j.saved = j.write().Value
		if j.second == nil {
			j.hidden, _, err = o.store.Get(seqKey(keyReveal, j.seq))
		}
	}
	return errors.Join(err, failed)
}

// open returns the jobs of a kind that have something to send.
func (o *outbox) open(kind jobKind) (open []*job) {
	for _, j := range o.jobs {
		if j.kind == kind && j.open() {
			open = append(open, j)
		}
	}
	return open
}

// start makes a job of two payloads, and submits the first.
func (o *outbox) start(ctx context.Context, j *job, first, second rollup.L1Payload) error {
	nonce, err := o.nonce(ctx)
	if err != nil {
		return err
	}
	hidden := &rollup.L1Tx{ChainID: o.chainID, Sender: o.sender(), Payload: second}
	j.seq, j.hidden = o.next, hidden.Encode()
	j.first = o.sign(&rollup.L1Tx{ChainID: o.chainID, Payload: first}, nonce)
	err = o.save(j, kv.Write{Key: seqKey(keyReveal, j.seq), Value: j.hidden})
	if err != nil {
		return err
	}
	o.jobs = append(o.jobs, j)
	o.next++
	return o.submit(ctx, j.first)
}

func (o *outbox) sender() [32]byte { return [32]byte(o.key.Public().(ed25519.PublicKey)) }

func (o *outbox) sign(tx *rollup.L1Tx, nonce uint64) *sent {
	tx.Sender, tx.Nonce = o.sender(), nonce
	tx.Sign(o.key)
	return &sent{id: tx.ID(), nonce: nonce, raw: tx.Encode()}
}

// nonce returns the first nonce that neither L1 nor a job uses. A gap is filled first, or all that
// wait behind it would wait for ever.
func (o *outbox) nonce(ctx context.Context) (uint64, error) {
	acc, err := o.chain.Account(ctx, o.account)
	if err != nil {
		return 0, onChain("read the executor's L1 account", err)
	}
	n := acc.Nonce
	for _, s := range o.waiting() {
		if s.nonce == n {
			n++
		}
	}
	return n, nil
}

// waiting returns the transactions that are not lost, by nonce.
func (o *outbox) waiting() (all []*sent) {
	for _, j := range o.jobs {
		for _, s := range []*sent{j.first, j.second} {
			if s != nil && !s.lost {
				all = append(all, s)
			}
		}
	}
	slices.SortFunc(all, func(a, b *sent) int { return cmp.Compare(a.nonce, b.nonce) })
	return all
}

// submit hands a transaction to the miners. What they refuse outright is lost.
func (o *outbox) submit(ctx context.Context, s *sent) error {
	tx, err := rollup.DecodeL1Tx(s.raw, o.params)
	if err != nil {
		return damaged("outbox", err)
	}
	_, err = o.chain.Submit(ctx, tx)
	var refused *rollup.RefusedError
	if errors.As(err, &refused) {
		// Without room it is submitted again with the next block.
		s.lost, s.reason = refused.Reason != rollup.ReasonQueueFull, refused.Reason
		return nil
	}
	return onChain("submit to L1", err)
}

// settle asks L1 what became of every transaction, submits again what L1 does not know, sends what
// may be sent now, and forgets the jobs that no reorganisation can undo.
func (o *outbox) settle(ctx context.Context, tip l1.Tip) error {
	p, err := o.chain.Params(ctx, math.MaxUint64)
	if err != nil {
		return onChain("ask L1 for its parameters", err)
	}
	if o.params = p; len(o.jobs) == 0 {
		return nil
	}
	acc, err := o.chain.Account(ctx, o.account)
	if err != nil {
		return onChain("read the executor's L1 account", err)
	}
	for _, s := range o.waiting() {
		if err := o.refresh(ctx, s, acc.Nonce); err != nil {
			return err
		}
	}
	for _, j := range slices.Clone(o.jobs) {
		if err := o.note(ctx, j); err != nil {
			return err
		}
		if err := o.proceed(ctx, j, tip); err != nil {
			return err
		}
	}
	return nil
}

// refresh brings one transaction up to date. next is the account's nonce, read before.
func (o *outbox) refresh(ctx context.Context, s *sent, next uint64) error {
	st, err := o.chain.TxStatus(ctx, s.id)
	if err != nil {
		return onChain("ask L1 for a transaction", err)
	}
	switch {
	case st.Found:
		s.height, s.reason, s.lost = st.Height, st.Reason, !effective(st.Reason)
	case s.nonce < next:
		// The nonce is used up and not by this transaction: somebody else uses the key, or the block
		// is older than L1 remembers. What L1 says about claims is what counts then.
		s.lost = s.height == 0
	default:
		s.height = 0
		return o.submit(ctx, s)
	}
	return nil
}

// effective reports whether what a transaction asks for is so, although it may not be its doing:
// the same claim or challenge may be there already, from before the outbox was lost.
func effective(r rollup.Reason) bool {
	switch r {
	case rollup.ReasonNone, rollup.ReasonDuplicateBond, rollup.ReasonDuplicateClaim:
		return true
	default:
		return false
	}
}

// proceed sends the second transaction of a job, or ends the job.
func (o *outbox) proceed(ctx context.Context, j *job, tip l1.Tip) error {
	switch {
	case j.hasty():
		return o.reveal(ctx, j, j.second.raw)
	case j.failed():
		o.log.Warn("L1 refused", "job", j.kind.String(), "claim", j.target.Short(), "step", j.step,
			"reason", j.reason().String())
		return o.end(j)
	case j.second.done() && j.second.height+o.params.ReorgBound <= tip.Height:
		return o.end(j)
	case j.second == nil && j.first.done():
		return o.reveal(ctx, j, j.hidden)
	default:
		return o.save(j)
	}
}

// reveal sends the second transaction of a job: the payload of raw under a new nonce.
func (o *outbox) reveal(ctx context.Context, j *job, raw []byte) error {
	nonce, err := o.nonce(ctx)
	if err != nil {
		return err
	}
	tx, err := rollup.DecodeL1Tx(raw, o.params)
	if err != nil {
		return damaged("outbox", err)
	}
	j.second = o.sign(tx, nonce)
	if err := o.save(j, kv.Write{Key: seqKey(keyReveal, j.seq), Delete: true}); err != nil {
		return err
	}
	j.hidden = nil
	return o.submit(ctx, j.second)
}

// save makes a job durable if it changed.
func (o *outbox) save(j *job, also ...kv.Write) error {
	w := j.write()
	if bytes.Equal(w.Value, j.saved) {
		return nil
	}
	if err := o.store.Apply(append(also, w)...); err != nil {
		return err
	}
	j.saved = w.Value
	return nil
}

// end forgets a job. A challenge that was opened is counted, so that a claim is not challenged for
// ever; one that L1 refused to open, as after a reorganisation, cost no bond and is not.
func (o *outbox) end(j *job) error {
	writes := []kv.Write{
		{Key: seqKey(keyJob, j.seq), Delete: true},
		{Key: seqKey(keyReveal, j.seq), Delete: true},
	}
	if j.kind == jobChallenge && j.first.done() {
		n, err := o.tried(j.target, j.step)
		if err != nil {
			return err
		}
		writes = append(writes, kv.Write{Key: triedKey(j.target, j.step), Value: []byte{n + 1}})
	}
	if err := o.store.Apply(writes...); err != nil {
		return err
	}
	o.jobs = slices.DeleteFunc(o.jobs, func(x *job) bool { return x == j })
	return nil
}

// tried returns the number of own challenges of a step that came to an end.
func (o *outbox) tried(claim rollup.Hash, step uint32) (uint8, error) {
	b, ok, err := o.store.Get(triedKey(claim, step))
	if err != nil || !ok {
		return 0, err
	}
	if len(b) != 1 {
		return 0, damaged("outbox", errRecord)
	}
	return b[0], nil
}

// forget removes the counts of challenges of claims that L1 does not know any more.
func (o *outbox) forget(claims []l1.ClaimInfo) error {
	known := make(map[rollup.Hash]bool, len(claims))
	for i := range claims {
		known[claims[i].ID] = true
	}
	var writes []kv.Write
	err := o.store.Range([]byte{keyTried}, []byte{keyTried + 1}, func(k, _ []byte) bool {
		if len(k) < 1+len(rollup.Hash{}) || !known[rollup.Hash(k[1:1+len(rollup.Hash{})])] {
			writes = append(writes, kv.Write{Key: bytes.Clone(k), Delete: true})
		}
		return true
	})
	if err != nil || len(writes) == 0 {
		return err
	}
	return o.store.Apply(writes...)
}

// challenging reports whether a job challenges a claim now.
func (o *outbox) challenging(claim rollup.Hash) bool {
	return slices.ContainsFunc(o.jobs, func(j *job) bool {
		return j.kind == jobChallenge && j.target == claim && !j.failed()
	})
}

func (o *outbox) close() error { return o.store.Close() }

// affords reports whether the account can lock a bond and post bytes beside it. What it lacks is
// logged once.
func (o *outbox) affords(ctx context.Context, bond uint64, bytes int) (bool, error) {
	acc, err := o.chain.Account(ctx, o.account)
	if err != nil {
		return false, onChain("read the executor's L1 account", err)
	}
	tip, err := o.chain.Tip(ctx)
	if err != nil {
		return false, onChain("ask L1 for its tip", err)
	}
	b, err := o.chain.Layer(ctx, tip.Height)
	if err != nil {
		return false, onChain("read the newest L1 block", err)
	}
	need := bond + uint64(bytes+feeSlackBytes)*b.Header.ByteFee
	if acc.Balance >= need {
		o.poor = false
		return true, nil
	}
	if !o.poor {
		o.log.Warn("L1 account cannot pay", "account", o.account.String(),
			"balance", acc.Balance, "needed", need)
	}
	o.poor = true
	return false, nil
}
