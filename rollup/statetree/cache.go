package statetree

import (
	"encoding/binary"
	"sync"
)

// cacheShards is the number of parts of a cache, each with a lock of its own, so that goroutines
// which hash side by side do not wait for each other.
const cacheShards = 16

// nodeCache keeps pages and buckets that were read from the disk, by their hashes, up to a number of
// bytes. What was used since the last time round is passed over when something has to go. It is safe
// for concurrent use.
type nodeCache struct{ shards [cacheShards]cacheShard }

type cacheShard struct {
	mu       sync.Mutex
	at       map[Root]int32 // the index in slots
	slots    []cacheSlot
	free     []int32
	hand     int // the next slot to be looked at
	bytes    int64
	bytesMax int64
}

type cacheSlot struct {
	n    node // nil: the slot is free
	cost int64
	used bool
}

// cacheEntryBytes is about what an entry costs besides its nodes.
const cacheEntryBytes = 120

func newNodeCache(bytesMax int64) *nodeCache {
	c := new(nodeCache)
	for i := range c.shards {
		c.shards[i].at, c.shards[i].bytesMax = make(map[Root]int32), bytesMax/cacheShards
	}
	return c
}

func (c *nodeCache) shard(h *Root) *cacheShard {
	return &c.shards[binary.LittleEndian.Uint32(h[:])%cacheShards]
}

func (c *nodeCache) get(h *Root) node {
	s := c.shard(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.at[*h]
	if !ok {
		return nil
	}
	s.slots[i].used = true
	return s.slots[i].n
}

// put stores a node that is not there.
func (c *nodeCache) put(n node) {
	h := n.hash()
	s := c.shard(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.at[*h]; ok {
		return
	}
	cost := bytesOf(n) + cacheEntryBytes
	if cost > s.bytesMax {
		return
	}
	for s.bytes+cost > s.bytesMax && len(s.at) > 0 {
		s.evict()
	}
	i := int32(len(s.slots))
	if len(s.free) > 0 {
		i = s.free[len(s.free)-1]
		s.free = s.free[:len(s.free)-1]
	} else {
		s.slots = append(s.slots, cacheSlot{})
	}
	s.at[*h] = i
	s.slots[i] = cacheSlot{n: n, cost: cost}
	s.bytes += cost
}

// evict drops the next slot that was not used since the hand was there.
func (s *cacheShard) evict() {
	for {
		if s.hand++; s.hand >= len(s.slots) {
			s.hand = 0
		}
		switch p := &s.slots[s.hand]; {
		case p.n == nil:
		case p.used:
			p.used = false
		default:
			delete(s.at, *p.n.hash())
			s.bytes -= p.cost
			*p = cacheSlot{}
			s.free = append(s.free, int32(s.hand))
			return
		}
	}
}
