package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/internal/runner"
	"github.com/athenarollup/athena/riscv/asm"
)

func asmCommand() *cli.Command {
	return &cli.Command{
		Name:      "asm",
		Usage:     "assemble RV32IM assembly into a program",
		ArgsUsage: "FILE.s",
		Description: "It takes GNU syntax without relocations and macros, and the directives .export,\n" +
			".export_principal and .layout for what Athena adds. The label _start is the entry.\n\n" +
			"Examples:\n" +
			"  athena asm hello.s -o hello.elf && athena run hello.elf\n" +
			"  athena asm hello.s -o hello.elf --strip --base 0x10000",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE`"},
			&cli.StringFlag{Name: "base", Value: fmt.Sprintf("0x%x", asm.DefaultBase),
				Usage: "`ADDRESS` of the text section"},
			&cli.StringFlag{Name: "abi", Usage: "put the JSON description in `FILE` into the program"},
			&cli.BoolFlag{Name: "strip", Usage: "leave out the symbol table"},
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1); err != nil {
				return err
			}
			if c.String("output") == "" {
				return &usageError{errors.New("asm: where to? -o names the output file")}
			}
			base, err := strconv.ParseUint(c.String("base"), 0, 32)
			if err != nil || base%4 != 0 || base > 1<<31 {
				return &usageError{fmt.Errorf("--base %q: want a multiple of 4 below 2^31", c.String("base"))}
			}
			return assemble(c, uint32(base))
		},
	}
}

func assemble(c *cli.Context, base uint32) error {
	source, err := readProgram(c)
	if err != nil {
		return err
	}
	options := asm.ELFOptions{Symbols: !c.Bool("strip")}
	if name := c.String("abi"); name != "" {
		if options.ABI, err = readFile(name); err != nil {
			return &usageError{fmt.Errorf("asm: %w", err)}
		}
	}
	object, err := asm.Assemble(string(source), base)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Args().First(), err)
	}
	image := object.ELF(options)
	// What the loader would refuse is better known now.
	if _, err := runner.Load(c.Args().First(), image); err != nil {
		return errors.Join(err, errors.New("asm: the program was assembled, but cannot be loaded"))
	}
	if err := os.WriteFile(c.String("output"), image, 0o600); err != nil {
		return fmt.Errorf("asm: %w", err)
	}
	return nil
}
