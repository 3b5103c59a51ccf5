package executor

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
)

// offer is a snapshot that some peers have with one and the same index.
type offer struct {
	target *target
	header *rollup.Header // of the L1 block at its layer
	carry  []byte         // verified by the header
	index  []ChunkInfo
	peers  []Peer
}

// offers asks all peers, and returns what they have of states that the own L1 calls final: newest
// first, but first what an interrupted join had begun with; and of one state first what most have.
// Honest peers cut one state in one way, so that who is wrong about a chunk is wrong about the index
// too, or did not keep to it: he alone is to blame.
func (j *Join) offers(ctx context.Context, begun *target) ([]*offer, error) {
	finals, err := j.finalTargets(ctx, begun)
	if err != nil {
		return nil, err
	}
	var all []*offer
	for _, p := range j.Peers {
		list, err := within(ctx, j, func(ctx context.Context) ([]Snapshot, error) {
			return p.Snapshots(ctx)
		})
		if err != nil {
			j.refuse(p, err)
			continue
		}
		for i := range list[:min(len(list), keptSnapshots)] {
			t := finals[list[i].Layer]
			if t == nil {
				continue // not final here, or not known any more
			}
			o, err := j.offer(ctx, p, t, &list[i])
			if err != nil {
				j.refuse(p, err)
				break
			}
			all = join(all, o)
		}
	}
	slices.SortStableFunc(all, func(a, b *offer) int {
		if begun != nil && (a.target == begun) != (b.target == begun) {
			return cmp.Compare(bit(b.target == begun), bit(a.target == begun))
		}
		return cmp.Or(cmp.Compare(b.target.layer, a.target.layer),
			cmp.Compare(len(b.peers), len(a.peers)))
	})
	return all, ctx.Err()
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// join adds a peer to those with an equal index.
func join(all []*offer, o *offer) []*offer {
	for _, x := range all {
		if x.target == o.target && slices.Equal(x.index, o.index) {
			x.peers = append(x.peers, o.peers...)
			return all
		}
	}
	return append(all, o)
}

// offer reads the index of a snapshot and checks all that can be checked without the chunks.
func (j *Join) offer(ctx context.Context, p Peer, t *target, s *Snapshot) (*offer, error) {
	if s.Root != t.root || s.L1Hash != t.hash {
		return nil, fmt.Errorf("its snapshot of layer %d has root %v, final is %v", t.layer, s.Root,
			t.root)
	}
	b, err := j.Config.Chain.Layer(ctx, t.layer)
	if err != nil {
		return nil, onChain("read an L1 block", err)
	}
	if b.Header.Hash() != t.hash {
		return nil, fmt.Errorf("executor: L1 block %d is another one than before", t.layer)
	}
	carry, err := rollup.DecodeCarry(s.Carry)
	if err != nil || carry.Root() != b.Header.CarryRoot {
		return nil, fmt.Errorf("the carry of its snapshot of layer %d is not that of L1", t.layer)
	}
	if s.Chunks == 0 || s.Chunks > maxChunks {
		return nil, fmt.Errorf("a snapshot of %d chunks; 1 to %d are allowed", s.Chunks, maxChunks)
	}
	o := &offer{target: t, header: &b.Header, carry: s.Carry, peers: []Peer{p}}
	for uint32(len(o.index)) < s.Chunks {
		part, err := within(ctx, j, func(ctx context.Context) ([]ChunkInfo, error) {
			return p.Index(ctx, t.layer, uint32(len(o.index)))
		})
		switch {
		case err != nil:
			return nil, err
		case len(part) == 0 || len(part) > int(s.Chunks)-len(o.index):
			return nil, fmt.Errorf("an index of another length than %d chunks", s.Chunks)
		}
		o.index = append(o.index, part...)
	}
	return o, checkIndex(o.index)
}

// checkIndex requires that the chunks cover all keys: each begins behind the one before, and the
// last ends with the last key.
func checkIndex(index []ChunkInfo) error {
	for i := 1; i < len(index); i++ {
		if bytes.Compare(index[i-1].To[:], index[i].To[:]) >= 0 {
			return fmt.Errorf("chunk %d does not end behind chunk %d", i, i-1)
		}
	}
	end := statetree.Chunk{To: index[len(index)-1].To}
	if _, more := end.Next(); more {
		return fmt.Errorf("the chunks end with key %v", end.To)
	}
	return nil
}

// refuse tells that a peer is not asked any more.
func (j *Join) refuse(p Peer, err error) {
	j.Config.Log.Warn("peer dropped", "peer", p.String(), "error", err)
}

// within bounds the time of one answer.
func within[T any](
	ctx context.Context, j *Join, ask func(context.Context) (T, error),
) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, j.Timeout)
	defer cancel()
	return ask(ctx)
}
