package sim

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHistories(t *testing.T) {
	t.Parallel()
	sum, err := Many(t.Context(), 1, 4, runtime.GOMAXPROCS(0), Options{}, nil)
	require.NoError(t, err)
	for _, r := range sum.Failed {
		t.Errorf("seed %d: %s", r.Seed, strings.Join(r.Violations, "\n"))
	}
	for _, what := range []string{
		"power cuts", "reorganisations", "effective transactions", "l1.ClaimBecameFinal",
		"l1.Slashed", "l1.ForcedAccepted", "l1.DepositLocked", "l1.ChallengeLost",
		"l1.Unlocked", "attempts to unlock twice", "l1.UpgradeScheduled", "false claims under watch",
	} {
		require.NotZero(t, sum.Counts[what], "nothing was proven: no %s", what)
	}
}

// One seed replays everything, to the last line.
func TestSameSeedSameHistory(t *testing.T) {
	t.Parallel()
	var told [2]strings.Builder
	for i := range told {
		r, err := Run(t.Context(), 3, Options{Blocks: 20, Log: &told[i]})
		require.NoError(t, err)
		fmt.Fprint(&told[i], r.Counts, r.Violations)
	}
	require.Equal(t, told[0].String(), told[1].String())
}

// What the checks are for is found: a node that counts as honest and is not.
func TestChecksFindALiar(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); ; seed++ {
		require.Less(t, seed, uint64(10), "no history punished the liar")
		r, err := Run(t.Context(), seed, Options{Blocks: 25, sabotage: true})
		require.NoError(t, err)
		if all := strings.Join(r.Violations, "\n"); strings.Contains(all, "bond of executor0 was slashed") {
			return
		}
	}
}
