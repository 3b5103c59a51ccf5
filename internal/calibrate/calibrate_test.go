package calibrate

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/metering"
)

// TestInstructionCases runs each program for a turn: it burns its gas in its own class.
func TestInstructionCases(t *testing.T) {
	var alu float64
	seen := map[string]bool{}
	for _, k := range kernels() {
		c := instructionCase(k, metering.V1(), &alu)
		f, err := measure(&c, 0)
		require.NoError(t, err, k.name)
		require.Positive(t, f.PerGas, k.name)
		require.EqualValues(t, metering.V1().Instruction[k.class], f.Gas)
		seen[c.Price] = true
	}
	c := illegalCase(metering.V1())
	f, err := measure(&c, 0)
	require.NoError(t, err)
	require.EqualValues(t, metering.V1().Instruction[metering.ClassIllegal], f.Gas)
	seen[c.Price] = true
	require.Len(t, seen, metering.Classes)
}

// TestHostCases makes each call for a turn, and together they cover the prices of the schedule.
func TestHostCases(t *testing.T) {
	tree, err := newTree()
	require.NoError(t, err)
	var cases []Case
	for _, h := range hostCalls() {
		cases = append(cases, hostCase(h, tree, metering.V1()))
	}
	for _, c := range append(cases, enterCases(tree, metering.V1())...) {
		f, err := measure(&c, 0)
		require.NoError(t, err, c.Name)
		require.Positive(t, f.Gas, c.Name)
	}
}

// TestEveryPrecompileIsMeasured: by the host's table, not by a list of ours.
func TestEveryPrecompileIsMeasured(t *testing.T) {
	t.Parallel()
	from, err := candidates()
	require.NoError(t, err)
	numbers := precompiles()
	require.Contains(t, numbers, uint32(host.CallVerifyGroth16))
	for _, n := range numbers {
		require.NotEmpty(t, from[host.CallName(n)], host.CallName(n))
	}
}

// TestEveryPrecompilePriceMoves: each price is that of a measured call, and each call has one.
func TestEveryPrecompilePriceMoves(t *testing.T) {
	t.Parallel()
	byHost := map[string]bool{"blake3": true, "sha256": true, "verify_ed25519": true}
	r := &Report{}
	for _, n := range precompiles() {
		name := host.CallName(n)
		require.NotEqual(t, byHost[name], len(precompileFields[name]) > 0, name)
		r.Prices = append(r.Prices, Figure{Case: Case{Group: groupPrecompile, Price: name}, PerGas: 9})
	}
	costs := reflect.TypeFor[metering.PrecompileCosts]()
	_, changes := r.Propose(metering.V1(), 1)
	require.Len(t, changes, costs.NumField())
	for i, c := range changes {
		require.Equal(t, "precompile "+costs.Field(i).Name, c.Price)
		require.Greater(t, c.To, 5*c.From)
	}
}

func TestPropose(t *testing.T) {
	t.Parallel()
	r := &Report{Figures: []Figure{
		{Case: Case{Group: groupInstruction, Price: "ALU"}, PerGas: 0.7},
		{Case: Case{Group: groupInstruction, Price: "ALU"}, PerGas: 1.2},
		{Case: Case{Group: groupInstruction, Price: "Load"}, PerGas: 30},
		{Case: Case{Group: groupHost, Price: "DeployWord"}, PerGas: 0.01},
		{Case: Case{Group: groupHost, Price: "CopyWord"}, PerGas: 0.1},
		{Case: Case{Group: groupPrecompile, Price: "verify_p256"}, PerGas: 9},
	}}
	r.summarise()
	require.InDelta(t, 3000, r.Spread, 1e-6)
	require.Len(t, r.Prices, 5)
	require.True(t, r.Figures[1].Decisive)
	require.False(t, r.Figures[0].Decisive)

	s := metering.V1()
	s.Instruction[metering.ClassLoad], s.Host.DeployWord, s.Host.CopyWord = 2, 100, 1
	next, changes := r.Propose(s, 1)
	require.Equal(t, []Change{
		{"instruction Load", 2, 35}, {"host DeployWord", 100, 2}, {"precompile P256", 90_000, 470_000},
	}, changes, "to the nearer end of the range, in whole numbers, and never to 0")
	require.EqualValues(t, 2, s.Instruction[metering.ClassLoad], "the schedule in force stays")
	file := string(r.GoFile(next, "athena bench gas --write"))
	require.Contains(t, file, "ClassLoad:     35,")
	require.Contains(t, file, "DeployWord:  2,")
	require.Contains(t, file, "P256:             470000,")

	r.Changes = changes
	var out bytes.Buffer
	require.NoError(t, r.WriteTable(&out))
	require.Contains(t, out.String(), "proposed: host DeployWord 100 -> 2")
}
