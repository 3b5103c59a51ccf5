package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/internal/runner"
	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/interpreter/gdbstub"
)

func debugCommand() *cli.Command {
	return &cli.Command{
		Name:      "debug",
		Usage:     "run a program under GDB",
		ArgsUsage: "FILE.elf",
		Description: "It waits for one debugger, runs as `athena run` does, and ends with the program.\n" +
			"Breakpoints, watchpoints, steps, registers and memory work; `monitor gas` shows the gas\n" +
			"left.\n\nExamples:\n" +
			"  athena debug hello.elf --gdb 127.0.0.1:1234\n" +
			"  gdb-multiarch hello.elf -ex 'target remote 127.0.0.1:1234'\n" +
			"  athena debug counter.elf --spawn 'spawn(41)' --call 'increment(1)' --gdb 127.0.0.1:0",
		Flags: append(programFlags(),
			&cli.StringFlag{Name: "gdb", Value: "127.0.0.1:1234", Category: categoryWatch,
				Usage: "wait for a debugger at `ADDRESS`; port 0 takes a free one"},
			jsonFlag(),
		),
		Action: debugAction,
	}
}

func debugAction(c *cli.Context) error {
	if err := wantArgs(c, 1, 1); err != nil {
		return err
	}
	config, err := programConfig(c)
	if err != nil {
		return err
	}
	// What is wrong with file or flags is said before anybody waits.
	if err := runner.Check(c.Context, *config); err != nil {
		return explainRun(c.Context, err)
	}
	conn, err := awaitDebugger(c)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // all was said
	stub := gdbstub.New(conn)
	config.Drive = func(
		ctx context.Context, f *host.Frame,
	) (interpreter.Stop, uint64, error) {
		return stub.Drive(ctx, f.Machine, f.Code)
	}
	r, err := runner.Run(c.Context, *config)
	switch {
	case errors.Is(err, gdbstub.ErrKilled):
		return errors.New("debug: the debugger killed the program")
	case err != nil:
		return explainRun(c.Context, err)
	}
	if err := stub.Exit(r.Trap); err != nil {
		return err
	}
	if err := reportRun(c, config, r); err != nil {
		return err
	}
	return trapOf(c, r)
}

// awaitDebugger takes one connection.
func awaitDebugger(c *cli.Context) (*debugger, error) {
	addr := c.String("gdb")
	if strings.HasPrefix(addr, ":") {
		addr = "127.0.0.1" + addr // a debugger writes memory: never to the whole network by default
	}
	l, err := (&net.ListenConfig{}).Listen(c.Context, "tcp", addr)
	if err != nil {
		return nil, &usageError{fmt.Errorf("--gdb: %w", err)}
	}
	defer func() { _ = l.Close() }() // one debugger is enough
	fmt.Fprintf(c.App.ErrWriter, "waiting for a debugger: gdb-multiarch %s -ex 'target remote %s'\n",
		c.Args().First(), l.Addr())
	stop := context.AfterFunc(c.Context, func() { _ = l.Close() })
	defer stop()
	conn, err := l.Accept()
	if err != nil {
		if c.Context.Err() != nil {
			return nil, errors.New("debug: interrupted")
		}
		return nil, fmt.Errorf("debug: %w", err)
	}
	d := &debugger{Conn: conn, r: bufio.NewReader(conn)}
	d.stop = context.AfterFunc(c.Context, func() { _ = conn.Close() })
	return d, nil
}

// debugger is a connection that can be asked whether something has come.
type debugger struct {
	net.Conn
	r    *bufio.Reader
	stop func() bool
}

var _ gdbstub.Conn = (*debugger)(nil)

// Read implements io.Reader.
func (d *debugger) Read(b []byte) (int, error) { return d.r.Read(b) }

// Close ends the connection.
func (d *debugger) Close() error {
	d.stop()
	return d.Conn.Close()
}

// pollTime is how long a running program waits for a byte that may be on its way.
const pollTime = 50 * time.Microsecond

// Pending implements gdbstub.Conn. Trouble counts as something to read: reading tells what it is.
func (d *debugger) Pending() bool {
	if d.r.Buffered() > 0 {
		return true
	}
	if err := d.SetReadDeadline(time.Now().Add(pollTime)); err != nil {
		return true
	}
	_, err := d.r.Peek(1)
	if resetErr := d.SetReadDeadline(time.Time{}); resetErr != nil {
		return true
	}
	var timeout net.Error
	return !errors.As(err, &timeout) || !timeout.Timeout()
}
