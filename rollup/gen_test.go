package rollup

import (
	"encoding/binary"
	"math/rand/v2"

	"pgregory.net/rapid"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
)

// gen makes random values that encode to what decoders accept.
type gen struct{ r *rand.Rand }

func newGen(seed uint64) *gen { return &gen{rand.New(rand.NewPCG(seed, 0xa7e4a))} }

// drawGen lets rapid choose the values.
func drawGen(t *rapid.T) *gen { return newGen(rapid.Uint64().Draw(t, "seed")) }

func (g *gen) bytes(most int) []byte {
	n := g.r.IntN(most + 1)
	if n == 0 {
		return nil
	}
	b := make([]byte, n)
	g.fill(b)
	return b
}

func (g *gen) fill(b []byte) {
	for i := range b {
		b[i] = byte(g.r.Uint32())
	}
}

func (g *gen) hash() (h Hash)            { g.fill(h[:]); return h }
func (g *gen) addr() (a address.Address) { g.fill(a[4:]); return a }

// u64 prefers the edges.
func (g *gen) u64() uint64 {
	switch g.r.IntN(4) {
	case 0:
		return uint64(g.r.IntN(3))
	case 1:
		return ^uint64(0) - uint64(g.r.IntN(3))
	default:
		return g.r.Uint64() >> g.r.IntN(64)
	}
}

func (g *gen) units() (u metering.Units) {
	for i := range u {
		u[i] = g.u64()
	}
	return u
}

func (g *gen) hashes(most int) []Hash {
	var hs []Hash
	for range g.r.IntN(most + 1) {
		hs = append(hs, g.hash())
	}
	return hs
}

func (g *gen) tx() *Tx {
	t := &Tx{
		ChainID: g.hash(), Principal: g.addr(), MaxFee: g.u64(), MaxUnits: g.units(),
		RelayTip: g.u64(), ExpiryLayer: g.u64(), Auth: g.bytes(80),
		Nonce: Nonce{Kind: NonceKind(g.r.IntN(3)), Value: g.u64()},
	}
	if t.Nonce.Kind != NonceUnordered && t.Nonce.Value == ^uint64(0) {
		t.Nonce.Value--
	}
	if g.r.IntN(3) == 0 {
		t.Sponsor, t.SponsorAuth = g.addr(), g.bytes(80)
	}
	if g.r.IntN(3) == 0 {
		t.Spawn = &Spawn{Template: g.addr(), Args: g.bytes(40)}
	}
	if g.r.IntN(3) == 0 {
		t.Relay = g.addr()
	}
	for n := g.r.IntN(4); n > 0 || len(t.Calls) == 0 && t.Spawn == nil; n-- {
		c := Call{Args: g.bytes(100)}
		g.fill(c.Method[:])
		t.Calls = append(t.Calls, c)
	}
	for range g.r.IntN(3) {
		t.AccessList = append(t.AccessList, AccessKey{Account: g.addr(), Slot: g.hash()})
	}
	return t
}

func (g *gen) payload(kind L1Kind) L1Payload {
	switch kind {
	case L1Transfer:
		return &Transfer{To: g.addr(), Amount: g.u64()}
	case L1PostBundle:
		return &PostBundle{Bundle: g.bytes(300), Weight: g.u64(), Bid: g.u64()}
	case L1ForcedTx:
		return &ForcedTx{Tx: g.bytes(300)}
	case L1Deposit:
		d := &Deposit{To: g.addr(), Amount: g.u64()}
		d.Payload, d.MaxUnits = g.attached()
		return d
	case L1ClaimCommit:
		return &ClaimCommit{Commitment: g.hash()}
	case L1Claim:
		return &PostClaim{Claim: *g.claim(), Salt: g.hash()}
	case L1ChallengeOpen:
		return &ChallengeOpen{ClaimID: g.hash(), Step: g.r.Uint32(), Commitment: g.hash()}
	case L1WithdrawProve:
		return &WithdrawProve{
			Withdrawal: *g.withdrawal(), Path: g.hashes(9), FinalLayer: g.u64(), Record: g.bytes(300),
		}
	case L1Upgrade:
		return &Upgrade{Activation: g.u64(), Params: *g.params()}
	default:
		return &ChallengeProve{
			ClaimID: g.hash(), Step: g.r.Uint32(), Salt: g.hash(), Witness: g.bytes(300),
		}
	}
}

func (g *gen) withdrawal() *Withdrawal {
	return &Withdrawal{
		ChainID: g.hash(), Layer: g.u64(), Index: g.u64(), From: g.addr(), To: g.addr(), Amount: g.u64(),
	}
}

// attached makes the call of a deposit: in half of the cases there is none.
func (g *gen) attached() (payload []byte, units metering.Units) {
	if payload = g.bytes(100); len(payload) == 0 || g.r.IntN(2) == 0 {
		return nil, units
	}
	units = g.units()
	units[metering.Data] = 0
	return payload, units
}

func (g *gen) l1tx(kind L1Kind) *L1Tx {
	t := &L1Tx{ChainID: g.hash(), Sender: g.hash(), Nonce: g.u64(), Payload: g.payload(kind)}
	g.fill(t.Signature[:])
	return t
}

func (g *gen) anyL1Tx() *L1Tx { return g.l1tx(L1Kind(1 + g.r.IntN(int(L1Upgrade)))) }

func (g *gen) claim() *Claim {
	return &Claim{
		Executor: g.addr(), Reward: g.addr(), FromLayer: g.u64(), ToLayer: g.u64(),
		L1BlockHash: g.hash(), PreRoot: g.hash(), StepRoots: g.hashes(9), VMVersion: g.r.Uint32(),
	}
}

func (g *gen) header() *Header {
	h := &Header{
		Height: g.u64(), ParentHash: g.hash(), Time: g.u64(), Beacon: g.hash(), Proposer: g.addr(),
		TxsRoot: g.hash(), ByteFee: g.u64(), DataPrice: g.u64(), InclusionPrice: g.u64(),
		ParamsHash: g.hash(), CarryRoot: g.hash(), ItemsRoot: g.hash(),
		ItemCount: g.r.Uint32(), StepCount: g.r.Uint32(),
	}
	for range g.r.IntN(4) {
		h.Finalized = append(h.Finalized, FinalClaim{
			ClaimID: g.hash(), Reward: g.addr(), FromLayer: g.u64(), ToLayer: g.u64(),
		})
	}
	return h
}

func (g *gen) layer() *Layer {
	l := &Layer{Header: *g.header()}
	for range g.r.IntN(4) {
		l.Txs = append(l.Txs, *g.anyL1Tx())
	}
	return l
}

func (g *gen) item(kind ItemKind) *Item {
	i := &Item{Kind: kind}
	switch kind {
	case ItemDeposit:
		i.Deposit = DepositItem{ID: g.hash(), From: g.addr(), To: g.addr(), Amount: g.u64()}
		i.Deposit.Payload, i.Deposit.MaxUnits = g.attached()
	case ItemForced, ItemTx:
		i.Tx = g.tx()
		i.Size = uint32(len(i.Tx.Encode()))
		i.Weight, i.Expiry = g.u64(), g.u64()
	}
	if kind == ItemTx {
		i.Relay, i.DataPrice, i.InclusionPrice = g.addr(), g.u64(), g.u64()
	}
	return i
}

func (g *gen) receipt() *Receipt {
	return &Receipt{
		TxHash: g.hash(), ItemIndex: g.r.Uint32(), Outcome: Outcome(g.r.IntN(3)),
		Trap: uint8(g.r.Uint32()), Reason: Reason(g.r.Uint32()), Units: g.units(), Fee: g.u64(),
		Relay: g.addr(), ReturnHash: g.hash(), EventsRoot: g.hash(), Message: g.bytes(256),
	}
}

func (g *gen) event() *Event {
	return &Event{Account: g.addr(), Topics: g.hashes(maxTopics), Data: g.bytes(200)}
}

func (g *gen) drop() *Drop {
	return &Drop{ID: g.hash(), TxID: g.hash(), L1Tx: g.hash(), Reason: Reason(g.r.Uint32())}
}

func (g *gen) carry() *Carry {
	c := new(Carry)
	for range g.r.IntN(4) {
		c.Forced = append(c.Forced, ForcedEntry{Accepted: g.u64(), L1Tx: g.hash(), Tx: g.bytes(200)})
	}
	return c
}

func (g *gen) bundle() *Bundle {
	b := &Bundle{Relay: g.addr(), Codec: BundleCodec(g.r.IntN(2)), TxCount: uint32(g.r.IntN(100))}
	b.Body = g.bytes(300)
	return b
}

func (g *gen) allocations() []Allocation {
	var list []Allocation
	for range g.r.IntN(4) {
		list = append(list, Allocation{Address: g.addr(), Amount: g.u64()})
	}
	return list
}

func (g *gen) params() *Params {
	p := new(Params)
	p.fields(
		func(v *uint32) { *v = g.r.Uint32() },
		func(v *uint64) { *v = g.u64() },
		func(v *metering.Units) { *v = g.units() },
	)
	return p
}

func (g *gen) genesis() *Genesis {
	x := &Genesis{
		Name: string(g.bytes(maxNameBytes)), Time: g.u64(), Params: *g.params(),
		Allocations: g.allocations(), L1: g.allocations(), Governor: g.addr(), StateRoot: g.hash(),
	}
	for range g.r.IntN(3) {
		x.Templates = append(x.Templates, g.bytes(200))
	}
	return x
}

func (g *gen) mmr() *MMR {
	m := new(MMR)
	for i := range g.r.IntN(40) {
		m.Append(binary.LittleEndian.AppendUint32(nil, uint32(i)))
	}
	return m
}
