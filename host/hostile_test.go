package host

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

// hostileFolder holds a program for each way to misbehave: fixtures/contracts/hostile/README.md.
const hostileFolder = "../fixtures/contracts/hostile"

// What a transaction may make the host allocate, all told and garbage included: a constant for the
// session and what it loads, for each page that was live at once the page in the size classes that
// its heap grew through, and for each unit of gas what the cheapest call copies.
const (
	hostileBytes        = 1 << 20
	hostileBytesPerPage = 4 * elf.PageSize
	hostileBytesPerGas  = 4
	hostilePages        = 128 // where a program does not say
)

// misdeed is a program of the corpus with one input, and how it must end.
type misdeed struct {
	name    string
	method  string
	code    []byte
	args    []byte
	want    trap.Code
	changes bool // a success that writes state
	gas     uint64
	pages   uint32 // that are live at once, at most
}

func trapNamed(t testing.TB, name string) trap.Code {
	for code := trap.Code(0); ; code++ {
		if code.String() == name {
			return code
		}
		require.NotContains(t, code.String(), "(", "no trap is called %s", name)
	}
}

func hostileNumber(t testing.TB, text string) uint64 {
	n, err := strconv.ParseUint(text, 0, 32)
	require.NoError(t, err)
	return n
}

// misdeeds reads one program. Its header has a line "# key: value" for each of trap, gas, why, and
// for pages, base, changes and any number of inputs where there are some.
func misdeeds(t testing.TB, path string) (all []misdeed) {
	source, err := os.ReadFile(path)
	require.NoError(t, err)
	m := misdeed{
		name: strings.TrimSuffix(filepath.Base(path), ".s"), method: "run", pages: hostilePages,
	}
	base, why := uint32(asm.DefaultBase), ""
	var inputs [][]string
	for _, line := range strings.Split(string(source), "\n") {
		line, header := strings.CutPrefix(line, "# ")
		if !header {
			break
		}
		key, value, ok := strings.Cut(line, ": ")
		require.True(t, ok, "%s: header line %q", m.name, line)
		switch key {
		case "trap":
			m.want = trapNamed(t, value)
		case "gas":
			m.gas = hostileNumber(t, value)
		case "pages":
			m.pages = uint32(hostileNumber(t, value))
		case "base":
			base = uint32(hostileNumber(t, value))
		case "changes":
			m.changes = true
		case "input":
			inputs = append(inputs, strings.Fields(value))
		case "why":
			why += value
		default:
			require.Fail(t, "unknown key", "%s: %s", m.name, key)
		}
	}
	require.NotZero(t, m.gas, "%s: no gas", m.name)
	require.NotEmpty(t, why, "%s: no reason", m.name)
	o, err := asm.Assemble(string(source), base)
	require.NoError(t, err, m.name)
	m.code = o.ELF(asm.ELFOptions{})
	for _, in := range inputs {
		each := m
		each.name, each.args = m.name+" "+in[0], hostileInput(t, in[0])
		each.want, each.changes = trapNamed(t, in[1]), len(in) > 2
		all = append(all, each)
	}
	if inputs == nil {
		all = append(all, m)
	}
	return all
}

// hostileInput makes what a program is given to deploy.
func hostileInput(t testing.TB, name string) []byte {
	size, exports := int(testLimits().CodeBytes), elf.DefaultLimits().Exports
	switch name {
	case "garbage":
		return bytes.Repeat([]byte{0xA5}, size)
	case "maximal":
		return crowded(t, exports, size)
	case "excessive":
		return crowded(t, exports+1, size)
	case "colliding":
		return assemble(".export f, m17161\n.export f, m80501\nf: ret\n.data\nmem: .word 0").elf
	}
	require.Fail(t, "no such input", name)
	return nil
}

// crowded is a program of size bytes with as many headers, segments and sections as the loader
// takes, and the given number of exports.
func crowded(t testing.TB, exports, size int) []byte {
	var source strings.Builder
	for i := range exports {
		fmt.Fprintf(&source, ".export f, %s\n", fmt.Sprintf("m%0*d", 50, i))
	}
	source.WriteString("f: ret\n.data\nmem: .word 0\n")
	o, err := asm.Assemble(source.String(), asm.DefaultBase)
	require.NoError(t, err)
	limits := elf.DefaultLimits()
	file := o.ELF(asm.ELFOptions{})
	le := binary.LittleEndian
	programs := file[le.Uint32(file[28:]):][:32*int(le.Uint16(file[44:]))]
	sections := file[le.Uint32(file[32:]):][:40*int(le.Uint16(file[48:]))]
	// New tables at the end: empty writable segments apart from each other, then ignored headers.
	out := bytes.Clone(file)
	le.PutUint32(out[28:], uint32(len(out)))
	out = append(out, programs...)
	for i := len(programs) / 32; i < limits.ProgramHeaders; i++ {
		kind, memory := uint32(4), uint32(0) // PT_NOTE
		if i < limits.Segments {
			kind, memory = 1, 1
		}
		for _, v := range []uint32{kind, 0, 0x0100_0000 + uint32(i)<<12, 0, 0, memory, 6, 4} {
			out = le.AppendUint32(out, v)
		}
	}
	le.PutUint16(out[44:], uint16(limits.ProgramHeaders))
	le.PutUint32(out[32:], uint32(len(out)))
	out = append(out, sections...)
	out = append(out, make([]byte, 40*(limits.Sections-len(sections)/40))...)
	le.PutUint16(out[48:], uint16(limits.Sections))
	return append(out, make([]byte, size-len(out))...)
}

// rustMisdeeds are the methods of the program in Rust.
func rustMisdeeds() (all []misdeed) {
	for _, m := range []misdeed{
		{method: "loop_forever", want: trap.OutOfGas},
		{method: "recurse", want: trap.CallDepth, pages: 16384},
		{method: "grow_forever", want: trap.None, pages: 4096},
		{method: "garbage_return", want: trap.ReturnDataLimit, pages: 512},
		{method: "bad_pointer", want: trap.BadHostArgument},
		{method: "wrapping_pointer", want: trap.BadHostArgument},
		{method: "stack_overflow", want: trap.StoreFault},
		{method: "panic_message", args: enc([]byte("no")), want: trap.Panic},
		{method: "revert_data", args: enc([]byte("no")), want: trap.Revert},
		{method: "unknown_call", want: trap.UnknownHostCall},
		{method: "storage_spam", want: trap.OutOfWitness},
		{method: "event_spam", want: trap.OutOfWitness},
	} {
		m.name, m.code, m.gas = "rust "+m.method, fixtures.Hostile(), 40_000_000
		m.pages = max(m.pages, hostilePages)
		all = append(all, m)
	}
	return all
}

// misdone is all that may be seen of a run.
type misdone struct {
	result Result
	used   metering.Units
	events int
	state  string
}

// peak watches how many pages are live at once.
type peak struct {
	s    *Session
	most uint32
}

func (p *peak) look() { p.most = max(p.most, p.s.pages) }

func (p *peak) Enter(Frame)                                 { p.look() }
func (p *peak) Run(m *interpreter.Machine) interpreter.Stop { return m.Run() }
func (p *peak) BeforeCall(*interpreter.Machine)             { p.look() }
func (p *peak) AfterCall(*interpreter.Machine, trap.Code)   { p.look() }
func (p *peak) Exit(FrameEnd)                               { p.look() }

// world returns a state with an account of the program, and the account.
func (m *misdeed) world(t testing.TB) (*world, address.Address) {
	w := newWorld(t)
	template := w.deploy(guest{elf: m.code})
	a := address.OfSpawn(template, nil)
	w.st.Spawn(a, template, nil)
	return w, a
}

// do runs the program as the call of a transaction and returns what came of it, and the bytes that
// were allocated meanwhile.
func (m *misdeed) do(t testing.TB, watch bool) (misdone, uint64, uint32) {
	w, a := m.world(t)
	before := w.digest()
	units := plenty
	units[metering.Compute] = m.gas
	var from, to runtime.MemStats
	s := w.x.Begin(w.st, testContext, a, units)
	p := &peak{s: s}
	if watch {
		s.SetTracer(p)
	}
	runtime.ReadMemStats(&from)
	r := s.Call(a, Selector(m.method), m.args)
	runtime.ReadMemStats(&to)
	require.NoError(t, w.st.Err())
	require.Equal(t, m.want.String(), r.Trap.String(), "%s", r.Message)
	require.LessOrEqual(t, r.GasUsed, m.gas)
	require.True(t, s.Used().Fits(units), "%v", s.Used())
	w.st.BeginTx(nil)
	state := w.digest()
	require.Equal(t, m.changes, state != before, "whether the state changed")
	require.Equal(t, uint64(600), w.money())
	if r.Trap != trap.None {
		require.Empty(t, s.Events())
	}
	return misdone{r, s.Used(), len(s.Events()), state}, to.TotalAlloc - from.TotalAlloc, p.most
}

// TestHostileCorpus runs every program of the corpus: it ends with its trap, within its gas, its
// pages and the memory that these pay for, leaves nothing behind, and does so again. It is not
// parallel: memory is counted for the whole process.
func TestHostileCorpus(t *testing.T) {
	paths, err := filepath.Glob(hostileFolder + "/*.s")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	all := rustMisdeeds()
	for _, path := range paths {
		all = append(all, misdeeds(t, path)...)
	}
	for _, m := range all {
		t.Run(m.name, func(t *testing.T) {
			first, allocated, _ := m.do(t, false)
			bound := hostileBytes + hostileBytesPerPage*uint64(m.pages) +
				hostileBytesPerGas*first.result.GasUsed
			require.LessOrEqual(t, allocated, hostileSlack*bound)
			again, _, pages := m.do(t, true)
			require.Equal(t, first, again)
			require.LessOrEqual(t, pages, m.pages)
			t.Logf("gas %d, %d KiB of at most %d, %d pages",
				first.result.GasUsed, allocated>>10, bound>>10, pages)
		})
	}
}

// TestHostileCallees calls every program of the corpus from a script, which goes on: nothing but an
// exhausted transaction reaches the caller.
func TestHostileCallees(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(hostileFolder + "/*.s")
	require.NoError(t, err)
	for _, path := range paths {
		for _, m := range misdeeds(t, path) {
			if len(m.args) > memBytes/2 {
				continue // more than the script's memory holds
			}
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				w, a := m.world(t)
				p := payload(m.method, m.args)
				at := openScript.mem
				r := w.run(join(a[:], u64(m.gas), p),
					cmd{CallTryCall, at, at + 32, uint32(len(p)), 0, at + 24})
				if m.want == trap.OutOfWitness {
					require.Equal(t, m.want, r.Trap)
					return
				}
				require.Equal(t, trap.None, r.Trap, "%s", r.Message)
				_, t0 := output(t, r.Return)
				require.Equal(t, m.want.String(), trap.Code(t0[0]).String())
			})
		}
	}
}
