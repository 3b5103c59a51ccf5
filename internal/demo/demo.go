package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/internal/devnet"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

// Options fix a run: two runs with one seed are equal to the last root.
type Options struct {
	Seed uint64
	Out  io.Writer // the story; nil = none
}

const (
	honest = 0 // executor that claims the truth and challenges
	liar   = 1 // executor that claims one wrong root

	never = time.Hour // the relay bundles when the scenario says so, not by the clock
)

// user is a person with a wallet, and what the person's books say.
type user struct {
	name    string
	w       *wallet.Wallet
	nonce   uint64 // transactions that took effect or will
	tokens  uint64
	balance uint64
}

func (u *user) address() address.Address { return u.w.Address() }

// demo is one run.
type demo struct {
	narrator
	net    *devnet.Net
	report Report
	rng    *rand.Rand

	users    []*user
	names    *strings.Replacer // L1 accounts as people know them
	relayAt  address.Address
	template address.Address // of the token
	token    address.Address

	limits    metering.Units // of a transfer, from a dry run
	maxFee    uint64
	expiry    uint64
	sent      map[rollup.Hash]*sent // by TxID
	transfers int                   // that succeed
	lieLayer  uint64                // that the liar claims wrongly; 0 before it is chosen
	lying     atomic.Uint64         // lieLayer, for the liar's goroutine

	overdraft, twice, forced rollup.Hash // TxIDs
	known                    bool        // the relay recognised the duplicate

	withdrawal rollup.Hash   // TxID
	paidOut    uint64        // by L1, to bob
	refused    rollup.Reason // of the second proof of the withdrawal
}

// sent is a transaction on its way.
type sent struct {
	what  string
	payer *user
	got   *Tx // once executed
	count int // receipts seen
	layer uint64
}

// Run plays the scenario and returns its report. The error is about the machinery; a check that does
// not hold is in the report, with OK false.
func Run(ctx context.Context, opts Options) (report *Report, err error) {
	dir, err := os.MkdirTemp("", "athena-demo-")
	if err != nil {
		return nil, fmt.Errorf("demo: temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d := &demo{
		narrator: narrator{opts.Out},
		rng:      rand.New(rand.NewPCG(opts.Seed, 0xa7e2a)),
		sent:     map[rollup.Hash]*sent{},
	}
	d.report.Seed = opts.Seed
	d.net, err = devnet.Start(ctx, devnet.Config{
		Seed: opts.Seed, Executors: 2, Dir: dir, BundleInterval: never, Tamper: d.tamper,
		SelfValidate: true,
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.net.Close()) }()
	if err := d.play(ctx); err != nil {
		return nil, err
	}
	return &d.report, nil
}

// tamper makes the second executor lie once: one root in the middle of one layer.
func (d *demo) tamper(i int) func(uint64, []rollup.Hash) []rollup.Hash {
	if i != liar {
		return nil
	}
	return func(layer uint64, roots []rollup.Hash) []rollup.Hash {
		if layer != d.lying.Load() || d.slashed() {
			return roots
		}
		lie := append([]rollup.Hash{}, roots...)
		lie[len(lie)/2][0] ^= 0xff
		return lie
	}
}

// slashed reports whether L1 has punished a claim: the liar has learned its lesson.
func (d *demo) slashed() bool {
	claims, _, err := d.net.Chain.Claims(context.Background())
	if err != nil {
		return false
	}
	for i := range claims {
		if claims[i].Status == l1.ClaimSlashed {
			return true
		}
	}
	return false
}

// play tells the chapters in order.
func (d *demo) play(ctx context.Context) error {
	chapters := []func(context.Context) error{
		d.introduce, d.deploy, d.create, d.bridge, d.reorganise, d.trade, d.dispute, d.settle, d.unlock,
		d.check,
	}
	for _, chapter := range chapters {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

// mine makes a block, lets everybody take it in, and tells what it did.
func (d *demo) mine(ctx context.Context) error {
	block, events, err := d.net.Mine(ctx)
	if err != nil {
		return err
	}
	layer, err := d.executed(ctx, block)
	if err != nil {
		return err
	}
	for _, e := range events {
		d.note(e)
		layer.L1 = append(layer.L1, d.names.Replace(e.String()))
	}
	d.report.Layers = append(d.report.Layers, *layer)
	d.narrator.layer(layer)
	return nil
}

// note keeps what the report needs of L1's events.
func (d *demo) note(e l1.Event) {
	switch e := e.(type) {
	case l1.Refused:
		d.noteBridge(e)
	case l1.Judged:
		if d.report.Verdict != "" {
			return
		}
		d.report.Verdict = e.Code.String()
		d.report.Challenge = Challenge{
			ClaimID: e.ClaimID, Layer: e.Layer, Step: e.Step, WitnessBytes: e.Bytes,
			GasUsed: e.GasUsed, ClaimedRoot: e.Claimed, ComputedRoot: e.ComputedRoot,
		}
	case l1.Slashed:
		d.report.Slash = Slash{
			Bond: e.Amount, ToChallenger: e.ToChallenger, ToProposer: e.ToProposer, Burned: e.Burned,
		}
	}
}
