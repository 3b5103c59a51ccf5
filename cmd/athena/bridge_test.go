package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Money goes in, with a call, and out again over the daemons of a whole network.
func TestBridge(t *testing.T) {
	t.Parallel()
	l1, _ := launch(t, "l1", "run", "--json", "--listen", "127.0.0.1:0", "--block-time",
		blockTime.String())
	exec, _ := launch(t, "executor", "run", "--json", "--l1", l1, "--listen", "127.0.0.1:0",
		"--state", t.TempDir(), "--key", "devexecutor0")
	relay, _ := launch(t, "relay", "run", "--json", "--l1", l1, "--listen", "127.0.0.1:0",
		"--state", t.TempDir(), "--key", "devrelay", "--executor", exec, "--bundle-interval", "5ms")
	network := []string{"--relay", relay, "--executor", exec, "--timeout", "50s"}
	do := func(code int, args ...string) string { return athena(t, code, append(args, network...)...) }

	to := do(exitOK, "spawn", "wallet", "--key", "dev1")
	require.NotEmpty(t, do(exitOK, "bridge", "deposit", to, "--amount", "5000", "--l1", l1))
	id := do(exitOK, "bridge", "withdraw", "--amount", "3000")
	require.Contains(t, do(exitOK, "bridge", "status", id), "3000 to")
	deadline := time.Now().Add(daemonTime)
	for strings.Contains(do(exitOK, "bridge", "status", id), "not final") {
		require.True(t, time.Now().Before(deadline), "it does not become final")
	}
	require.Contains(t, do(exitOK, "bridge", "status", id, "--l1", l1), ": final")
	require.Contains(t, do(exitOK, "bridge", "prove", id, "--l1", l1), "3000 unlocked")
	require.Contains(t, do(exitOK, "bridge", "status", id, "--l1", l1), ": unlocked")
	do(exitNetwork, "bridge", "status", id, "--l1", "127.0.0.1:1")
	do(exitFailed, "bridge", "prove", id, "--l1", l1)
	do(exitUsage, "bridge", "prove", "nothing", "--l1", l1)
	do(exitUsage, "bridge", "deposit", "--l1", l1)
	do(exitUsage, "bridge", "deposit", to, "wrong(", "--amount", "5000", "--l1", l1)
}
