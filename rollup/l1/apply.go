package l1

import (
	"errors"
	"fmt"
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// ErrInvalidBlock is wrapped by every refusal of a block.
var ErrInvalidBlock = errors.New("l1: invalid block")

// executing is one block on its way.
type executing struct {
	s        *State
	header   *rollup.Header
	params   *rollup.Params // of this block
	carry    rollup.Carry   // the queue of forced transactions after this layer
	events   []Event
	size     uint64 // of the transactions so far
	weight   uint64 // that they prepaid
	deposits uint32
	attached metering.Units  // to these deposits
	queue    *metering.Units // what is queued, once somebody asked
}

func (x *executing) event(e Event) { x.events = append(x.events, e) }

// Apply executes a block. Every header field but time, beacon and proposer is computed again, and a
// block with a wrong one is refused, as is one that holds a transaction that may not be in it. The
// block must not be modified afterwards. After an error the state is what it was.
func (s *State) Apply(l *rollup.Layer) ([]Event, error) {
	if parent := &s.history.tip().layer.Header; l.Header.Time <= parent.Time {
		return nil, fmt.Errorf("%w: time %d is not after the parent's %d", ErrInvalidBlock,
			l.Header.Time, parent.Time)
	}
	for i := range l.Txs {
		if l.Txs[i].Payload == nil {
			return nil, fmt.Errorf("%w: transaction %d has no payload", ErrInvalidBlock, i)
		}
	}
	if err := s.Supported(); err != nil {
		return nil, err
	}
	next := s.Clone()
	x := next.begin(Env{l.Header.Time, l.Header.Beacon, l.Header.Proposer})
	x.header.TxsRoot = rollup.TxsRoot(l.Txs)
	if field := differs(x.header, &l.Header); field != "" {
		return nil, fmt.Errorf("%w: wrong %s at height %d", ErrInvalidBlock, field, x.header.Height)
	}
	for i := range l.Txs {
		if fate, reason := x.run(&l.Txs[i]); fate != taken {
			return nil, fmt.Errorf("%w: transaction %d: %v", ErrInvalidBlock, i, reason)
		}
	}
	x.judge()
	x.expireChallenges()
	x.settle()
	x.end(l)
	*s = *next
	return x.events, nil
}

// begin starts the block after the tip: its header is complete but for TxsRoot.
func (s *State) begin(env Env) *executing {
	parent := s.history.tip()
	set := s.schedule.at(parent.height() + 1)
	h := &rollup.Header{
		Height:         parent.height() + 1,
		ParentHash:     parent.hash,
		Time:           env.Time,
		Beacon:         env.Beacon,
		Proposer:       env.Proposer,
		ByteFee:        s.prices.byteFee,
		DataPrice:      s.prices.data,
		InclusionPrice: s.prices.inclusion,
		ParamsHash:     set.hash,
	}
	n := min(len(s.rewards), int(set.params.MaxFinalPerLayer))
	h.Finalized = slices.Clone(s.rewards[:n])
	s.rewards = s.rewards[n:]
	d := s.derive(h, parent.layer, &s.carry)
	h.CarryRoot = d.Carry.Root()
	h.ItemsRoot = d.ItemsRoot()
	h.ItemCount = uint32(len(d.Items))
	h.StepCount = uint32(len(d.Steps))
	x := &executing{s: s, header: h, params: set.params, carry: d.Carry}
	x.revise()
	return x
}

// end makes the block the tip.
func (x *executing) end(l *rollup.Layer) {
	s := x.s
	s.prices = s.prices.next(x.params, x.size, x.weight, x.queueLevel())
	s.prices.raise(s.ParamsAt(x.header.Height + 1))
	b := &block{layer: l, hash: l.Header.Hash(), carry: s.carry}
	s.carry = x.carry
	s.history.append(b)
	s.tip = Tip{Height: b.height(), Hash: b.hash}
	s.forget()
}

// differs returns the name of the first header field that is not what it should be.
func differs(want, got *rollup.Header) string {
	for _, f := range []struct {
		name  string
		equal bool
	}{
		{"height", want.Height == got.Height},
		{"parent hash", want.ParentHash == got.ParentHash},
		{"time", want.Time == got.Time},
		{"beacon", want.Beacon == got.Beacon},
		{"proposer", want.Proposer == got.Proposer},
		{"transactions root", want.TxsRoot == got.TxsRoot},
		{"byte fee", want.ByteFee == got.ByteFee},
		{"data price", want.DataPrice == got.DataPrice},
		{"inclusion price", want.InclusionPrice == got.InclusionPrice},
		{"parameters hash", want.ParamsHash == got.ParamsHash},
		{"finalized claims", slices.Equal(want.Finalized, got.Finalized)},
		{"carry root", want.CarryRoot == got.CarryRoot},
		{"items root", want.ItemsRoot == got.ItemsRoot},
		{"item count", want.ItemCount == got.ItemCount},
		{"step count", want.StepCount == got.StepCount},
	} {
		if !f.equal {
			return f.name
		}
	}
	return ""
}

// fate is what a block does with a candidate.
type fate uint8

const (
	taken  fate = iota // it is in the block
	waits              // not now: a nonce is missing, or there is no room
	barred             // never
)

// lengthBytes is the most that the length of a transaction takes in the encoding of a block.
const lengthBytes = 4

// run executes one transaction, or finds why it may not be in the block.
func (x *executing) run(tx *rollup.L1Tx) (fate, rollup.Reason) {
	s, p := x.s, x.params
	size, reason := s.check(tx)
	if reason != rollup.ReasonNone {
		return barred, reason
	}
	from := tx.From()
	a := s.Account(from)
	fee, fits := mul(x.header.ByteFee, size)
	deposit, isDeposit := tx.Payload.(*rollup.Deposit)
	switch {
	case tx.Nonce < a.Nonce || tx.Nonce == ^uint64(0):
		return barred, rollup.ReasonL1BadNonce
	case tx.Nonce > a.Nonce:
		return waits, rollup.ReasonL1BadNonce
	case x.size+size+lengthBytes > uint64(p.MaxL1BlockBytes):
		return waits, rollup.ReasonTooLarge
	case isDeposit && !x.roomForDeposit(deposit):
		return waits, rollup.ReasonQueueFull
	case !fits || a.Balance < fee:
		return barred, rollup.ReasonL1CannotPay
	}
	if feedsDerivation(tx.Payload) {
		if reason = x.inbox(from, tx, fee); reason != rollup.ReasonNone {
			return barred, reason
		}
	}
	x.size += size + lengthBytes
	x.charge(from, fee)
	if !feedsDerivation(tx.Payload) {
		reason = x.effect(from, tx, fee)
	}
	if held := tx.Payload.Kind() == rollup.L1ChallengeProve && reason == rollup.ReasonNone; !held {
		s.payFee(fee, x.header.Proposer)
	}
	if reason != rollup.ReasonNone {
		x.event(Refused{tx.ID(), tx.Payload.Kind(), from, reason})
	}
	return taken, reason
}

// feedsDerivation reports whether derivation reads transactions of this kind from the block.
func feedsDerivation(p rollup.L1Payload) bool {
	switch p.Kind() {
	case rollup.L1PostBundle, rollup.L1Deposit, rollup.L1ForcedTx:
		return true
	}
	return false
}

// charge takes the byte fee, which run has seen to be there, and the nonce.
func (x *executing) charge(from address.Address, fee uint64) {
	a := x.s.Account(from)
	a.Balance -= fee
	a.Nonce++
	x.s.setAccount(from, a)
}

// effect executes what derivation does not read. The fee is paid whatever comes of it.
func (x *executing) effect(from address.Address, tx *rollup.L1Tx, fee uint64) rollup.Reason {
	switch v := tx.Payload.(type) {
	case *rollup.Transfer:
		if !x.s.debit(from, v.Amount) {
			return rollup.ReasonL1CannotPay
		}
		x.s.credit(v.To, v.Amount)
		x.event(Transferred{from, v.To, v.Amount})
		return rollup.ReasonNone
	case *rollup.ClaimCommit:
		return x.commitClaim(from, v)
	case *rollup.PostClaim:
		return x.postClaim(from, v)
	case *rollup.ChallengeOpen:
		return x.openChallenge(from, v)
	case *rollup.ChallengeProve:
		return x.proveChallenge(from, v, fee)
	case *rollup.Upgrade:
		return x.upgrade(from, v)
	case *rollup.WithdrawProve:
		return x.unlock(from, v)
	}
	return rollup.ReasonL1UnknownKind
}
