package interpreter

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/asm"
)

var export = flag.String("export", "", "write the instruction vectors as JSON to `FILE`")

// The JSON form of fixtures/vectors/isa, for implementers who have no assembler: docs/spec/isa.md.
type (
	jsonVectors struct {
		TextBase    uint32            `json:"textBase"`
		ScratchBase uint32            `json:"scratchBase"`
		Costs       map[string]uint32 `json:"costs"`
		Programs    []jsonProgram     `json:"programs"`
	}
	jsonProgram struct {
		Name  string     `json:"name"`
		File  string     `json:"file"`
		Words []uint32   `json:"words"` // the last one is the ECALL that ends a run
		Cases []jsonCase `json:"cases"`
	}
	jsonCase struct {
		Pre  jsonState `json:"pre"`
		Post jsonState `json:"post"`
		Any  []int     `json:"any,omitempty"`  // registers whose value is not part of the vector
		Gas  *int64    `json:"gas,omitempty"`  // used, without the last ECALL
		Trap string    `json:"trap,omitempty"` // empty: the run reached the last ECALL
	}
	jsonState struct {
		X []uint32 `json:"x"` // x0 to x31; x4 is the harness's
		M []uint32 `json:"m"` // scratch memory, 16 words
	}
)

func (s *vectorState) json() jsonState {
	return jsonState{X: append([]uint32{}, s.x[:]...), M: append([]uint32{}, s.m[:]...)}
}

func exportVectors(t testing.TB) *jsonVectors {
	out := &jsonVectors{TextBase: asm.DefaultBase, ScratchBase: scratchAddr, Costs: map[string]uint32{
		"alu": vectorCosts[metering.ClassALU], "mul": vectorCosts[metering.ClassMul],
		"div": vectorCosts[metering.ClassDiv], "load": vectorCosts[metering.ClassLoad],
		"store": vectorCosts[metering.ClassStore], "branch": vectorCosts[metering.ClassBranch],
		"jump": vectorCosts[metering.ClassJump], "indirect": vectorCosts[metering.ClassIndirect],
		"illegal": vectorCosts[metering.ClassIllegal],
	}}
	for _, f := range readVectors(t) {
		for _, p := range f.programs {
			o, err := asm.Assemble(p.asm+"\necall\n", asm.DefaultBase)
			require.NoError(t, err)
			program := jsonProgram{Name: p.name, File: filepath.Base(f.path), Words: o.Words()}
			for _, c := range p.cases {
				j := jsonCase{Pre: c.pre.json(), Post: c.post.json(), Trap: c.trap}
				for r := range c.post.x {
					if c.any[r] {
						j.Any = append(j.Any, r)
					}
				}
				if c.gas >= 0 {
					j.Gas = &c.gas
				}
				program.Cases = append(program.Cases, j)
			}
			out.Programs = append(out.Programs, program)
		}
	}
	return out
}

// TestVectorsExport checks that the JSON form says the same as the text, and writes it with
// -export.
func TestVectorsExport(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(exportVectors(t))
	require.NoError(t, err)
	if *export != "" {
		require.NoError(t, os.WriteFile(*export, text, 0o600))
	}
	var back jsonVectors
	require.NoError(t, json.Unmarshal(text, &back))
	next := 0
	for _, f := range readVectors(t) {
		for _, p := range f.programs {
			got := back.Programs[next]
			next++
			require.Equal(t, p.name, got.Name)
			require.Len(t, got.Cases, len(p.cases))
			require.Equal(t, uint32(0x73), got.Words[len(got.Words)-1], "%s ends with ECALL", p.name)
			for i, c := range p.cases {
				require.Equal(t, c.post.x[:], got.Cases[i].Post.X, p.name)
				require.Equal(t, c.pre.m[:], got.Cases[i].Pre.M, p.name)
			}
		}
	}
	require.Len(t, back.Programs, next)
}
