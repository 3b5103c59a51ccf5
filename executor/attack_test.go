package executor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/internal/kv/crashfs"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// TestAttacks plays the transcripts of testdata/attacks, in which one honest executor, on a machine of
// its own, and one who lies from layer 3 on follow one L1. Heights are in front of what happens.
//
//	new                    a network, whose wallets spawn
//	turns n=N              N blocks, which both executors see; a machine without power starts again
//	fork depth=N           L1 drops blocks
//	kill write=N           the honest one loses its power N writes later, after that write; with
//	                       before: before it; with in=FOLDER only writes there count
//	kill everywhere        everything since new once more, for each of its writes, before and after
//	forget                 the honest one's L1 does not answer for blocks; with below=N, it says that
//	                       those below N do not exist
//	remember               it has all blocks again
//	join PEER...           a new executor joins by snapshot from peers: honest, mute, liar, tease (which
//	                       lists snapshots and has none); then it derives forward
//	state                  where the honest one is, compared with a node that derives from the genesis
func TestAttacks(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/attacks", func(t *testing.T, path string) {
		s := &stage{t: t}
		datadriven.RunTest(t, path, s.run)
		s.close()
	})
}

// stage is a network of two executors.
type stage struct {
	t      *testing.T
	n      *network
	disk   *crashfs.Disk
	link   *cable
	one    *Executor // nil: without power
	liar   *Executor
	script []func(s *stage) string // since new
	cuts   int
}

// cable is a machine's line to L1: without power nothing goes out, and blocks may be withheld.
type cable struct {
	l1.Chain
	disk  *crashfs.Disk
	below uint64 // no block below it
	mute  bool   // no answer for any block
}

var errSilence = errors.New("no answer")

// Submit implements l1.Chain.
func (c *cable) Submit(ctx context.Context, tx *rollup.L1Tx) (rollup.Hash, error) {
	if c.disk.Dead() {
		return rollup.Hash{}, errSilence
	}
	return c.Chain.Submit(ctx, tx)
}

// Layer implements l1.Chain.
func (c *cable) Layer(ctx context.Context, h uint64) (*rollup.Layer, error) {
	switch {
	case c.mute:
		return nil, errSilence
	case h < c.below:
		return nil, l1.ErrNoLayer
	}
	return c.Chain.Layer(ctx, h)
}

func (s *stage) run(t *testing.T, d *datadriven.TestData) string {
	s.t = t
	var n int
	var below uint64
	folder, before := "", d.HasArg("before")
	for name, into := range map[string]any{
		"n": &n, "depth": &n, "write": &n, "in": &folder, "below": &below,
	} { //lint:unordered each is another argument
		if d.HasArg(name) {
			d.ScanArgs(t, name, into)
		}
	}
	var do func(s *stage) string
	switch {
	case d.Cmd == "new":
		s.close()
		s.script, do = nil, (*stage).begin
	case d.Cmd == "turns":
		do = func(s *stage) string { return s.turns(n) }
	case d.Cmd == "fork":
		do = func(s *stage) string { return s.fork(n) }
	case d.HasArg("everywhere"):
		return s.killEverywhere()
	case d.Cmd == "kill":
		s.disk.Arm(n, !before, folder)
		return ""
	case d.Cmd == "forget":
		s.link.below, s.link.mute = below, below == 0
		return ""
	case d.Cmd == "remember":
		s.link.below, s.link.mute = 0, false
		return ""
	case d.Cmd == "join":
		return s.join(d.CmdArgs)
	case d.Cmd == "state":
		return s.state()
	default:
		t.Fatalf("no command %q", d.Cmd)
	}
	s.script = append(s.script, do)
	return do(s)
}

func (s *stage) close() {
	for _, e := range []*Executor{s.one, s.liar} {
		if e != nil {
			_ = e.Close() // without power it cannot
		}
	}
	s.one, s.liar = nil, nil
}

// begin makes the network. Windows are short, so that stories are.
func (s *stage) begin() string {
	s.n = newNetwork(s.t, func(p *rollup.Params) {
		p.StepItems, p.ReorgBound, p.ChallengeWindow, p.ProveWindow = 2, 2, 4, 4
	})
	s.disk = crashfs.New()
	s.link = &cable{Chain: s.n.chain, disk: s.disk}
	cfg := s.n.liar("liar", 3, func(n int) int { return n - 1 })
	cfg.Log = nil
	s.liar = s.open(cfg)
	s.one = s.open(s.config())
	s.n.post(s.n.sign("alice: spawn", "bob: spawn")...)
	return ""
}

func (s *stage) open(cfg Config) *Executor {
	s.t.Helper()
	e, err := New(cfg)
	require.NoError(s.t, err)
	return e
}

func (s *stage) config() Config {
	cfg := s.n.poster("one")
	cfg.Chain, cfg.FS, cfg.Dir, cfg.Log, cfg.SelfValidate = s.link, s.disk, "one", nil, false
	cfg.SnapshotEvery, cfg.SnapshotChunk = 4, 16<<10
	return cfg
}

// live lets the honest executor do what there is to do. If its power fails, it starts again at once.
func (s *stage) live() string {
	for {
		if s.one == nil {
			var err error
			if s.one, err = New(s.config()); !s.disk.Dead() {
				require.NoError(s.t, err)
			}
		}
		var err error
		if s.one != nil {
			err = steps(s.t.Context(), s.one)
		}
		if !s.disk.Dead() {
			if err != nil {
				require.ErrorIs(s.t, err, ErrL1)
				return "one: " + err.Error() + "\n"
			}
			return ""
		}
		if s.one != nil {
			_ = s.one.Close()
		}
		s.cuts++
		s.one, s.disk = nil, s.disk.Restored()
		s.link = &cable{Chain: s.n.chain, disk: s.disk, below: s.link.below, mute: s.link.mute}
	}
}

func (s *stage) turns(count int) string {
	var b strings.Builder
	for i := range count {
		if i%2 == 0 {
			s.n.post(s.n.sign(fmt.Sprintf("alice: spend bob %d", i+1))...)
		}
		layer, events, err := s.n.chain.Mine(s.t.Context())
		require.NoError(s.t, err)
		require.NoError(s.t, s.n.chain.State().CheckMoney())
		for _, e := range events {
			if text := tell(e); text != "" {
				fmt.Fprintf(&b, "%d: %s\n", layer.Header.Height, text)
			}
		}
		s.n.see(s.liar)
		cuts := s.cuts
		b.WriteString(s.live())
		if s.cuts > cuts {
			fmt.Fprintf(&b, "%d: one lost its power and is back\n", layer.Header.Height)
		}
	}
	return b.String()
}

func (s *stage) fork(depth int) string {
	require.NoError(s.t, s.n.chain.Fork(depth))
	return ""
}

// tell is what a story has of an event.
func tell(e l1.Event) string {
	who := func(a address.Address) string {
		for _, name := range []string{"one", "liar"} {
			if a == l1Account(name) {
				return name
			}
		}
		return a.Short()
	}
	switch e := e.(type) {
	case l1.ClaimCommitted:
		return who(e.Executor) + " commits to a claim"
	case l1.ClaimAdmitted:
		return fmt.Sprintf("%s claims layers %d-%d", who(e.Executor), e.FromLayer, e.ToLayer)
	case l1.ChallengeOpened:
		return fmt.Sprintf("%s challenges step %d of a claim", who(e.Challenger), e.Step)
	case l1.ChallengeProved:
		return fmt.Sprintf("%s shows the witness of step %d", who(e.Challenger), e.Step)
	case l1.ChallengeLost:
		return fmt.Sprintf("%s loses a challenge: %s", who(e.Challenger), e.Code)
	case l1.Slashed:
		return "the bond of " + who(e.Executor) + " is slashed"
	case l1.ClaimBecameFinal:
		return fmt.Sprintf("layer %d is final, by %s", e.ToLayer, who(e.Executor))
	case l1.Refused:
		return fmt.Sprintf("refused of %s: %s", who(e.Sender), e.Reason)
	}
	return ""
}

// played is what came of a script.
type played struct {
	story  string // what happened on L1
	writes int    // of the honest executor
	cuts   int
	layer  uint64
	root   rollup.Hash
	served []Snapshot
}

// play plays a script from the start, with a loss of power at a write.
func play(t *testing.T, script []func(s *stage) string, write int, after bool) *played {
	x, p := &stage{t: t}, new(played)
	defer x.close()
	for i, do := range script {
		for line := range strings.Lines(do(x)) {
			if !strings.Contains(line, "lost its power") {
				p.story += line
			}
		}
		if i == 0 {
			p.writes = x.disk.Writes()
			x.disk.Arm(write, after, "")
		}
	}
	p.writes, p.cuts = x.disk.Writes()-p.writes, x.cuts
	p.layer, p.root = x.one.Head()
	var err error
	p.served, err = x.one.Peer("").Snapshots(t.Context())
	require.NoError(t, err)
	return p
}

// killEverywhere plays the script again and again, with a loss of power at each write of the honest
// executor, before it and after it. What happens on L1 must be the same each time, line by line.
func (s *stage) killEverywhere() string {
	want := play(s.t, s.script, 0, false)
	require.Greater(s.t, want.writes, 30, "an executor writes often")
	for write := 1; write <= want.writes; write++ {
		var got [2]*played
		var group sync.WaitGroup
		for i := range got {
			group.Go(func() { got[i] = play(s.t, s.script, write, i == 1) })
		}
		group.Wait()
		for i, p := range got {
			require.NotNil(s.t, p)
			require.Equal(s.t, 1, p.cuts, "write %d", write)
			require.Equal(s.t, want.story, p.story, "write %d, after it: %v", write, i == 1)
			require.Equal(s.t, want.layer, p.layer)
			require.Equal(s.t, want.root, p.root)
			require.Equal(s.t, want.served, p.served)
		}
	}
	return "before and after every write: the same story line by line, the same roots and snapshots\n"
}

func (s *stage) state() string {
	layer, root := s.one.Head()
	if want := s.n.fresh(layer); root != want {
		return fmt.Sprintf("layer %d, root %s instead of %s\n", layer, root.Short(), want.Short())
	}
	all, err := s.one.Peer("").Snapshots(s.t.Context())
	require.NoError(s.t, err)
	var cut []uint64
	for _, c := range all {
		cut = append(cut, c.Layer)
	}
	return fmt.Sprintf("layer %d, the true root; snapshots of layers %v\n", layer, cut)
}

// join lets a new executor join from peers.
func (s *stage) join(peers []datadriven.CmdArg) string {
	var b strings.Builder
	cfg := s.n.config()
	cfg.FS, cfg.Dir = crashfs.New(), "joiner"
	dropped := map[string]bool{} // who is asked first depends on who is fast
	cfg.Log = slog.New(drops{slog.DiscardHandler, dropped})
	j := &Join{Config: cfg, Timeout: 300 * time.Millisecond}
	for _, p := range peers {
		p := &neighbour{Peer: s.one.Peer(p.Key)}
		p.chunk = spoilers[p.String()]
		j.Peers = append(j.Peers, p)
	}
	err := j.Run(s.t.Context())
	for _, line := range slices.Sorted(maps.Keys(dropped)) {
		b.WriteString(line)
	}
	if err != nil {
		return b.String() + err.Error() + "\n"
	}
	cfg.Log = nil
	e := s.open(cfg)
	defer func() { require.NoError(s.t, e.Close()) }()
	at, _ := e.Head()
	require.NoError(s.t, steps(s.t.Context(), e))
	layer, root := e.Head()
	require.Equal(s.t, s.n.fresh(layer), root)
	fmt.Fprintf(&b, "joined at layer %d, derived to layer %d: the true root\n", at, layer)
	return b.String()
}

// spoilers are what peers do with chunks.
var spoilers = map[string]func(context.Context, uint32, []byte) ([]byte, error){
	"mute": func(ctx context.Context, _ uint32, _ []byte) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	},
	"tease": func(context.Context, uint32, []byte) ([]byte, error) { return nil, noSnapshot },
	"liar": func(_ context.Context, _ uint32, b []byte) ([]byte, error) {
		b[len(b)/2] ^= 1
		return b, nil
	},
}

// drops collects which peers are dropped.
type drops struct {
	slog.Handler
	out map[string]bool
}

var chunkNumber = regexp.MustCompile(`chunk \d+`)

// Enabled implements slog.Handler.
func (d drops) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (d drops) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "peer dropped" {
		return nil
	}
	var line string
	r.Attrs(func(a slog.Attr) bool {
		line += fmt.Sprintf("%s %s; ", a.Key, a.Value)
		return true
	})
	d.out[chunkNumber.ReplaceAllString(line, "a chunk")+"dropped\n"] = true
	return nil
}
