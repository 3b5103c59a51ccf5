package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/athenarollup/athena/rollup/statetree"
)

// chunksAhead is how many chunks a peer may be ahead of what is installed, in all: they wait in
// memory.
const chunksAhead = 16

// fetched is the answer of a peer for one chunk.
type fetched struct {
	index int
	proof []byte
	peer  Peer
	err   error
}

// download installs all chunks of an offer, from all of its peers at once. It fails when none is
// left.
type download struct {
	join  *Join
	offer *offer
	idle  []Peer
	busy  map[int]bool     // chunks that are asked for
	ready map[int]*fetched // chunks that wait for the ones before
	next  int              // chunk that is installed next
	out   chan *fetched
	gone  map[Peer]bool // peers that were wrong
	group sync.WaitGroup
}

func (j *Join) download(ctx context.Context, o *offer) error {
	from, more := j.restore.Next()
	if !more {
		return nil
	}
	d := &download{
		join: j, offer: o, idle: slices.Clone(o.peers), busy: map[int]bool{},
		ready: map[int]*fetched{}, out: make(chan *fetched), gone: map[Peer]bool{},
	}
	d.next = beginsAt(o.index, from) // see align
	ctx, cancel := context.WithCancel(ctx)
	defer d.group.Wait()
	defer cancel()
	for d.next < len(o.index) {
		d.ask(ctx)
		if len(d.busy) == 0 {
			return errors.New("no peer is left")
		}
		select {
		case f := <-d.out:
			if err := d.take(f); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// beginsAt returns the chunk that begins at a key; -1 if none does.
func beginsAt(index []ChunkInfo, from statetree.Key) int {
	if from == (statetree.Key{}) {
		return 0
	}
	for i := range index {
		c := statetree.Chunk{To: index[i].To}
		if next, ok := c.Next(); ok && next == from {
			return i + 1
		}
	}
	return -1
}

// ask gives every idle peer a chunk.
func (d *download) ask(ctx context.Context) {
	for i := d.next; i < min(len(d.offer.index), d.next+chunksAhead) && len(d.idle) > 0; i++ {
		if d.busy[i] || d.ready[i] != nil {
			continue
		}
		p := d.idle[0]
		d.idle, d.busy[i] = d.idle[1:], true
		d.group.Go(func() {
			proof, err := within(ctx, d.join, func(ctx context.Context) ([]byte, error) {
				return p.Chunk(ctx, d.offer.target.layer, uint32(i))
			})
			if err == nil {
				err = d.check(i, proof)
			}
			select {
			case d.out <- &fetched{i, proof, p, err}:
			case <-ctx.Done():
			}
		})
	}
}

// check refuses what is not the chunk of the index.
func (d *download) check(i int, proof []byte) error {
	if len(proof) > MaxChunkBytes {
		return fmt.Errorf("chunk %d has %d bytes, at most %d are allowed", i, len(proof),
			MaxChunkBytes)
	}
	if chunkHash(proof) != d.offer.index[i].Hash {
		return fmt.Errorf("chunk %d has another hash than in its index", i)
	}
	return nil
}

// take keeps an answer, and installs what has become next.
func (d *download) take(f *fetched) error {
	delete(d.busy, f.index)
	if d.gone[f.peer] {
		return nil
	}
	if f.err != nil {
		d.gone[f.peer] = true
		d.join.refuse(f.peer, f.err)
		return nil //nolint:nilerr // the peer is to blame, not the join
	}
	d.idle = append(d.idle, f.peer)
	d.ready[f.index] = f
	for d.next < len(d.offer.index) && d.ready[d.next] != nil {
		f := d.ready[d.next]
		delete(d.ready, d.next)
		from, _ := d.join.restore.Next()
		err := d.join.restore.Install(statetree.Chunk{
			From: from, To: d.offer.index[f.index].To, Proof: f.proof,
		})
		switch {
		case errors.Is(err, statetree.ErrBadWitness) || errors.Is(err, statetree.ErrIncomplete):
			d.drop(f.peer, fmt.Errorf("chunk %d: %w", f.index, err))
			return nil
		case err != nil:
			return fmt.Errorf("executor: join: %w", err)
		}
		d.next++
	}
	return nil
}

// drop stops asking a peer, and forgets the chunks of its that wait.
func (d *download) drop(p Peer, err error) {
	d.join.refuse(p, err)
	d.gone[p] = true
	d.idle = slices.DeleteFunc(d.idle, func(x Peer) bool { return x == p })
	for i, f := range d.ready {
		if f.peer == p {
			delete(d.ready, i)
		}
	}
}
