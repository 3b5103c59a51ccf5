package l1

import (
	"github.com/athenarollup/athena/rollup"
)

// block is what is kept of an L1 block to derive its layer again. It never changes.
type block struct {
	layer *rollup.Layer
	hash  rollup.Hash
	carry rollup.Carry // the queue before the layer
}

func (b *block) height() uint64 { return b.layer.Header.Height }

// history is the retained end of the chain: consecutive blocks up to the tip.
type history struct {
	blocks pmap[heightKey, *block]
	first  uint64
	last   *block
}

func (h *history) append(b *block) {
	h.blocks.set(heightKey(b.height()), b)
	h.last = b
}

func (h *history) tip() *block { return h.last }

// at returns the block at a height; nil when it is not there.
func (h *history) at(height uint64) *block {
	b, _ := h.blocks.get(heightKey(height))
	return b
}

// forget drops the blocks below a height; the tip always stays.
func (h *history) forget(below uint64) {
	for ; h.first < min(below, h.last.height()); h.first++ {
		h.blocks.delete(heightKey(h.first))
	}
}

// retention is for how many blocks a thing that is over stays known: a claim, its commitment, the
// roots of a final layer.
func retention(p *rollup.Params) uint64 {
	return 4*(p.ChallengeWindow+p.ProveWindow) + p.ReorgBound
}

// derive returns the derivation of the layer that executes block source under header h.
func (s *State) derive(
	h *rollup.Header, source *rollup.Layer, carry *rollup.Carry,
) *rollup.Derivation {
	if h.Height == 1 {
		source = nil // the genesis block carries nothing
	}
	return rollup.Derive(h, source, carry, s.ParamsAt(h.Height), s.net.chainID)
}

// keptInputs is how many layers the states remember as they were derived for verdicts: challenges
// of one claim come together.
const keptInputs = 4

// derived is a layer as the judge takes it; it never changes.
type derived struct {
	block rollup.Hash
	input *rollup.LayerInput
}

// judged returns a retained layer as the judge takes it. The block before it must be retained too.
func (s *State) judged(height uint64) *rollup.LayerInput {
	b, source := s.history.at(height), s.history.at(height-1)
	if b == nil || source == nil {
		panic("BUG: l1: a layer of a living claim is not retained")
	}
	for _, d := range s.inputs {
		if d.block == b.hash {
			return d.input
		}
	}
	d := s.derive(&b.layer.Header, source.layer, &b.carry)
	in := &rollup.LayerInput{
		ChainID: s.net.chainID,
		Header:  &b.layer.Header,
		Params:  s.ParamsAt(height),
		Items:   d.Items,
		Steps:   d.Steps,
	}
	copy(s.inputs[1:], s.inputs[:])
	s.inputs[0] = derived{b.hash, in}
	return in
}

// forget drops what is over for longer than its retention. The layers of living claims stay, however
// long that takes (docs/spec/l1.md, retention).
func (s *State) forget() {
	p := s.ParamsAt(s.tip.Height)
	keep := retention(p)
	floor := s.final.Layer // the oldest layer that anything living names
	claims := s.claims[:0:0]
	for _, c := range s.claims {
		if c.status != ClaimOpen {
			s.closed.push(c)
			continue
		}
		floor = min(floor, c.FromLayer-1)
		claims = append(claims, c)
	}
	s.claims = claims
	s.closed.forget(s.tip.Height, keep)
	s.commits.forget(s.tip.Height, keep)
	for ; s.firstRoots+keep < floor; s.firstRoots++ {
		s.finalRoots.delete(heightKey(s.firstRoots))
	}
	if floor > p.RetainBlocks {
		s.history.forget(floor - p.RetainBlocks)
	}
}
