package statetree

import "sync"

// cacheShards is the number of parts of a cache, each with a lock of its own, so that goroutines
// which hash side by side do not wait for each other.
const cacheShards = 16

// nodeCache keeps pages and buckets of the head, up to a number of bytes. What was used since the
// last time round is passed over when something has to go; so the pages near the root, which are on
// every path, stay. It is safe for concurrent use.
type nodeCache struct{ shards [cacheShards]cacheShard }

type cacheShard struct {
	mu       sync.Mutex
	at       map[nodeID]int32 // the index in slots
	slots    []cacheSlot
	free     []int32
	hand     int // the next slot to be looked at
	bytes    int64
	bytesMax int64
}

type cacheSlot struct {
	n    node // nil: the slot is free
	cost int32
	used bool
	id   nodeID
}

// cacheEntryBytes is about what an entry costs besides its nodes.
const cacheEntryBytes = 160

func newNodeCache(bytesMax int64) *nodeCache {
	c := new(nodeCache)
	for i := range c.shards {
		c.shards[i].at, c.shards[i].bytesMax = make(map[nodeID]int32), bytesMax/cacheShards
	}
	return c
}

// shard spreads the subtrees of every depth: the bits before the depth choose.
func (c *nodeCache) shard(id *nodeID) *cacheShard {
	i := uint(id.depth)
	for _, b := range id.path[:(id.depth+7)/8] {
		i = i*31 + uint(b)
	}
	return &c.shards[(i^i>>4^i>>8)%cacheShards]
}

func (c *nodeCache) get(id nodeID) node {
	s := c.shard(&id)
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.at[id]
	if !ok {
		return nil
	}
	s.slots[i].used = true
	return s.slots[i].n
}

// put stores a node, or removes it if n is nil.
func (c *nodeCache) put(id nodeID, n node) {
	s := c.shard(&id)
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.at[id]
	switch {
	case n == nil && ok:
		s.drop(i)
		return
	case n == nil:
		return
	case !ok && len(s.free) > 0:
		i = s.free[len(s.free)-1]
		s.free = s.free[:len(s.free)-1]
	case !ok:
		i = int32(len(s.slots))
		s.slots = append(s.slots, cacheSlot{})
	}
	s.at[id] = i
	p := &s.slots[i]
	s.bytes -= int64(p.cost)
	*p = cacheSlot{n: n, cost: int32(cost(n) + cacheEntryBytes), used: true, id: id}
	s.bytes += int64(p.cost)
	for s.bytes > s.bytesMax && len(s.at) > 1 {
		s.evict()
	}
}

func (s *cacheShard) drop(i int32) {
	delete(s.at, s.slots[i].id)
	s.bytes -= int64(s.slots[i].cost)
	s.slots[i] = cacheSlot{}
	s.free = append(s.free, i)
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
			s.drop(int32(s.hand))
			return
		}
	}
}
