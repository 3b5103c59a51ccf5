package executor

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/rollup/statetree"
)

// Peer is another executor that serves snapshots. Nothing that it says is believed.
type Peer interface {
	String() string
	Snapshots(ctx context.Context) ([]Snapshot, error)
	// Index returns some entries of the index from first on.
	Index(ctx context.Context, layer uint64, first uint32) ([]ChunkInfo, error)
	// Chunk returns the proof of a chunk.
	Chunk(ctx context.Context, layer uint64, index uint32) ([]byte, error)
	Close() error
}

// local is an executor in this process.
type local struct {
	name string
	s    *snapshots
}

// Peer returns this executor as a peer of others in the same process, under a name.
func (e *Executor) Peer(name string) Peer { return &local{name, e.snapshots} }

// String implements Peer.
func (p *local) String() string { return p.name }

// Close implements Peer.
func (p *local) Close() error { return nil }

// Snapshots implements Peer.
func (p *local) Snapshots(context.Context) ([]Snapshot, error) { return p.s.list() }

// Index implements Peer.
func (p *local) Index(_ context.Context, layer uint64, first uint32) ([]ChunkInfo, error) {
	return p.s.index(layer, first, indexPage)
}

// Chunk implements Peer.
func (p *local) Chunk(_ context.Context, layer uint64, index uint32) ([]byte, error) {
	proof, ok, err := p.s.chunk(layer, index)
	if err == nil && !ok {
		err = noSnapshot
	}
	return proof, err
}

// maxPeerMessage bounds what is read of a peer's answer: a chunk, an index page, or a list with two
// carries.
const maxPeerMessage = 64 << 20

// remote is a peer over gRPC.
type remote struct {
	addr   string
	conn   *grpc.ClientConn
	client athenav1.ExecutorServiceClient
}

// DialPeer returns the executor that listens at an address. The first call connects.
func DialPeer(addr string) (Peer, error) {
	conn, err := grpc.NewClient(addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxPeerMessage)))
	if err != nil {
		return nil, fmt.Errorf("executor: peer %q: %w", addr, err)
	}
	return &remote{addr, conn, athenav1.NewExecutorServiceClient(conn)}, nil
}

// String implements Peer.
func (r *remote) String() string { return r.addr }

// Close implements Peer.
func (r *remote) Close() error { return r.conn.Close() }

// Snapshots implements Peer.
func (r *remote) Snapshots(ctx context.Context) ([]Snapshot, error) {
	m, err := r.client.Snapshots(ctx, new(athenav1.SnapshotsRequest))
	if err != nil {
		return nil, err
	}
	var out []Snapshot
	for _, s := range m.GetSnapshots() {
		claim, err1 := wire.Hash("claim", s.GetClaim())
		root, err2 := wire.Hash("root", s.GetRoot())
		hash, err3 := wire.Hash("l1_hash", s.GetL1Hash())
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, err
		}
		out = append(out, Snapshot{
			Claim: claim, Layer: s.GetLayer(), Root: root, L1Hash: hash, Carry: s.GetCarry(),
			Chunks: s.GetChunks(),
		})
	}
	return out, nil
}

// Index implements Peer.
func (r *remote) Index(ctx context.Context, layer uint64, first uint32) ([]ChunkInfo, error) {
	m, err := r.client.SnapshotIndex(ctx,
		&athenav1.SnapshotIndexRequest{Layer: layer, First: first})
	if err != nil {
		return nil, err
	}
	var out []ChunkInfo
	for _, c := range m.GetChunks() {
		to, err1 := wire.Hash("to", c.GetTo())
		hash, err2 := wire.Hash("hash", c.GetHash())
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		out = append(out, ChunkInfo{To: statetree.Key(to), Hash: hash})
	}
	return out, nil
}

// Chunk implements Peer.
func (r *remote) Chunk(ctx context.Context, layer uint64, index uint32) ([]byte, error) {
	m, err := r.client.SnapshotChunk(ctx,
		&athenav1.SnapshotChunkRequest{Layer: layer, Index: index})
	return m.GetProof(), err
}
