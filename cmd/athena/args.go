package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// flagsFirst moves the flags of a command line before its positional arguments, so that people may
// write them in any order: the flag package underneath stops at the first positional argument. A
// lone -- ends the flags. args[0] is the program, args[1] the command; its subcommand may follow.
func flagsFirst(args []string, commands []*cli.Command) []string {
	if len(args) < 3 {
		return args
	}
	takesValue := map[string]bool{}
	begin := 1
	for c := named(commands, args, begin); c != nil; c = named(c.Subcommands, args, begin) {
		begin++
		for _, f := range c.Flags {
			_, isBool := f.(*cli.BoolFlag)
			for _, name := range f.Names() {
				takesValue[name] = !isBool
			}
		}
	}
	begin = max(begin, 2)
	var flags, positional []string
	rest := args[begin:]
	for i := 0; i < len(rest); i++ {
		arg := rest[i]
		if arg == "--" {
			positional = append(positional, rest[i+1:]...)
			break
		}
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			positional = append(positional, arg)
			continue
		}
		flags = append(flags, arg)
		name := strings.TrimLeft(arg, "-")
		if takesValue[name] && i+1 < len(rest) {
			i++
			flags = append(flags, rest[i])
		}
	}
	out := append(slices.Clone(args[:begin]), flags...)
	if len(positional) > 0 {
		out = append(append(out, "--"), positional...)
	}
	return out
}

// named returns the command that args[at] names, or nil.
func named(commands []*cli.Command, args []string, at int) *cli.Command {
	if at >= len(args) {
		return nil
	}
	for _, c := range commands {
		if c.HasName(args[at]) {
			return c
		}
	}
	return nil
}
