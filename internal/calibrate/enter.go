package calibrate

import (
	"encoding/binary"
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup/statetree"
)

const (
	fewPages  = 64
	manyPages = 2_000
	// imageGap is the length of the zeroes before the last bytes of a large image.
	imageGap = 960 * 4_096
)

// entry is a case of entering frames of a template.
type entry struct {
	price, name string
	code        []byte
	method      string // that is called; "" for one that is missing
	count       int
	units       int
	cold        bool // no cache holds the template
}

// enterCases measure what entering a frame costs by its pages and by its code.
func enterCases(tree *statetree.Tree, s *metering.Schedule) []Case {
	const start, touched = "frame start, %d pages of heap", ", a store to each"
	var all []entry
	for _, pages := range []int{fewPages, manyPages} {
		name := fmt.Sprintf(start, pages)
		all = append(all,
			entry{"PageBase", name, frameProgram(pages, false), "idle", 20, pages, false},
			entry{"PageBase", name + touched, frameProgram(pages, true), "idle", 20, pages, false},
			entry{"PageBase", name + ", cold", frameProgram(pages, false), "idle", 1, pages, true},
			entry{"PageBase", name + touched + ", cold", frameProgram(pages, true), "idle", 1, pages, true})
	}
	dense, exports := codeOf(denseCode), exportsOf(mostExports)
	all = append(all,
		entry{"PageBase", "frame start, image of 960 pages, cold", imageProgram(), "idle", 1,
			imageGap / 4_096, true},
		entry{"CodeChunk", "dense code, cold", dense, "run", 1, chunks(dense), true},
		entry{"CodeChunk", "256 exports, cold", exports, "", 1, chunks(exports), true})
	cases := make([]Case, len(all))
	for i := range all {
		cases[i] = all[i].enter(tree, s)
	}
	return cases
}

func chunks(code []byte) int { return (len(code) + largest - 1) / largest }

// frameProgram has one method, which returns at once or stores to each page of its heap before.
func frameProgram(pages int, touch bool) []byte {
	method := "idle:\nret\n"
	if touch {
		method = "idle:\nla t1, _end\nli t2, 4096\n" + fmt.Sprintf("li t3, %d\n", pages-1) +
			"touch: add t1, t1, t2\nsw t2, 0(t1)\naddi t3, t3, -1\nbnez t3, touch\nret\n"
	}
	return elfOf(fmt.Sprintf(".layout 0x200400, 0x1000, %d\n.export idle\n", pages) + method +
		".data\nword: .word 0\n_end:\n")
}

// imageProgram is a small file with a large image: a long tail of zeroes before its data.
func imageProgram() []byte {
	const (
		programHeaders = 28 // of the file header: their offset
		headerBytes    = 32
		address        = 8 // of a program header
		memoryBytes    = 20
		constants      = headerBytes     // its header's place: after that of the code
		data           = 2 * headerBytes // the same
	)
	code := frameProgram(0, false)
	headers := code[binary.LittleEndian.Uint32(code[programHeaders:]):]
	for _, field := range [][]byte{headers[constants+memoryBytes:], headers[data+address:]} {
		binary.LittleEndian.PutUint32(field, binary.LittleEndian.Uint32(field)+imageGap)
	}
	return code
}

// enter is an entry as a case: a guest that calls the method of an account of the code.
func (e *entry) enter(tree *statetree.Tree, s *metering.Schedule) Case {
	h := hostCall{
		setup: none + at("a1", 32) + "li a2, 6\nli a3, 0\nli a4, 0\nli a5, 0\n",
		body:  ecall(host.CallCall), count: e.count, units: e.units,
	}
	if e.method == "" {
		h.body = ecall(host.CallTryCall)
	}
	c := Case{Group: groupHost, Price: e.price, Name: e.name}
	c.prepare = func() (*turn, error) {
		var callee address.Address
		fill := func(_ *arena, st *state.State) {
			template := st.PutTemplate(e.code)
			callee = address.OfSpawn(template, nil)
			st.Spawn(callee, template, nil)
		}
		a, err := newArena(tree, s, fmt.Sprintf(guest, h.setup, h.body, memBytes), fill)
		if err != nil {
			return nil, err
		}
		if e.cold {
			a.x = host.NewExecutor(s, limits(), host.NewCodeCache(1))
		}
		mem := callMem(e.method, 0)(a)
		copy(mem, callee[:])
		return a.turn(h, mem)
	}
	return c
}
