package statetree

import (
	"fmt"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// pageCache keeps the pages that were used last, up to a number of bytes. The pages near the root
// are on every path, so they stay. It is safe for concurrent use.
type pageCache struct {
	mu       sync.Mutex
	lru      *simplelru.LRU[pageID, cachedPage]
	bytes    int64
	bytesMax int64
}

type cachedPage struct {
	root node
	cost int64
}

// cacheEntryBytes is what an entry costs besides its nodes.
const cacheEntryBytes = 160

func newPageCache(bytesMax int64) *pageCache {
	// Pages are counted in bytes; the limit by number is only never reached.
	lru, err := simplelru.NewLRU[pageID, cachedPage](1<<30, nil)
	if err != nil {
		panic(fmt.Sprintf("BUG: statetree: page cache: %v", err))
	}
	return &pageCache{lru: lru, bytesMax: bytesMax}
}

func (c *pageCache) get(id pageID) (node, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.lru.Get(id)
	return p.root, ok
}

// put stores a page, or removes it if root is nil.
func (c *pageCache) put(id pageID, root node) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, ok := c.lru.Peek(id); ok {
		c.bytes -= p.cost
		c.lru.Remove(id)
	}
	if root == nil {
		return
	}
	cost := int64(pageCost(root)) + cacheEntryBytes
	c.lru.Add(id, cachedPage{root: root, cost: cost})
	c.bytes += cost
	for c.bytes > c.bytesMax && c.lru.Len() > 1 {
		if _, p, ok := c.lru.RemoveOldest(); ok {
			c.bytes -= p.cost
		}
	}
}
