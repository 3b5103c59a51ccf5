package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/internal/runner"
	"github.com/athenarollup/athena/interpreter/trace"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/trap"
)

func replayCommand() *cli.Command {
	return &cli.Command{
		Name:      "replay",
		Usage:     "execute a transaction of the chain again, from a witness of the state before it",
		ArgsUsage: "ID|FILE",
		Description: "An ID is a TxID or a TxHash; an executor proves the step that executed it. A FILE is\n" +
			"evidence that an executor left; --item says which item of its step, all without it. The\n" +
			"engine is the chain's, so that gas and receipt are equal to those of the chain; it is an\n" +
			"error if they are not.\n\nExamples:\n" +
			"  athena replay 0x3f...\n" +
			"  athena replay 0x3f... --trace --elf token.elf\n" +
			"  athena replay 0x3f... --profile out.pb.gz\n" +
			"  athena replay claim-000000000012-00003-9f2c11aa.evidence --item 4",
		Flags: append(networkFlags(),
			&cli.IntFlag{Name: "item", Value: -1, Category: categoryRun,
				Usage: "replay item `N` of the layer alone"},
			&cli.StringSliceFlag{Name: "elf", Category: categoryWatch,
				Usage: "take symbols from `FILE`: a program as its compiler left it"},
			&cli.StringFlag{Name: "trace", Category: categoryWatch,
				Usage: "print `WHAT` happens: calls, host, or steps, as athena run does"},
			&cli.IntFlag{Name: "depth", Category: categoryWatch, Usage: "cut the call tree below `N` calls"},
			&cli.StringFlag{Name: "profile", Category: categoryWatch,
				Usage: "write where gas and instructions went to `FILE`, for go tool pprof"},
			&cli.StringFlag{Name: "save", Category: categoryOutput,
				Usage: "write the step to `FILE`, for athena verify-step and athena replay"},
		),
		Action: replayAction,
	}
}

func replayAction(c *cli.Context) error {
	if err := wantArgs(c, 1, 1); err != nil {
		return err
	}
	r := &replay{cli: c, item: c.Int("item")}
	if err := r.read(); err != nil {
		return err
	}
	if name := c.String("save"); name != "" {
		if err := os.WriteFile(name, r.evidence.Encode(), 0o600); err != nil {
			return fmt.Errorf("replay: --save: %w", err)
		}
	}
	if err := r.configure(); err != nil {
		return err
	}
	if err := r.run(); err != nil {
		return err
	}
	return r.report()
}

// replay is one step that is executed again.
type replay struct {
	cli      *cli.Context
	evidence *dispute.Evidence
	item     int             // -1: all
	want     *rollup.Receipt // of the chain; nil: none to compare with
	config   runner.ReplayConfig
	watching bool

	result *stf.StepResult
	root   rollup.Hash
	seen   map[uint32]*runner.Replay
}

// read gets the evidence: from an executor for an id, else from a file.
func (r *replay) read() (err error) {
	arg := r.cli.Args().First()
	id, err := hex.DecodeString(strings.TrimPrefix(arg, "0x"))
	if err != nil || len(id) != len(rollup.Hash{}) {
		r.evidence, err = readEvidence(arg)
		return err
	}
	s, err := open(r.cli)
	if err != nil {
		return err
	}
	defer s.close()
	got, err := s.Executor.Receipt(s.ctx, &athenav1.ReceiptRequest{Id: id})
	switch {
	case err != nil:
		return explain(err)
	case got.GetDropped() != "":
		return fmt.Errorf("replay: it was never executed: dropped with %s", got.GetDropped())
	case !got.GetFound():
		return errors.New("replay: the executor knows nothing of it, or not yet")
	}
	x, err := wire.ParseReceipt(got.GetReceipt())
	if err != nil {
		return err
	}
	r.want, r.item = &x.Receipt, int(x.Receipt.ItemIndex)
	b, err := s.proveStep(&athenav1.ProveStepRequest{Id: id})
	if err != nil {
		return explain(err)
	}
	r.evidence, err = dispute.DecodeEvidence(b)
	return err
}

// proveStep collects the pieces of evidence.
func (s *session) proveStep(req *athenav1.ProveStepRequest) ([]byte, error) {
	stream, err := s.Executor.ProveStep(s.ctx, req)
	if err != nil {
		return nil, err
	}
	var b []byte
	for {
		m, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return nil, err
		case len(b)+len(m.GetPiece()) > dispute.MaxEvidenceBytes:
			return nil, fmt.Errorf("replay: the executor sends more than %d bytes",
				dispute.MaxEvidenceBytes)
		}
		b = append(b, m.GetPiece()...)
	}
}

func (r *replay) configure() error {
	var c runner.Config
	if err := traceConfig(r.cli, &c); err != nil {
		return err
	}
	r.config.Tree, r.config.Steps = c.Tree, c.Steps
	if r.cli.String("profile") != "" {
		r.config.Profile = trace.NewProfile()
	}
	for _, name := range r.cli.StringSlice("elf") {
		b, err := readFile(name)
		if err != nil {
			return &usageError{fmt.Errorf("--elf: %w", err)}
		}
		r.config.Files = append(r.config.Files, b)
	}
	r.watching = r.config.Tree != runner.NoTree || r.config.Steps != nil || r.config.Profile != nil
	return nil
}

// run executes the step. What it takes as right is that the witness has the root that it says.
func (r *replay) run() error {
	e := r.evidence
	l, err := e.Layer()
	if err != nil {
		return err
	}
	r.seen = map[uint32]*runner.Replay{}
	engine := stf.New()
	if r.watching {
		engine = engine.Watched(func(item uint32) host.Tracer {
			if r.item >= 0 && item != uint32(r.item) {
				return nil
			}
			r.seen[item] = runner.NewReplay(r.cli.Context, r.config)
			return r.seen[item]
		})
	}
	r.result, r.root, err = dispute.Repeat(engine, l, int(e.Step), e.PreRoot, e.Witness)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	if r.config.Profile != nil {
		return writeProfile(r.cli.String("profile"), r.config.Profile)
	}
	return nil
}

// replayed is one item of the document of --json.
type replayed struct {
	Layer   uint64        `json:"layer,string"`
	Item    uint32        `json:"item"`
	TxHash  string        `json:"txHash"`
	Outcome string        `json:"outcome"`
	Trap    string        `json:"trap,omitempty"`
	Reason  string        `json:"reason,omitempty"`
	Message string        `json:"message,omitempty"`
	GasUsed uint64        `json:"gasUsed,string"`
	Fee     uint64        `json:"fee,string"`
	Equal   *bool         `json:"equal,omitempty"` // to the chain's receipt, where it is known
	Return  string        `json:"returnData"`
	Trace   []*trace.Call `json:"trace,omitempty"`
}

func (r *replay) report() error {
	var all []*replayed
	differs := false
	for i := range r.result.Receipts {
		rec := &r.result.Receipts[i]
		if r.item >= 0 && rec.ItemIndex != uint32(r.item) {
			continue
		}
		out := &replayed{
			Layer: r.evidence.Header.Height, Item: rec.ItemIndex, TxHash: hex0x(rec.TxHash[:]),
			Outcome: wire.Outcome(rec.Outcome), Trap: wire.Trap(trap.Code(rec.Trap)),
			Reason: wire.Reason(rec.Reason), Message: string(rec.Message),
			GasUsed: wire.Units(rec.Units).GetCompute(), Fee: rec.Fee,
			Return: hex0x(r.result.Returns[i]),
		}
		if r.want != nil {
			equal := bytes.Equal(rec.Encode(), r.want.Encode())
			out.Equal, differs = &equal, !equal
		}
		if w := r.seen[rec.ItemIndex]; w != nil {
			var err error
			if out.Trace, err = w.Calls(); err != nil {
				return err
			}
		}
		all = append(all, out)
	}
	if len(all) == 0 {
		return &usageError{fmt.Errorf("--item %d: the step has items %d to %d", r.item,
			r.result.Receipts[0].ItemIndex, r.result.Receipts[len(r.result.Receipts)-1].ItemIndex)}
	}
	if err := r.print(all); err != nil {
		return err
	}
	if differs {
		return errors.New("replay: the receipt is not the one that the executor serves: report it")
	}
	return nil
}

func (r *replay) print(all []*replayed) error {
	if r.cli.Bool("json") {
		return printJSON(r.cli, map[string]any{"items": all, "root": hex0x(r.root[:])})
	}
	for _, x := range all {
		why := x.Trap + x.Reason
		if x.Message != "" {
			why += ": " + x.Message
		}
		line := strings.TrimRight(fmt.Sprintf("item %d %s gas %d fee %d %s", x.Item, x.Outcome,
			x.GasUsed, x.Fee, why), " ")
		if _, err := fmt.Fprintln(r.cli.App.Writer, line); err != nil {
			return err
		}
		for _, call := range x.Trace {
			if err := call.Write(r.cli.App.Writer, r.cli.Int("depth")); err != nil {
				return err
			}
		}
		if w := r.seen[x.Item]; w != nil && x.Outcome != rollup.OutcomeSuccess.String() {
			if fault := w.Fault(); fault != nil {
				fmt.Fprintln(r.cli.App.ErrWriter, fault.String())
			}
		}
	}
	return nil
}
