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
type history struct{ blocks []*block }

func (h *history) append(b *block) { h.blocks = append(h.blocks, b) }

func (h *history) clone() history { return history{append([]*block(nil), h.blocks...)} }

func (h *history) tip() *block { return h.blocks[len(h.blocks)-1] }

// at returns the block at a height; nil when it is not there.
func (h *history) at(height uint64) *block {
	first := h.blocks[0].height()
	if height < first || height-first >= uint64(len(h.blocks)) {
		return nil
	}
	return h.blocks[height-first]
}

// forget drops the blocks below a height; the tip always stays.
func (h *history) forget(below uint64) {
	first := h.blocks[0].height()
	if below <= first {
		return
	}
	h.blocks = h.blocks[min(below-first, uint64(len(h.blocks)-1)):]
}

// retention is for how many blocks a thing that is over stays known: a claim, its commitment, the
// roots and the bytes of a final layer.
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
	return rollup.Derive(h, source, carry, &s.net.params, s.net.chainID)
}

// judged returns a retained layer as the judge takes it. The block before it must be retained too.
func (s *State) judged(height uint64) *rollup.LayerInput {
	b, source := s.history.at(height), s.history.at(height-1)
	if b == nil || source == nil {
		panic("BUG: l1: a layer of a living claim is not retained")
	}
	d := s.derive(&b.layer.Header, source.layer, &b.carry)
	return &rollup.LayerInput{
		ChainID: s.net.chainID,
		Header:  &b.layer.Header,
		Params:  &s.net.params,
		Items:   d.Items,
		Steps:   d.Steps,
	}
}

// forget drops what is over for longer than the retention. The layers of living claims stay,
// however long that takes (docs/spec/l1.md, retention).
func (s *State) forget() {
	keep := retention(&s.net.params)
	floor := s.final.Layer // the oldest layer that anything living names
	claims := s.claims[:0:0]
	for _, c := range s.claims {
		if c.status == ClaimOpen {
			floor = min(floor, c.FromLayer-1)
		} else if c.closed+keep < s.tip.Height {
			continue
		}
		claims = append(claims, c)
	}
	s.claims = claims
	//lint:unordered each commitment is judged alone
	for id, c := range s.commits {
		if c.height+keep < s.tip.Height {
			delete(s.commits, id)
		}
	}
	if floor <= keep {
		return
	}
	for h := s.history.blocks[0].height(); h < floor-keep; h++ {
		delete(s.finalRoots, h)
	}
	s.history.forget(floor - keep)
}
