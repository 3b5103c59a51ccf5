package rollup

// Reason is why a transaction, bundle, claim or challenge was refused, dropped or ineffective. The
// numbers are stable: receipts hold them.
type Reason uint16

// The reasons. 1-99 derivation, 100-199 ineffective items, 200-299 L1 admission, 300-399 a
// relay's own terms.
const (
	ReasonNone Reason = 0

	ReasonMalformed      Reason = 1  // does not decode
	ReasonTooLarge       Reason = 2  // above a size limit, refused before it is parsed
	ReasonBadVersion     Reason = 3  // unknown version byte
	ReasonBadCodec       Reason = 4  // unknown codec, or the body is not what its codec says
	ReasonBadCount       Reason = 5  // body and txCount disagree
	ReasonWeightLie      Reason = 6  // the bundle's items weigh more than was paid for
	ReasonWrongChain     Reason = 7  // chain id of another network
	ReasonBadNonce       Reason = 8  // nonce 2^64-1
	ReasonExpired        Reason = 9  // layer > expiryLayer
	ReasonExpiryWindow   Reason = 10 // unordered with an expiry beyond the window
	ReasonWrongRelay     Reason = 11 // pinned to another relay
	ReasonDuplicate      Reason = 12 // a copy with an equal TxHash is in the layer
	ReasonLayerFull      Reason = 13 // no room in some dimension
	ReasonOverLimit      Reason = 14 // declared units above MaxTx
	ReasonBadAuthLen     Reason = 15 // auth has another length than was signed
	ReasonSelfSponsor    Reason = 16 // sponsor equals principal
	ReasonNoCalls        Reason = 17 // no calls and no spawn
	ReasonForcedTooLarge Reason = 18 // declared limits above 1/8 of the forced share

	ReasonNonceMismatch  Reason = 100 // not the account's next nonce
	ReasonSeen           Reason = 101 // unordered transaction executed before
	ReasonNotSpawned     Reason = 102 // principal or sponsor has no program, and no spawn is given
	ReasonAlreadySpawned Reason = 103 // spawn given for a spawned principal
	ReasonBadSpawn       Reason = 104 // constructor failed, or its blob does not hash to the principal
	ReasonVerifyFailed   Reason = 105 // verify trapped, or did not return exactly true
	ReasonFeeAboveMax    Reason = 106 // declared limits at current prices cost more than maxFee
	ReasonCannotPay      Reason = 107 // the payer's balance is below maxFee
	ReasonAccountExpired Reason = 108 // principal or sponsor is insolvent or expired
	ReasonVerifyUnits    Reason = 109 // verify used more than the declared units

	ReasonL1BadSignature    Reason = 200
	ReasonL1BadNonce        Reason = 201
	ReasonL1CannotPay       Reason = 202
	ReasonBelowMinimum      Reason = 203 // deposit below MinDeposit
	ReasonQueueFull         Reason = 204 // too many deposits or forced transactions queued
	ReasonNoCommit          Reason = 205 // no commitment at least one block old opens to the claim
	ReasonWrongL1Hash       Reason = 206 // l1BlockHash is not canonical
	ReasonWrongRange        Reason = 207 // layers out of order, too many, or too close to the head
	ReasonWrongStepCount    Reason = 208 // number of step roots differs from the layers' step counts
	ReasonUnanchored        Reason = 209 // preRoot is neither final nor asserted by a living claim
	ReasonWrongVM           Reason = 210 // vmVersion not active at these layers
	ReasonTooManyClaims     Reason = 211 // MaxOpenClaims reached
	ReasonNoSuchClaim       Reason = 212
	ReasonClaimDead         Reason = 213
	ReasonWindowClosed      Reason = 214 // challenge after the window, or of a final claim
	ReasonStepClosed        Reason = 215 // the step was upheld before
	ReasonOutOfRange        Reason = 216 // no such step in the claim
	ReasonNotOpened         Reason = 217 // prove without open
	ReasonBadCommitment     Reason = 218 // what is shown does not open the commitment
	ReasonAlreadyFinal      Reason = 219 // all layers of the claim are final with the same roots
	ReasonDuplicateClaim    Reason = 220
	ReasonL1UnknownKind     Reason = 221
	ReasonL1WrongChain      Reason = 222
	ReasonDuplicateBond     Reason = 223 // the challenger has an open challenge of this step
	ReasonForcedUnderpriced Reason = 224
	ReasonReplaced          Reason = 225 // its sender put a higher bid at the nonce
	ReasonNotGovernor       Reason = 226 // upgrade by somebody else
	ReasonUpgradeTooSoon    Reason = 227 // activates too early, or not after those before it
	ReasonBadParams         Reason = 228 // not valid, or not after those before them
	ReasonNoFinalRoot       Reason = 230 // no final root after that layer is known (any more)
	ReasonBadProof          Reason = 231 // the proof does not show the withdrawal under that root
	ReasonSpent             Reason = 232 // the withdrawal was unlocked before
	ReasonAboveLocked       Reason = 233 // more than is locked: no honest history leads here

	ReasonTipTooLow Reason = 300 // below what this relay asks
)
