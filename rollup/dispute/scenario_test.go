package dispute_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
	"github.com/athenarollup/athena/trap"
)

// TestScenarios runs the stories in testdata. After every layer the money is counted, and every step
// is proven and judged from its witness. The commands are genesis, params, layer, accounts, rent,
// prices and seen.
func TestScenarios(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/scenarios", func(t *testing.T, path string) {
		t.Parallel()
		s := &scenario{params: rollup.DefaultParams()}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "genesis":
				return s.genesis(t, d)
			case "layer":
				return s.layer(t, d)
			case "accounts":
				return s.accounts(t, d)
			case "seen":
				return s.seen(t)
			case "params":
				s.setParams(t, d)
				return ""
			case "rent":
				return s.rent(t, d)
			case "prices":
				prices, err := stf.Prices(s.chain.Tree)
				require.NoError(t, err)
				return fmt.Sprintln(prices[1:])
			default:
				d.Fatalf(t, "no command %q", d.Cmd)
				return ""
			}
		})
	})
}

type scenario struct {
	params rollup.Params
	chain  *stftest.Chain
}

// genesis starts a chain; each input line is a wallet and its balance, each argument a parameter.
func (s *scenario) genesis(t *testing.T, d *datadriven.TestData) string {
	s.chain = &stftest.Chain{Params: s.params}
	s.setParams(t, d)
	s.params = s.chain.Params
	balances := make(map[string]uint64)
	for _, line := range strings.Split(d.Input, "\n") {
		var name string
		var amount uint64
		_, err := fmt.Sscan(line, &name, &amount)
		require.NoError(t, err)
		balances[name] = amount
	}
	var err error
	s.chain, err = stftest.New(s.params, balances)
	require.NoError(t, err)
	return ""
}

// setParams changes parameters from the next layer on; each argument is one.
func (s *scenario) setParams(t *testing.T, d *datadriven.TestData) {
	p := &s.chain.Params
	for _, a := range d.CmdArgs {
		v, err := strconv.ParseUint(a.Vals[0], 10, 32)
		require.NoError(t, err)
		switch a.Key {
		case "seen-purge":
			p.SeenPurgePerLayer = uint32(v)
		case "carry-delay":
			p.MaxCarryDelay = v
		case "deposit-price":
			p.DepositPrice = v
		case "rent-price":
			p.RentPrice = v
		case "rent-horizon":
			p.RentHorizon = v
		case "sweep":
			p.SweepLeaves = uint32(v)
		case "price-window":
			p.PriceWindow = uint32(v)
		case "compute-target":
			p.PriceTarget[metering.Compute] = v
		case "min-prices":
			for i := range p.MinPrices[1:] {
				p.MinPrices[1+i] = v
			}
		default:
			d.Fatalf(t, "no parameter %q", a.Key)
		}
	}
}

// layer executes a layer; each input line is an item.
func (s *scenario) layer(t *testing.T, d *datadriven.TestData) string {
	perStep, repeat := 3, 1
	var final []rollup.FinalClaim
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "per-step":
			a.Scan(t, 0, &perStep)
		case "repeat":
			a.Scan(t, 0, &repeat)
		case "final":
			c := rollup.FinalClaim{ClaimID: rollup.Hash{1}, Reward: s.chain.Address(a.Vals[2])}
			a.Scan(t, 0, &c.FromLayer)
			a.Scan(t, 1, &c.ToLayer)
			final = append(final, c)
		default:
			d.Fatalf(t, "no option %q", a.Key)
		}
	}
	for range repeat - 1 {
		s.apply(t, s.chain.Layer(nil, perStep))
	}
	var items []rollup.Item
	nonces := nonces(t, s.chain)
	for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
		if line == "" {
			continue
		}
		it, err := s.chain.ParseItem(line, nonces)
		require.NoError(t, err)
		items = append(items, it)
	}
	l := s.chain.Layer(items, perStep, final...)
	return s.describe(l, s.apply(t, l))
}

// nonces returns what tells the next nonce of a wallet, counting the transactions of this layer.
func nonces(t testing.TB, c *stftest.Chain) func(name string, void bool) uint64 {
	used := make(map[string]uint64)
	return func(name string, void bool) uint64 {
		h, err := stf.Account(c.Tree, c.Address(name))
		require.NoError(t, err)
		next := h.Nonce + used[name]
		if !void {
			used[name]++
		}
		return next
	}
}

// apply executes a layer, judging every step.
func (s *scenario) apply(t *testing.T, l *stf.Layer) *stf.LayerResult {
	out, err := s.chain.Apply(l, func(before *statetree.Tree, step int, post rollup.Hash) error {
		return judge(s.chain.Engine, l, step, before, post)
	})
	require.NoError(t, err)
	return out
}

// judge proves a step and checks the verdicts on the right root and on wrong ones.
func judge(
	e *stf.Engine, l *stf.Layer, step int, before *statetree.Tree, post rollup.Hash,
) error {
	pre := rollup.Hash(before.Root())
	w, got, err := dispute.Prove(e, before, l, step)
	switch {
	case err != nil:
		return err
	case got != post:
		return fmt.Errorf("proven root %x, want %x", got, post)
	case rollup.Hash(before.Root()) != pre:
		return fmt.Errorf("proving changed the tree")
	}
	lie := post
	lie[31] ^= 1
	for _, c := range []struct {
		pre, claimed rollup.Hash
		want         rollup.VerdictCode
	}{
		{pre, post, rollup.VerdictUpheld},
		{pre, lie, rollup.VerdictFraud},
		{pre, rollup.Hash{}, rollup.VerdictFraud},
		{lie, post, rollup.VerdictBadWitness},
	} {
		v := dispute.Judge(stf.New(), l, step, c.pre, c.claimed, w)
		if v.Code != c.want {
			return fmt.Errorf("verdict %d, want %d: %s", v.Code, c.want, v.Detail)
		}
		if c.want != rollup.VerdictBadWitness && v.ComputedRoot != post {
			return fmt.Errorf("computed root %x, want %x", v.ComputedRoot, post)
		}
	}
	return nil
}

// describe tells what became of the items between begin and end.
func (s *scenario) describe(l *stf.Layer, out *stf.LayerResult) string {
	var b strings.Builder
	for _, step := range out.Steps {
		for i, r := range step.Receipts {
			it := &l.Items[r.ItemIndex]
			if it.Kind == rollup.ItemLayerBegin || it.Kind == rollup.ItemLayerEnd {
				continue
			}
			fmt.Fprintf(&b, "%d: %s", r.ItemIndex, outcomeText(&r))
			if r.Fee > 0 {
				b.WriteString(", fee paid")
			}
			if len(r.Message) > 0 {
				fmt.Fprintf(&b, ", %q", s.chain.Names(sourceLine.ReplaceAllString(string(r.Message), "")))
			}
			b.WriteString("\n")
			for _, e := range step.Events[i] {
				fmt.Fprintf(&b, "   event of %d topics, data %x\n", len(e.Topics), e.Data)
			}
		}
	}
	return b.String()
}

// sourceLine is where a program panicked; it moves whenever the program is edited.
var sourceLine = regexp.MustCompile(`, [a-z]+/src/[a-z]+\.rs:[0-9]+$`)

func outcomeText(r *rollup.Receipt) string {
	switch r.Outcome {
	case rollup.OutcomeSuccess:
		return "success"
	case rollup.OutcomeFailed:
		return fmt.Sprintf("failed, %v", trap.Code(r.Trap))
	default:
		return fmt.Sprintf("ineffective, reason %d", r.Reason)
	}
}

// accounts shows what is in accounts, as if no fee had been paid.
func (s *scenario) accounts(t *testing.T, d *datadriven.TestData) string {
	var b strings.Builder
	for _, name := range strings.Fields(d.Input) {
		h, err := stf.Account(s.chain.Tree, s.chain.Address(name))
		require.NoError(t, err)
		balance, fees, err := s.chain.Balance(name)
		require.NoError(t, err)
		status := [...]string{"stub", "live", "dead", "expired"}[h.Status]
		fmt.Fprintf(&b, "%s: %s, nonce %d, balance %d", name, status, h.Nonce, balance+fees)
		if fees > 0 {
			b.WriteString(" before fees")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// rent shows what accounts store and owe; money is as of the last settlement.
func (s *scenario) rent(t *testing.T, d *datadriven.TestData) string {
	var b strings.Builder
	for _, name := range strings.Fields(d.Input) {
		h, err := stf.Account(s.chain.Tree, s.chain.Address(name))
		require.NoError(t, err)
		fmt.Fprintf(&b, "%s: %d slots, %d bytes, locked %d, reserve %d", name, h.Slots, h.StoredBytes,
			h.LockedDeposit, h.RentReserve)
		if h.Status == state.Expired {
			fmt.Fprintf(&b, ", %d evicted, arrears %d", h.Evicted, h.Arrears)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// seen tells how many records the memory of unordered transactions has.
func (s *scenario) seen(t *testing.T) string {
	ids, queue := 0, 0
	require.NoError(t, stf.Walk(s.chain.Tree, func(l stf.Leaf) error {
		switch {
		case l.Kind != state.KindSystem:
		case strings.HasPrefix(l.Slot, "seen/"):
			ids++
		case strings.HasPrefix(l.Slot, "seenq/"):
			queue++
		}
		return nil
	}))
	return fmt.Sprintf("%d ids, %d records of the queue\n", ids, queue)
}
