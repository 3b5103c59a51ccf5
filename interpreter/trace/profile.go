package trace

import (
	"fmt"
	"io"
	"slices"
	"sort"

	"github.com/google/pprof/profile"

	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

// Profile sums up where gas and instructions went, by address and chain of calls; it is exact, not
// sampled. Frames nest: Enter, then Step with the profile as an observer, HostCall after each host
// call, and Exit. A machine must not be in two frames.
type Profile struct {
	programs map[*elf.Program]*profiled
	order    []*profiled
	frames   []*callStack
	roots    map[rootSite]*node
	all      []*node // roots, in the order of their making
	nodes    int
	entry    cost // gas before the first frame
	pc       uint32
	recent   [1 << 12]recentCost // saves looking up costs, by pc
}

// recentCost is where the cost of an address in a chain of calls is summed up.
type recentCost struct {
	at   *node
	pc   uint32
	cost *cost
}

// profiled is a program that appears in a profile.
type profiled struct {
	name    string
	program *elf.Program
	symbols *Symbols
}

// rootSite is where a frame was entered from.
type rootSite struct {
	program *profiled
	parent  *node
	pc      uint32
}

var _ Observer = (*Profile)(nil)

// NewProfile returns an empty profile.
func NewProfile() *Profile {
	return &Profile{programs: map[*elf.Program]*profiled{}, roots: map[rootSite]*node{}}
}

// Enter begins a frame of p, which is called name; caller is the machine whose host call entered
// it, nil for the first one.
func (p *Profile) Enter(
	caller *interpreter.Machine, program *elf.Program, name string, s *Symbols,
) {
	info, ok := p.programs[program]
	if !ok {
		info = &profiled{name, program, s}
		p.programs[program] = info
		p.order = append(p.order, info)
	}
	site := rootSite{program: info}
	if caller != nil && len(p.frames) > 0 {
		site.parent, site.pc = p.top().at, caller.PC()-4
	}
	root, ok := p.roots[site]
	if !ok {
		root = &node{parent: site.parent, program: info, site: site.pc, root: true}
		p.roots[site] = root
		p.all = append(p.all, root)
	}
	p.frames = append(p.frames, &callStack{at: root, nodes: &p.nodes})
}

// Exit ends the innermost frame.
func (p *Profile) Exit() { p.frames = p.frames[:len(p.frames)-1] }

func (p *Profile) top() *callStack { return p.frames[len(p.frames)-1] }

// Charge counts gas that was taken before the first frame began.
func (p *Profile) Charge(gas uint64) { p.entry.gas += int64(gas) }

// HostCall counts the gas that a host call of m took beside its ECALL and beside what frames that
// it entered used.
func (p *Profile) HostCall(m *interpreter.Machine, name string, gas uint64) {
	n, at := p.top().at, hostSite{m.PC() - 4, name}
	c, ok := n.calls[at]
	if !ok {
		if n.calls == nil {
			n.calls = map[hostSite]*cost{}
		}
		c = &cost{}
		n.calls[at] = c
	}
	c.gas += int64(gas)
}

// Before implements Observer.
func (p *Profile) Before(m *interpreter.Machine, _ riscv.Inst) { p.pc = m.PC() }

// After implements Observer.
func (p *Profile) After(m *interpreter.Machine, i riscv.Inst, gas uint64) {
	stack := p.top()
	recent := &p.recent[p.pc/4%uint32(len(p.recent))]
	if recent.at != stack.at || recent.pc != p.pc {
		*recent = recentCost{stack.at, p.pc, stack.at.cost(p.pc)}
	}
	c := recent.cost
	c.gas += int64(gas)
	c.instructions++
	if (i.Op == riscv.JAL || i.Op == riscv.JALR) && m.PC() != p.pc {
		stack.jumped(i, p.pc, m.PC())
	}
}

// Write writes the profile in the format of pprof, compressed: `go tool pprof -top FILE` reads it.
// Its sample types are gas, which is the default, and instructions.
func (p *Profile) Write(w io.Writer) error {
	b := newBuilder(p.order)
	if p.entry.gas != 0 {
		b.sample(nil, b.host("enter"), p.entry)
	}
	for _, root := range p.all {
		b.chain(root)
	}
	if err := b.out.CheckValid(); err != nil {
		return fmt.Errorf("trace: BUG: invalid profile: %w", err)
	}
	if err := b.out.Write(w); err != nil {
		return fmt.Errorf("trace: write profile: %w", err)
	}
	return nil
}

// builder turns a Profile into pprof's structures.
type builder struct {
	out       *profile.Profile
	mappings  map[*profiled]*profile.Mapping
	locations map[place]*profile.Location
	functions map[Frame]*profile.Function // without lines
}

type place struct {
	program *profiled
	pc      uint32
	host    string // a host call: no program
}

func newBuilder(programs []*profiled) *builder {
	gas := &profile.ValueType{Type: "gas", Unit: "gas"}
	b := &builder{
		out: &profile.Profile{
			SampleType:        []*profile.ValueType{gas, {Type: "instructions", Unit: "count"}},
			DefaultSampleType: gas.Type,
			PeriodType:        gas,
			Period:            1,
		},
		mappings:  map[*profiled]*profile.Mapping{},
		locations: map[place]*profile.Location{},
		functions: map[Frame]*profile.Function{},
	}
	for _, info := range programs {
		m := &profile.Mapping{
			ID: uint64(len(b.out.Mapping) + 1), File: info.name, HasFunctions: true, HasFilenames: true,
			HasLineNumbers: true, HasInlineFrames: true,
		}
		for i := range info.program.Segments {
			if s := &info.program.Segments[i]; s.Executable && m.Limit == 0 {
				m.Start, m.Limit, m.Offset = uint64(s.Addr), uint64(s.End()), 0
			}
		}
		b.mappings[info] = m
		b.out.Mapping = append(b.out.Mapping, m)
	}
	return b
}

// chain adds the samples of n and of all below it.
func (b *builder) chain(n *node) {
	for _, pc := range sortedKeys(n.costs) {
		b.sample(n, b.location(n.program, pc), *n.costs[pc])
	}
	sites := make([]hostSite, 0, len(n.calls))
	for site := range n.calls { //lint:unordered sorted below
		sites = append(sites, site)
	}
	sort.Slice(sites, func(i, j int) bool {
		a, b := sites[i], sites[j]
		return a.pc < b.pc || a.pc == b.pc && a.name < b.name
	})
	for _, site := range sites {
		leaf := []*profile.Location{b.host(site.name), b.location(n.program, site.pc)}
		b.samples(n, leaf, *n.calls[site])
	}
	for _, pc := range sortedKeys(n.children) {
		b.chain(n.children[pc])
	}
}

func sortedKeys[V any](m map[uint32]V) []uint32 {
	keys := make([]uint32, 0, len(m))
	for k := range m { //lint:unordered sorted below
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (b *builder) sample(n *node, leaf *profile.Location, c cost) {
	b.samples(n, []*profile.Location{leaf}, c)
}

// samples adds a stack: the leaf, then the call sites of n outwards.
func (b *builder) samples(n *node, leaf []*profile.Location, c cost) {
	stack := leaf
	for ; n != nil && n.parent != nil; n = n.parent {
		stack = append(stack, b.location(n.parent.program, n.site))
	}
	b.out.Sample = append(b.out.Sample, &profile.Sample{
		Location: stack, Value: []int64{c.gas, c.instructions},
	})
}

func (b *builder) host(name string) *profile.Location {
	return b.place(place{host: name}, nil, []Frame{{Function: "host." + name}})
}

func (b *builder) location(p *profiled, pc uint32) *profile.Location {
	frames := p.symbols.Frames(pc)
	if len(frames) == 0 {
		frames = []Frame{{Function: fmt.Sprintf("0x%x", pc)}}
	}
	return b.place(place{program: p, pc: pc}, b.mappings[p], frames)
}

func (b *builder) place(at place, m *profile.Mapping, frames []Frame) *profile.Location {
	if l, ok := b.locations[at]; ok {
		return l
	}
	l := &profile.Location{ID: uint64(len(b.out.Location) + 1), Mapping: m, Address: uint64(at.pc)}
	for _, f := range frames {
		l.Line = append(l.Line, profile.Line{Function: b.function(f), Line: int64(f.Line)})
	}
	b.locations[at] = l
	b.out.Location = append(b.out.Location, l)
	return l
}

func (b *builder) function(f Frame) *profile.Function {
	if f.Function == "" {
		f.Function = "?"
	}
	f.Line = 0
	if known, ok := b.functions[f]; ok {
		return known
	}
	fn := &profile.Function{
		ID: uint64(len(b.out.Function) + 1), Name: f.Function, Filename: f.File,
	}
	b.functions[f] = fn
	b.out.Function = append(b.out.Function, fn)
	return fn
}
