package metering

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/riscv"
)

func TestClassOf(t *testing.T) {
	t.Parallel()
	want := map[Class][]riscv.Op{
		ClassALU:      {riscv.LUI, riscv.AUIPC, riscv.ADDI, riscv.SRAI, riscv.AND, riscv.FENCE},
		ClassMul:      {riscv.MUL, riscv.MULH, riscv.MULHSU, riscv.MULHU},
		ClassDiv:      {riscv.DIV, riscv.DIVU, riscv.REM, riscv.REMU},
		ClassLoad:     {riscv.LB, riscv.LH, riscv.LW, riscv.LBU, riscv.LHU},
		ClassStore:    {riscv.SB, riscv.SH, riscv.SW},
		ClassBranch:   {riscv.BEQ, riscv.BNE, riscv.BLT, riscv.BGE, riscv.BLTU, riscv.BGEU},
		ClassJump:     {riscv.JAL},
		ClassIndirect: {riscv.JALR},
		ClassECALL:    {riscv.ECALL},
		ClassIllegal:  {riscv.OpIllegal, riscv.EBREAK, riscv.Op(riscv.NumOps), 255},
	}
	require.Len(t, want, Classes)
	for class, ops := range want { //lint:unordered independent cases
		for _, op := range ops {
			require.Equal(t, class, ClassOf(op), op.String())
		}
	}
}

func TestCostOf(t *testing.T) {
	t.Parallel()
	costs := &V1().Instruction
	for op := 0; op < 256; op++ {
		require.NotZero(t, costs.Of(riscv.Op(op)), "nothing is free: %v", riscv.Op(op))
	}
	require.Equal(t, costs[ClassDiv], costs.Of(riscv.REMU))
}
