package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/sdk/go/literal"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

func spawnCommand() *cli.Command {
	return &cli.Command{
		Name:      "spawn",
		Usage:     "make an account from a template; prints its address",
		ArgsUsage: "wallet | TEMPLATE 'spawn(ARGS)'",
		Description: "The wallet of --key spawns itself with its first transaction, or with `athena spawn wallet`.\n\n" +
			"Examples:\n" +
			"  athena spawn wallet --key dev1\n" +
			"  athena spawn $TOKEN 'spawn(atest1..., atest1..., 7)'",
		Flags: senderFlags(),
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 2); err != nil {
				return err
			}
			s, err := open(c)
			if err != nil {
				return err
			}
			defer s.close()
			if c.Args().First() == "wallet" && c.Args().Len() == 1 {
				return s.spawnWallet()
			}
			return s.spawnFrom(c.Args().Get(0), c.Args().Get(1))
		},
	}
}

// spawnWallet sends a transaction without calls: the wallet's constructor runs and nothing else.
func (s *session) spawnWallet() error {
	result, err := s.submit()
	if err != nil {
		return err
	}
	result.Address = result.wallet.Address().String()
	return s.report(result, result.Address)
}

func (s *session) spawnFrom(template, call string) error {
	to, err := address.Parse(template)
	if err != nil {
		return &usageError{err}
	}
	method, args, err := literal.ParseCall(call)
	if err != nil {
		return &usageError{err}
	}
	result, err := s.submit(wallet.Proxy(to, method, args, 0))
	if err != nil {
		return err
	}
	// proxy returns the constructor's return data as Vec<u8>: the new account's address.
	d := scale.NewDecoder(result.returnData)
	b := d.Bytes(address.Size)
	if d.Finish() == nil && len(b) == address.Size {
		result.Address = address.Address(b).String()
	} else if !s.cli.Bool("no-wait") {
		return fmt.Errorf("spawn: %s of %s returned %s, which is no address", method, to, result.Return)
	}
	text := result.Address
	if text == "" {
		text = result.TxID.String()
	}
	return s.report(result, text)
}
