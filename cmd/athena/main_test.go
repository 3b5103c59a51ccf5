package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/internal/devnet"
)

const blockTime = 20 * time.Millisecond

// TestScripts runs testdata/*.txtar. Beside testscript's own commands there are
//
//	devnet             starts a development network with fast blocks; sets ATHENA_RELAY, ATHENA_EXECUTOR
//	code N ARG...      runs athena ARG... and wants exit code N; its output is checked with stdout, stderr
//	let NAME           sets the environment variable NAME to what the last command printed
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"token", "counter"} {
				elf, err := fixtures.ELF(name)
				if err != nil {
					return err
				}
				if err := os.WriteFile(env.WorkDir+"/"+name+".elf", elf, 0o600); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"devnet": cmdDevnet, "code": cmdCode, "let": cmdLet,
		},
	})
}

func cmdDevnet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: devnet")
	}
	ctx, stop := context.WithCancel(context.Background())
	n, err := devnet.Start(ctx, devnet.Config{
		Seed: devnet.DefaultSeed, Executors: 1, BundleInterval: time.Millisecond,
		SelfValidate: true,
	})
	ts.Check(err)
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx, blockTime) }()
	ts.Defer(func() {
		stop()
		if err := <-done; err != nil && ctx.Err() == nil {
			ts.Logf("devnet: %v", err)
		}
		ts.Check(n.Close())
	})
	ts.Setenv("ATHENA_RELAY", n.Relay.Addr())
	ts.Setenv("ATHENA_EXECUTOR", n.Executors[0].Addr())
}

func cmdCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: code N ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	var stdout, stderr bytes.Buffer
	argv := []string{"athena"}
	for i, arg := range args[1:] {
		argv = append(argv, arg)
		// The daemons' addresses come from the script's environment, not from the process's.
		if i == 0 && strings.Contains("deploy spawn send call account tx replay", arg) {
			argv = append(argv, "--relay", ts.Getenv("ATHENA_RELAY"), "--executor", ts.Getenv("ATHENA_EXECUTOR"))
		}
		if strings.HasSuffix(arg, ".elf") || strings.HasSuffix(arg, ".out") {
			argv[len(argv)-1] = ts.MkAbs(arg)
		}
	}
	got := run(context.Background(), argv, &stdout, &stderr)
	_, _ = io.Copy(ts.Stdout(), &stdout)
	_, _ = io.Copy(ts.Stderr(), &stderr)
	if got != want {
		ts.Fatalf("athena %s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func cmdLet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: let NAME")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// TestDevAnnouncesItself starts `athena dev` as a user does and talks to what it announces.
func TestDevAnnouncesItself(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 2 { // the second one finds the state of the first
		announced := startDev(t, dir)
		require.Len(t, announced.Accounts, devnet.Accounts)
		var stdout, stderr bytes.Buffer
		args := []string{"athena", "send", announced.Accounts[1].Address, "--amount", "100", "--timeout", "20s",
			"--relay", announced.Relay, "--executor", announced.Executor}
		require.Equal(t, exitOK, run(t.Context(), args, &stdout, &stderr), stderr.String())
		stdout.Reset()
		args = []string{"athena", "account", announced.Accounts[1].Address,
			"--relay", announced.Relay, "--executor", announced.Executor}
		require.Equal(t, exitOK, run(t.Context(), args, &stdout, &stderr), stderr.String())
		require.Equal(t, fmt.Sprintln(devnet.AccountBalance+100*(round+1)), stdout.String())
		announced.stop()
	}
}

type announcement struct {
	Relay    string
	Executor string
	Accounts []struct{ Address, Key string }
	stop     func()
}

func startDev(t *testing.T, dir string) announcement {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	exit := make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		exit <- run(ctx, []string{"athena", "dev", "--port", "0", "--json", "--state", dir,
			"--block-time", blockTime.String()}, w, &stderr)
		_ = w.Close()
	}()
	var a announcement
	require.NoError(t, json.NewDecoder(r).Decode(&a))
	go func() { _, _ = io.Copy(io.Discard, r) }()
	a.stop = func() {
		cancel()
		require.Equal(t, exitOK, <-exit, stderr.String())
	}
	return a
}
