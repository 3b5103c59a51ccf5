package executor

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
)

// busy is a network with a layer of transfers that is not executed yet: the executor is at the layer
// before.
func busy(b *testing.B, transfers int) (*Executor, *ordered) {
	b.Helper()
	n := newNetwork(b, func(p *rollup.Params) { p.StepItems = rollup.DefaultParams().StepItems })
	cfg := n.config()
	cfg.Dir, cfg.Log, cfg.SelfValidate = b.TempDir(), nil, false
	e := n.open(cfg)
	n.run("alice: spawn", "bob: spawn")
	var lines []string
	for i := range transfers {
		lines = append(lines, fmt.Sprintf("alice: spend bob %d", i+1))
	}
	n.post(n.sign(lines...)...)
	n.mine(1)
	n.see(e)
	n.mine(1)
	at, _ := e.Head()
	carry, _, err := e.ledger.carryAfter(at)
	require.NoError(b, err)
	o, err := e.ledger.layer(b.Context(), at+1, carry)
	require.NoError(b, err)
	require.Equal(b, transfers+2, len(o.layer.Items)) //nolint:testifylint // no dump
	return e, o
}

// BenchmarkLayer executes a layer of 60 transfers in turn without and with self-validation, and
// reports the processor time of each, collection of garbage included, and their ratio: what else the
// machine does counts little then.
func BenchmarkLayer(b *testing.B) {
	const transfers = 60
	e, o := busy(b, transfers)
	spent := map[bool]time.Duration{}
	for b.Loop() {
		for _, validate := range []bool{false, true} {
			t, err := e.ledger.store.Tree()
			require.NoError(b, err)
			began := processorTime(b)
			_, err = execute(engine, t, o.layer, validate)
			require.NoError(b, err)
			spent[validate] += processorTime(b) - began
		}
	}
	count := float64(b.N * transfers)
	b.ReportMetric(float64(spent[false].Microseconds())/count, "µs/tx")
	b.ReportMetric(float64(spent[true].Microseconds())/count, "µs/tx-validated")
	b.ReportMetric(float64(spent[true])/float64(spent[false]), "times")
}

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRewind goes back 64 layers of 16 transfers each, as after a reorganisation of L1.
func BenchmarkRewind(b *testing.B) {
	const depth = 64
	n := newNetwork(b, func(p *rollup.Params) {
		p.ReorgBound, p.ChallengeWindow = depth+2, depth+4
	})
	cfg := n.config()
	cfg.Dir, cfg.Log, cfg.SelfValidate = b.TempDir(), nil, false
	e := n.open(cfg)
	n.run("alice: spawn", "bob: spawn")
	for b.Loop() {
		b.StopTimer()
		for range depth {
			var lines []string
			for i := range 16 {
				lines = append(lines, fmt.Sprintf("alice: spend bob %d", i+1))
			}
			n.post(n.sign(lines...)...)
			n.mine(1)
		}
		n.see(e)
		require.NoError(b, n.chain.Fork(depth))
		b.StartTimer()
		undone, err := e.ledger.unwind(b.Context())
		require.NoError(b, err)
		require.EqualValues(b, depth, undone)
	}
}

// BenchmarkRestart closes an executor of 200 layers and opens it again.
func BenchmarkRestart(b *testing.B) {
	n := newNetwork(b, nil)
	cfg := n.poster("one")
	cfg.Dir, cfg.Log, cfg.SelfValidate = b.TempDir(), nil, false
	e, err := New(cfg)
	require.NoError(b, err)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	n.turns(200, e)
	require.NoError(b, e.Close())
	for b.Loop() {
		e, err := New(cfg)
		require.NoError(b, err)
		require.NoError(b, steps(b.Context(), e))
		b.StopTimer()
		require.NoError(b, e.Close())
		b.StartTimer()
	}
}
