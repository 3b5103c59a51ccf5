package statetree

import (
	"fmt"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// cacheShards is the number of parts of a cache, each with a lock of its own, so that goroutines
// which hash side by side do not wait for each other.
const cacheShards = 16

// nodeCache keeps the pages and buckets of the head that were used last, up to a number of bytes.
// The pages near the root are on every path, so they stay. It is safe for concurrent use.
type nodeCache struct{ shards [cacheShards]cacheShard }

type cacheShard struct {
	mu       sync.Mutex
	lru      *simplelru.LRU[nodeID, node]
	bytes    int64
	bytesMax int64
}

// cacheEntryBytes is what an entry costs besides its nodes.
const cacheEntryBytes = 224

func newNodeCache(bytesMax int64) *nodeCache {
	c := new(nodeCache)
	for i := range c.shards {
		// Nodes are counted in bytes; the limit by number is only never reached.
		lru, err := simplelru.NewLRU[nodeID, node](1<<30, nil)
		if err != nil {
			panic(fmt.Sprintf("BUG: statetree: node cache: %v", err))
		}
		c.shards[i].lru, c.shards[i].bytesMax = lru, bytesMax/cacheShards
	}
	return c
}

// shard spreads the subtrees of every depth: the bits before the depth choose.
func (c *nodeCache) shard(id nodeID) *cacheShard {
	i := uint(id.depth)
	for _, b := range id.path[:(id.depth+7)/8] {
		i = i*31 + uint(b)
	}
	return &c.shards[(i^i>>4^i>>8)%cacheShards]
}

func (c *nodeCache) get(id nodeID) node {
	s := c.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	n, _ := s.lru.Get(id)
	return n
}

// put stores a node, or removes it if n is nil.
func (c *nodeCache) put(id nodeID, n node) {
	s := c.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.lru.Peek(id); ok {
		s.bytes -= cost(old) + cacheEntryBytes
		if n == nil {
			s.lru.Remove(id)
		}
	}
	if n == nil {
		return
	}
	s.lru.Add(id, n)
	s.bytes += cost(n) + cacheEntryBytes
	for s.bytes > s.bytesMax && s.lru.Len() > 1 {
		if _, gone, ok := s.lru.RemoveOldest(); ok {
			s.bytes -= cost(gone) + cacheEntryBytes
		}
	}
}
