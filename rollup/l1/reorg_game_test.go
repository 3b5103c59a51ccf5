package l1_test

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// TestReorgAttacks plays the transcripts of testdata/reorg: those of TestGame with
//
//	fork depth=N           takes the newest N blocks back; what was in them is not posted again
//	recommit who claim     submits the commitment to a claim as it was made before
//
// Everything that L1 knows of claims, challenges and bonds rolls back with the blocks ([31]).
func TestReorgAttacks(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/reorg", func(t *testing.T, path string) {
		f := &forks{game: game{t: t}}
		datadriven.RunTest(t, path, f.run)
	})
}

// forks is a game that can go back.
type forks struct {
	game
	past []*l1.State // after each height
}

func (f *forks) run(t *testing.T, d *datadriven.TestData) string {
	switch d.Cmd {
	case "fork":
		return f.fork(d)
	case "recommit":
		p := f.claims[f.name(d)]
		f.submit(f.who(d), &rollup.ClaimCommit{
			Commitment: rollup.CommitHash(p.Claim.Executor, p.Salt, p.Claim.ID()),
		})
		return ""
	case "new":
		out := f.game.run(t, d)
		f.past = []*l1.State{f.s.Clone()}
		return out
	}
	out := f.game.run(t, d)
	if height := int(f.s.Tip().Height); height == len(f.past) {
		f.past = append(f.past, f.s.Clone())
	} else {
		require.Less(t, height, len(f.past), "one block at a time")
	}
	return out
}

func (f *forks) fork(d *datadriven.TestData) string {
	var depth int
	d.ScanArgs(f.t, "depth", &depth)
	at := len(f.past) - 1 - depth
	f.s, f.past = f.past[at].Clone(), f.past[:at+1]
	f.pool = nil
	for _, name := range actors {
		f.nonces[name] = f.s.Account(account(name)).Nonce
	}
	require.NoError(f.t, f.s.CheckMoney())
	return fmt.Sprintf("back at block %d\n", at)
}
