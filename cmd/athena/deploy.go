package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

func deployCommand() *cli.Command {
	return &cli.Command{
		Name:      "deploy",
		Usage:     "store a contract's ELF as a template; prints its address",
		ArgsUsage: "FILE.elf",
		Description: "A template is code that accounts are spawned from. Deploying the same bytes again is\n" +
			"free and gives the same address.\n\nExamples:\n" +
			"  athena deploy fixtures/elf/token.elf\n" +
			"  TOKEN=$(athena deploy token.elf)",
		Flags: senderFlags(),
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1); err != nil {
				return err
			}
			elf, err := readFile(c.Args().First())
			if err != nil {
				return &usageError{fmt.Errorf("deploy: %w", err)}
			}
			s, err := open(c)
			if err != nil {
				return err
			}
			defer s.close()
			result, err := s.submit(wallet.Deploy(elf))
			if err != nil {
				return err
			}
			result.Address = address.OfTemplate(address.CodeHash(elf)).String()
			return s.report(result, result.Address)
		},
	}
}
