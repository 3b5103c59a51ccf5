package executor

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

func TestClaimInfo(t *testing.T) {
	t.Parallel()
	m := claimInfo(&l1.ClaimInfo{
		ID: rollup.Hash{1}, Status: l1.ClaimFinal, WindowEnds: 9, Pending: 2,
		Claim: rollup.Claim{
			FromLayer: 2, ToLayer: 4, PreRoot: rollup.Hash{3}, StepRoots: []rollup.Hash{{4}, {5}},
		},
		LastVerdict: &rollup.Verdict{Code: rollup.VerdictUpheld},
	})
	last := rollup.Hash{5}
	require.Equal(t, last[:], m.GetPostRoot())
	require.Equal(t, "final", m.GetStatus())
	require.Equal(t, "UPHELD", m.GetVerdict())
	require.EqualValues(t, 2, m.GetPending())
	require.Equal(t, "slashed", statusName(l1.ClaimSlashed))
	require.Equal(t, "status 9", statusName(9))
}
