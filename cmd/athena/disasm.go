package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/internal/runner"
	"github.com/athenarollup/athena/interpreter/trace"
)

func disasmCommand() *cli.Command {
	return &cli.Command{
		Name:      "disasm",
		Usage:     "print a program's instructions with addresses, words, names and targets",
		ArgsUsage: "FILE.elf",
		Description: "Functions are named by the symbol table; without one by exports and by what\n" +
			"is called.\n\n" +
			"Examples:\n" +
			"  athena disasm counter.elf\n" +
			"  athena disasm counter.elf --symbol increment",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "symbol", Usage: "only the function `NAME`"},
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1); err != nil {
				return err
			}
			file, err := readProgram(c)
			if err != nil {
				return err
			}
			p, err := runner.Load(c.Args().First(), file)
			if err != nil {
				return err
			}
			from, to, err := rangeOf(p.Symbols, c.String("symbol"))
			if err != nil {
				return err
			}
			return trace.List(c.App.Writer, p.Program, p.Symbols, from, to)
		},
	}
}

// rangeOf returns the addresses of a function, or all.
func rangeOf(s *trace.Symbols, name string) (from, to uint32, err error) {
	if name == "" {
		return 0, math.MaxUint32, nil
	}
	f, ok := s.Named(name)
	if !ok {
		err := fmt.Errorf("--symbol: no function %q", name)
		return 0, 0, &usageError{errors.Join(err, similar(s, name))}
	}
	if f.Size != 0 {
		return f.Addr, f.Addr + f.Size, nil
	}
	to = math.MaxUint32
	for _, next := range s.Functions() {
		if next.Addr > f.Addr {
			to = min(to, next.Addr)
		}
	}
	return f.Addr, to, nil
}
