package main

import (
	"encoding/binary"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/sdk/go/literal"
)

func callCommand() *cli.Command {
	return &cli.Command{
		Name:      "call",
		Usage:     "run a method on the newest state and change nothing; prints what it returns",
		ArgsUsage: "ADDRESS 'method(ARGS)'",
		Description: "It is free and needs no key.\n\nExamples:\n" +
			"  athena call $TOKEN 'balance_of(atest1...)' --as u64\n" +
			"  athena call $COUNTER get --json",
		Flags: append(networkFlags(),
			&cli.StringFlag{Name: "as", Value: "hex", Category: categoryOutput,
				Usage: "print the returned value as `TYPE`: hex, bool, u8, u16, u32, u64, address or string"},
			&cli.Uint64Flag{Name: "gas", Usage: "compute limit; 0 is the executor's maximum",
				Category: categoryNetwork}),
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 2, 2); err != nil {
				return err
			}
			to, err := address.Parse(c.Args().Get(0))
			if err != nil {
				return &usageError{err}
			}
			method, args, err := literal.ParseCall(c.Args().Get(1))
			if err != nil {
				return &usageError{err}
			}
			s, err := open(c)
			if err != nil {
				return err
			}
			defer s.close()
			return s.call(to, method, args)
		},
	}
}

func (s *session) call(to address.Address, method string, args []byte) error {
	resp, err := s.Executor.Call(s.ctx, &athenav1.CallRequest{
		Address: to[:], Method: method, Args: args, Gas: s.cli.Uint64("gas"),
	})
	if err != nil {
		return explain(err)
	}
	if resp.GetTrap() != "" {
		text := fmt.Sprintf("%s of %s ended with %s", method, to, resp.GetTrap())
		if resp.GetMessage() != "" {
			text += ": " + resp.GetMessage()
		}
		return &trapError{trap: resp.GetTrap(), text: text}
	}
	value, err := decodeAs(s.cli.String("as"), resp.GetReturnData())
	if err != nil {
		return err
	}
	return s.report(struct {
		Return  string `json:"return"`
		Value   string `json:"value"`
		GasUsed uint64 `json:"gasUsed"`
		Layer   uint64 `json:"layer"`
	}{hex0x(resp.GetReturnData()), value, resp.GetGasUsed(), resp.GetLayer()}, value)
}

// decodeAs prints a SCALE value of a named type.
func decodeAs(typ string, b []byte) (string, error) {
	widths := map[string]int{"bool": 1, "u8": 1, "u16": 2, "u32": 4, "u64": 8, "address": address.Size}
	n, fixed := widths[typ]
	switch {
	case fixed && len(b) != n:
		return "", fmt.Errorf("call: it returned %s: %d bytes are no %s; --as hex shows them",
			hex0x(b), len(b), typ)
	case typ == "hex":
		return hex0x(b), nil
	case typ == "string":
		d := scale.NewDecoder(b)
		text := d.Bytes(len(b))
		if err := d.Finish(); err != nil {
			return "", fmt.Errorf("call: it returned %s, which is no string: %w", hex0x(b), err)
		}
		return string(text), nil
	case typ == "bool":
		return fmt.Sprint(b[0] == 1), nil
	case typ == "address":
		return address.Address(b).String(), nil
	case fixed:
		var wide [8]byte
		copy(wide[:], b)
		return fmt.Sprint(binary.LittleEndian.Uint64(wide[:])), nil
	}
	return "", &usageError{fmt.Errorf("--as %q: want hex, bool, u8, u16, u32, u64, address or string", typ)}
}
