package interpreter

import (
	"math/bits"
	"sync"

	"github.com/athenarollup/athena/riscv/elf"
)

// straddle is the number of bytes that a store can write beyond the page it begins in.
const straddle = 3

// buffer is zeroed memory from a pool. Its size is a power of two pages.
type buffer struct {
	bytes []byte
	dirty []byte // a byte per page: not 0 if a store began in that page
	class int
}

// bufferPools holds zeroed buffers by class: class k has 2^k pages. Pooling does not show: a buffer
// from a pool and a new one hold the same zeroes.
var bufferPools [21]sync.Pool

// newBuffer returns a zeroed buffer of at least n bytes.
func newBuffer(n uint32) *buffer {
	pages := max(1, (uint64(n)+elf.PageSize-1)/elf.PageSize)
	class := bits.Len64(pages - 1)
	if b, ok := bufferPools[class].Get().(*buffer); ok {
		return b
	}
	return &buffer{
		bytes: make([]byte, elf.PageSize<<class),
		dirty: make([]byte, 1<<class),
		class: class,
	}
}

// release clears what was written and gives b back. Its cost depends on the pages touched.
func (b *buffer) release() {
	for page, d := range b.dirty {
		if d == 0 {
			continue
		}
		from := page * elf.PageSize
		clear(b.bytes[from:min(from+elf.PageSize+straddle, len(b.bytes))])
		b.dirty[page] = 0
	}
	bufferPools[b.class].Put(b)
}

// copyFrom copies the written pages of a smaller buffer.
func (b *buffer) copyFrom(old *buffer) {
	for page, d := range old.dirty {
		if d == 0 {
			continue
		}
		from := page * elf.PageSize
		copy(b.bytes[from:], old.bytes[from:min(from+elf.PageSize+straddle, len(old.bytes))])
		b.dirty[page] = 1
	}
}
