package calibrate

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/trap"
)

// neighbours is the number of leaves in the tree beside those of a case.
const neighbours = 1 << 16

// limits are wide: a turn makes more calls than a transaction may.
func limits() host.Limits {
	const most = 1 << 28
	return host.Limits{
		CallDepth: 64, MemoryPages: 4_096, TxMemoryPages: 16_384, InputBytes: 1 << 20,
		ReturnBytes: most, LogBytes: most, EventBytes: most, Events: most, Withdrawals: most, MessageBytes: 256,
		CodeBytes: 256 << 10, SlotValueBytes: 4_096, BlobBytes: 4_096, VerifyKeys: most,
		TxKeys: most, TxValueBytes: most, TxCodeBytes: most,
	}
}

func unlimited() (u metering.Units) {
	for d := range u {
		u[d] = 1 << 50
	}
	return u
}

// newTree returns a tree with many leaves of others.
func newTree() (*statetree.Tree, error) {
	t := statetree.New()
	r := rand.New(rand.NewPCG(7, 8))
	changes := make([]statetree.Change, neighbours)
	for i := range changes {
		value := make([]byte, 100)
		for j := 0; j < len(changes[i].Key); j += 8 {
			binary.LittleEndian.PutUint64(changes[i].Key[j:], r.Uint64())
		}
		copy(value, changes[i].Key[:])
		changes[i].Value = value
	}
	if err := t.Apply(changes); err != nil {
		return nil, fmt.Errorf("calibrate: fill a tree: %w", err)
	}
	return t, nil
}

// guest is the program of a host call's case, around its setup and body. Its input is how often to
// repeat the body, and the contents of mem.
const guest = `
.layout 0x200400, 0x10000, 0
.export run
.export idle
run:
	la a0, count
	li a1, 4
	li t0, 0xF1
	ecall
	la a0, mem
	li t0, 0xF0
	ecall
	mv a1, t0
	li t0, 0xF1
	ecall
	la s0, count
	lw s0, 0(s0)
	la s2, mem
	%s
	beqz s0, done
loop:
	%s
	addi s0, s0, -1
	bnez s0, loop
done:
	ret
idle:
	ret
.data
count: .word 0
.bss
.align 4
mem: .zero %d
`

// arena is a state in which the guest has an account, and the account that others have.
type arena struct {
	x     *host.Executor
	tree  *statetree.Tree
	self  address.Address
	other address.Address
}

var otherBlob = []byte("other")

func newArena(
	t *statetree.Tree, s *metering.Schedule, source string, fill func(a *arena, st *state.State),
) (*arena, error) {
	o, err := asm.Assemble(source, asm.DefaultBase)
	if err != nil {
		return nil, fmt.Errorf("calibrate: %w", err)
	}
	a := &arena{x: host.NewExecutor(s, limits(), nil), tree: t.Fork()}
	st := state.New(stf.Backend(a.tree))
	template := st.PutTemplate(o.ELF(asm.ELFOptions{}))
	a.self, a.other = address.OfSpawn(template, nil), address.OfSpawn(template, otherBlob)
	st.Spawn(a.self, template, nil)
	st.Spawn(a.other, template, otherBlob)
	st.Credit(a.self, 1<<40)
	if fill != nil {
		fill(a, st)
	}
	if err := stf.Commit(a.tree, st.Changes()); err != nil {
		return nil, fmt.Errorf("calibrate: %w", err)
	}
	return a, nil
}

// call runs the guest once in a transaction of its own, with a state that has read nothing yet.
func (a *arena) call(count int, mem []byte) (uint64, error) {
	st := state.New(stf.Backend(a.tree))
	t := a.x.Begin(st, host.Context{}, a.self, unlimited())
	in := binary.LittleEndian.AppendUint32(nil, uint32(count))
	r := t.Call(a.self, host.Selector("run"), append(in, mem...))
	if r.Trap != trap.None {
		return 0, fmt.Errorf("calibrate: %s: %s", r.Trap, r.Message)
	}
	if err := st.Err(); err != nil {
		return 0, fmt.Errorf("calibrate: %w", err)
	}
	commitEvents(t.Events())
	return r.GasUsed, nil
}

// commitEvents makes the root of a receipt's events, which is paid when they are emitted.
func commitEvents(events []host.Event) rollup.Hash {
	leaves := make([][]byte, len(events))
	for i := range events {
		e := rollup.Event{Account: events[i].Account, Data: events[i].Data}
		for _, topic := range events[i].Topics {
			e.Topics = append(e.Topics, topic)
		}
		leaves[i] = e.Encode()
	}
	return rollup.MMRRoot(leaves)
}
