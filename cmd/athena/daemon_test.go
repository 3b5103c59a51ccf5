package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// daemonTime is more than anything below takes, also on a slow machine.
const daemonTime = 60 * time.Second

// launch runs a daemon as a user does, until the test ends, and returns where it listens.
func launch(t *testing.T, args ...string) (addr string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	exit := make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		exit <- run(ctx, append([]string{"athena"}, args...), w, &stderr)
		_ = w.Close()
	}()
	var said struct{ Address string }
	require.NoError(t, json.NewDecoder(r).Decode(&said), "%v", args)
	go func() { _, _ = io.Copy(io.Discard, r) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			require.Equal(t, exitOK, <-exit, "%v: %s", args, stderr.String())
		})
	}
	t.Cleanup(stop)
	return said.Address, stop
}

func athena(t *testing.T, code int, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.Equal(t, code, run(t.Context(), append([]string{"athena"}, args...), &stdout, &stderr),
		"%v: %s", args, stderr.String())
	return strings.TrimSpace(stdout.String())
}

// A network of four processes' worth of daemons: transactions go through, a new executor joins from
// a snapshot of the first and comes to the same state, and both restart.
func TestDaemonsOverTheNetwork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	l1, _ := launch(t, "l1", "run", "--json", "--listen", "127.0.0.1:0", "--state", at("l1"),
		"--block-time", blockTime.String())
	one := []string{"executor", "run", "--json", "--l1", l1, "--listen", "127.0.0.1:0", "--state",
		at("one"), "--key", "devexecutor0", "--self-validate", "--snapshot-every", "4"}
	first, stopFirst := launch(t, one...)
	relay, _ := launch(t, "relay", "run", "--json", "--l1", l1, "--listen", "127.0.0.1:0",
		"--state", at("relay"), "--key", "devrelay", "--executor", first,
		"--bundle-interval", "5ms")
	network := []string{"--relay", relay, "--executor", first, "--timeout", "50s"}
	bob := athena(t, exitOK, append([]string{"spawn", "wallet", "--key", "dev1"}, network...)...)
	id := athena(t, exitOK, append([]string{"send", bob, "--amount", "5"}, network...)...)
	require.Contains(t, athena(t, exitOK, append([]string{"replay", id}, network...)...), "success")

	two := []string{"executor", "run", "--json", "--l1", l1, "--listen", "127.0.0.1:0", "--shadow",
		"--state", at("two"), "--sync", "snapshot", "--peers", "127.0.0.1:1," + first}
	deadline := time.Now().Add(daemonTime)
	for !joined(t, two) { // until there is a final claim
		require.True(t, time.Now().Before(deadline), "no snapshot came")
	}
	second, _ := launch(t, two...)
	network[3] = second
	for athena(t, exitOK, append([]string{"account", bob}, network...)...) !=
		athena(t, exitOK, "account", bob, "--relay", relay, "--executor", first) {
		require.True(t, time.Now().Before(deadline), "the second did not come to the first's state")
	}
	stopFirst()
	_, err := os.Stat(filepath.Join(at("two"), "state"))
	require.NoError(t, err)
	launch(t, one...)
}

// joined runs a join until the state is there.
func joined(t *testing.T, args []string) bool {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	go func() { _, _ = io.Copy(io.Discard, r) }()
	var stderr bytes.Buffer
	out := &stopper{w, cancel} // as soon as it listens
	code := run(ctx, append([]string{"athena"}, args...), out, &stderr)
	_ = w.Close()
	return code == exitOK
}

// stopper ends what writes to it.
type stopper struct {
	io.Writer
	stop func()
}

// Write implements io.Writer.
func (s *stopper) Write(b []byte) (int, error) {
	s.stop()
	return len(b), nil
}

func TestDaemonUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"executor", "run", "--sync", "magic"},
		{"executor", "run", "--sync", "snapshot", "--shadow"},
		{"executor", "run"},
		{"relay", "run"},
		{"executor", "run", "--key", "nosuch"},
		{"l1", "run", "--block-time", "1ns"},
	} {
		athena(t, exitUsage, args...)
	}
	athena(t, exitNetwork, "executor", "run", "--shadow", "--l1", "127.0.0.1:1")
}
