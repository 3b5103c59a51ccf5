package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/stf"
)

func verifyStepCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify-step",
		Usage:     "judge one step offline from evidence that an executor left; prints the verdict",
		ArgsUsage: "FILE",
		Description: "It derives the layer from the L1 data in the file, executes the step from its witness and\n" +
			"compares the root with the claimed one, as L1 does: FRAUD when the claimed root is wrong,\n" +
			"UPHELD when it is right. Whether the L1 data is that of a network, the hashes of the two\n" +
			"blocks tell, which --json prints.\n" +
			"Exit codes: 0 there is a verdict, 1 there is none, 2 usage.\n\nExamples:\n" +
			"  athena verify-step claim-000000000012-00003-9f2c11aa.evidence\n" +
			"  athena verify-step --json claim-000000000012-00003-9f2c11aa.evidence",
		Flags: []cli.Flag{jsonFlag()},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1); err != nil {
				return err
			}
			e, err := readEvidence(c.Args().First())
			if err != nil {
				return err
			}
			return verifyStep(c, e)
		},
	}
}

// readEvidence reads a file of evidence.
func readEvidence(name string) (*dispute.Evidence, error) {
	b, err := readFile(name)
	if err != nil {
		return nil, &usageError{err}
	}
	e, err := dispute.DecodeEvidence(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return e, nil
}

// judged is the document of --json.
type judged struct {
	Kind         string       `json:"kind"`
	Verdict      string       `json:"verdict"`
	Detail       string       `json:"detail"`
	Message      string       `json:"message,omitempty"` // of who wrote the evidence
	ChainID      string       `json:"chainId"`
	Layer        uint64       `json:"layer,string"`
	Step         uint32       `json:"step"`
	L1Hash       string       `json:"l1Hash"`
	ParentHash   string       `json:"parentHash"`
	PreRoot      string       `json:"preRoot"`
	Own          string       `json:"own"`
	Claimed      string       `json:"claimed"`
	Computed     string       `json:"computed"`
	Claim        string       `json:"claim,omitempty"`
	GasUsed      uint64       `json:"gasUsed,string"`
	WitnessBytes int          `json:"witnessBytes"`
	Differs      *differsJSON `json:"differs,omitempty"`
}

type differsJSON struct {
	Key     string  `json:"key"`
	Own     *string `json:"own"` // null: absent
	Claimed *string `json:"claimed"`
}

func verifyStep(c *cli.Context, e *dispute.Evidence) error {
	v, err := e.Judge(stf.New())
	if e.Kind == dispute.KindDerivation && errors.Is(err, dispute.ErrEvidence) {
		v, err = rollup.Verdict{Detail: err.Error()}, nil
	}
	if err != nil {
		return err
	}
	verdict := wire.Verdict(v.Code)
	if verdict == "" {
		verdict = "DERIVATION"
	}
	if c.Bool("json") {
		err = printJSON(c, judgement(e, &v, verdict))
	} else {
		err = tellVerdict(c, e, &v, verdict)
	}
	if err == nil && v.Code == rollup.VerdictInconclusive {
		err = errors.New("verify-step: the engine failed on this step; L1 suspends it")
	}
	return err
}

func judgement(e *dispute.Evidence, v *rollup.Verdict, verdict string) *judged {
	hash := e.Header.Hash()
	out := &judged{
		Kind: e.Kind.String(), Verdict: verdict, Detail: v.Detail, Message: e.Message,
		ChainID: hex0x(e.ChainID[:]), Layer: e.Header.Height, Step: e.Step,
		L1Hash: hex0x(hash[:]), ParentHash: hex0x(e.Header.ParentHash[:]),
		PreRoot: hex0x(e.PreRoot[:]), Own: hex0x(e.Own[:]), Claimed: hex0x(e.Claimed[:]),
		Computed: hex0x(v.ComputedRoot[:]), GasUsed: v.GasUsed, WitnessBytes: len(e.Witness),
	}
	if e.Claim != nil {
		id := e.Claim.ID()
		out.Claim = hex0x(id[:])
	}
	if d := e.Differ; d != nil {
		text := func(b []byte) *string {
			if b == nil {
				return nil
			}
			return new(hex0x(b))
		}
		out.Differs = &differsJSON{hex0x(d.Key[:]), text(d.Own), text(d.Claimed)}
	}
	return out
}

func tellVerdict(c *cli.Context, e *dispute.Evidence, v *rollup.Verdict, verdict string) error {
	if _, err := fmt.Fprintln(c.App.Writer, verdict); err != nil {
		return err
	}
	w := c.App.ErrWriter
	fmt.Fprintf(w, "%s: layer %d, step %d: %s\n", e.Kind, e.Header.Height, e.Step, v.Detail)
	if e.Message != "" {
		fmt.Fprintf(w, "written because: %s\n", e.Message)
	}
	fmt.Fprintf(w, "claimed  %x\ncomputed %x\nwitness  %d bytes · gas %d\n", e.Claimed,
		v.ComputedRoot, len(e.Witness), v.GasUsed)
	if d := e.Differ; d != nil {
		fmt.Fprintf(w, "first differing key %x\n", d.Key)
	}
	return nil
}
