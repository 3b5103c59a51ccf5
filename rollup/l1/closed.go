package l1

import (
	"cmp"
	"slices"

	"github.com/athenarollup/athena/rollup"
)

// commits are the ClaimCommits that no claim has opened yet, with the order in which they came.
type commits struct {
	byHash pmap[hashKey, commit]
	queue  pmap[heightKey, rollup.Hash] // by sequence number
	first  uint64                       // oldest sequence number in the queue
	last   uint64
}

// commit is one of them. Seq orders commitments of all executors.
type commit struct{ height, seq uint64 }

func (c *commits) get(h rollup.Hash) (commit, bool) { return c.byHash.get(hashKey(h)) }

// add records a commitment; the first of two equal ones counts.
func (c *commits) add(h rollup.Hash, height uint64) {
	if _, ok := c.get(h); ok {
		return
	}
	c.last++
	c.byHash.set(hashKey(h), commit{height, c.last})
	c.queue.set(heightKey(c.last), h)
}

// open removes a commitment that a claim opened; its place in the queue goes with time.
func (c *commits) open(h rollup.Hash) { c.byHash.delete(hashKey(h)) }

// forget drops what is older than keep blocks.
func (c *commits) forget(now, keep uint64) {
	for ; c.first <= c.last; c.first++ {
		h, ok := c.queue.get(heightKey(c.first))
		if !ok {
			continue // number 0
		}
		switch made, open := c.get(h); {
		case !open || made.seq != c.first:
		case made.height+keep >= now:
			return
		default:
			c.byHash.delete(hashKey(h))
		}
		c.queue.delete(heightKey(c.first))
	}
}

// closed are the claims that ended and are still known. They never change.
type closed struct {
	byID  pmap[hashKey, *claim]
	queue pmap[heightKey, *claim] // in the order in which they ended
	first uint64
	next  uint64
}

func (d *closed) get(id rollup.Hash) *claim {
	c, _ := d.byID.get(hashKey(id))
	return c
}

func (d *closed) push(c *claim) {
	d.byID.set(hashKey(c.id), c)
	d.queue.set(heightKey(d.next), c)
	d.next++
}

// reopen forgets a claim that died and comes again.
func (d *closed) reopen(id rollup.Hash) { d.byID.delete(hashKey(id)) }

// forget drops what ended more than keep blocks ago.
func (d *closed) forget(now, keep uint64) {
	for ; d.first < d.next; d.first++ {
		c, _ := d.queue.get(heightKey(d.first))
		if c.closed+keep >= now {
			return
		}
		if d.get(c.id) == c {
			d.byID.delete(hashKey(c.id))
		}
		d.queue.delete(heightKey(d.first))
	}
}

// known returns the retained claims in order of admission.
func (s *State) known() []*claim {
	all := slices.Clone(s.claims)
	s.closed.byID.each(func(_ hashKey, c *claim) { all = append(all, c) })
	slices.SortFunc(all, func(a, b *claim) int { return cmp.Compare(a.seq, b.seq) })
	return all
}
