package host

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/trap"
)

// FuzzHostCall makes two calls with any number and registers over any memory, in every kind of
// frame: nothing panics, no gas is created, no money is made or lost, and what fails leaves
// nothing.
func FuzzHostCall(f *testing.F) {
	for i, c := range append(callCases(), precompileCases(f)...) {
		w := newWorld(f)
		var mem []byte
		if c.mem != nil {
			mem = c.mem(w)
		}
		regs := make([]byte, 0, 56)
		for _, v := range c.place() {
			regs = binary.LittleEndian.AppendUint32(regs, v)
		}
		f.Add(uint8(i), uint64(1_000_000), slices.Concat(regs, regs), mem)
	}
	f.Fuzz(func(t *testing.T, kind uint8, gas uint64, regs, mem []byte) {
		if len(mem) > memBytes {
			mem = mem[:memBytes]
		}
		var cmds []cmd
		for len(regs) >= 28 && len(cmds) < 4 {
			var c cmd
			for i := range c {
				c[i] = binary.LittleEndian.Uint32(regs[4*i:])
			}
			// Small values become pointers into mem now and then.
			for i := 1; i < len(c); i++ {
				if c[i]&0xF000_0000 == 0x5000_0000 {
					c[i] = openScript.mem + c[i]&(memBytes-1)
				}
			}
			cmds, regs = append(cmds, c), regs[28:]
		}
		fuzzOne(t, kind, gas%20_000_000, input(mem, cmds...))
	})
}

func fuzzOne(t *testing.T, kind uint8, gas uint64, in []byte) {
	w := newWorld(t)
	before := w.digest()
	units := plenty
	units[metering.Compute] = gas
	s := w.x.Begin(w.st, testContext, w.a, units)
	var (
		r     Result
		reads = true
	)
	switch kind % 4 {
	case 0:
		_, r = s.Verify(w.a, w.guarded, nil, nil, in)
	case 1:
		_, r = s.Construct(w.guarded, w.a, in)
	case 2:
		r = w.x.View(w.st, testContext, w.a, Selector("go"), in, gas)
	default:
		reads = false
		r = s.Call(w.a, Selector("go"), in)
	}
	require.NoError(t, w.st.Err())
	require.LessOrEqual(t, r.GasUsed, gas)
	if kind%4 != 2 {
		require.Equal(t, r.GasUsed, s.Used()[metering.Compute])
		require.True(t, s.Used().Fits(units))
	}
	w.st.BeginTx(nil)
	left := uint64(0)
	for _, out := range s.Withdrawals() {
		left += out.Amount
	}
	require.Equal(t, uint64(600), w.money()+left)
	if reads || r.Trap != trap.None {
		require.Equal(t, before, w.digest())
		require.Empty(t, s.Events())
		require.Empty(t, s.Withdrawals())
	}
}

// FuzzPayload decodes any call payload: what is accepted is the encoding of what it says.
func FuzzPayload(f *testing.F) {
	f.Add([]byte{})
	f.Add(payload("go", []byte("args")))
	f.Add(payload("", nil))
	f.Add([]byte{0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var r request
		transfer, ok := r.decode(b)
		if !ok || len(b) == 0 {
			require.Equal(t, len(b) == 0, transfer)
			return
		}
		e := scale.Encoder{}
		if e.Bool(r.selector != nil); r.selector != nil {
			e.Raw(r.selector[:])
		}
		e.Bytes(r.input)
		require.Equal(t, e.B, b)
		require.Equal(t, r.selector == nil && len(r.input) == 0, transfer)
	})
}
