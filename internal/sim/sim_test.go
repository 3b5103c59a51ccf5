package sim

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/stf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// histories are so many seeds, from 1 on, that everything that can happen does.
const histories = 8

func TestHistories(t *testing.T) {
	t.Parallel()
	sum, err := Many(t.Context(), 1, histories, runtime.GOMAXPROCS(0), Options{}, nil)
	require.NoError(t, err)
	for _, r := range sum.Failed {
		t.Errorf("seed %d: %s", r.Seed, strings.Join(r.Violations, "\n"))
	}
	for _, what := range []string{
		"power cuts", "reorganisations", "effective transactions", "l1.ClaimBecameFinal",
		"l1.Slashed", "l1.ForcedAccepted", "l1.DepositLocked", "l1.ChallengeLost",
		"l1.Unlocked", "attempts to unlock twice", "l1.UpgradeScheduled", "false claims under watch",
		"effective: sponsored", "effective: many calls", "effective: unordered", "effective: forced",
		"effective: under other parameters",
		"joins", "joins: a peer lied", "joins: cut by a loss of power",
		"rent: accounts expired", "rent: evictions", "rent: tombstones", "rent: lifelines",
		"rent: accounts resurrected", "rent: accounts destroyed",
		"l1.StepSuspended", "l1.EngineRevised", "verdicts of a repaired engine",
	} {
		require.NotZero(t, sum.Counts[what], "nothing was proven: no %s", what)
	}
}

// One seed replays everything, to the last line: also joins, with their goroutines.
func TestSameSeedSameHistory(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{3, firstWith(func(t traits) bool { return t.join })} {
		var told [2]strings.Builder
		for i := range told {
			r, err := Run(t.Context(), seed, Options{Blocks: 24, Log: &told[i]})
			require.NoError(t, err)
			fmt.Fprint(&told[i], r.Counts, r.Violations)
		}
		require.Equal(t, told[0].String(), told[1].String())
	}
}

// firstWith is the first seed of a history with some traits.
func firstWith(match func(traits) bool) uint64 {
	for seed := uint64(1); ; seed++ {
		if match(traitsOf(seed)) {
			return seed
		}
	}
}

// What the checks are for is found. Each case names a seed that shows it; after a change of the
// simulator it may be one of the next ones.
func TestChecksCanFail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sabotage sabotage
		seed     uint64
		finds    string
	}{
		"a liar who counts as honest":         {sabotageLiar, 8, "bond of executor0 was slashed"},
		"a liar who joined":                   {sabotageJoiner, 2, "bond of joiner0 was slashed"},
		"a peer who is asked again":           {sabotagePeer, 1, "was asked again after it lied"},
		"evictions that receipts do not show": {sabotageRent, 8, "receipts do not bring them back"},
		"a suspended claim that ends":         {sabotageSuspension, 1, "covers a suspended layer, and"},
		"an engine that nobody repairs":       {sabotageRepair, 6, "are still suspended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := c.seed; ; seed++ {
				require.Less(t, seed, c.seed+10, "no history shows it")
				r, err := Run(t.Context(), seed, Options{Blocks: 24, sabotage: c.sabotage})
				require.NoError(t, err)
				if strings.Contains(strings.Join(r.Violations, "\n"), c.finds) {
					return
				}
			}
		})
	}
}

// What a header says of slots is compared with the slots.
func TestBooksCanFail(t *testing.T) {
	t.Parallel()
	p := params(traits{rent: true})
	tree, err := stf.GenesisTree(&rollup.Genesis{
		Name: "books", Params: p, Templates: [][]byte{fixtures.Wallet()},
	})
	require.NoError(t, err)
	wrong, err := checkBooks(tree)
	require.NoError(t, err)
	require.Empty(t, wrong)
	own := books{slots: 2, bytes: 300, deposit: 40}
	for what, h := range map[string]state.Header{
		"":                           {Status: state.Live, Slots: 2, StoredBytes: 300, LockedDeposit: 40},
		"its header says 3":          {Status: state.Live, Slots: 3, StoredBytes: 300, LockedDeposit: 40},
		"2 slots and 1 evicted":      {Status: state.Expired, Slots: 2, Evicted: 1},
		"300 bytes, its header says": {Status: state.Live, Slots: 2, StoredBytes: 301, LockedDeposit: 40},
		"deposits of 40":             {Status: state.Live, Slots: 2, StoredBytes: 300, LockedDeposit: 41},
		"its status is":              {Slots: 3, Evicted: 1, StoredBytes: 400, LockedDeposit: 60},
	} {
		if got := own.differ(&h); what == "" {
			require.Empty(t, got)
		} else {
			require.Contains(t, got, what)
		}
	}
}
