package rollupbench

import (
	"fmt"
	"math/rand/v2"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/precompile/vectors"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/scale"
)

// guestSource is a program that makes the host calls that its input lists, each many times over, and
// that wastes memory. Anybody may call it. Input of go, behind the blob of one byte, and of spawn: u32 n, n bytes for mem, then
// commands of 36 bytes: kind, n, t0, a0..a5, for
//
//	0  n times the host call
//	1  the same, and before each call one is added to the first word of mem
//	2  a walk of n loads through 15 MiB, each to where the one before says, which no cache holds
//
// Method grow takes all pages that a frame may have, one by one, and writes to each.
const guestSource = `
.layout 0x200400, 0x10000, %d
.export go
.export make, spawn
.export grow
.export idle
go:
	la a0, regs
	li a1, 1
	li t0, 0xF1
	ecall
make:
	la s0, regs
	mv a0, s0
	li a1, 4
	li t0, 0xF1
	ecall
	la a0, mem
	lw a1, 0(s0)
	li t0, 0xF1
	ecall
next:
	li t0, 0xF0
	ecall
	beqz t0, idle
	mv a0, s0
	li a1, 36
	li t0, 0xF1
	ecall
	lw t1, 0(s0)
	lw s1, 4(s0)
	lw s2, 8(s0)
	lw s3, 12(s0)
	lw s4, 16(s0)
	lw s5, 20(s0)
	lw s6, 24(s0)
	lw s7, 28(s0)
	lw s8, 32(s0)
	li t2, 2
	beq t1, t2, walk
	bnez t1, counted
plain:
	mv t0, s2
	mv a0, s3
	mv a1, s4
	mv a2, s5
	mv a3, s6
	mv a4, s7
	mv a5, s8
	ecall
	addi s1, s1, -1
	bnez s1, plain
	j next
counted:
	la s9, mem
again:
	lw t1, 0(s9)
	addi t1, t1, 1
	sw t1, 0(s9)
	mv t0, s2
	mv a0, s3
	mv a1, s4
	mv a2, s5
	mv a3, s6
	mv a4, s7
	mv a5, s8
	ecall
	addi s1, s1, -1
	bnez s1, again
	j next
walk:
	la s2, _end
	addi s2, s2, 63
	andi s2, s2, -64
	li s3, 0x1FFFF
	li s4, 1664525
	li s5, 1013904223
	li s6, 112
	mv t1, zero
	mv t4, s2
fill:
	mul t2, t1, s4
	add t2, t2, s5
	and t1, t2, s3
	mul t3, t1, s6
	add t3, t3, s2
	sw t3, 0(t4)
	mv t4, t3
	bnez t1, fill
	mv t1, s2
step:
%s	addi s1, s1, -%d
	bgtz s1, step
	j next
grow:
	li t0, 0xB0
	li a0, 1
	ecall
	li t1, -256
	bgeu t0, t1, idle
	sw t0, 0(t0)
	j grow
idle:
	ret
.data
regs: .zero 36
.bss
.align 4
mem: .zero 16384
_end:
`

const (
	// walkHeap is the heap of a guest that walks: nearly all that a frame may have.
	walkHeap = 4_000
	// walkUnrolled is the number of loads in a turn of the walk's loop.
	walkUnrolled = 64
	// forever is more turns than any gas lets a guest make.
	forever = 1<<31 - 1
)

// guest is an assembled guest.
type guest struct {
	elf []byte
	mem uint32
}

func newGuest(heapPages int) (*guest, error) {
	var loads string
	for range walkUnrolled {
		loads += "\tlw t1, 0(t1)\n"
	}
	o, err := asm.Assemble(fmt.Sprintf(guestSource, heapPages, loads, walkUnrolled), asm.DefaultBase)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	g := &guest{elf: o.ELF(asm.ELFOptions{})}
	g.mem, _ = o.Symbol("mem")
	return g, nil
}

func (g *guest) template() address.Address {
	return address.OfTemplate(address.CodeHash(g.elf))
}

// account is the address of an account of the guest; its blob is the number.
func (g *guest) account(number byte) address.Address {
	return address.OfSpawn(g.template(), []byte{number})
}

// script is the input of a guest.
type script struct {
	guest *guest
	mem   []byte
	rest  scale.Encoder
}

func (g *guest) script(mem []byte) *script { return &script{guest: g, mem: mem} }

// counting is a script whose counted calls begin with 1.
func (g *guest) counting() *script { return g.script(make([]byte, 4)) }

// put adds to the guest's memory and returns where it is.
func (s *script) put(b []byte) uint32 {
	for len(s.mem)%16 != 0 {
		s.mem = append(s.mem, 0)
	}
	at := s.guest.mem + uint32(len(s.mem))
	s.mem = append(s.mem, b...)
	return at
}

// The kinds of command.
const (
	plain   = 0
	counted = 1
	walk    = 2
)

func (s *script) add(kind, n, call uint32, in ...uint32) *script {
	args := [6]uint32{}
	copy(args[:], in)
	for _, v := range append([]uint32{kind, n, call}, args[:]...) {
		s.rest.U32(v)
	}
	return s
}

// enter calls a method of an account.
func (s *script) enter(n uint32, a address.Address, method string) {
	selector := host.Selector(method)
	payload := append(append([]byte{1}, selector[:]...), 0)
	at := s.put(a[:])
	s.add(plain, n, host.CallCall, at, s.put(payload), uint32(len(payload)))
}

// vector makes a precompile's call for ever, with the arguments of a vector.
func (s *script) vector(v *vectors.Case) {
	var in []uint32
	for _, a := range v.Args {
		switch a.Kind {
		case vectors.Int:
			in = append(in, a.N)
		case vectors.Out:
			in = append(in, s.put(make([]byte, a.N)))
		default:
			in = append(in, s.put(a.Bytes))
		}
	}
	s.add(plain, forever, numberOf(v.Call), in...)
}

// numberOf returns the number of a precompile.
func numberOf(name string) uint32 {
	const first, last = 0x0064_0000, 0x0064_0FFF
	for n := uint32(first); n <= last; n++ {
		if host.CallName(n) == name {
			return n
		}
	}
	panic("BUG: bench: no precompile " + name)
}

func (s *script) encode() []byte {
	var e scale.Encoder
	e.U32(uint32(len(s.mem)))
	e.Raw(s.mem)
	e.Raw(s.rest.B)
	return e.B
}

// denseSource begins a dense program: spawn makes the one account that there is of it.
const denseSource = `
.export idle
.export make, spawn
make:
	la a0, blob
	li a1, 1
	la a2, address
	li t0, 0xA4
	ecall
idle:
	ret
.data
blob: .byte 1
.bss
address: .zero 24
.text
`

// denseAccount is the account of a dense program.
func denseAccount(elf []byte) address.Address {
	return address.OfSpawn(address.OfTemplate(address.CodeHash(elf)), []byte{1})
}

// dense is a program of a size that is nearly all code, and cheap to enter. They differ by number.
func dense(number, size int) []byte {
	const spare = 2 << 10 // of the file, for what is not code
	ops := []string{"add", "xor", "sub", "or", "and", "sll", "mul", "sltu"}
	rng := rand.New(rand.NewPCG(uint64(number), 3))
	b := []byte(denseSource)
	for range (size - spare) / 4 {
		b = fmt.Appendf(b, "\t%s x%d, x%d, x%d\n", ops[rng.IntN(len(ops))], 5+rng.IntN(27),
			5+rng.IntN(27), 5+rng.IntN(27))
	}
	o, err := asm.Assemble(string(b), asm.DefaultBase)
	if err != nil {
		panic("BUG: bench: " + err.Error())
	}
	return o.ELF(asm.ELFOptions{})
}
