package elf

// Limits bounds what a program may ask for. The zero value refuses every program.
type Limits struct {
	FileBytes      uint32 // the whole file
	ImageBytes     uint32 // sum of the sizes of all segments in memory
	StackBytes     uint32
	HeapPages      uint32 // initial heap
	Segments       int    // non-empty PT_LOAD
	ProgramHeaders int
	Sections       int
	Exports        int
	NameBytes      int // one export's name, prefix included
}

// DefaultLimits are the limits of the first parameter set. See docs/spec/isa.md.
func DefaultLimits() Limits {
	return Limits{
		FileBytes:      256 << 10,
		ImageBytes:     4 << 20,
		StackBytes:     1 << 20,
		HeapPages:      4096,
		Segments:       16,
		ProgramHeaders: 64,
		Sections:       256,
		Exports:        256,
		NameBytes:      64,
	}
}
