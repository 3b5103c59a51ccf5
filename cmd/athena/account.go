package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
)

func accountCommand() *cli.Command {
	return &cli.Command{
		Name:      "account",
		Usage:     "show an account; prints its balance",
		ArgsUsage: "[ADDRESS]",
		Description: "Without an address it shows the wallet of --key. --json shows all, with a proof against the\n" +
			"state root if --proof is given.\n\nExamples:\n" +
			"  athena account atest1...\n" +
			"  athena account --key dev3 --json --proof",
		Flags: append(senderFlags(),
			&cli.BoolFlag{Name: "proof", Usage: "add the proof to the JSON document", Category: categoryOutput}),
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 1); err != nil {
				return err
			}
			s, err := open(c)
			if err != nil {
				return err
			}
			defer s.close()
			a, err := s.addressArgument()
			if err != nil {
				return err
			}
			return s.showAccount(a)
		},
	}
}

func (s *session) addressArgument() (address.Address, error) {
	if s.cli.Args().Present() {
		a, err := address.Parse(s.cli.Args().First())
		if err != nil {
			return a, &usageError{err}
		}
		return a, nil
	}
	w, err := s.wallet()
	if err != nil {
		return address.Address{}, err
	}
	return w.Address(), nil
}

type accountDoc struct {
	Address  address.Address  `json:"address"`
	Exists   bool             `json:"exists"`
	Status   string           `json:"status"`
	Template *address.Address `json:"template,omitempty"`
	Nonce    string           `json:"nonce"`
	Balance  string           `json:"balance"`
	Slots    uint32           `json:"slots"`
	Blob     string           `json:"blob,omitempty"`
	Layer    uint64           `json:"layer"`
	Root     string           `json:"root"`
	Key      string           `json:"key,omitempty"`
	Value    string           `json:"value,omitempty"`
	Proof    string           `json:"proof,omitempty"`
}

func (s *session) showAccount(a address.Address) error {
	resp, err := s.Executor.Account(s.ctx, &athenav1.AccountRequest{
		Address: a[:], Proof: s.cli.Bool("proof"),
	})
	if err != nil {
		return explain(err)
	}
	doc := accountDoc{
		Address: a, Exists: resp.GetExists(), Status: resp.GetStatus(),
		Nonce: fmt.Sprint(resp.GetNonce()), Balance: fmt.Sprint(resp.GetBalance()), Slots: resp.GetSlots(),
		Layer: resp.GetLayer(), Root: hex0x(resp.GetRoot()),
	}
	if t := resp.GetTemplate(); len(t) == address.Size && address.Address(t) != address.Zero {
		template := address.Address(t)
		doc.Template = &template
	}
	if len(resp.GetBlob()) > 0 {
		doc.Blob = hex0x(resp.GetBlob())
	}
	if p := resp.GetProof(); p != nil {
		doc.Key, doc.Value, doc.Proof = hex0x(resp.GetKey()), hex0x(resp.GetValue()), hex0x(p.GetTree())
	}
	return s.report(doc, doc.Balance)
}
