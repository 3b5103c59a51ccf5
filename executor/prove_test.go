package executor

import (
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

func (s *served) evidence(req *athenav1.ProveStepRequest) (*dispute.Evidence, error) {
	stream, err := s.client.ProveStep(s.t.Context(), req)
	require.NoError(s.t, err)
	var b []byte
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		b = append(b, m.GetPiece()...)
	}
	return dispute.DecodeEvidence(b)
}

// A step that the executor proves is judged right by anybody, and gives the receipts that it serves.
func TestProveStep(t *testing.T) {
	s := serve(t)
	for _, tx := range s.txs {
		id := tx.Hash()
		e, err := s.evidence(&athenav1.ProveStepRequest{Id: id[:]})
		require.NoError(t, err)
		require.Equal(t, s.layer, e.Header.Height)
		v, err := e.Judge(stf.New())
		require.NoError(t, err)
		require.Equal(t, rollup.VerdictUpheld, v.Code)
		l, err := e.Layer()
		require.NoError(t, err)
		res, _, err := dispute.Repeat(stf.New(), l, int(e.Step), e.PreRoot, e.Witness)
		require.NoError(t, err)
		r, err := s.client.Receipt(t.Context(), &athenav1.ReceiptRequest{Id: id[:]})
		require.NoError(t, err)
		found := false
		for i := range res.Receipts {
			if res.Receipts[i].TxHash == id {
				require.Equal(t, r.GetReceipt().GetEncoded(), res.Receipts[i].Encode())
				found = true
			}
		}
		require.True(t, found, "the step is the one that executed the transaction")
	}
	for req, code := range map[*athenav1.ProveStepRequest]codes.Code{
		{Id: []byte{1}}:                   codes.InvalidArgument,
		{Id: make([]byte, 32)}:            codes.NotFound,
		{Layer: s.layer + 1}:              codes.NotFound,
		{Layer: s.layer, Step: 1 << 31}:   codes.NotFound,
		{Layer: s.layer, Step: 1<<32 - 1}: codes.NotFound,
	} {
		_, err := s.evidence(req)
		require.Equal(t, code, status.Code(err), "%v: %v", req, err)
	}
}

// A receipt is proven under the state root by the sealed record of its layer.
func TestReceiptProof(t *testing.T) {
	s := serve(t)
	for _, tx := range s.txs {
		id := tx.Hash()
		r, err := s.client.Receipt(t.Context(),
			&athenav1.ReceiptRequest{Id: id[:], Proof: true})
		require.NoError(t, err)
		p := r.GetProof()
		_, root := s.exec.Head()
		value, ok, err := statetree.VerifyProof(statetree.Root(root), p.GetSealed().GetTree(),
			statetree.Key(p.GetKey()))
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, value, p.GetValue())
		tree, err := statetree.Parse(p.GetSealed().GetTree(), statetree.Root(root),
			statetree.WitnessLimits{Bytes: 1 << 16})
		require.NoError(t, err)
		sealed, ok, err := stf.SealedLayer(tree, s.layer)
		require.NoError(t, err)
		require.True(t, ok)
		path := rollup.MMRProof{
			Index: uint64(r.GetReceipt().GetItemIndex()), Count: p.GetCount(),
		}
		for _, h := range p.GetPath() {
			path.Path = append(path.Path, rollup.Hash(h))
		}
		require.Equal(t, sealed.ReceiptsCount, path.Count)
		require.True(t, rollup.VerifyMMR(sealed.ReceiptsRoot, r.GetReceipt().GetEncoded(), &path))
	}
}

// The executor says of every claim whether it agrees.
func TestOpinionOnClaims(t *testing.T) {
	n := newNetwork(t, nil)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	liar := n.open(n.liar("liar", 3, func(roots int) int { return roots - 1 }))
	one := n.open(n.config())
	n.turns(6, liar, one)
	n.see(one)
	out, err := newAPI(one.ledger, one.snapshots, "test").Claims(t.Context(), new(athenav1.ClaimsRequest))
	require.NoError(t, err)
	said := map[string]int{}
	for _, c := range out.GetClaims() {
		said[c.GetOwn()]++
		require.Equal(t, c.GetOwn() == "differs", c.GetDiffersLayer() >= 3)
	}
	require.Positive(t, said["agrees"])
	require.Positive(t, said["differs"])
}
