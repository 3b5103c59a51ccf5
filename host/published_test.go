package host

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

const publishedFolder = "../fixtures/contracts/published"

// expectation is a line "# expect: METHOD ARGS -> OUTPUT" or "… ! TRAP" of a program.
type expectation struct {
	text   string
	method string
	args   string
	output string
	trap   string // "" is None
}

// publishedProgram assembles a program as the published toolchain leaves one: marked as RV32E, with
// an export note of version 0, and no note of ours.
func publishedProgram(t testing.TB, name string) (code []byte, all []expectation) {
	source, err := os.ReadFile(filepath.Join(publishedFolder, name+".s"))
	require.NoError(t, err)
	o, err := asm.Assemble(string(source), asm.DefaultBase)
	require.NoError(t, err)
	code = o.ELF(asm.ELFOptions{})
	binary.LittleEndian.PutUint32(code[36:], 8) // EF_RISCV_RVE
	program, err := elf.Load(code, elf.DefaultLimits())
	require.NoError(t, err)
	require.Equal(t, uint32(0x0020_0400), program.StackTop)
	require.Equal(t, uint32(0x0020_0800), program.Segments[0].Addr)
	for i, w := range o.Words() {
		in := riscv.Decode(w)
		require.Less(t, max(in.Rd, in.Rs1, in.Rs2), uint8(16), "%s: RV32E at word %d", name, i)
	}
	for _, line := range strings.Split(string(source), "\n") {
		if text, ok := strings.CutPrefix(line, "# expect: "); ok {
			e := expectation{text: text}
			left, output, ok := strings.Cut(text, "->")
			if !ok {
				left, e.trap, ok = strings.Cut(text, "!")
			}
			require.True(t, ok, text)
			e.method, e.args, _ = strings.Cut(left, " ")
			e.output, e.trap = output, strings.TrimSpace(e.trap)
			all = append(all, e)
		}
	}
	require.NotEmpty(t, all)
	return code, all
}

// published is a world with the two programs, an account of each, and the names of the headers.
type published struct {
	*world
	wallet, calls     address.Address
	walletCode        address.Address
	names             map[string][]byte
	walletExpectation []expectation
	callsExpectation  []expectation
}

func newPublished(t testing.TB) *published {
	p := &published{world: newWorld(t)}
	code, walletLines := publishedProgram(t, "wallet")
	p.walletExpectation, p.walletCode = walletLines, p.deploy(guest{elf: code})
	code, p.callsExpectation = publishedProgram(t, "calls")
	callsCode := p.deploy(guest{elf: code})
	public, private, err := ed25519.GenerateKey(bytes.NewReader(word(7)))
	require.NoError(t, err)

	p.wallet = address.OfSpawn(p.walletCode, public)
	p.calls = address.OfSpawn(callsCode, []byte("blob"))
	p.st.Spawn(p.wallet, p.walletCode, public)
	p.st.Credit(p.wallet, 1_000)
	p.st.Spawn(p.calls, callsCode, []byte("blob"))
	p.st.Credit(p.calls, 300)
	p.st.SetSlot(p.calls, [32]byte(word(2)), word(1))

	plain, long := []byte("plain"), bytes.Repeat([]byte("long"), 100)
	sound := ed25519.Sign(private, plain)
	unsound := bytes.Clone(sound)
	unsound[40] ^= 1
	tinyTemplate := address.OfTemplate(address.CodeHash(tiny.elf))
	spawned := address.OfSpawn(callsCode, []byte("one"))
	p.names = map[string][]byte{
		"key": public, "public": public, "badkey": append([]byte{2}, make([]byte, 31)...),
		"plain": plain, "sound": sound, "unsound": unsound,
		"message": enc(plain), "signature": sound, "forged": unsound,
		"long": enc(long), "longsignature": ed25519.Sign(private, long),
		"wallet": p.wallet[:], "calls": p.calls[:], "other": p.o[:], "nobody": make([]byte, 24),
		"caller": p.a[:], "callertemplate": p.guarded[:], "spawned": spawned[:],
		"elf": tiny.elf, "tinycode": enc(tiny.elf), "tiny": tinyTemplate[:],
		"zero32": word(0), "one32": word(1), "two32": word(2),
	}
	p.names["nobody"][23] = 9
	for _, method := range []string{"echo", "halt_one", "missing", "spend", "deploy"} {
		s := Selector(method)
		p.names[method] = s[:]
	}
	return p
}

// bytes reads hexadecimal digits and @names.
func (p *published) bytes(text string) []byte {
	out := []byte{}
	for _, f := range strings.Fields(text) {
		if name, ok := strings.CutPrefix(f, "@"); ok {
			require.Contains(p.t, p.names, name)
			out = append(out, p.names[name]...)
			continue
		}
		b, err := hex.DecodeString(f)
		require.NoError(p.t, err)
		out = append(out, b...)
	}
	return out
}

// callRecorder notes the host calls that are made, and the descriptors of WRITE.
type callRecorder struct {
	mu    *sync.Mutex
	calls map[uint32]bool
	files map[uint32]bool
}

func (r *callRecorder) Enter(Frame)                                 {}
func (r *callRecorder) Run(m *interpreter.Machine) interpreter.Stop { return m.Run() }
func (r *callRecorder) AfterCall(*interpreter.Machine, trap.Code)   {}
func (r *callRecorder) Exit(FrameEnd)                               {}
func (r *callRecorder) BeforeCall(m *interpreter.Machine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	number := m.Reg(riscv.RegT0)
	if r.calls[number] = true; number == CallWrite {
		r.files[m.Reg(riscv.RegA0)] = true
	}
}

// check runs one line in a world of its own.
func (e *expectation) check(t *testing.T, account string, seen *callRecorder) {
	p := newPublished(t)
	s := p.begin()
	s.SetTracer(seen)
	var r Result
	if e.method == "spawn" {
		var blob []byte
		blob, r = s.Construct(p.walletCode, p.wallet, p.bytes(e.args))
		require.Equal(t, p.bytes(e.args), blob)
	} else {
		selector := Selector(e.method)
		r = s.Invoke(Invocation{
			Caller: p.a, CallerTemplate: p.guarded, To: address.Address(p.names[account]),
			Selector: &selector, Args: p.bytes(e.args), Principal: true,
		})
	}
	want := e.trap
	if want == "" {
		want = trap.None.String()
	}
	require.Equal(t, want, r.Trap.String(), "%s", r.Message)
	if e.trap == "" {
		require.Equal(t, hex.EncodeToString(p.bytes(e.output)), hex.EncodeToString(r.Return))
	}
	if e.method == "write_log" {
		require.Equal(t, []Log{{p.calls, 1, []byte("ok")}, {p.calls, 2, []byte("ok")}}, r.Logs)
	}
}

// TestPublishedPrograms [34, 35] runs programs of the published convention as they are: each method
// gives what its header says, and together they make every published call, with every descriptor.
func TestPublishedPrograms(t *testing.T) {
	t.Parallel()
	p := newPublished(t)
	seen := &callRecorder{new(sync.Mutex), map[uint32]bool{}, map[uint32]bool{}}
	t.Run("group", func(t *testing.T) {
		for account, lines := range map[string][]expectation{
			"wallet": p.walletExpectation, "calls": p.callsExpectation,
		} { //lint:unordered independent cases
			for _, e := range lines {
				t.Run(account+" "+e.text, func(t *testing.T) {
					t.Parallel()
					e.check(t, account, seen)
				})
			}
		}
	})
	require.Equal(t, []uint32{
		CallHalt, CallWrite, CallStorageRead, CallStorageWrite, CallCall, CallBalance, CallSpawn,
		CallDeploy, CallContext, CallInputLeft, CallInputRead, CallVerifyEd25519,
	}, slices.Sorted(maps.Keys(seen.calls)))
	require.Equal(t, []uint32{0, 1, 2, 3, 4, 5, 1<<32 - 1}, slices.Sorted(maps.Keys(seen.files)))
}
