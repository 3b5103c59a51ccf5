package executor

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// served is an executor with a token on it, and a client.
type served struct {
	*network
	exec   *Executor
	client athenav1.ExecutorServiceClient
	coin   address.Address
	txs    []*rollup.Tx // of layer
	layer  uint64
}

func serve(t *testing.T) *served {
	t.Helper()
	n := newNetwork(t, nil)
	cfg := n.config()
	cfg.Listen = "127.0.0.1:0"
	s := &served{network: n, exec: n.start(cfg)}
	conn, err := grpc.NewClient(s.exec.Addr(),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	s.client = athenav1.NewExecutorServiceClient(conn)
	health, err := healthpb.NewHealthClient(conn).Check(t.Context(), new(healthpb.HealthCheckRequest))
	require.NoError(t, err)
	require.Equal(t, healthpb.HealthCheckResponse_SERVING, health.GetStatus())

	n.run("alice: spawn", "bob: spawn")
	n.run("alice: deploy token", "alice: create coin token @alice @any 1")
	s.coin = n.lines.Address("coin")
	s.txs = n.sign("alice: call coin mint @alice 1000", "bob: call coin mint @bob 1",
		"bob: spend alice 1 | badsig void")
	s.layer = s.execute(s.txs...)
	return s
}

// execute posts transactions and waits for their layer.
func (s *served) execute(txs ...*rollup.Tx) uint64 {
	s.t.Helper()
	s.post(txs...)
	layer := s.mine(2)
	root(s.t, s.exec, layer)
	return layer
}

func TestHeadAndClaims(t *testing.T) {
	s := serve(t)
	h, err := s.client.Head(t.Context(), &athenav1.HeadRequest{})
	require.NoError(t, err)
	id, want := s.genesis.ChainID(), root(t, s.exec, s.layer)
	require.Equal(t, "test", h.GetNetwork())
	require.Equal(t, id[:], h.GetChainId())
	require.Equal(t, s.layer, h.GetLayer())
	require.Equal(t, want[:], h.GetRoot())
	require.Zero(t, h.GetFinalLayer())
	require.Equal(t, s.genesis.StateRoot[:], h.GetFinalRoot())
	c, err := s.client.Claims(t.Context(), &athenav1.ClaimsRequest{})
	require.NoError(t, err)
	require.Empty(t, c.GetClaims())
}

func TestAccountWithProof(t *testing.T) {
	s := serve(t)
	alice, nobody := stftest.Wallet("alice"), stftest.Wallet("nobody")
	r, err := s.client.Account(t.Context(), &athenav1.AccountRequest{Address: alice[:], Proof: true})
	require.NoError(t, err)
	template := stftest.WalletTemplate()
	require.True(t, r.GetExists())
	require.Equal(t, "live", r.GetStatus())
	require.Equal(t, template[:], r.GetTemplate())
	require.EqualValues(t, 4, r.GetNonce())
	require.Len(t, r.GetBlob(), 32)
	root := statetree.Root(r.GetRoot())
	value, ok, err := statetree.VerifyProof(root, r.GetProof().GetTree(), statetree.Key(r.GetKey()))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, r.GetValue(), value)

	r, err = s.client.Account(t.Context(), &athenav1.AccountRequest{Address: nobody[:], Proof: true})
	require.NoError(t, err)
	require.False(t, r.GetExists())
	_, ok, err = statetree.VerifyProof(root, r.GetProof().GetTree(), statetree.Key(r.GetKey()))
	require.NoError(t, err, "absence is proven too")
	require.False(t, ok)
}

func TestStorageWithProof(t *testing.T) {
	s := serve(t)
	slot := sha256.Sum256([]byte("supply"))
	req := &athenav1.StorageRequest{Address: s.coin[:], Slot: slot[:], Proof: true}
	r, err := s.client.Storage(t.Context(), req)
	require.NoError(t, err)
	require.True(t, r.GetExists())
	require.EqualValues(t, 1000, binary.LittleEndian.Uint64(r.GetData()))
	value, ok, err := statetree.VerifyProof(statetree.Root(r.GetRoot()), r.GetProof().GetTree(),
		statetree.Key(r.GetKey()))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, r.GetValue(), value)
	require.Equal(t, s.layer, r.GetProof().GetLayer())

	req.Slot[0] ^= 1
	r, err = s.client.Storage(t.Context(), req)
	require.NoError(t, err)
	require.False(t, r.GetExists())
}

func TestReceipts(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	for i, want := range []string{"success", "failed", "ineffective"} {
		id, hash := s.txs[i].ID(), s.txs[i].Hash()
		for _, by := range [][]byte{id[:], hash[:]} {
			r, err := s.client.Receipt(ctx, &athenav1.ReceiptRequest{Id: by})
			require.NoError(t, err)
			require.True(t, r.GetFound())
			require.Equal(t, s.layer, r.GetLayer())
			require.Equal(t, want, r.GetReceipt().GetOutcome())
			require.Equal(t, id[:], r.GetReceipt().GetTxId())
			x, err := wire.ParseReceipt(r.GetReceipt())
			require.NoError(t, err)
			require.Equal(t, hash, x.Receipt.TxHash)
			require.Len(t, x.Events, map[string]int{"success": 1}[want])
		}
	}
	unknown, err := s.client.Receipt(ctx, &athenav1.ReceiptRequest{Id: make([]byte, 32)})
	require.NoError(t, err)
	require.False(t, unknown.GetFound())
	require.Empty(t, unknown.GetDropped())
}

func TestLayerListsReceiptsAndDrops(t *testing.T) {
	s := serve(t)
	late := s.sign("bob: spend alice 2 | expiry=1 void")[0]
	good := s.sign("bob: spend alice 2")[0]
	layer := s.execute(late, good)
	l, err := s.client.Layer(t.Context(), &athenav1.LayerRequest{Height: layer})
	require.NoError(t, err)
	require.Len(t, l.GetReceipts(), int(l.GetItems()))
	require.EqualValues(t, 3, l.GetItems(), "begin, one transaction, end")
	require.Len(t, l.GetStepRoots(), int(l.GetSteps()))
	require.Len(t, l.GetDropped(), 1)
	require.Equal(t, "EXPIRED", l.GetDropped()[0].GetReason())
	id := late.ID()
	require.Equal(t, id[:], l.GetDropped()[0].GetTxId())
	r, err := s.client.Receipt(t.Context(), &athenav1.ReceiptRequest{Id: id[:]})
	require.NoError(t, err)
	require.False(t, r.GetFound())
	require.Equal(t, "EXPIRED", r.GetDropped())
	require.Equal(t, layer, r.GetLayer())
	_, err = s.client.Layer(t.Context(), &athenav1.LayerRequest{Height: layer + 1})
	require.Equal(t, codes.NotFound, status.Code(err))
	require.ErrorContains(t, err, "layers 1 to")
}

// A copy that is posted again and ineffective does not hide what became of the effective one.
func TestReceiptOfTheEffectiveCopyStays(t *testing.T) {
	s := serve(t)
	again := s.execute(s.txs[0])
	require.Greater(t, again, s.layer)
	id := s.txs[0].ID()
	r, err := s.client.Receipt(t.Context(), &athenav1.ReceiptRequest{Id: id[:]})
	require.NoError(t, err)
	require.Equal(t, "success", r.GetReceipt().GetOutcome())
	require.Equal(t, s.layer, r.GetLayer())
	// The one that was ineffective is found at its newest place until it is effective.
	id = s.txs[2].ID()
	good := *s.txs[2]
	stftest.Sign(&good, "bob", "")
	at := s.execute(&good)
	r, err = s.client.Receipt(t.Context(), &athenav1.ReceiptRequest{Id: id[:]})
	require.NoError(t, err)
	require.Equal(t, "success", r.GetReceipt().GetOutcome())
	require.Equal(t, at, r.GetLayer())
}

func TestCallReadsAndWritesNothing(t *testing.T) {
	s := serve(t)
	alice := stftest.Wallet("alice")
	before := root(t, s.exec, s.layer)
	req := &athenav1.CallRequest{Address: s.coin[:], Method: "balance_of", Args: alice[:]}
	r, err := s.client.Call(t.Context(), req)
	require.NoError(t, err)
	require.Empty(t, r.GetTrap(), r.GetMessage())
	require.EqualValues(t, 1000, binary.LittleEndian.Uint64(r.GetReturnData()))
	require.NotZero(t, r.GetGasUsed())
	require.Equal(t, s.layer, r.GetLayer())

	req.Gas = 10
	r, err = s.client.Call(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, "OutOfGas", r.GetTrap())

	amount := binary.LittleEndian.AppendUint64(alice[:], 5)
	r, err = s.client.Call(t.Context(), &athenav1.CallRequest{
		Address: s.coin[:], Method: "transfer", Args: amount,
	})
	require.NoError(t, err)
	require.NotEmpty(t, r.GetTrap(), "an effect is refused")
	r, err = s.client.Call(t.Context(), &athenav1.CallRequest{Address: s.coin[:], Method: "nope"})
	require.NoError(t, err)
	require.Equal(t, "NoSuchMethod", r.GetTrap())
	require.Equal(t, before, root(t, s.exec, s.layer))
}

func TestSimulate(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	sim := func(tx *rollup.Tx) *athenav1.SimulateResponse {
		t.Helper()
		r, err := s.client.Simulate(ctx, &athenav1.SimulateRequest{Tx: tx.Encode()})
		require.NoError(t, err)
		return r
	}
	tx := s.sign("alice: call coin mint @bob 5 | void")[0]
	r := sim(tx)
	require.Equal(t, "success", r.GetOutcome(), r.GetReason())
	require.EqualValues(t, 4, r.GetNextNonce())
	require.NotZero(t, r.GetUsed().GetRead())
	require.NotZero(t, r.GetWeight())
	require.NotZero(t, r.GetDataPrice())
	require.True(t, r.GetVerified())
	signed := r.GetUsed()

	unsigned := *tx
	unsigned.Auth, unsigned.Nonce.Value = nil, 77
	unsigned.MaxUnits, unsigned.MaxFee = metering.Units{}, 0
	r = sim(&unsigned)
	require.Equal(t, "success", r.GetOutcome(), "neither auth nor nonce nor fee are needed")
	require.False(t, r.GetVerified(), "and what is missing is told")
	require.GreaterOrEqual(t, r.GetUsed().GetCompute(), signed.GetCompute())

	// What was simulated is what is charged.
	id := tx.ID()
	s.nonces["alice"]++
	s.execute(tx)
	got, err := s.client.Receipt(ctx, &athenav1.ReceiptRequest{Id: id[:]})
	require.NoError(t, err)
	require.Equal(t, "success", got.GetReceipt().GetOutcome())
	require.Equal(t, wire.ParseUnits(signed), wire.ParseUnits(got.GetReceipt().GetUnits()))

	r = sim(s.sign("bob: call coin mint @bob 5 | void")[0])
	require.Equal(t, "failed", r.GetOutcome())
	require.Equal(t, "Panic", r.GetTrap())
	require.Contains(t, r.GetMessage(), "only the owner")
	whole := r.GetUsed().GetCompute()
	r, err = s.client.Simulate(ctx, &athenav1.SimulateRequest{
		Tx: s.sign("bob: call coin mint @bob 5 | void")[0].Encode(), AdmitOnly: true,
	})
	require.NoError(t, err)
	require.Equal(t, "success", r.GetOutcome(), "a call that fails is an effect")
	require.True(t, r.GetVerified())
	require.Less(t, r.GetUsed().GetCompute(), whole, "no call has run")
	r = sim(s.sign("carol: spend bob 5 | void")[0])
	require.Equal(t, "ineffective", r.GetOutcome())
	require.Equal(t, "NOT_SPAWNED", r.GetReason())
	r = sim(s.sign("alice: spend bob 5 | fee=999999999999 void")[0])
	require.Equal(t, "CANNOT_PAY", r.GetReason())
}

func TestBadRequestsSayWhatToDo(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	alice := stftest.Wallet("alice")
	other := *s.txs[0]
	other.ChainID[0] ^= 1
	greedy := *s.txs[0]
	greedy.MaxUnits[metering.Compute] = ^uint64(0)
	ask := map[string]func() error{
		"send the 24 bytes of an address": func() error {
			_, err := s.client.Account(ctx, &athenav1.AccountRequest{Address: []byte("alice")})
			return err
		},
		"padded to 32 bytes": func() error {
			_, err := s.client.Storage(ctx, &athenav1.StorageRequest{Address: alice[:]})
			return err
		},
		"a TxID, a TxHash": func() error {
			_, err := s.client.Receipt(ctx, &athenav1.ReceiptRequest{Id: []byte{1}})
			return err
		},
		"without its athexp_ prefix": func() error {
			_, err := s.client.Call(ctx, &athenav1.CallRequest{Address: alice[:]})
			return err
		},
		"not the canonical encoding": func() error {
			_, err := s.client.Simulate(ctx, &athenav1.SimulateRequest{Tx: []byte{1, 2, 3}})
			return err
		},
		"take the chain id from Head": func() error {
			_, err := s.client.Simulate(ctx, &athenav1.SimulateRequest{Tx: other.Encode()})
			return err
		},
		"may declare at most": func() error {
			_, err := s.client.Simulate(ctx, &athenav1.SimulateRequest{Tx: greedy.Encode()})
			return err
		},
	}
	for what, f := range ask {
		err := f()
		require.Equal(t, codes.InvalidArgument, status.Code(err), what)
		require.ErrorContains(t, err, what)
	}
}
