package sim

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/athenarollup/athena/executor"
	"github.com/athenarollup/athena/rollup"
)

const (
	snapshotEvery = 4    // layers
	snapshotChunk = 2048 // bytes: many chunks
)

// joining is what an executor that joins by snapshot has in addition.
type joining struct {
	at   uint64 // height at which it appears
	done bool
}

// join lets an executor restore a snapshot from the others, one of whom lies. It reports false when
// there is nothing to join at yet.
func (w *world) join(ctx context.Context, e *executorNode) (bool, error) {
	if w.height() < e.joins.at {
		return false, nil
	}
	peers, liar := w.peers()
	if len(peers) < 2 {
		return false, nil
	}
	err := (&executor.Join{Config: w.executorConfig(e), Peers: peers}).Run(ctx)
	switch {
	case e.disk.Dead():
		w.count("joins: cut by a loss of power")
		return false, err
	case errors.Is(err, executor.ErrNoSnapshot) || errors.Is(err, executor.ErrL1):
		w.say("%s cannot join yet: %v", e.name, err)
		return false, nil
	case err != nil:
		return false, err
	}
	e.joins.done = true
	w.say("%s joined; %s lied: %v", e.name, liar.String(), liar.lied)
	w.count("joins")
	if liar.lied {
		w.count("joins: a peer lied")
	}
	if liar.again > 0 {
		w.violate("%s was asked again after it lied to %s", liar.String(), e.name)
	}
	return true, nil
}

// peers are the executors that serve snapshots, one of them as a liar, in some order.
func (w *world) peers() (all []executor.Peer, liar *lyingPeer) {
	for _, e := range w.executors {
		if !e.running() || e.joins != nil || e.disk.Dead() {
			continue
		}
		p := e.daemon.Peer(e.name)
		if liar == nil {
			liar = &lyingPeer{Peer: e.daemon.Peer("lying " + e.name), lie: w.rng.IntN(peerLies)}
			liar.lied = w.sabotage == sabotagePeer
			all = append(all, liar)
		}
		all = append(all, p)
	}
	w.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, liar
}

// The ways in which a peer lies.
const (
	lieBit     = iota // a bit of a chunk is another one
	lieShort          // half a chunk
	lieLong           // a chunk and a byte
	lieIndex          // the index fits the lie: only the root shows it
	lieRoot           // another root
	lieCarry          // another queue of forced transactions
	lieNothing        // no answer
	lieGap            // the index leaves keys out
	peerLies
)

// lieText is what the peer with the fitting index has instead of chunks.
const lieText = "a lie"

var errNoAnswer = errors.New("sim: no answer")

// lyingPeer is a peer that lies, and counts how often it is asked after it could be caught.
type lyingPeer struct {
	executor.Peer
	lie   int
	lied  bool
	again int
}

func (p *lyingPeer) asked() {
	if p.lied {
		p.again++
	}
}

// Snapshots implements executor.Peer.
func (p *lyingPeer) Snapshots(ctx context.Context) ([]executor.Snapshot, error) {
	p.asked()
	all, err := p.Peer.Snapshots(ctx)
	for i := range all {
		switch p.lie {
		case lieRoot:
			p.lied = true
			all[i].Root[5] ^= 1
		case lieCarry:
			p.lied = true
			c := rollup.Carry{Forced: []rollup.ForcedEntry{{Tx: []byte{1}}}}
			all[i].Carry = c.Encode()
		}
	}
	return all, err
}

// Index implements executor.Peer.
func (p *lyingPeer) Index(
	ctx context.Context, layer uint64, first uint32,
) ([]executor.ChunkInfo, error) {
	p.asked()
	all, err := p.Peer.Index(ctx, layer, first)
	switch {
	case p.lie == lieIndex:
		for i := range all {
			all[i].Hash = sha256.Sum256([]byte(lieText))
		}
	case p.lie == lieGap && len(all) > 1:
		p.lied = true
		all[0].To = all[1].To
	}
	return all, err
}

// Chunk implements executor.Peer.
func (p *lyingPeer) Chunk(ctx context.Context, layer uint64, index uint32) ([]byte, error) {
	p.asked()
	b, err := p.Peer.Chunk(ctx, layer, index)
	if err != nil || len(b) == 0 {
		return b, err
	}
	b = append([]byte{}, b...)
	switch p.lie {
	case lieBit:
		p.lied = true
		b[len(b)/2] ^= 1
	case lieShort:
		p.lied = true
		b = b[:len(b)/2]
	case lieLong:
		p.lied = true
		b = append(b, 0)
	case lieIndex: // it is found when its turn comes: until then it may be asked for more
		b = []byte(lieText)
	case lieNothing:
		p.lied = true
		return nil, errNoAnswer
	}
	return b, nil
}
