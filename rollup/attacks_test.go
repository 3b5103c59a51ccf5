package rollup

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
)

// TestAttacks plays the transcripts of testdata/attacks: what hostile users, relays and proposers
// put into a block, and what every node derives of it.
//
//	new [layers=N]       an empty block 100; with layers, a layer holds N of the largest
//	                     transactions and no more
//	tx name [from=N] [nonce=N] [unordered] [relay=N] [expiry=N] [auth=text] [chain=bad]
//	                     [units=max | max+1 | forced] [bytes=max | max+1] [method=N]
//	bundle relay=N txs=(a,b,..) [bid=N] [deflate] [weight=-1] [count=+1] [junk] [bomb]
//	forced tx=name, deposit
//	derive [beacon=N]    layer 101, and what waits after it
//	next [beacon=N]      the layer after it, of an empty block
func TestAttacks(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/attacks", func(t *testing.T, path string) {
		a := &attack{}
		datadriven.RunTest(t, path, a.run)
	})
}

type attack struct {
	t   *testing.T
	w   *world
	txs map[string][]byte
	of  map[Hash]string // names of copies by TxHash
	l1  map[Hash]string // names of L1 transactions
	d   *datadriven.TestData
}

func (a *attack) run(t *testing.T, d *datadriven.TestData) string {
	a.t, a.d = t, d
	switch d.Cmd {
	case "new":
		a.w = newWorld(t)
		a.txs, a.of, a.l1 = map[string][]byte{}, map[Hash]string{}, map[Hash]string{}
		if n := a.number("layers", 0); n > 0 {
			for i := range a.w.p.Layer { // system items, room for n, and not for another
				most := a.w.p.MaxTx[i]
				a.w.p.Layer[i] = 2*a.w.p.SystemItem[i] + uint64(n)*most + most/2
			}
		}
	case "tx":
		a.tx()
	case "bundle":
		return a.bundle()
	case "forced":
		name := a.text("tx")
		a.l1[a.w.l1(&ForcedTx{Tx: a.txs[name]})] = "forced " + name
	case "deposit":
		a.w.l1(&Deposit{To: relay1, Amount: 5})
	case "derive":
		return a.derive()
	case "next":
		a.w.source = Layer{Header: Header{Height: a.w.header.Height}}
		a.w.header.Height++
		return a.derive()
	default:
		d.Fatalf(t, "unknown command %q", d.Cmd)
	}
	return ""
}

func (a *attack) number(key string, other int) int {
	a.d.MaybeScanArgs(a.t, key, &other)
	return other
}

func (a *attack) text(key string) (s string) {
	a.d.MaybeScanArgs(a.t, key, &s)
	return s
}

func (a *attack) relay(n int) address.Address { return address.Address{22: 0xa0, 23: byte(n)} }

func (a *attack) tx() {
	p := &a.w.p
	name := a.text("name")
	raw := a.w.tx(byte(a.number("from", 1)), uint64(a.number("nonce", 0)), func(x *Tx) {
		if a.d.HasArg("unordered") {
			x.Nonce.Kind = NonceUnordered
		}
		if n := a.number("relay", 0); n > 0 {
			x.Relay = a.relay(n)
		}
		x.ExpiryLayer = uint64(a.number("expiry", 110))
		x.Calls[0].Method[0] = byte(a.number("method", 1))
		if s := a.text("auth"); s != "" {
			x.Auth = []byte(s)
		}
		if a.text("chain") == "bad" {
			x.ChainID[0] ^= 1
		}
		switch a.text("units") {
		case "max":
			x.MaxUnits = p.MaxTx
		case "max+1":
			x.MaxUnits = p.MaxTx
			x.MaxUnits[metering.Write]++
		case "forced":
			x.MaxUnits = p.MaxForced()
		}
		switch a.text("bytes") {
		case "max":
			pad(x, int(p.MaxTxBytes))
		case "max+1":
			pad(x, int(p.MaxTxBytes)+1)
		}
	})
	a.txs[name] = raw
	if x, _, err := DecodeTx(raw, p); err == nil {
		a.of[x.Hash()] = name
	}
}

// bundle posts a bundle that is paid for by weight, but for what the arguments spoil.
func (a *attack) bundle() string {
	w := a.w
	var raws [][]byte
	var weight uint64
	arg, _ := a.d.Arg("txs")
	for _, name := range arg.Vals {
		raws = append(raws, a.txs[name])
		weight += w.weight(a.txs[name])
	}
	relay := a.number("relay", 1)
	body := body(raws...)
	if a.d.HasArg("junk") {
		body = append(body, 0)
	}
	b := Bundle{Relay: a.relay(relay), TxCount: uint32(len(raws) + a.number("count", 0)), Body: body}
	switch {
	case a.d.HasArg("bomb"):
		b.Codec, b.Body = CodecDeflate, deflate(make([]byte, 1<<20))
	case a.d.HasArg("deflate"):
		plain := columnsOf([]byte{0}, make([]byte, len(raws)), body)
		b.Codec, b.Body = CodecDeflate, deflate(plain)
	}
	post := &PostBundle{Bundle: b.Encode(), Bid: uint64(a.number("bid", 0))}
	post.Weight = uint64(int64(weight) + int64(a.number("weight", 0)))
	a.l1[w.l1(post)] = fmt.Sprintf("bundle %d of relay %d", len(w.source.Txs), relay)
	if a.d.HasArg("bomb") {
		return fmt.Sprintf("%d bytes for %d\n", 1<<20, len(b.Body))
	}
	return ""
}

func (a *attack) derive() string {
	w := a.w
	w.header.Beacon = Hash{byte(a.number("beacon", 0xbe))}
	d := w.derive()
	w.carry = d.Carry
	var b strings.Builder
	for i := range d.Items {
		it := &d.Items[i]
		switch it.Kind {
		case ItemTx:
			fmt.Fprintf(&b, "%s, relay %d\n", a.of[it.Tx.Hash()], it.Relay[23])
		case ItemForced:
			fmt.Fprintf(&b, "%s, forced\n", a.of[it.Tx.Hash()])
		default:
			fmt.Fprintf(&b, "%s\n", it.Kind)
		}
	}
	for _, x := range d.Drops {
		from, what := a.l1[x.L1Tx], a.of[x.ID]
		if x.ID == x.L1Tx {
			what = "something"
			if !bytes.Equal(x.TxID[:], make([]byte, 32)) {
				a.t.Fatal("what has an id is named by it")
			}
		}
		fmt.Fprintf(&b, "dropped: %s in %s: %s\n", what, from, x.Reason)
	}
	if n := len(d.Carry.Forced); n > 0 {
		fmt.Fprintf(&b, "waiting: %d forced\n", n)
	}
	fmt.Fprintf(&b, "%d steps\n", len(d.Steps))
	return b.String()
}
