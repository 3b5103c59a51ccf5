package rollup

import "github.com/athenarollup/athena/address"

// L1Tx is a transaction of the L1 as far as Athena is concerned. Its encoding is
// version u8 ‖ chainID 32 ‖ sender key 32 ‖ nonce u64 ‖ kind u8 ‖ payload ‖ signature 64;
// the signature is Ed25519 over H("athena/l1tx" ‖ all before it). L1 nonces are exact.
type L1Tx struct {
	ChainID   Hash
	Sender    [32]byte // Ed25519 public key; the L1 account is L1Address(Sender)
	Nonce     uint64
	Payload   L1Payload
	Signature [64]byte
}

// L1Kind is the tag of an L1 payload.
type L1Kind uint8

// The kinds of L1 payload.
const (
	L1Transfer       L1Kind = 1
	L1PostBundle     L1Kind = 2
	L1ForcedTx       L1Kind = 3
	L1Deposit        L1Kind = 4
	L1ClaimCommit    L1Kind = 5
	L1Claim          L1Kind = 6
	L1ChallengeOpen  L1Kind = 7
	L1ChallengeProve L1Kind = 8
	L1WithdrawProve  L1Kind = 9
	L1Upgrade        L1Kind = 10
)

// L1Payload is one of the payload structures below.
type L1Payload interface{ Kind() L1Kind }

// Transfer moves money on L1.
type Transfer struct {
	To     address.Address
	Amount uint64
}

// Bundle is what a relay posts: transactions, raw or compressed. Its encoding is
// version u8 ‖ relay 24 ‖ codec u8 ‖ txCount u32 ‖ body Vec<u8>.
type Bundle struct {
	Relay   address.Address // Athena account credited for data, inclusion and tips
	Codec   BundleCodec
	TxCount uint32
	Body    []byte
}

// BundleCodec is the compression of a bundle's body.
type BundleCodec uint8

// The codecs. A raw body is txCount × (u32 length ‖ bytes). CodecDeflate takes the transactions
// apart into columns, and is u32 length of these ‖ one RFC 1951 stream; see docs/spec/codec.md.
const (
	CodecRaw     BundleCodec = 0
	CodecDeflate BundleCodec = 1
)

// PostBundle carries a bundle. The sender pays Weight × (inclusionPrice + Bid) on L1, burned,
// besides the byte fee; a body that weighs more than Weight drops the bundle.
type PostBundle struct {
	Bundle []byte // canonical encoding of a Bundle: L1 admission does not parse it
	Weight uint64
	Bid    uint64
}

// ForcedTx carries one Athena transaction that its user posts without a relay.
type ForcedTx struct{ Tx []byte }

// ClaimCommit binds an executor to a claim at least one block before it is shown:
// Commitment = H("athena/commit" ‖ executor ‖ salt ‖ H(claim)).
type ClaimCommit struct{ Commitment Hash }

// PostClaim shows a committed claim.
type PostClaim struct {
	Claim Claim
	Salt  Hash
}

// ChallengeOpen says that one step of a claim is wrong. Commitment =
// H("athena/open" ‖ chainID ‖ claimID ‖ step u32 ‖ challenger ‖ salt ‖ H(witness)).
type ChallengeOpen struct {
	ClaimID    Hash
	Step       uint32 // index into the claim's step roots
	Commitment Hash
}

// ChallengeProve gives the witness of an opened challenge.
type ChallengeProve struct {
	ClaimID Hash
	Step    uint32
	Salt    Hash
	Witness []byte
}

// Kind implements L1Payload.
func (*Transfer) Kind() L1Kind { return L1Transfer }

// Kind implements L1Payload.
func (*PostBundle) Kind() L1Kind { return L1PostBundle }

// Kind implements L1Payload.
func (*ForcedTx) Kind() L1Kind { return L1ForcedTx }

// Kind implements L1Payload.
func (*ClaimCommit) Kind() L1Kind { return L1ClaimCommit }

// Kind implements L1Payload.
func (*PostClaim) Kind() L1Kind { return L1Claim }

// Kind implements L1Payload.
func (*ChallengeOpen) Kind() L1Kind { return L1ChallengeOpen }

// Kind implements L1Payload.
func (*ChallengeProve) Kind() L1Kind { return L1ChallengeProve }
