package interpreter

import (
	"math/bits"
	"sync"

	"github.com/athenarollup/athena/riscv/elf"
)

// straddle is the number of bytes that a store can write beyond the page it begins in.
const straddle = 3

// arena is the memory of a frame. Its size is a power of two pages.
type arena struct {
	bytes []byte
	dirty []byte // a byte per page: not 0 if a store began in that page
	class int
}

// zeroArenas holds arenas of zeroes by class: class k has 2^k pages. Pooling does not show: an
// arena from a pool and a new one hold the same bytes.
var zeroArenas [21]sync.Pool

func classOf(size uint32) int {
	pages := max(1, (uint64(size)+elf.PageSize-1)/elf.PageSize)
	return bits.Len64(pages - 1)
}

// newArena returns an arena of at least size bytes, which begin as image and go on as zeroes.
func newArena(size uint32, image []byte) *arena {
	class := classOf(size)
	a, ok := zeroArenas[class].Get().(*arena)
	if !ok {
		a = &arena{
			bytes: make([]byte, elf.PageSize<<class),
			dirty: make([]byte, 1<<class),
			class: class,
		}
	}
	copy(a.bytes, image)
	return a
}

// arena returns the memory of a fresh frame.
func (c *Code) arena() *arena {
	if a, ok := c.arenas.Get().(*arena); ok {
		return a
	}
	return newArena(c.layout.size(), c.layout.image)
}

// putBack makes an arena fresh and pools it. What that costs depends on the pages touched, except
// for one that has grown: it is given away to other programs, and loses the image too.
func (c *Code) putBack(a *arena) {
	image := c.layout.image
	if a.class == classOf(c.layout.size()) {
		a.restore(image)
		c.arenas.Put(a)
		return
	}
	a.restore(nil)
	clear(a.bytes[:len(image)])
	zeroArenas[a.class].Put(a)
}

// restore undoes all stores since the arena was fresh.
func (a *arena) restore(image []byte) {
	for page, d := range a.dirty {
		if d == 0 {
			continue
		}
		b := a.touched(page)
		n := 0
		if from := page * elf.PageSize; from < len(image) {
			n = copy(b, image[from:])
		}
		clear(b[n:])
		a.dirty[page] = 0
	}
}

// touched is what stores that began in a page can have written.
func (a *arena) touched(page int) []byte {
	from := page * elf.PageSize
	return a.bytes[from:min(from+elf.PageSize+straddle, len(a.bytes))]
}

// grown returns an arena of at least size bytes with the contents of a, which is put back.
func (c *Code) grown(a *arena, size uint32) *arena {
	b := newArena(size, c.layout.image)
	for page, d := range a.dirty {
		if d != 0 {
			copy(b.bytes[page*elf.PageSize:], a.touched(page))
			b.dirty[page] = 1
		}
	}
	c.putBack(a)
	return b
}
