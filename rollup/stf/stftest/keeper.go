package stftest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

// keeperSource is a contract that keeps slots and makes the host calls that its input lists: what
// stories about rent are told with. Anybody may call it. Input of go, after the blob of 4 bytes, and
// of spawn: u32 n, n bytes for mem, then commands of 28 bytes: t0, a0..a5.
const keeperSource = `
.export go
.export make, spawn
go:
	la a0, regs
	li a1, 4
	li t0, 0xF1
	ecall
make:
	la s0, regs
	la a0, regs
	li a1, 4
	li t0, 0xF1
	ecall
	la a0, mem
	lw a1, 0(s0)
	ecall
loop:
	li t0, 0xF0
	ecall
	beqz t0, done
	la a0, regs
	li a1, 28
	li t0, 0xF1
	ecall
	lw t0, 0(s0)
	lw a0, 4(s0)
	lw a1, 8(s0)
	lw a2, 12(s0)
	lw a3, 16(s0)
	lw a4, 20(s0)
	lw a5, 24(s0)
	ecall
	j loop
done:
	ret
.data
regs: .zero 28
mem: .zero 8192
`

// keeper is the assembled contract and the address of its memory.
var keeper = sync.OnceValues(func() (elf []byte, mem uint32) {
	o, err := asm.Assemble(keeperSource, asm.DefaultBase)
	if err != nil {
		panic("BUG: stftest: " + err.Error())
	}
	mem, _ = o.Symbol("mem")
	return o.ELF(asm.ELFOptions{}), mem
})

// script is the input of a keeper: its memory and the calls that it makes.
type script struct {
	mem   []byte
	calls [][7]uint32
}

// put adds data to the memory and returns where it is.
func (s *script) put(b []byte) uint32 {
	_, base := keeper()
	at := base + uint32(len(s.mem))
	s.mem = append(s.mem, b...)
	return at
}

func (s *script) call(number uint32, in ...uint32) {
	c := [7]uint32{number}
	copy(c[1:], in)
	s.calls = append(s.calls, c)
}

func (s *script) encode() []byte {
	var e scale.Encoder
	e.U32(uint32(len(s.mem)))
	e.Raw(s.mem)
	for _, c := range s.calls {
		for _, v := range c {
			e.U32(v)
		}
	}
	return e.B
}

// newKeeper returns the spawn input of a keeper and its address; they differ by number.
func newKeeper(number uint64) (in []byte, a address.Address) {
	blob := binary.LittleEndian.AppendUint32(nil, uint32(number))
	elf, _ := keeper()
	var s script
	at := s.put(append(blob, make([]byte, address.Size)...))
	s.call(host.CallSpawn, at, uint32(len(blob)), at+uint32(len(blob)))
	return s.encode(), address.OfSpawn(address.OfTemplate(address.CodeHash(elf)), blob)
}

// KeeperPut is the payload of a call that makes a keeper store a slot.
func (c *Chain) KeeperPut(key byte, size uint32) []byte {
	var s script
	at := s.put((&[32]byte{0: 1, 1: key})[:])
	s.call(host.CallStorageStore, at, at, size)
	return goPayload(s)
}

// goPayload is the payload of a call of a keeper.
func goPayload(s script) []byte {
	var e scale.Encoder
	selector := rollup.Selector("go")
	e.U8(1)
	e.Raw(selector[:])
	e.Bytes(s.encode())
	return e.B
}

// Eviction is what the receipt of a layer end says of a slot that the sweep took.
type Eviction struct {
	Slot, PrevAcc [32]byte
	Payload       []byte
}

// keep returns the call of a keeper that a line describes:
//
//	keep NAME put KEY LENGTH      the slot KEY, of LENGTH bytes
//	keep NAME drop KEY            deletes it
//	keep NAME poke                nothing: it is entered
//	keep NAME visit OTHER         calls another keeper, which does nothing
//	keep NAME try OTHER           the same with try_call; fails only if that cannot be caught
//	keep NAME feed OTHER AMOUNT   lifeline, with money that comes with the call
//	keep NAME raise OTHER N       resurrects what was evicted from OTHER as the Nth from the last
//	keep NAME raise OTHER N lie   with another value
//	keep NAME destroy TO          self_destruct
func (c *Chain) keep(f []string) (args []byte, err error) {
	if len(f) < 2 {
		return nil, errors.New("keep: who does what?")
	}
	var s script
	var amount uint64
	num := func(i int) (v uint64) {
		if i >= len(f) {
			err = errors.New("keep: a number is missing")
			return 0
		}
		if v, err = strconv.ParseUint(f[i], 10, 64); err != nil {
			err = fmt.Errorf("keep: %w", err)
		}
		return v
	}
	name := func(i int) uint32 {
		if i >= len(f) {
			err = errors.New("keep: a name is missing")
			return 0
		}
		a := c.Address(f[i])
		return s.put(a[:])
	}
	slot := func(i int) uint32 { return s.put((&[32]byte{0: 1, 1: byte(num(i))})[:]) }
	switch f[1] {
	case "put":
		key := slot(2)
		s.call(host.CallStorageStore, key, key, uint32(num(3)))
	case "drop":
		s.call(host.CallStorageDelete, slot(2))
	case "poke":
	case "visit", "try":
		to, payload := name(2), goPayload(script{})
		number := uint32(host.CallCall)
		if f[1] == "try" {
			number = host.CallTryCall
		}
		s.call(number, to, s.put(payload), uint32(len(payload)))
	case "feed":
		amount = num(3)
		s.call(host.CallLifeline, name(2), s.put(binary.LittleEndian.AppendUint64(nil, amount)))
	case "raise":
		err = c.raise(&s, f, num(3))
	case "destroy":
		s.call(host.CallSelfDestruct, name(2))
	default:
		err = fmt.Errorf("keep: no deed %q", f[1])
	}
	return proxyArgs(c.Address(f[0]), "go", s.encode(), amount), err
}

func (c *Chain) raise(s *script, f []string, nth uint64) error {
	a := c.Address(f[2])
	all := c.Evictions[a]
	if nth >= uint64(len(all)) {
		return fmt.Errorf("keep: only %d slots of %s were evicted", len(all), f[2])
	}
	e := all[uint64(len(all))-1-nth]
	payload := append([]byte(nil), e.Payload...)
	if len(f) > 4 {
		payload[len(payload)-1] ^= 1
	}
	s.call(host.CallResurrect, s.put(a[:]), s.put(e.PrevAcc[:]), s.put(e.Slot[:]), s.put(payload),
		uint32(len(payload)))
	return nil
}
