package relay

import (
	"context"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/rollup"
)

const (
	// auditPerBlock bounds the receipts that one look asks for.
	auditPerBlock = 2_048
	// auditBatch is how many answers are made durable at once.
	auditBatch = 256
)

// keepAccounts looks at every block for what bundles have earned.
func (r *Relay) keepAccounts(ctx context.Context) error {
	for {
		r.mu.Lock()
		moved := r.moved
		r.mu.Unlock()
		if err := r.audit(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		}
	}
}

// audit asks the executor what became of transactions that no reorganisation can undo, oldest first.
// An executor that is behind, or does not answer, is asked again at the next block. The error is the
// store's.
func (r *Relay) audit(ctx context.Context) error {
	r.mu.Lock()
	waits := len(r.unpaid) > 0
	r.mu.Unlock()
	if r.exec == nil || !waits {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, l1Timeout)
	defer cancel()
	head, err := r.exec.Head(ctx, &athenav1.HeadRequest{})
	if err != nil {
		r.cfg.Log.Debug("no executor to ask for receipts", "error", err)
		return nil
	}
	for asked := 0; asked < auditPerBlock; asked += auditBatch {
		a, err := r.oldestUnpaid()
		if err != nil {
			return err
		}
		if a == nil || a.height+r.cfg.Genesis.Params.OrderDelay > head.GetLayer() {
			return nil
		}
		dues := a.open[:min(len(a.open), auditBatch)]
		earned, ok := r.earned(ctx, a.height+r.cfg.Genesis.Params.OrderDelay, dues)
		if !ok {
			return nil
		}
		if err := r.book(a, len(dues), earned); err != nil {
			return err
		}
	}
	return nil
}

// oldestUnpaid returns the oldest account that waits for something; nil when none does.
func (r *Relay) oldestUnpaid() (*account, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.unpaid) == 0 {
		return nil, nil
	}
	return r.account(r.unpaid[0])
}

// earned is what some transactions that a layer ordered paid this relay; false when the executor did
// not answer.
func (r *Relay) earned(ctx context.Context, layer uint64, dues []due) (t tally, ok bool) {
	for i := range dues {
		c := &dues[i]
		got, err := r.exec.Receipt(ctx, &athenav1.ReceiptRequest{Id: c.tx[:]})
		if err != nil {
			r.cfg.Log.Debug("executor has no answer", "error", err)
			return t, false
		}
		// An effective receipt of another layer, or for another relay, is another copy's.
		x, err := wire.ParseReceipt(got.GetReceipt())
		if !got.GetFound() || err != nil || got.GetLayer() != layer ||
			x.Receipt.Relay != r.cfg.Account || x.Receipt.Outcome == rollup.OutcomeIneffective {
			t.vain++
			continue
		}
		t.effective++
		t.data = saturatingAdd(t.data, c.pay.data)
		t.inclusion = saturatingAdd(t.inclusion, c.pay.inclusion)
		t.tips = saturatingAdd(t.tips, c.pay.tip)
	}
	return t, true
}

// book adds what the first count dues of the oldest open account came to.
func (r *Relay) book(a *account, count int, earned tally) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.unpaid) == 0 || r.unpaid[0] != a.seq {
		return nil // pruned since
	}
	next := *a
	next.open = a.open[count:]
	next.tally = a.tally.plus(earned)
	total := r.total.plus(earned)
	if err := r.apply(next.write(), total.write()); err != nil {
		return err
	}
	r.total = total
	if len(next.open) == 0 {
		r.unpaid = r.unpaid[1:]
	}
	return nil
}
