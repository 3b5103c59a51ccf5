package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/fixtures"
)

const summing = `
_start:
	li s1, 0
	li s0, 3
loop:
	mv a0, s0
	call add
	addi s0, s0, -1
	bnez s0, loop
	la a1, result
	sw s1, 0(a1)
	li a0, 3
	li a2, 4
	li t0, 2
	ecall
	li a0, 0
	li t0, 0
	ecall
add:
	add s1, s1, a0
	ret
.data
result: .word 0
`

// buffer is a buffer that one goroutine writes while another looks.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

var remote = regexp.MustCompile(`target remote (127\.0\.0\.1:\d+)`)

// startDebug starts `athena debug` and returns where it waits.
func startDebug(t *testing.T, args ...string) (addr string, stdout, stderr *buffer, code chan int) {
	t.Helper()
	stdout, stderr, code = &buffer{}, &buffer{}, make(chan int, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	go func() {
		code <- run(ctx, append([]string{"athena", "debug", "--gdb", "127.0.0.1:0"}, args...), stdout, stderr)
	}()
	require.Eventually(t, func() bool { return remote.MatchString(stderr.String()) }, 10*time.Second,
		time.Millisecond, "%s", stderr)
	return remote.FindStringSubmatch(stderr.String())[1], stdout, stderr, code
}

// gdb runs a real GDB with commands, and skips the test where there is none.
func gdb(t *testing.T, file, addr string, commands ...string) string {
	t.Helper()
	args := []string{"-q", "-batch", "-nx", "-ex", "set confirm off", "-ex", "set pagination off", file,
		"-ex", "target remote " + addr}
	for _, c := range commands {
		args = append(args, "-ex", c)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "gdb-multiarch", args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

func needGDB(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("gdb-multiarch"); err != nil {
		t.Skip("no gdb-multiarch here: apt-get install gdb-multiarch")
	}
}

func assembleFile(t *testing.T, source string) string {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "p.s"), filepath.Join(dir, "p.elf")
	require.NoError(t, os.WriteFile(in, []byte(source), 0o600))
	var stderr bytes.Buffer
	require.Equal(t, exitOK, run(t.Context(), []string{"athena", "asm", in, "-o", out}, &stderr, &stderr),
		stderr.String())
	return out
}

func TestRealGDB(t *testing.T) {
	t.Parallel()
	needGDB(t)
	file := assembleFile(t, summing)
	addr, stdout, stderr, code := startDebug(t, file)
	out := gdb(t, file, addr,
		"info registers pc sp", "break *add", "continue", "print $a0", "stepi", "stepi", "info symbol $pc",
		"delete", "watch *(int *)&result", "continue", "print *(int *)&result", "delete", "x/i $pc",
		"set var *(int *)&result = 9", "monitor gas", "backtrace 1", "continue")
	for _, want := range []string{
		"pc             0x200800", "sp             0x200400", "Breakpoint 1, ", "$1 = 3", "loop + 8 in section",
		"New value = 6", "$2 = 6", "gas left ", "exited normally",
	} {
		require.Contains(t, out, want)
	}
	require.Equal(t, exitOK, <-code, stderr)
	require.Equal(t, "0x09000000\n", stdout.String(), "the debugger wrote into memory")
}

func TestRealGDBSeesTraps(t *testing.T) {
	t.Parallel()
	needGDB(t)
	file := assembleFile(t, "_start: nop\nlw a0, 0(zero)\n")
	addr, _, stderr, code := startDebug(t, file)
	out := gdb(t, file, addr, "continue", "info registers pc", "continue")
	require.Contains(t, out, "SIGSEGV")
	require.Contains(t, out, "0x200804")
	require.Contains(t, out, "exited with code 06")
	require.Equal(t, exitTrap, <-code)
	require.Contains(t, stderr.String(), "load outside memory")
}

// A contract's method, with its host calls, under GDB; then GDB leaves and the method runs on.
func TestRealGDBInACall(t *testing.T) {
	t.Parallel()
	needGDB(t)
	file := filepath.Join(t.TempDir(), "counter.elf")
	require.NoError(t, os.WriteFile(file, fixtures.Counter(), 0o600))
	addr, stdout, stderr, code := startDebug(t, file, "--spawn", "spawn(41)", "--call", "increment(1)")
	out := gdb(t, file, addr, "stepi 200", "info registers pc", "detach")
	require.Contains(t, out, "detached")
	require.Equal(t, exitOK, <-code, stderr)
	require.Equal(t, "42\n", stdout.String())
}

func TestDebugMistakes(t *testing.T) {
	t.Parallel()
	file := assembleFile(t, summing)
	for want, args := range map[string][]string{
		"debug takes FILE.elf":  {},
		"no such file":          {"nosuch.elf"},
		"no method":             {file, "--call", "f"},
		"--gdb: listen tcp":     {file, "--gdb", "127.0.0.1:x"},
		"want hex digits":       {file, "--input", "0xq"},
		"only a call has a spa": {file, "--spawn", "spawn"},
	} {
		var stdout, stderr bytes.Buffer
		got := run(t.Context(), append([]string{"athena", "debug"}, args...), &stdout, &stderr)
		require.Equal(t, exitUsage, got, want)
		require.Contains(t, stderr.String(), want)
		require.Empty(t, stdout.String())
	}
}

// A debugger that goes away, or that never comes before the user gives up, ends the command.
func TestDebugEnds(t *testing.T) {
	t.Parallel()
	file := assembleFile(t, "_start: j _start")
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr buffer
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"athena", "debug", file, "--gdb", "127.0.0.1:0"}, &stdout, &stderr)
	}()
	require.Eventually(t, func() bool { return strings.Contains(stderr.String(), "waiting") }, 10*time.Second,
		time.Millisecond)
	cancel()
	require.Equal(t, exitFailed, <-code)
	require.Contains(t, stderr.String(), "interrupted")
}

// TestPprofReadsProfiles writes a profile and has the Go tool read it.
func TestPprofReadsProfiles(t *testing.T) {
	t.Parallel()
	file := assembleFile(t, summing)
	out := filepath.Join(t.TempDir(), "out.pb.gz")
	var stdout, stderr bytes.Buffer
	got := run(t.Context(), []string{"athena", "run", file, "--profile", out}, &stdout, &stderr)
	require.Equal(t, exitOK, got, stderr.String())
	top, err := exec.CommandContext(t.Context(), "go", "tool", "pprof", "-top", "-nodecount=20", out).Output()
	require.NoError(t, err)
	require.Contains(t, string(top), "Type: gas")
	require.Regexp(t, `(?m) add$`, string(top))
	require.Regexp(t, `(?m) host\.write$`, string(top))
	top, err = exec.CommandContext(t.Context(), "go", "tool", "pprof", "-top", "-nodecount=20",
		"-sample_index=instructions", out).Output()
	require.NoError(t, err)
	require.Regexp(t, `(?m)^ +6 .* add$`, string(top), "two instructions, three times")
}
