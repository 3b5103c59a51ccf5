package gdbstub

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

const sum = `
_start:
	li s0, 3
	la s1, total
loop:
	lw a0, 0(s1)
	add a0, a0, s0
	sw a0, 0(s1)
	addi s0, s0, -1
	bnez s0, loop
	li t0, 0xf0
	ecall
	ret
.data
total: .word 0
`

// script is a debugger that says what it was told to, whatever it hears.
type script struct {
	in  *bytes.Reader
	out bytes.Buffer
	// later is sent when the running program is looked after for the nth time.
	later []byte
	looks int
}

func (s *script) Read(b []byte) (int, error)  { return s.in.Read(b) }
func (s *script) Write(b []byte) (int, error) { return s.out.Write(b) }

func (s *script) Pending() bool {
	if s.looks--; s.looks == 0 && len(s.later) > 0 {
		s.in = bytes.NewReader(s.later)
	}
	return s.in.Len() > 0
}

func packet(data string) string {
	sum := byte(0)
	for i := range len(data) {
		sum += data[i]
	}
	return fmt.Sprintf("$%s#%02x", data, sum)
}

func packets(data ...string) []byte {
	var b []byte
	for _, d := range data {
		b = append(b, packet(d)...)
	}
	return b
}

// replies are the packets that the debugger heard.
func (s *script) replies() []string {
	var out []string
	for _, part := range strings.Split(s.out.String(), "$")[1:] {
		data, _, _ := strings.Cut(part, "#")
		out = append(out, data)
	}
	return out
}

type session struct {
	stub  *Stub
	m     *interpreter.Machine
	code  *interpreter.Code
	count uint64
}

func newSession(t testing.TB, src string, c Conn) *session {
	t.Helper()
	o, err := asm.Assemble(src, asm.DefaultBase)
	require.NoError(t, err)
	p, err := elf.Load(o.ELF(asm.ELFOptions{}), elf.DefaultLimits())
	require.NoError(t, err)
	code := interpreter.Predecode(p, &metering.V1().Instruction)
	s := &session{stub: New(c), m: interpreter.NewMachine(code), code: code}
	s.m.Start(p.Entry, 1<<20)
	return s
}

// run serves host calls with nothing until the frame ends.
func (s *session) run(ctx context.Context) (interpreter.Stop, error) {
	for {
		stop, n, err := s.stub.Drive(ctx, s.m, s.code)
		s.count += n
		if err != nil || stop.Kind != interpreter.HostCall {
			return stop, err
		}
	}
}

func TestConversation(t *testing.T) {
	t.Parallel()
	c := &script{in: bytes.NewReader(packets(
		"qSupported:swbreak+", "?", "p20", "Z0,200810,4", "c", // to the first add
		"pa", "p8", "m203000,4", "m201000,4", "P8=02000000", "z0,200810,4",
		"Z2,201000,4", "vCont;c", "z2,201000,4", "m201000,4", "s", "p20", "qRcmd,676173", "x", "c",
	))}
	s := newSession(t, sum, c)
	stop, err := s.run(t.Context())
	require.NoError(t, err)
	require.Equal(t, interpreter.Stop{Kind: interpreter.Returned}, stop)
	require.NoError(t, s.stub.Exit(trap.None))
	replies := c.replies()
	require.Contains(t, replies[0], "qXfer:features:read+")
	require.Equal(t, []string{
		"T05thread:1;", "00082000", "OK", "T05swbreak:;thread:1;",
		"00000000", "03000000", "00000000", "00000000", "OK", "OK",
		"OK", "T05watch:201000;thread:1;", "OK", "02000000", "T05thread:1;", "1c082000",
	}, replies[1:17])
	require.Equal(t, "", replies[18], "an unknown packet")
	require.Equal(t, "W00", replies[19])
	// s0 was set from 3 to 2, so the loop ran twice.
	require.Equal(t, uint64(1+2+2*5+3), s.count)
}

func TestRegistersAndMemory(t *testing.T) {
	t.Parallel()
	registers := strings.Repeat("00000000", 10) + "2a000000" + strings.Repeat("00000000", 21) + "0c082000"
	c := &script{in: bytes.NewReader(packets("G"+registers, "g", "M201000,2:abcd", "m201000,4",
		"X201000,3:a}\x03b", "m201000,3", "M200800,1:00", "Mxyz", "m200800,0", "P40=00000000", "p99",
		"G00", "Z0,1", "z9,1,1", "H g0", "qfThreadInfo", "qsThreadInfo", "qC", "qAttached", "vCont?",
		"vMustReplyEmpty", "vCont;", "c!", "k"))}
	s := newSession(t, sum, c)
	_, err := s.run(t.Context())
	require.ErrorIs(t, err, ErrKilled)
	require.Equal(t, []string{"OK", registers, "OK", "abcd0000", "OK", "612362", "E01", "E01", "E01",
		"E01", "E01", "E01", "E01", "", "OK", "m1", "l", "QC1", "1", "vCont;c;C;s;S", "", "E01", "E01",
	}, c.replies())
}

func TestTargetDescription(t *testing.T) {
	t.Parallel()
	var ask []string
	for off := 0; off < len(targetXML)+500; off += 500 {
		ask = append(ask, fmt.Sprintf("qXfer:features:read:target.xml:%x,1f4", off))
	}
	c := &script{in: bytes.NewReader(packets(append(ask, "qXfer:features:read:other.xml:0,10", "k")...))}
	s := newSession(t, sum, c)
	_, err := s.run(t.Context())
	require.ErrorIs(t, err, ErrKilled)
	got := ""
	for _, r := range c.replies()[:len(ask)] {
		got += r[1:]
	}
	require.Equal(t, targetXML, got)
	require.Equal(t, "", c.replies()[len(ask)])
}

func TestTrapsAreSignals(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"_start: lw a0, 0(zero)":         "T0bthread:1;",
		"_start: .word 0":                "T04thread:1;",
		"_start: ebreak":                 "T05thread:1;",
		"_start: li a0, 2\njr a0":        "T0athread:1;",
		"_start: li a0, 0x1000\njr a0":   "T0bthread:1;",
		"_start: j _start\n.zero 0":      "T18thread:1;",
		"_start: sw a0, 0(zero)\nb: ret": "T0bthread:1;",
	} {
		c := &script{in: bytes.NewReader(packets("c", "p20", "c"))}
		s := newSession(t, src, c)
		s.m.SetGas(1000)
		stop, err := s.run(t.Context())
		require.NoError(t, err, src)
		require.Equal(t, interpreter.Trapped, stop.Kind, src)
		require.NoError(t, s.stub.Exit(stop.Trap))
		require.Equal(t, want, c.replies()[0], src)
		require.Equal(t, fmt.Sprintf("W%02x", uint32(stop.Trap)), c.replies()[2], src)
	}
}

// A debugger may put a trapped frame elsewhere; it then runs on.
func TestTrappedFrameIsRevived(t *testing.T) {
	t.Parallel()
	c := &script{in: bytes.NewReader(packets("c", "P20=04082000", "c"))}
	s := newSession(t, "_start: ebreak\nret", c)
	stop, err := s.run(t.Context())
	require.NoError(t, err)
	require.Equal(t, interpreter.Returned, stop.Kind)
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	c := &script{in: bytes.NewReader(packets("c")), later: append([]byte{'+', interrupt}, packets("D")...),
		looks: 3}
	s := newSession(t, "_start: j _start", c)
	stop, err := s.run(t.Context())
	require.NoError(t, err)
	require.Equal(t, trap.OutOfGas, stop.Trap, "after it was left, the program ran on")
	require.Equal(t, []string{"T02thread:1;", "OK"}, c.replies())
	require.NoError(t, s.stub.Exit(stop.Trap))
	require.Len(t, c.replies(), 2, "whoever left is told nothing")
}

func TestAcknowledgements(t *testing.T) {
	t.Parallel()
	in := "noise$?#00" + packet("?") + packet("QStartNoAckMode") + packet("qC") + "$cut" + packet("k")
	c := &script{in: bytes.NewReader([]byte(in))}
	_, err := newSession(t, sum, c).run(t.Context())
	require.ErrorIs(t, err, ErrKilled)
	require.Equal(t, "-+$T05thread:1;#"+"+$OK#9a$QC1#", cut(c.out.String()))
}

// cut removes the checksums of all packets but OK.
func cut(s string) string {
	for _, p := range []string{"T05thread:1;", "QC1"} {
		s = strings.Replace(s, packet(p), "$"+p+"#", 1)
	}
	return s
}

func TestLongPacket(t *testing.T) {
	t.Parallel()
	in := packet("m"+strings.Repeat("0", 2*MaxPacket)+",1") + packet("k")
	c := &script{in: bytes.NewReader([]byte(in))}
	_, err := newSession(t, sum, c).run(t.Context())
	require.ErrorIs(t, err, ErrKilled)
	require.Equal(t, "-+", c.out.String())
}

func TestClosed(t *testing.T) {
	t.Parallel()
	_, err := newSession(t, sum, &script{in: bytes.NewReader(packets("c", "Z0,200800"))}).run(t.Context())
	require.NoError(t, err, "it runs to its end before anybody notices")
	_, err = newSession(t, sum, &script{in: bytes.NewReader(packets("s"))}).run(t.Context())
	require.ErrorIs(t, err, ErrClosed)
	require.ErrorIs(t, err, io.EOF)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = newSession(t, "_start: j _start", &script{in: bytes.NewReader(packets("c"))}).run(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

// A debugger that only looks changes nothing.
func TestLookingChangesNothing(t *testing.T) {
	t.Parallel()
	want := newSession(t, sum, nil)
	for want.m.Run().Kind == interpreter.HostCall {
	}
	var in []string
	for range 30 {
		in = append(in, "g", "m200800,40", "m1000,4", "s")
	}
	s := newSession(t, sum, &script{in: bytes.NewReader(packets(append(in, "c")...))})
	_, err := s.run(t.Context())
	require.NoError(t, err)
	require.Equal(t, want.m.Gas(), s.m.Gas())
	require.Equal(t, want.m.Instructions(), s.count)
	require.Equal(t, want.m.Digest(), s.m.Digest())
}

// FuzzPackets: whatever a debugger sends, the session ends, and without a panic.
func FuzzPackets(f *testing.F) {
	f.Add([]byte("+" + packet("qSupported") + packet("g") + packet("Z0,200810,4") + packet("c")))
	f.Add(packets("Z2,201000,4", "c", "P20=ffffffff", "s", "vCont;s", "D"))
	f.Add(packets("X200800,ffffffff:}", "M0,0:", "mffffffff,ffffffff", "G", "qXfer:features:read:target.xml:f,f"))
	f.Add([]byte("$c"))
	f.Fuzz(func(t *testing.T, in []byte) {
		s := newSession(t, sum, &script{in: bytes.NewReader(in)})
		s.m.SetGas(1000)
		for range 100 {
			stop, _, err := s.stub.Drive(t.Context(), s.m, s.code)
			if err != nil || stop.Kind != interpreter.HostCall {
				break
			}
		}
		_ = s.stub.Exit(trap.None) // the connection may have gone
		s.m.Release()
	})
}
