package l1_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// The toy: the root after a step is a hash of the root before it, the layer and the step, and the
// witness of a state is the text "state " and its root. All else is the real thing.

func toyRoot(pre rollup.Hash, layer uint64, step int) rollup.Hash {
	b := append([]byte("toy/"), pre[:]...)
	b = binary.LittleEndian.AppendUint64(b, layer)
	return sha256.Sum256(binary.LittleEndian.AppendUint64(b, uint64(step)))
}

func toyWitness(pre rollup.Hash) []byte { return append([]byte("state "), pre[:]...) }

func toyJudge(l *rollup.LayerInput, step int, pre, claimed rollup.Hash, witness []byte) rollup.Verdict {
	if step >= len(l.Steps) {
		panic("BUG: toy: no such step")
	}
	switch {
	case strings.HasPrefix(string(witness), "bug"):
		return rollup.Verdict{Code: rollup.VerdictInconclusive}
	case string(witness) != string(toyWitness(pre)):
		return rollup.Verdict{Code: rollup.VerdictBadWitness}
	}
	v := rollup.Verdict{ComputedRoot: toyRoot(pre, l.Header.Height, step), GasUsed: 7}
	v.Code = rollup.VerdictFraud
	if v.ComputedRoot == claimed {
		v.Code = rollup.VerdictUpheld
	}
	return v
}

// repairedJudge is the toy's revision 2: it reads what comes after "bug ".
func repairedJudge(l *rollup.LayerInput, step int, pre, claimed rollup.Hash, w []byte) rollup.Verdict {
	return toyJudge(l, step, pre, claimed, []byte(strings.TrimPrefix(string(w), "bug ")))
}

// keys are those of everybody who plays: making one takes a while.
var keys = func() map[string]ed25519.PrivateKey {
	m := map[string]ed25519.PrivateKey{}
	for _, name := range append([]string{"proposer", "nobody", watcher}, actors...) {
		m[name] = makeKey(name)
	}
	return m
}()

func key(name string) ed25519.PrivateKey { return keys[name] }

func makeKey(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("athena test key " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func account(name string) address.Address {
	return rollup.L1Address([32]byte(key(name)[32:]))
}

const toyMoney = 100_000_000_000

// actors have toyMoney each; the proposer starts with nothing.
var actors = []string{"alice", "bob", "carol", "dave"}

// watcher has toyMoney, too; no game but TestOneHonestWatcher has him in it.
const watcher = "watcher"

func toyGenesis(change func(*rollup.Params)) *rollup.Genesis {
	g := &rollup.Genesis{
		Name:      "toy",
		Time:      1_000,
		Params:    rollup.DefaultParams(),
		StateRoot: sha256.Sum256([]byte("toy genesis")),
		Allocations: []rollup.Allocation{
			{Address: address.Address{23: 1}, Amount: 5_000},
		},
	}
	g.Governor = account("dave")
	if change != nil {
		change(&g.Params)
	}
	for _, name := range append([]string{watcher}, actors...) {
		g.L1 = append(g.L1, rollup.Allocation{Address: account(name), Amount: toyMoney})
	}
	return g
}

func newToy(tb testing.TB, change func(*rollup.Params)) *l1.State {
	tb.Helper()
	s, err := l1.NewState(toyGenesis(change), toyJudge, repairedJudge)
	require.NoError(tb, err)
	return s
}

// signed returns an L1 transaction of an actor.
func signed(s *l1.State, name string, nonce uint64, p rollup.L1Payload) rollup.L1Tx {
	tx := rollup.L1Tx{ChainID: s.ChainID(), Nonce: nonce, Payload: p}
	tx.Sign(key(name))
	return tx
}

func env(s *l1.State, beacon byte) l1.Env {
	tip, err := s.Layer(s.Tip().Height)
	if err != nil {
		panic(err)
	}
	return l1.Env{
		Time:     tip.Header.Time + 5,
		Beacon:   rollup.Hash{beacon, byte(tip.Header.Height)},
		Proposer: account("proposer"),
	}
}

// mine builds a block of the candidates and applies it.
func mine(tb testing.TB, s *l1.State, txs ...rollup.L1Tx) ([]l1.Event, []l1.Refusal) {
	tb.Helper()
	l, refused := s.Build(txs, env(s, 1))
	events, err := s.Apply(l)
	require.NoError(tb, err)
	require.NoError(tb, s.CheckMoney())
	return events, refused
}
