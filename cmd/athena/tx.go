package main

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/sdk/go/client"
)

func txCommand() *cli.Command {
	return &cli.Command{
		Name:      "tx",
		Usage:     "say how far a transaction has come; prints its stage",
		ArgsUsage: "ID",
		Description: "Stages: accepted, bundled, ordered, executed, claimed, final, or dropped with a reason.\n\n" +
			"Examples:\n" +
			"  athena tx 0x3f...\n" +
			"  athena tx 0x3f... --json",
		Flags: networkFlags(),
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1); err != nil {
				return err
			}
			b, err := hex.DecodeString(strings.TrimPrefix(c.Args().First(), "0x"))
			if err != nil || len(b) != len(rollup.Hash{}) {
				return &usageError{fmt.Errorf("tx: %q is no id of 64 hex digits", c.Args().First())}
			}
			s, err := open(c)
			if err != nil {
				return err
			}
			defer s.close()
			return s.showTx(rollup.Hash(b))
		},
	}
}

func (s *session) showTx(id rollup.Hash) error {
	st, err := s.Relay.Status(s.ctx, &athenav1.StatusRequest{Id: id[:]})
	if client.IsNotFound(err) {
		// Another relay's, or posted to L1 directly: the executor knows its receipt.
		got, xerr := s.Executor.Receipt(s.ctx, &athenav1.ReceiptRequest{Id: id[:]})
		switch {
		case xerr != nil:
			return explain(xerr)
		case got.GetDropped() != "":
			st, err = &athenav1.StatusResponse{TxId: id[:], Stage: athenav1.Stage_STAGE_DROPPED,
				Reason: got.GetDropped(), Layer: got.GetLayer()}, nil
		case got.GetFound():
			st, err = &athenav1.StatusResponse{TxId: id[:], Stage: athenav1.Stage_STAGE_EXECUTED,
				Receipt: got.GetReceipt(), Layer: got.GetLayer()}, nil
		}
	}
	if err != nil {
		return explain(err)
	}
	out := &sent{TxID: id}
	out.fill(st)
	text := out.Stage
	if out.Outcome != "" {
		text += " " + out.Outcome
	}
	for _, why := range []string{out.Trap, out.Reason, out.Message} {
		if why != "" {
			text += ": " + why
		}
	}
	return s.report(out, text)
}
