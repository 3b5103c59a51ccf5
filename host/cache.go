package host

import (
	"math"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/elf"
)

// DefaultCacheBytes is the bound of the code cache of an executor that is given none.
const DefaultCacheBytes = 128 << 20

// CodeCache keeps programs by the hash of their code, the last ones that were entered, up to a sum of
// their sizes. It is safe for concurrent use and may be shared by executors of any schedule. It
// cannot be seen: a program is charged, its chunks are read and are checked against the hash whether
// it is cached or not.
type CodeCache struct {
	mu       sync.Mutex
	programs *simplelru.LRU[cacheKey, *program]
	bytes    uint64 // the sum of the programs' sizes
	limit    uint64
}

type cacheKey struct {
	codeHash  [32]byte
	schedule  uint32
	codeBytes uint32
}

// NewCodeCache returns a cache of programs whose sizes are together at most limit bytes. What a
// program counts is what it holds once frames of it have run, the memory kept for the next frame
// included. A larger program than limit is not kept.
func NewCodeCache(limit uint64) *CodeCache {
	c := &CodeCache{limit: limit}
	gone := func(_ cacheKey, p *program) { c.bytes -= p.size }
	programs, err := simplelru.NewLRU(math.MaxInt, gone)
	if err != nil {
		panic("BUG: host: " + err.Error())
	}
	c.programs = programs
	return c
}

func (c *CodeCache) get(key cacheKey) (*program, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.programs.Get(key)
}

// add keeps p, unless another was faster, and returns the one that is kept.
func (c *CodeCache) add(key cacheKey, p *program) *program {
	c.mu.Lock()
	defer c.mu.Unlock()
	if first, ok := c.programs.Get(key); ok {
		return first
	}
	if p.size > c.limit {
		return p
	}
	for c.bytes+p.size > c.limit {
		c.programs.RemoveOldest()
	}
	c.programs.Add(key, p)
	c.bytes += p.size
	return p
}

// load returns the program with the given hash; nil when the loader refuses its code. read returns
// the code, which may be known, after everything that is done for it whether it is cached or not;
// what it reports false for is its caller's matter.
func (c *CodeCache) load(
	hash [32]byte, limits elf.Limits, schedule *metering.Schedule,
	read func(known []byte) ([]byte, bool),
) *program {
	key := cacheKey{hash, schedule.Version, limits.FileBytes}
	p, cached := c.get(key)
	var known []byte
	if cached {
		known = p.image
	}
	code, ok := read(known)
	switch {
	case !ok:
		return nil
	case cached:
		return p
	}
	file, exports, err := loadCode(code, limits)
	if err != nil {
		return nil // the guest's fault: whoever enters the code gets CodeInvalid
	}
	return c.add(key, newProgram(code, file, exports, &schedule.Instruction))
}
