package bridge_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/bridge"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/sdk/go/wallet"
	"github.com/athenarollup/athena/trap"
)

func trapName(code uint8) string { return trap.Code(code).String() }

// TestBridge plays the transcripts of testdata/bridge over a real L1 state and a real execution. All
// money is counted after every block.
//
//	new [deposits=N] [withdrawals=N]
//	deposit who to=NAME amount=N [method=NAME [args=N,…] | raw=HEX] [gas=N] [n=N]
//	withdraw who to=NAME amounts=N,… [then=fail]   calls of who's wallet, all or nothing
//	mine [n=N]                                     prints what the blocks do
//	claim                                          makes all layers final, and prints nothing
//	prove who layer=N index=N [final=N] [forge=amount|to|from|index|layer|chain|path|longer|shorter|
//	      record|other] [n=N]                      final: the newest, if it does not say
//	reorg depth=N, repost                          drops blocks; submits what was in them again
//	money                                          of L1 accounts and wallets, beyond what was paid
//	state NAME                                     what an account of Athena is
func TestBridge(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/bridge", func(t *testing.T, path string) {
		var w *world
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "new" {
				w = newWorld(t, func(p *rollup.Params) {
					d.MaybeScanArgs(t, "deposits", &p.MaxDepositsPerLayer)
					d.MaybeScanArgs(t, "withdrawals", &p.MaxWithdrawals)
				})
				return ""
			}
			w.t = t
			return w.command(d)
		})
	})
}

func (w *world) command(d *datadriven.TestData) string {
	n, depth := 1, 1
	d.MaybeScanArgs(w.t, "n", &n)
	switch d.Cmd {
	case "deposit":
		for range n {
			w.submit(d.CmdArgs[0].Key, w.deposit(d))
		}
	case "withdraw":
		w.withdraw(d)
	case "mine":
		var out strings.Builder
		for range n {
			out.WriteString(w.report(w.mine()))
		}
		return out.String()
	case "claim":
		w.claim()
	case "prove":
		v := w.prove(d)
		for range n {
			w.submit(d.CmdArgs[0].Key, v)
		}
	case "reorg":
		d.ScanArgs(w.t, "depth", &depth)
		w.reorg(depth)
	case "repost":
		for _, txs := range w.dropped {
			w.pool = append(w.pool, txs...)
		}
	case "money":
		return w.money()
	case "state":
		h, err := stf.Account(w.tip().tree, w.names[d.CmdArgs[0].Key])
		require.NoError(w.t, err)
		return fmt.Sprintf("status %d, balance %d, nonce %d\n", h.Status, h.Balance, h.Nonce)
	default:
		d.Fatalf(w.t, "unknown command %q", d.Cmd)
	}
	return ""
}

func (w *world) named(d *datadriven.TestData, key string) address.Address {
	var name string
	d.ScanArgs(w.t, key, &name)
	require.Contains(w.t, w.names, name)
	return w.names[name]
}

func (w *world) numbers(text string) (out []uint64) {
	for _, s := range strings.Split(text, ",") {
		v, err := strconv.ParseUint(s, 10, 64)
		require.NoError(w.t, err)
		out = append(out, v)
	}
	return out
}

func (w *world) deposit(d *datadriven.TestData) *rollup.Deposit {
	v := &rollup.Deposit{To: w.named(d, "to")}
	d.ScanArgs(w.t, "amount", &v.Amount)
	var method, args, raw string
	d.MaybeScanArgs(w.t, "method", &method)
	d.MaybeScanArgs(w.t, "args", &args)
	d.MaybeScanArgs(w.t, "raw", &raw)
	v.Payload = []byte(raw)
	if method != "" {
		var in, e scale.Encoder
		if args != "" {
			for _, n := range w.numbers(args) {
				in.U64(n)
			}
		}
		selector := rollup.Selector(method)
		e.Bool(true)
		e.Raw(selector[:])
		e.Bytes(in.B)
		v.Payload = e.B
	}
	if len(v.Payload) > 0 {
		v.MaxUnits = w.genesis.Params.MaxDepositUnits
		v.MaxUnits[metering.Data] = 0
		d.MaybeScanArgs(w.t, "gas", &v.MaxUnits[metering.Compute])
	}
	return v
}

func (w *world) withdraw(d *datadriven.TestData) {
	var amounts, to, then string
	d.ScanArgs(w.t, "amounts", &amounts)
	d.ScanArgs(w.t, "to", &to)
	d.MaybeScanArgs(w.t, "then", &then)
	var calls []rollup.Call
	for _, n := range w.numbers(amounts) {
		calls = append(calls, wallet.Withdraw(l1Account(to), n))
	}
	if then == "fail" {
		calls = append(calls, rollup.Call{Method: rollup.Selector("nothing")})
	}
	w.athena(d.CmdArgs[0].Key, calls...)
}

// prove makes a proof and spoils it.
func (w *world) prove(d *datadriven.TestData) *rollup.WithdrawProve {
	var layer, index uint64
	var forge string
	d.ScanArgs(w.t, "layer", &layer)
	d.ScanArgs(w.t, "index", &index)
	d.MaybeScanArgs(w.t, "forge", &forge)
	final := w.tip().l1.Final().Layer
	d.MaybeScanArgs(w.t, "final", &final)
	v, err := bridge.ProveWithdrawal(w.blocks[final].tree, final, w.blocks[layer].left, index)
	require.NoError(w.t, err)
	switch forge {
	case "amount":
		v.Withdrawal.Amount++
	case "to":
		v.Withdrawal.To = l1Account("alice")
	case "from":
		v.Withdrawal.From[9] ^= 1
	case "index":
		v.Withdrawal.Index++
	case "layer":
		v.Withdrawal.Layer++
	case "chain":
		v.Withdrawal.ChainID[0] ^= 1
	case "path":
		v.Path[0][0] ^= 1
	case "longer":
		v.Path = append(v.Path, rollup.Hash{})
	case "shorter":
		v.Path = v.Path[:len(v.Path)-1]
	case "record":
		v.Record[len(v.Record)/2] ^= 1
	case "other": // the record of another layer, and the withdrawal says so
		v.Record, err = bridge.ProveRecord(w.blocks[final].tree, layer-1)
		require.NoError(w.t, err)
	case "":
	default:
		d.Fatalf(w.t, "no way to forge %q", forge)
	}
	return v
}

// money prints what everybody has beyond the start, rounded where fees took some.
func (w *world) money() string {
	var b strings.Builder
	s := w.tip().l1
	for _, name := range people[:3] {
		h, err := stf.Account(w.tip().tree, w.names[name])
		require.NoError(w.t, err)
		fmt.Fprintf(&b, "%s: L1 %+d, Athena %+d\n", name,
			round(int64(s.Account(l1Account(name)).Balance)-l1Money), round(int64(h.Balance)-athenaMoney))
	}
	fmt.Fprintf(&b, "locked %d\n", s.Locked())
	return b.String()
}

// round leaves out fees: amounts in the transcripts are millions.
func round(v int64) int64 {
	const unit = 1_000_000
	if v < 0 {
		return -((-v) / unit * unit)
	}
	return (v + unit/2) / unit * unit
}
