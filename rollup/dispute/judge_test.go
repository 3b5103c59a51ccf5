package dispute

import (
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
)

func TestConclude(t *testing.T) {
	t.Parallel()
	root := rollup.Hash{1}
	for name, c := range map[string]struct {
		run    func() (rollup.Hash, uint64, error)
		code   rollup.VerdictCode
		root   rollup.Hash
		detail string
	}{
		"right": {
			run:  func() (rollup.Hash, uint64, error) { return root, 5, nil },
			code: rollup.VerdictUpheld, root: root, detail: "the claimed root is right",
		},
		"wrong": {
			run:  func() (rollup.Hash, uint64, error) { return rollup.Hash{2}, 5, nil },
			code: rollup.VerdictFraud, root: rollup.Hash{2}, detail: "the claimed root is wrong",
		},
		"operational": {
			run:  func() (rollup.Hash, uint64, error) { return root, 5, errors.New("incomplete") },
			code: rollup.VerdictBadWitness, detail: "incomplete",
		},
		"bug": {
			run:  func() (rollup.Hash, uint64, error) { panic("BUG: engine: impossible") },
			code: rollup.VerdictInconclusive, detail: "BUG: engine: impossible",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := rollup.Verdict{Step: 3}
			conclude(&v, root, c.run)
			require.Equal(t, c.code, v.Code)
			require.Equal(t, c.root, v.ComputedRoot)
			require.Equal(t, c.detail, v.Detail)
			require.EqualValues(t, 3, v.Step)
		})
	}
}

// TestOtherPanicsGoOn: a node that fails for reasons of its own must not vote.
func TestOtherPanicsGoOn(t *testing.T) {
	t.Parallel()
	for _, cause := range []any{"out of paper", errors.New("BUG: an error"), &runtime.PanicNilError{}} {
		require.PanicsWithValue(t, cause, func() {
			conclude(new(rollup.Verdict), rollup.Hash{}, func() (rollup.Hash, uint64, error) {
				panic(cause)
			})
		})
	}
}
