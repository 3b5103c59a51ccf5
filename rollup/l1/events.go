package l1

import (
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
)

// Event is something that a block did, as a value for people and tests. Events are not consensus.
type Event interface{ String() string }

// Refused is a transaction in the block that paid for its bytes and had no other effect.
type Refused struct {
	Tx     rollup.Hash
	Kind   rollup.L1Kind
	Sender address.Address
	Reason rollup.Reason
}

// Transferred is money that moved between L1 accounts.
type Transferred struct {
	From, To address.Address
	Amount   uint64
}

// BundlePosted is a bundle that the next layer will derive. Paid is the prepaid inclusion, burned.
type BundlePosted struct {
	Tx     rollup.Hash
	Sender address.Address
	Bytes  int
	Weight uint64
	Fee    uint64 // for the bytes
	Paid   uint64
}

// DepositLocked is money that the next layer mints.
type DepositLocked struct {
	Tx     rollup.Hash
	From   address.Address
	To     address.Address
	Amount uint64
	Paid   uint64 // for the item's weight: burned
}

// ForcedAccepted is a transaction that entered the queue of forced transactions.
type ForcedAccepted struct {
	Tx     rollup.Hash
	TxID   rollup.Hash // of the Athena transaction
	Sender address.Address
	Paid   uint64
}

// ClaimCommitted is an executor that bound itself to a claim it has not shown.
type ClaimCommitted struct {
	Executor   address.Address
	Commitment rollup.Hash
}

// ClaimAdmitted is a claim whose window opened.
type ClaimAdmitted struct {
	ClaimID    rollup.Hash
	Executor   address.Address
	FromLayer  uint64
	ToLayer    uint64
	Roots      int
	Bond       uint64
	WindowEnds uint64
}

// ChallengeOpened is a step of a claim that somebody says is wrong.
type ChallengeOpened struct {
	ClaimID    rollup.Hash
	Step       uint32
	Challenger address.Address
	Bond       uint64
}

// ChallengeProved is a witness that waits to be judged.
type ChallengeProved struct {
	ClaimID    rollup.Hash
	Step       uint32
	Challenger address.Address
	Bytes      int // of the witness
}

// Judged is the verdict of a challenge.
type Judged struct {
	rollup.Verdict
	Layer      uint64 // where the step is
	Challenger address.Address
	Claimed    rollup.Hash
	Bytes      int // of the witness
}

// ChallengeLost is the bond of a challenge that failed.
type ChallengeLost struct {
	ClaimID    rollup.Hash
	Step       uint32
	Challenger address.Address
	Code       rollup.VerdictCode
	Burned     uint64
	ToProposer uint64
}

// Slashed is the bond of a false claim.
type Slashed struct {
	ClaimID      rollup.Hash
	Executor     address.Address
	Challenger   address.Address
	Amount       uint64
	ToChallenger uint64
	ToProposer   uint64
	Burned       uint64
}

// BondReturned is the bond of a claim or of a challenge that goes back to who posted it. Fees are
// those of the witness of a challenge whose claim died before it was judged.
type BondReturned struct {
	ClaimID rollup.Hash
	To      address.Address
	Amount  uint64
	Fees    uint64
	Code    rollup.VerdictCode // of the challenge; VerdictNone for a claim's bond
}

// WindowRestarted is a claim that gets a second window, because it conflicts with a claim that was
// not challenged either.
type WindowRestarted struct {
	ClaimID    rollup.Hash
	WindowEnds uint64
}

// StepSuspended is a step that the reference engine could not judge.
type StepSuspended struct {
	Layer uint64
	Step  uint32 // within the layer
}

// UpgradeScheduled is a parameter set that later layers will have.
type UpgradeScheduled struct {
	Activation uint64
	ParamsHash rollup.Hash
	VMVersion  uint32
	Revision   uint32 // of the reference engine
}

// EngineRevised is a repaired reference engine: steps that were suspended are judged again.
type EngineRevised struct {
	Revision  uint32
	Suspended int
}

// ClaimBecameFinal is a claim whose roots nobody can contest any more.
type ClaimBecameFinal struct {
	ClaimID  rollup.Hash
	Executor address.Address
	ToLayer  uint64
	Root     rollup.Hash
	Rewards  []rollup.FinalClaim // layers that became final with it, and who earns their fee pools
}

// ClaimDied is a claim that ended without being slashed.
type ClaimDied struct {
	ClaimID  rollup.Hash
	Executor address.Address
	Why      string
}

// String implements Event.
func (e Refused) String() string {
	return fmt.Sprintf("%v by %s refused: %v", e.Kind, e.Sender.Short(), e.Reason)
}

// String implements Event.
func (e Transferred) String() string {
	return fmt.Sprintf("%s sends %d to %s", e.From.Short(), e.Amount, e.To.Short())
}

// String implements Event.
func (e BundlePosted) String() string {
	return fmt.Sprintf("bundle of %d bytes, weight %d, posted by %s for %d + %d", e.Bytes, e.Weight,
		e.Sender.Short(), e.Fee, e.Paid)
}

// String implements Event.
func (e DepositLocked) String() string {
	return fmt.Sprintf("deposit of %d by %s for %s, for %d", e.Amount, e.From.Short(), e.To.Short(),
		e.Paid)
}

// String implements Event.
func (e ForcedAccepted) String() string {
	return fmt.Sprintf("forced transaction %s posted by %s for %d", e.TxID.Short(), e.Sender.Short(),
		e.Paid)
}

// String implements Event.
func (e ClaimCommitted) String() string {
	return fmt.Sprintf("claim commitment %s by %s", e.Commitment.Short(), e.Executor.Short())
}

// String implements Event.
func (e ClaimAdmitted) String() string {
	return fmt.Sprintf("claim %s by %s of layers %d-%d: %d roots, bond %d, window to block %d",
		e.ClaimID.Short(), e.Executor.Short(), e.FromLayer, e.ToLayer, e.Roots, e.Bond, e.WindowEnds)
}

// String implements Event.
func (e ChallengeOpened) String() string {
	return fmt.Sprintf("challenge of claim %s step %d opened by %s, bond %d", e.ClaimID.Short(), e.Step,
		e.Challenger.Short(), e.Bond)
}

// String implements Event.
func (e ChallengeProved) String() string {
	return fmt.Sprintf("challenge of claim %s step %d by %s: witness of %d bytes", e.ClaimID.Short(),
		e.Step, e.Challenger.Short(), e.Bytes)
}

// String implements Event.
func (e Judged) String() string {
	return fmt.Sprintf("verdict on claim %s step %d (layer %d): %s, computed %s, claimed %s, gas %d, "+
		"witness %d bytes", e.ClaimID.Short(), e.Step, e.Layer, e.Code, e.ComputedRoot.Short(),
		e.Claimed.Short(), e.GasUsed, e.Bytes)
}

// String implements Event.
func (e ChallengeLost) String() string {
	return fmt.Sprintf("challenge of claim %s step %d by %s lost (%s): %d burned, %d to the proposer",
		e.ClaimID.Short(), e.Step, e.Challenger.Short(), e.Code, e.Burned, e.ToProposer)
}

// String implements Event.
func (e Slashed) String() string {
	return fmt.Sprintf("claim %s slashed: bond %d of %s: %d to challenger %s, %d to the proposer, "+
		"%d burned", e.ClaimID.Short(), e.Amount, e.Executor.Short(), e.ToChallenger,
		e.Challenger.Short(), e.ToProposer, e.Burned)
}

// String implements Event.
func (e BondReturned) String() string {
	if e.Code == rollup.VerdictNone {
		return fmt.Sprintf("bond %d of claim %s returned to %s", e.Amount, e.ClaimID.Short(),
			e.To.Short())
	}
	return fmt.Sprintf("challenge bond %d and fees %d on claim %s returned to %s (%s)", e.Amount,
		e.Fees, e.ClaimID.Short(), e.To.Short(), e.Code)
}

// String implements Event.
func (e WindowRestarted) String() string {
	return fmt.Sprintf("claim %s: unchallenged conflict, window restarts to block %d",
		e.ClaimID.Short(), e.WindowEnds)
}

// String implements Event.
func (e StepSuspended) String() string {
	return fmt.Sprintf("layer %d step %d is suspended", e.Layer, e.Step)
}

// String implements Event.
func (e UpgradeScheduled) String() string {
	return fmt.Sprintf("parameters %s from layer %d: machine %d, engine revision %d",
		e.ParamsHash.Short(), e.Activation, e.VMVersion, e.Revision)
}

// String implements Event.
func (e EngineRevised) String() string {
	return fmt.Sprintf("engine revision %d: %d suspended steps are open again", e.Revision,
		e.Suspended)
}

// String implements Event.
func (e ClaimBecameFinal) String() string {
	s := fmt.Sprintf("claim %s by %s is final: layer %d has root %s", e.ClaimID.Short(),
		e.Executor.Short(), e.ToLayer, e.Root.Short())
	for _, r := range e.Rewards {
		s += fmt.Sprintf("; fees of %d-%d to %s", r.FromLayer, r.ToLayer, r.Reward.Short())
	}
	return s
}

// String implements Event.
func (e ClaimDied) String() string {
	return fmt.Sprintf("claim %s by %s died: %s", e.ClaimID.Short(), e.Executor.Short(), e.Why)
}
