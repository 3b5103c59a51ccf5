package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/athenarollup/athena/interpreter/engine"
	"github.com/athenarollup/athena/trap"
)

// Host calls and registers that a kernel uses, see docs/spec/abi.md.
const (
	callHalt      = 0x00
	callWrite     = 0x02
	callInputLeft = 0xF0
	callInputRead = 0xF1

	fdReturn = 3

	regCall = 5  // t0
	regA0   = 10 // a0, a1, a2 follow

	checksumBytes = 8
)

// execute runs a kernel from its entry with n as its input. Gas has no limit that a
// kernel reaches; it is metered all the same. It releases m.
func execute(ctx context.Context, m machine, entry, n uint32) (sample, error) {
	defer m.Release()
	g := guest{m: m, input: binary.LittleEndian.AppendUint32(nil, n)}
	start := now()
	m.Start(entry, math.MaxUint64>>1)
	err := g.run(ctx)
	elapsed := now() - start
	if err != nil {
		return sample{}, err
	}
	if len(g.output) != checksumBytes {
		return sample{}, fmt.Errorf("bench: a checksum of %d bytes, want %d",
			len(g.output), checksumBytes)
	}
	return sample{binary.LittleEndian.Uint64(g.output), m.Instructions(), elapsed}, nil
}

// guest serves the few host calls of a kernel.
type guest struct {
	m      machine
	input  []byte
	output []byte
}

func (g *guest) run(ctx context.Context) error {
	for {
		stop, err := g.m.RunContext(ctx)
		if err != nil {
			return err
		}
		switch {
		case stop.Kind == engine.Returned:
			return nil
		case stop.Kind == engine.Trapped:
			return fmt.Errorf("bench: trap %v at %#x", stop.Trap, g.m.PC())
		case g.m.Reg(regCall) == callHalt:
			return nil
		}
		if code := g.serve(); code != trap.None {
			return fmt.Errorf("bench: host call %#x: %v", g.m.Reg(regCall), code)
		}
	}
}

func (g *guest) serve() trap.Code {
	a0, a1, a2 := g.m.Reg(regA0), g.m.Reg(regA0+1), g.m.Reg(regA0+2)
	switch g.m.Reg(regCall) {
	case callInputLeft:
		g.m.SetReg(regCall, uint32(len(g.input)))
	case callInputRead:
		if uint64(a1) > uint64(len(g.input)) || !g.m.Write(a0, g.input[:a1]) {
			return trap.BadHostArgument
		}
		g.input = g.input[a1:]
	case callWrite:
		b, ok := g.m.Read(a1, a2)
		if a0 != fdReturn || !ok || len(g.output)+len(b) > checksumBytes {
			return trap.BadHostArgument
		}
		g.output = append(g.output, b...)
	default:
		return trap.UnknownHostCall
	}
	return trap.None
}
