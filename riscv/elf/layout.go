package elf

// The layout note: one packed record {u8 version, u32 stackTop, u32 stackSize, u32 heapPages}.
const (
	layoutVersion = 1
	layoutBytes   = 13
	stackAlign    = 16
)

// loadLayout sets stack and heap from the layout note or the defaults, and checks that they fit.
func (l *loader) loadLayout() error {
	p := &l.program
	p.ABI = l.sections[sectionABI]
	p.StackTop, p.StackSize, p.HeapPages = DefaultStackTop, l.stackSize, DefaultHeapPages
	if p.StackSize == 0 {
		p.StackSize = DefaultStackSize
	}
	if note := l.sections[sectionLayout]; note != nil {
		if len(note) != layoutBytes || note[0] != layoutVersion {
			return errorf(ErrLayout, "%s: want %d bytes of version %d",
				sectionNames[sectionLayout], layoutBytes, layoutVersion)
		}
		p.StackTop, p.StackSize, p.HeapPages = u32(note, 1), u32(note, 5), u32(note, 9)
	}
	if p.StackSize > l.limits.StackBytes {
		return errorf(ErrLimit, "stack of %d bytes, limit %d", p.StackSize, l.limits.StackBytes)
	}
	if p.HeapPages > l.limits.HeapPages {
		return errorf(ErrLimit, "initial heap of %d pages, limit %d", p.HeapPages, l.limits.HeapPages)
	}
	return l.checkStack()
}

func (l *loader) checkStack() error {
	p := &l.program
	if p.StackTop%stackAlign != 0 || p.StackTop > MaxAddr || p.StackSize == 0 ||
		p.StackSize > p.StackTop || p.StackTop-p.StackSize < MinAddr {
		return errorf(ErrLayout, "stack top %#x, size %#x", p.StackTop, p.StackSize)
	}
	base := p.StackTop - p.StackSize
	for i := range p.Segments {
		if s := &p.Segments[i]; s.Addr < p.StackTop && base < s.End() {
			return errorf(ErrLayout, "stack [%#x, %#x) overlaps the segment at %#x",
				base, p.StackTop, s.Addr)
		}
	}
	end := uint64(roundUp(p.HeapStart)) + uint64(p.HeapPages)*PageSize
	if end > uint64(p.HeapCeiling()) {
		return errorf(ErrLayout, "initial heap [%#x, %#x) meets the stack or the limit %#x",
			p.HeapStart, end, p.HeapCeiling())
	}
	return nil
}
