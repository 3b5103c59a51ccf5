package l1

import (
	"errors"
	"fmt"
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
)

var (
	// ErrGenesis says that no network can start from a genesis.
	ErrGenesis = errors.New("l1: bad genesis")
	// ErrNoLayer says that there is no block at a height (yet).
	ErrNoLayer = errors.New("l1: no such layer")
)

// Judge re-executes one step of a layer from a witness of the state before it: dispute.NewJudge. It is
// a parameter, so that those who only talk to L1 link no virtual machine.
type Judge func(
	l *rollup.LayerInput, step int, pre, claimed rollup.Hash, witness []byte,
) rollup.Verdict

// network is what never changes: states share it.
type network struct {
	chainID  rollup.Hash
	money    uint64
	governor address.Address
	judges   []Judge // by revision, from 1
}

// State is the L1 after a block. It is not safe for concurrent use, but two states of which one was
// cloned from the other share nothing that changes.
type State struct {
	net      *network
	schedule schedule
	tip      Tip
	accounts pmap[accountKey, Account]
	burned   uint64
	locked   uint64
	prices   prices // of the next block
	history  history
	carry    rollup.Carry // queue of forced transactions after the tip

	commits    commits
	claims     []*claim // that live, and those that this block ended, in order of admission
	closed     closed
	admitted   uint64 // claims so far
	challenges []*challenge
	suspended  []stepKey
	final      FinalHead
	finalRoots pmap[heightKey, []rollup.Hash] // step roots of the final layers that are retained
	firstRoots uint64                         // the oldest of these layers
	rewards    []rollup.FinalClaim            // final, and not in a header yet
	spent      pmap[spentKey, uint64]         // withdrawals that were paid out

	inputs [keptInputs]derived
}

// NewState returns the L1 at the genesis, whose block has height 0 and no transactions. The judges
// are the revisions of the reference engine that this software has, from 1 on.
func NewState(g *rollup.Genesis, judges ...Judge) (*State, error) {
	if err := g.Params.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGenesis, err)
	}
	params := g.Params
	onL1, locked, ok := genesisMoney(g)
	if !ok {
		return nil, fmt.Errorf("%w: allocations above 2^64-1 in all", ErrGenesis)
	}
	s := &State{
		net: &network{
			chainID:  g.ChainID(),
			money:    onL1 + locked,
			governor: g.Governor,
			judges:   judges,
		},
		schedule: schedule(nil).add(0, &params),
		locked:   locked,
		prices:   genesisPrices(&params),
		final:    FinalHead{Root: g.StateRoot},
	}
	if err := s.Supported(); err != nil {
		return nil, err
	}
	s.finalRoots.set(0, []rollup.Hash{g.StateRoot})
	for _, a := range g.L1 {
		s.credit(a.Address, a.Amount)
	}
	first := &rollup.Layer{Header: rollup.Header{
		ParentHash:     s.net.chainID,
		Time:           g.Time,
		ByteFee:        s.prices.byteFee,
		DataPrice:      s.prices.data,
		InclusionPrice: s.prices.inclusion,
		ParamsHash:     s.schedule.at(0).hash,
		CarryRoot:      s.carry.Root(),
	}}
	s.history.append(&block{layer: first, hash: first.Header.Hash()})
	s.tip = Tip{Hash: first.Header.Hash()}
	return s, nil
}

// Clone returns an independent copy. It costs the living claims and challenges, each of which has a
// bond; all else is shared.
func (s *State) Clone() *State {
	c := *s
	c.claims = make([]*claim, len(s.claims))
	for i, x := range s.claims {
		c.claims[i] = x.clone()
	}
	c.challenges = make([]*challenge, len(s.challenges))
	for i, x := range s.challenges {
		y := *x
		c.challenges[i] = &y
	}
	c.suspended = slices.Clone(s.suspended)
	c.rewards = slices.Clone(s.rewards)
	return &c
}

// Tip returns the newest block.
func (s *State) Tip() Tip { return s.tip }

// ChainID returns the network's id.
func (s *State) ChainID() rollup.Hash { return s.net.chainID }

// Final returns the newest final layer.
func (s *State) Final() FinalHead { return s.final }

// FinalRoots returns the final step roots of a layer; nil when it is not final, or final for so
// long that it was forgotten.
func (s *State) FinalRoots(layer uint64) []rollup.Hash {
	roots, _ := s.finalRoots.get(heightKey(layer))
	return roots
}

// Carry returns the queue of forced transactions. It must not be modified.
func (s *State) Carry() rollup.Carry { return s.carry }

// NextPrices returns what the next block charges for a byte and for a unit of weight; a forced
// transaction pays forced per unit of weight, which grows with the queue.
func (s *State) NextPrices() (byteFee, inclusion, forced uint64) {
	return s.prices.byteFee, s.prices.inclusion, s.prices.inclusion + s.prices.forced
}

// Layer returns a block that is retained, or ErrNoLayer.
func (s *State) Layer(height uint64) (*rollup.Layer, error) {
	b := s.history.at(height)
	if b == nil {
		return nil, fmt.Errorf("%w: %d", ErrNoLayer, height)
	}
	return b.layer, nil
}

// Claims returns the retained claims in order of admission. What they point to must not be
// modified.
func (s *State) Claims() []ClaimInfo {
	known := s.known()
	out := make([]ClaimInfo, len(known))
	for i, c := range known {
		out[i] = c.info()
		out[i].Pending = s.pending(c)
	}
	return out
}
