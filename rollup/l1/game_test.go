package l1_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// TestGame plays the transcripts of testdata/game: what executors and challengers do, and what each
// block makes of it. Money is counted after every block.
//
//	new [window=N] [prove=N] [open-claims=N] [layers=N] [roots=N] [verdicts=N] [finals=N]
//	mine [n=N] [quiet]   makes blocks and prints what they do; quiet counts it
//	commit who claim layers=A-B [on=claim | pre=bad] [wrong=step] [roots=±N] [hash=bad] [vm=N]
//	                     makes a claim and submits its commitment
//	post who claim       shows it
//	claim ...            commit, mine, post, printing the block of the commitment only if
//	                     there is more in it
//	open who claim step [witness=text]
//	prove who claim step [as=who]
//	spam who claim except=step [prove]
//	                     opens, or proves, a challenge of every other step
//	transfer who to amount
//	upgrade who at=N [bond=N] [revision=N] [step-keys=N] [verdicts=N] [prove=N] [window=N]
//	                     other parameters than the newest ones
//	params at=N          prints what the transcripts change
//	claims, money        prints
func TestGame(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/game", func(t *testing.T, path string) {
		g := &game{t: t}
		datadriven.RunTest(t, path, g.run)
	})
}

type game struct {
	t      *testing.T
	s      *l1.State
	pool   []rollup.L1Tx
	nonces map[string]uint64
	claims map[string]*rollup.PostClaim
	order  []string
	newest *rollup.Params // that the governor posted
}

func (g *game) run(t *testing.T, d *datadriven.TestData) string {
	g.t = t
	var out string
	switch d.Cmd {
	case "new":
		g.reset(d)
	case "mine":
		n := 1
		d.MaybeScanArgs(t, "n", &n)
		if out = g.mine(n); d.HasArg("quiet") {
			out = count(out)
		}
	case "commit":
		g.commit(d)
	case "post":
		g.post(g.who(d), g.name(d))
	case "claim":
		g.commit(d)
		quiet := len(g.pool) == 1
		if out = g.mine(1); quiet {
			out = ""
		}
		g.post(g.who(d), g.name(d))
	case "open":
		g.open(d)
	case "prove":
		g.prove(d)
	case "spam":
		g.spam(d)
	case "transfer":
		var to string
		var amount uint64
		d.ScanArgs(t, "to", &to)
		d.ScanArgs(t, "amount", &amount)
		g.submit(g.who(d), &rollup.Transfer{To: account(to), Amount: amount})
	case "upgrade":
		g.upgrade(d)
	case "params":
		out = g.params(d)
	case "claims":
		out = g.status()
	case "money":
		out = g.money()
	default:
		d.Fatalf(t, "unknown command %q", d.Cmd)
	}
	return g.names(out)
}

func (g *game) reset(d *datadriven.TestData) {
	g.s = newToy(g.t, func(p *rollup.Params) {
		p.ReorgBound, p.BlockMillis = 1, 60_000
		p.ChallengeWindow, p.ProveWindow = 3, 2
		d.MaybeScanArgs(g.t, "window", &p.ChallengeWindow)
		d.MaybeScanArgs(g.t, "prove", &p.ProveWindow)
		d.MaybeScanArgs(g.t, "open-claims", &p.MaxOpenClaims)
		d.MaybeScanArgs(g.t, "layers", &p.MaxLayersPerClaim)
		d.MaybeScanArgs(g.t, "roots", &p.MaxStepRoots)
		d.MaybeScanArgs(g.t, "verdicts", &p.VerdictsPerBlock)
		d.MaybeScanArgs(g.t, "finals", &p.MaxFinalPerLayer)
		d.MaybeScanArgs(g.t, "depth", &p.MinClaimDepth)
	})
	g.pool, g.nonces = nil, map[string]uint64{}
	g.claims, g.order, g.newest = map[string]*rollup.PostClaim{}, nil, nil
}

func (g *game) who(d *datadriven.TestData) (who string) {
	d.ScanArgs(g.t, "who", &who)
	return who
}

func (g *game) name(d *datadriven.TestData) (name string) {
	d.ScanArgs(g.t, "claim", &name)
	return name
}

func (g *game) submit(who string, p rollup.L1Payload) {
	g.pool = append(g.pool, signed(g.s, who, g.nonces[who], p))
	g.nonces[who]++
}

func (g *game) mine(n int) string {
	var b strings.Builder
	for range n {
		events, refused := mine(g.t, g.s, g.pool...)
		require.Empty(g.t, refused)
		g.pool = nil
		fmt.Fprintf(&b, "block %d\n", g.s.Tip().Height)
		tip, err := g.s.Layer(g.s.Tip().Height)
		require.NoError(g.t, err)
		for _, f := range tip.Header.Finalized {
			fmt.Fprintf(&b, "  header: fees of %d-%d to %s\n", f.FromLayer, f.ToLayer, f.Reward.Short())
		}
		for _, e := range events {
			fmt.Fprintf(&b, "  %s\n", e)
		}
	}
	return b.String()
}

// commit makes a claim and submits its commitment.
func (g *game) commit(d *datadriven.TestData) {
	who, name := g.who(d), g.name(d)
	c := rollup.Claim{Executor: account(who), Reward: account(who), VMVersion: 1}
	var layers string
	d.ScanArgs(g.t, "layers", &layers)
	_, err := fmt.Sscanf(layers, "%d-%d", &c.FromLayer, &c.ToLayer)
	require.NoError(g.t, err)
	d.MaybeScanArgs(g.t, "vm", &c.VMVersion)
	var on, pre, hash string
	var roots int
	wrong := -1
	d.MaybeScanArgs(g.t, "on", &on)
	d.MaybeScanArgs(g.t, "pre", &pre)
	d.MaybeScanArgs(g.t, "hash", &hash)
	d.MaybeScanArgs(g.t, "roots", &roots)
	d.MaybeScanArgs(g.t, "wrong", &wrong)
	c.PreRoot = g.rootBefore(c.FromLayer, on)
	if pre == "bad" {
		c.PreRoot[0] ^= 1
	}
	c.StepRoots = g.execute(c.PreRoot, c.FromLayer, c.ToLayer, wrong)
	for ; roots < 0; roots++ {
		c.StepRoots = c.StepRoots[:len(c.StepRoots)-1]
	}
	for ; roots > 0; roots-- {
		c.StepRoots = append(c.StepRoots, rollup.Hash{0xee})
	}
	if l, err := g.s.Layer(c.ToLayer); err == nil {
		c.L1BlockHash = l.Header.Hash()
	}
	if hash == "bad" {
		c.L1BlockHash[0] ^= 1
	}
	p := &rollup.PostClaim{Claim: c, Salt: sha256.Sum256([]byte(name))}
	if _, ok := g.claims[name]; !ok {
		g.order = append(g.order, name)
	}
	g.claims[name] = p
	g.submit(who, &rollup.ClaimCommit{
		Commitment: rollup.CommitHash(account(who), p.Salt, c.ID()),
	})
}

// rootBefore is the last root of a claim, or the true root.
func (g *game) rootBefore(layer uint64, on string) rollup.Hash {
	if on != "" {
		roots := g.claims[on].Claim.StepRoots
		return roots[len(roots)-1]
	}
	root := toyGenesis(nil).StateRoot
	if layer == 0 {
		return root
	}
	if roots := g.execute(root, 1, layer-1, -1); len(roots) > 0 {
		root = roots[len(roots)-1]
	}
	return root
}

// execute returns the step roots of layers; after a wrong one it goes on as if that were right.
func (g *game) execute(root rollup.Hash, from, to uint64, wrong int) []rollup.Hash {
	var out []rollup.Hash
	for h := from; h <= to; h++ {
		steps := 2 // of a layer that does not exist
		if l, err := g.s.Layer(h); err == nil {
			steps = int(l.Header.StepCount)
		}
		for i := range steps {
			root = toyRoot(root, h, i)
			if len(out) == wrong {
				root[0] ^= 0xff
			}
			out = append(out, root)
		}
	}
	return out
}

// upgrade changes the newest parameters that were posted.
func (g *game) upgrade(d *datadriven.TestData) {
	if g.newest == nil {
		g.newest = g.s.Widest()
	}
	u := &rollup.Upgrade{Params: *g.newest}
	d.ScanArgs(g.t, "at", &u.Activation)
	d.MaybeScanArgs(g.t, "bond", &u.Params.ClaimBond)
	d.MaybeScanArgs(g.t, "revision", &u.Params.EngineRevision)
	d.MaybeScanArgs(g.t, "step-keys", &u.Params.MaxStepKeys)
	d.MaybeScanArgs(g.t, "verdicts", &u.Params.VerdictsPerBlock)
	d.MaybeScanArgs(g.t, "prove", &u.Params.ProveWindow)
	d.MaybeScanArgs(g.t, "window", &u.Params.ChallengeWindow)
	if who := g.who(d); account(who) == toyGenesis(nil).Governor {
		g.newest = &u.Params
	}
	g.submit(g.who(d), u)
}

func (g *game) params(d *datadriven.TestData) string {
	var at uint64
	d.ScanArgs(g.t, "at", &at)
	p := g.s.ParamsAt(at)
	return fmt.Sprintf("claim bond %d, prove window %d, engine revision %d\n", p.ClaimBond,
		p.ProveWindow, p.EngineRevision)
}

func (g *game) post(who, name string) { g.submit(who, g.claims[name]) }

// witness returns what a challenger shows; "" means the right witness.
func (g *game) witness(d *datadriven.TestData, c *rollup.Claim, step int) []byte {
	var text string
	d.MaybeScanArgs(g.t, "witness", &text)
	if text != "" && text != "bug" {
		return []byte(text)
	}
	right := g.rightWitness(c, step)
	if text == "bug" { // the engine's first revision cannot read it
		return append([]byte("bug "), right...)
	}
	return right
}

func (g *game) rightWitness(c *rollup.Claim, step int) []byte {
	if step == 0 || step > len(c.StepRoots) {
		return toyWitness(c.PreRoot)
	}
	return toyWitness(c.StepRoots[step-1])
}

func (g *game) open(d *datadriven.TestData) {
	who := g.who(d)
	var step int
	d.ScanArgs(g.t, "step", &step)
	var unknown bool
	d.MaybeScanArgs(g.t, "unknown", &unknown)
	c := &g.claims[g.name(d)].Claim
	id := c.ID()
	if unknown {
		id[0] ^= 1
	}
	w := g.witness(d, c, step)
	g.submit(who, &rollup.ChallengeOpen{
		ClaimID: id,
		Step:    uint32(step),
		Commitment: rollup.OpenHash(g.s.ChainID(), id, uint32(step), account(who),
			sha256.Sum256([]byte(who)), rollup.WitnessHash(w)),
	})
}

// prove shows a witness, with the salt of who opened, or of another.
func (g *game) prove(d *datadriven.TestData) {
	who := g.who(d)
	as := who
	var step int
	d.ScanArgs(g.t, "step", &step)
	d.MaybeScanArgs(g.t, "as", &as)
	c := &g.claims[g.name(d)].Claim
	g.submit(who, &rollup.ChallengeProve{
		ClaimID: c.ID(),
		Step:    uint32(step),
		Salt:    sha256.Sum256([]byte(as)),
		Witness: g.witness(d, c, step),
	})
}

// spam challenges everything but the step that is wrong.
func (g *game) spam(d *datadriven.TestData) {
	who := g.who(d)
	var except int
	d.ScanArgs(g.t, "except", &except)
	c := &g.claims[g.name(d)].Claim
	id, salt := c.ID(), rollup.Hash{1}
	for step := range c.StepRoots {
		if step == except {
			continue
		}
		w := g.rightWitness(c, step)
		if d.HasArg("prove") {
			g.submit(who, &rollup.ChallengeProve{ClaimID: id, Step: uint32(step), Salt: salt, Witness: w})
			continue
		}
		g.submit(who, &rollup.ChallengeOpen{ClaimID: id, Step: uint32(step), Commitment: rollup.OpenHash(
			g.s.ChainID(), id, uint32(step), account(who), salt, rollup.WitnessHash(w))})
	}
}

// count replaces the lines of a transcript by how many there are of each sort.
func count(s string) string {
	var sorts []string
	times := map[string]int{}
	for line := range strings.Lines(s) {
		words := strings.Fields(line)
		kind := words[0]
		switch {
		case kind == "challenge" && slices.Contains(words, "lost"):
			kind = "challenges lost"
		case kind == "challenge" && slices.Contains(words, "opened"):
			kind = "challenges opened"
		case kind == "challenge" && slices.Contains(words, "returned"):
			kind = "challenge bonds returned"
		case kind == "challenge":
			kind = "challenges proven"
		case kind == "verdict":
			kind = "verdicts"
		case kind == "block":
			kind = "blocks"
		default:
			kind = strings.TrimSpace(line)
		}
		if times[kind]++; times[kind] == 1 {
			sorts = append(sorts, kind)
		}
	}
	var b strings.Builder
	for _, kind := range sorts {
		fmt.Fprintf(&b, "%4d %s\n", times[kind], kind)
	}
	return b.String()
}

func (g *game) status() string {
	var b strings.Builder
	for _, c := range g.s.Claims() {
		state := []string{"open", "final", "slashed", "dead"}[c.Status]
		fmt.Fprintf(&b, "%s: %s, layers %d-%d, admitted %d, window to %d, pending %d", c.ID.Short(),
			state, c.Claim.FromLayer, c.Claim.ToLayer, c.Admitted, c.WindowEnds, c.Pending)
		if v := c.LastVerdict; v != nil {
			fmt.Fprintf(&b, ", %v at step %d", v.Code, v.Step)
		}
		b.WriteString("\n")
	}
	final := g.s.Final()
	right := "true"
	if final.Root != g.rootBefore(final.Layer+1, "") {
		right = "false"
	}
	fmt.Fprintf(&b, "final: layer %d, %s root\n", final.Layer, right)
	return b.String()
}

// money prints what everybody has beyond the start.
func (g *game) money() string {
	var b strings.Builder
	for _, name := range actors {
		gain := int64(g.s.Account(account(name)).Balance) - toyMoney
		fmt.Fprintf(&b, "%s %+d\n", name, gain)
	}
	fmt.Fprintf(&b, "proposer %+d\n", g.s.Account(account("proposer")).Balance)
	fmt.Fprintf(&b, "burned %+d\nlocked %d\n", g.s.Burned(), g.s.Locked())
	return b.String()
}

// names puts names for addresses and ids.
func (g *game) names(s string) string {
	var pairs []string
	for _, name := range append([]string{"proposer"}, actors...) {
		pairs = append(pairs, account(name).Short(), name)
	}
	if g.newest != nil {
		pairs = append(pairs, g.newest.Hash().Short(), "(new)")
	}
	for _, name := range g.order {
		c := &g.claims[name].Claim
		sealed := rollup.CommitHash(c.Executor, g.claims[name].Salt, c.ID())
		pairs = append(pairs, c.ID().Short(), name, sealed.Short(), "to "+name)
		if n := len(c.StepRoots); n > 0 {
			pairs = append(pairs, c.StepRoots[n-1].Short(), "root("+name+")")
		}
	}
	return strings.NewReplacer(pairs...).Replace(s)
}
