package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/sdk/go/literal"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

func sendCommand() *cli.Command {
	return &cli.Command{
		Name:      "send",
		Usage:     "send money, or a transaction that calls a contract; prints the transaction id",
		ArgsUsage: "ADDRESS ['method(ARGS)']",
		Description: "Arguments are typed by the way they are written: an address, 500 or 500u32 (u64 without a\n" +
			"suffix), true, 0x raw bytes, \"text\". The transaction is dry-run first: one that would fail is not\n" +
			"sent.\n\nExamples:\n" +
			"  athena send atest1... --amount 1000\n" +
			"  athena send $TOKEN 'transfer(atest1..., 500)'",
		Flags: append(senderFlags(),
			&cli.Uint64Flag{Name: "amount", Usage: "smallest units to send along", Category: categoryNetwork}),
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 2); err != nil {
				return err
			}
			to, err := address.Parse(c.Args().First())
			if err != nil {
				return &usageError{err}
			}
			amount := c.Uint64("amount")
			if c.Args().Len() == 1 && amount == 0 {
				return &usageError{errors.New("send: give a method to call, or --amount")}
			}
			call := wallet.Spend(to, amount)
			if c.Args().Len() == 2 {
				method, args, err := literal.ParseCall(c.Args().Get(1))
				if err != nil {
					return &usageError{err}
				}
				call = wallet.Proxy(to, method, args, amount)
			}
			s, err := open(c)
			if err != nil {
				return err
			}
			defer s.close()
			result, err := s.submit(call)
			if err != nil {
				return err
			}
			return s.report(result, result.TxID.String())
		},
	}
}
