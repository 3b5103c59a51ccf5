package executor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/statetree"
)

// neighbour is a peer in this process, with a spoiled answer or two.
type neighbour struct {
	Peer
	list   func([]Snapshot)
	index  func([]ChunkInfo) []ChunkInfo
	chunk  func(ctx context.Context, i uint32, proof []byte) ([]byte, error)
	served int
}

func neighbourOf(e *Executor, name string) *neighbour { return &neighbour{Peer: e.Peer(name)} }

func (p *neighbour) Snapshots(ctx context.Context) ([]Snapshot, error) {
	all, err := p.Peer.Snapshots(ctx)
	if p.list != nil {
		p.list(all)
	}
	return all, err
}

func (p *neighbour) Index(ctx context.Context, layer uint64, from uint32) ([]ChunkInfo, error) {
	all, err := p.Peer.Index(ctx, layer, from)
	all = all[:min(len(all), 3)] // many pages
	if p.index != nil {
		all = p.index(all)
	}
	return all, err
}

func (p *neighbour) Chunk(ctx context.Context, layer uint64, i uint32) ([]byte, error) {
	proof, err := p.Peer.Chunk(ctx, layer, i)
	if err == nil && p.chunk != nil {
		proof, err = p.chunk(ctx, i, proof)
	}
	p.served++
	return proof, err
}

// history is a network with final layers and an executor that has cut a snapshot of many chunks.
func history(t *testing.T) (*network, *Executor) {
	t.Helper()
	n := newNetwork(t, nil)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	cfg := n.poster("one")
	cfg.SnapshotEvery, cfg.SnapshotChunk, cfg.Listen = 8, 600, "127.0.0.1:0"
	one := n.open(cfg)
	n.turns(40, one)
	all, err := one.snapshots.list()
	require.NoError(t, err)
	require.Len(t, all, keptSnapshots)
	require.Greater(t, all[0].Chunks, uint32(20))
	return n, one
}

// joiner is a new executor's configuration.
func (n *network) joiner() Config {
	cfg := n.config()
	cfg.Dir = n.t.TempDir()
	return cfg
}

// requireJoined requires that an executor started from the snapshot and has come to the truth.
func (n *network) requireJoined(cfg Config, layer uint64) {
	n.t.Helper()
	e, err := New(cfg)
	require.NoError(n.t, err)
	defer func() { require.NoError(n.t, e.Close()) }()
	at, _ := e.Head()
	require.Equal(n.t, layer, at, "it begins at the snapshot")
	require.NoError(n.t, steps(n.t.Context(), e))
	at, got := e.Head()
	tip, err := n.chain.Tip(n.t.Context())
	require.NoError(n.t, err)
	require.Equal(n.t, tip.Height, at)
	require.Equal(n.t, n.fresh(at), got)
	rec, err := e.ledger.record(layer - 1)
	require.NoError(n.t, err)
	require.Nil(n.t, rec, "nothing below was executed")
}

func TestJoinOverGRPC(t *testing.T) {
	n, one := history(t)
	peer, err := DialPeer(one.Addr())
	require.NoError(t, err)
	defer func() { require.NoError(t, peer.Close()) }()
	cfg := n.joiner()
	j := &Join{Config: cfg, Peers: []Peer{peer}}
	require.NoError(t, j.Run(t.Context()))
	all, err := one.snapshots.list()
	require.NoError(t, err)
	n.requireJoined(cfg, all[0].Layer)
	require.NoError(t, (&Join{Config: cfg}).Run(t.Context()), "there is a state: nothing to do")
}

// Three peers, one of which lies: its chunk is refused, it is dropped, and the state is the true one.
func TestJoinWithALiar(t *testing.T) {
	n, one := history(t)
	all, err := one.snapshots.list()
	require.NoError(t, err)
	for name, spoil := range map[string]func(p *neighbour){
		"wrong value": func(p *neighbour) {
			p.chunk = func(_ context.Context, i uint32, b []byte) ([]byte, error) {
				b[len(b)-1-int(i%7)] ^= 1
				return b, nil
			}
		},
		"wrong value with a fitting index": func(p *neighbour) {
			p.index = func(all []ChunkInfo) []ChunkInfo {
				for i := range all {
					all[i].Hash = chunkHash([]byte("lie"))
				}
				return all
			}
			p.chunk = func(context.Context, uint32, []byte) ([]byte, error) {
				return []byte("lie"), nil
			}
		},
		"truncated": func(p *neighbour) {
			p.chunk = func(_ context.Context, _ uint32, b []byte) ([]byte, error) {
				return b[:len(b)/2], nil
			}
		},
		"oversized": func(p *neighbour) {
			p.chunk = func(_ context.Context, _ uint32, b []byte) ([]byte, error) {
				return append(b, make([]byte, MaxChunkBytes)...), nil
			}
		},
		"slow": func(p *neighbour) {
			p.chunk = func(ctx context.Context, _ uint32, _ []byte) ([]byte, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		},
		"another chunk": func(p *neighbour) {
			p.chunk = func(_ context.Context, i uint32, _ []byte) ([]byte, error) {
				return p.Peer.Chunk(t.Context(), all[0].Layer, (i+1)%all[0].Chunks)
			}
		},
		"gap": func(p *neighbour) {
			p.index = func(c []ChunkInfo) []ChunkInfo {
				if len(c) > 1 {
					c[0].To = c[1].To
				}
				return c
			}
		},
		"a chunk is left out": func(p *neighbour) {
			p.list = func(all []Snapshot) { all[0].Chunks--; all[1].Chunks-- }
		},
		"bounds that overlap": func(p *neighbour) {
			p.index = func(c []ChunkInfo) []ChunkInfo {
				if len(c) > 1 {
					c[1].To[5] ^= 0x55
				}
				return c
			}
		},
		"too many chunks": func(p *neighbour) {
			p.list = func(all []Snapshot) { all[0].Chunks, all[1].Chunks = 1<<31, 1<<31 }
		},
		"endless index": func(p *neighbour) {
			p.index = func([]ChunkInfo) []ChunkInfo { return make([]ChunkInfo, 100) }
		},
		"empty index": func(p *neighbour) {
			p.index = func([]ChunkInfo) []ChunkInfo { return nil }
		},
		"another root": func(p *neighbour) {
			p.list = func(all []Snapshot) { all[0].Root[0] ^= 1; all[1].Root[0] ^= 1 }
		},
		"another carry": func(p *neighbour) {
			p.list = func(all []Snapshot) {
				for i := range all {
					c := rollup.Carry{Forced: []rollup.ForcedEntry{{Tx: []byte{1}}}}
					all[i].Carry = c.Encode()
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			liar := neighbourOf(one, "liar")
			spoil(liar)
			honest := []*neighbour{neighbourOf(one, "a"), neighbourOf(one, "b")}
			cfg := n.joiner()
			j := &Join{Config: cfg, Peers: []Peer{liar, honest[0], honest[1]},
				Timeout: 100 * time.Millisecond}
			require.NoError(t, j.Run(t.Context()))
			n.requireJoined(cfg, all[0].Layer)
			require.Less(t, liar.served, 3, "it is not asked again")
			require.Greater(t, honest[0].served+honest[1].served, int(all[0].Chunks)-2)
		})
	}
}

// A join that is interrupted goes on where it was, also when L1 has forgotten the claim meanwhile.
func TestJoinGoesOn(t *testing.T) {
	n, one := history(t)
	all, err := one.snapshots.list()
	require.NoError(t, err)
	cfg := n.joiner()
	var served int
	for round := 0; ; round++ {
		require.Less(t, round, 100)
		ctx, cancel := context.WithCancel(t.Context())
		p := neighbourOf(one, "a")
		p.chunk = func(_ context.Context, _ uint32, b []byte) ([]byte, error) {
			if p.served == 7 {
				cancel()
			}
			return b, nil
		}
		chain := cfg
		if round > 0 {
			chain.Chain = forgetful{n.chain}
		}
		err := (&Join{Config: chain, Peers: []Peer{p}}).Run(ctx)
		cancel()
		served += p.served
		if err == nil {
			break
		}
		require.ErrorIs(t, err, context.Canceled)
		_, err = New(cfg)
		require.ErrorContains(t, err, "--sync snapshot", "a half state is none")
	}
	require.Less(t, served, 2*int(all[0].Chunks))
	n.requireJoined(cfg, all[0].Layer)
}

// forgetful is an L1 that remembers no claims.
type forgetful struct{ l1.Chain }

func (f forgetful) Claims(ctx context.Context) ([]l1.ClaimInfo, l1.FinalHead, error) {
	_, final, err := f.Chain.Claims(ctx)
	return nil, final, err
}

// What one's own L1 does not call final is not joined, whatever peers say.
func TestJoinRefusesWhatIsNotFinal(t *testing.T) {
	n, one := history(t)
	cfg := n.joiner()
	cfg.Chain = forgetful{n.chain}
	liar := neighbourOf(one, "liar")
	err := (&Join{Config: cfg, Peers: []Peer{liar}}).Run(t.Context())
	require.ErrorIs(t, err, ErrNoSnapshot)
	require.Zero(t, liar.served)
}

// Below its snapshot an executor cannot go: it says so. Above it, it rewinds as every other.
func TestRewindToTheSnapshot(t *testing.T) {
	n, one := history(t)
	cfg := n.joiner()
	p := neighbourOf(one, "a")
	require.NoError(t, (&Join{Config: cfg, Peers: []Peer{p}}).Run(t.Context()))
	e := n.open(cfg)
	base, _ := e.Head()
	require.NoError(t, steps(t.Context(), e))
	bound := int(n.genesis.Params.ReorgBound)
	require.NoError(t, n.chain.Fork(bound))
	n.mine(bound + 1)
	require.NoError(t, steps(t.Context(), e))
	at, got := e.Head()
	require.Equal(t, n.fresh(at), got)
	e.cfg.Chain, e.ledger.chain = elsewhere{n.chain}, elsewhere{n.chain}
	n.mine(1)
	err := steps(t.Context(), e)
	require.ErrorIs(t, err, ErrTooDeep)
	require.ErrorContains(t, err, fmt.Sprintf("the snapshot of layer %d", base))
}

// elsewhere is an L1 all of whose blocks are others.
type elsewhere struct{ l1.Chain }

func (f elsewhere) Layer(ctx context.Context, h uint64) (*rollup.Layer, error) {
	l, err := f.Chain.Layer(ctx, h)
	if err != nil {
		return nil, err
	}
	other := *l
	other.Header.Time++
	return &other, nil
}

// What came from a peer that cuts in another way and then leaves does not keep a join from going on
// with others; nor does a crash between its last two writes.
func TestJoinAfterAnotherCut(t *testing.T) {
	n, one := history(t)
	cfg := n.poster("two")
	cfg.Claim, cfg.SnapshotEvery, cfg.SnapshotChunk = false, 8, 500
	two := n.open(cfg)
	n.see(two)
	other := neighbourOf(two, "other")
	other.chunk = func(_ context.Context, i uint32, b []byte) ([]byte, error) {
		if i > 5 {
			b[0] ^= 1
		}
		return b, nil
	}
	joiner := n.joiner()
	j := &Join{Config: joiner, Peers: []Peer{other}}
	require.ErrorIs(t, j.Run(t.Context()), ErrNoSnapshot)
	require.Greater(t, other.served, 5)
	begun, err := os.ReadFile(filepath.Join(joiner.Dir, targetFile))
	require.NoError(t, err)
	j.Peers = []Peer{other, neighbourOf(one, "a")}
	require.NoError(t, j.Run(t.Context()))

	note := filepath.Join(joiner.Dir, targetFile)
	require.NoFileExists(t, note)
	require.NoError(t, os.WriteFile(note, begun, 0o600))
	require.NoError(t, j.Run(t.Context()))
	require.NoFileExists(t, note)
	n.requireJoined(joiner, j.target.layer)
}

// An executor that cuts a snapshot follows L1 meanwhile, and a restart cuts no chunk twice.
func TestCutBesideLayers(t *testing.T) {
	n := newNetwork(t, nil)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	cfg := n.poster("one")
	cfg.SnapshotEvery, cfg.SnapshotChunk, cfg.Dir = 8, 600, t.TempDir()
	one, err := New(cfg)
	require.NoError(t, err)
	for one.snapshots.open == nil {
		n.mine(1)
		for one.snapshots.open == nil {
			more, err := one.Step(t.Context())
			require.NoError(t, err)
			if !more {
				break
			}
		}
	}
	layer, chunks := one.snapshots.open.Layer, uint32(0)
	for round := 0; one.snapshots.open != nil; round++ {
		require.Equal(t, chunks, one.snapshots.open.Chunks)
		switch round % 4 {
		case 1:
			n.post(n.sign(fmt.Sprintf("alice: spend bob %d", 1+round))...)
			last := n.mine(1)
			_, err := one.Step(t.Context())
			require.NoError(t, err)
			at, _ := one.Head()
			require.Equal(t, last, at, "a new layer comes first")
			continue
		case 3:
			require.NoError(t, one.Close())
			one, err = New(cfg)
			require.NoError(t, err)
			_, err = one.Step(t.Context())
			require.NoError(t, err)
			continue
		}
		_, err := one.Step(t.Context())
		require.NoError(t, err)
		chunks++
	}
	require.Greater(t, chunks, uint32(15))
	steady, err := one.ledger.store.At(layer)
	require.NoError(t, err)
	all, err := one.Peer("one").Index(t.Context(), layer, 0)
	require.NoError(t, err)
	var from statetree.Key
	for i := range all {
		c, err := steady.ProveRange(from, 600)
		require.NoError(t, err)
		require.Equal(t, ChunkInfo{To: c.To, Hash: chunkHash(c.Proof)}, all[i])
		from, _ = c.Next()
	}
	require.NoError(t, one.Close())
}
