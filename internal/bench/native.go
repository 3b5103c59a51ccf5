package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/athenarollup/athena/fixtures"
)

// Natives are the kernels compiled for comparison: for this computer, and for Linux on riscv32 with
// the qemu that runs them. An empty field means that there are none.
type Natives struct {
	native string // folder of programs
	linux  string // folder of programs
	qemu   string // the emulator
}

const (
	qemuName  = "qemu-riscv32"
	builtMark = "built" // a file in the cache: the build came to its end
)

// BuildNatives compiles the kernels from the sources in this binary, unless dir has them already.
// What the compiler says goes to log. It fails where there is no Rust; a Rust that cannot compile
// for riscv32, or a missing qemu, only leave that comparison out, and log says so.
func BuildNatives(ctx context.Context, dir string, log io.Writer) (*Natives, error) {
	sources := fixtures.KernelSources()
	version, err := digest(sources)
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, version)
	if _, err := os.Stat(filepath.Join(dir, builtMark)); err != nil {
		if err := build(ctx, sources, dir, log); err != nil {
			return nil, err
		}
	}
	n := &Natives{native: filepath.Join(dir, "native")}
	linux := filepath.Join(dir, "linux")
	_, missing := os.Stat(linux)
	qemu, absent := exec.LookPath(qemuName)
	switch {
	case missing != nil:
		fmt.Fprintln(log, "no kernels for Linux on riscv32 here: no comparison with qemu")
	case absent != nil:
		fmt.Fprintf(log, "no %s here: no comparison with it\n", qemuName)
	default:
		n.qemu, n.linux = qemu, linux
	}
	return n, nil
}

// digest names the sources.
func digest(sources fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(sources, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(sources, path)
		fmt.Fprintf(h, "%s %d\n", path, len(b))
		h.Write(b)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("bench: read the kernels' sources: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

func build(ctx context.Context, sources fs.FS, dir string, log io.Writer) error {
	fmt.Fprintf(log, "compiling the kernels for comparison into %s (minutes, once)\n", dir)
	source := filepath.Join(dir, "source")
	if err := os.RemoveAll(source); err != nil {
		return fmt.Errorf("bench: empty the cache: %w", err)
	}
	if err := os.CopyFS(source, sources); err != nil {
		return fmt.Errorf("bench: unpack the kernels' sources: %w", err)
	}
	cmd := exec.CommandContext(ctx, "sh", filepath.Join(source, "bench", "native.sh"), dir)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("bench: compile the kernels: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, builtMark), nil, 0o644); err != nil {
		return fmt.Errorf("bench: mark the cache: %w", err)
	}
	return nil
}

// sample is one run of a kernel anywhere.
type sample struct {
	checksum     uint64
	instructions uint64 // 0 where they are not counted
	elapsed      time.Duration
}

const replyBytes = 16 // checksum and nanoseconds

// process runs a kernel's process, which measures itself.
func process(ctx context.Context, n uint32, name string, args ...string) (sample, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = bytes.NewReader(binary.LittleEndian.AppendUint32(nil, n))
	out, err := cmd.Output()
	if err != nil {
		return sample{}, fmt.Errorf("bench: run %s: %w", cmd, err)
	}
	if len(out) != replyBytes {
		return sample{}, errors.New("bench: " + cmd.String() + ": malformed reply")
	}
	return sample{
		checksum: binary.LittleEndian.Uint64(out),
		elapsed:  time.Duration(binary.LittleEndian.Uint64(out[8:])),
	}, nil
}
