package rollup

import "github.com/athenarollup/athena/address"

// Claim asserts the state roots after every step of layers FromLayer..ToLayer, on the condition
// that the L1 block at ToLayer is L1BlockHash. Its author is the sender of the L1 transaction that
// posts it, so it has no signature of its own. Claims chain by root. See docs/spec/claims.md.
type Claim struct {
	Executor    address.Address // L1 account whose ClaimBond stands for the claim
	Reward      address.Address // Athena account that earns the fee pools
	FromLayer   uint64
	ToLayer     uint64
	L1BlockHash Hash
	PreRoot     Hash   // root after FromLayer-1
	StepRoots   []Hash // one root per step, layer by layer; the last is the root after ToLayer
	VMVersion   uint32
}

// VerdictCode is how a challenge, or a claim's dispute, ended.
type VerdictCode uint8

// The verdicts of docs/spec/claims.md.
const (
	VerdictNone         VerdictCode = 0 // pending
	VerdictFraud        VerdictCode = 1 // another root: the claim dies, its bond is slashed
	VerdictUpheld       VerdictCode = 2 // the same root: the challenge bond is lost
	VerdictBadWitness   VerdictCode = 3 // bad or incomplete witness: challenge bond lost
	VerdictOutOfRange   VerdictCode = 4 // refused at admission: no such step
	VerdictStale        VerdictCode = 5 // the claim died first: refunded
	VerdictInconclusive VerdictCode = 6 // a bug of the engine: the step is suspended
	VerdictUnproven     VerdictCode = 7 // opened and not proven in time: the challenge bond is lost
)

// Verdict is the judgement of one step of one claim.
type Verdict struct {
	ClaimID      Hash
	Step         uint32
	Code         VerdictCode
	ComputedRoot Hash
	GasUsed      uint64
	Detail       string // why, for people; not part of consensus
}
