package executor

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
)

// indexPage is the number of entries of an index in one answer.
const indexPage = 4096

// noSnapshot is the answer about a snapshot that is not here, or not any more.
var noSnapshot = status.Error(codes.NotFound, "no such snapshot or chunk here; ask for the list again")

// Snapshots implements ExecutorService.
func (a *api) Snapshots(
	context.Context, *athenav1.SnapshotsRequest,
) (*athenav1.SnapshotsResponse, error) {
	all, err := a.snapshots.list()
	if err != nil {
		return nil, answer(err)
	}
	out := new(athenav1.SnapshotsResponse)
	for i := range all {
		s := &all[i]
		out.Snapshots = append(out.Snapshots, &athenav1.Snapshot{
			Claim: s.Claim[:], Layer: s.Layer, Root: s.Root[:], L1Hash: s.L1Hash[:],
			Carry: s.Carry, Chunks: s.Chunks,
		})
	}
	return out, nil
}

// SnapshotIndex implements ExecutorService.
func (a *api) SnapshotIndex(
	_ context.Context, req *athenav1.SnapshotIndexRequest,
) (*athenav1.SnapshotIndexResponse, error) {
	all, err := a.snapshots.index(req.GetLayer(), req.GetFirst(), indexPage)
	switch {
	case err != nil:
		return nil, answer(err)
	case len(all) == 0:
		return nil, noSnapshot
	}
	out := new(athenav1.SnapshotIndexResponse)
	for i := range all {
		out.Chunks = append(out.Chunks, &athenav1.SnapshotChunkInfo{
			To: all[i].To[:], Hash: all[i].Hash[:],
		})
	}
	return out, nil
}

// SnapshotChunk implements ExecutorService.
func (a *api) SnapshotChunk(
	_ context.Context, req *athenav1.SnapshotChunkRequest,
) (*athenav1.SnapshotChunkResponse, error) {
	proof, ok, err := a.snapshots.chunk(req.GetLayer(), req.GetIndex())
	switch {
	case err != nil:
		return nil, answer(err)
	case !ok:
		return nil, noSnapshot
	}
	return &athenav1.SnapshotChunkResponse{Proof: proof}, nil
}
