package rollup

import "strconv"

var reasonNames = map[Reason]string{
	ReasonNone: "NONE",

	ReasonMalformed: "MALFORMED", ReasonTooLarge: "TOO_LARGE", ReasonBadVersion: "BAD_VERSION",
	ReasonBadCodec: "BAD_CODEC", ReasonBadCount: "BAD_COUNT", ReasonWeightLie: "WEIGHT_LIE",
	ReasonWrongChain: "WRONG_CHAIN", ReasonBadNonce: "BAD_NONCE", ReasonExpired: "EXPIRED",
	ReasonExpiryWindow: "EXPIRY_WINDOW", ReasonWrongRelay: "WRONG_RELAY",
	ReasonDuplicate: "DUPLICATE", ReasonLayerFull: "LAYER_FULL", ReasonOverLimit: "OVER_LIMIT",
	ReasonBadAuthLen: "BAD_AUTH_LEN", ReasonSelfSponsor: "SELF_SPONSOR",
	ReasonNoCalls: "NO_CALLS", ReasonForcedTooLarge: "FORCED_TOO_LARGE",

	ReasonNonceMismatch: "NONCE_MISMATCH", ReasonSeen: "SEEN", ReasonNotSpawned: "NOT_SPAWNED",
	ReasonAlreadySpawned: "ALREADY_SPAWNED", ReasonBadSpawn: "BAD_SPAWN",
	ReasonVerifyFailed: "VERIFY_FAILED", ReasonFeeAboveMax: "FEE_ABOVE_MAX",
	ReasonCannotPay: "CANNOT_PAY", ReasonAccountExpired: "ACCOUNT_EXPIRED",
	ReasonVerifyUnits: "VERIFY_UNITS",

	ReasonL1BadSignature: "L1_BAD_SIGNATURE", ReasonL1BadNonce: "L1_BAD_NONCE",
	ReasonL1CannotPay: "L1_CANNOT_PAY", ReasonBelowMinimum: "BELOW_MINIMUM",
	ReasonQueueFull: "QUEUE_FULL", ReasonNoCommit: "NO_COMMIT",
	ReasonWrongL1Hash: "WRONG_L1_HASH", ReasonWrongRange: "WRONG_RANGE",
	ReasonWrongStepCount: "WRONG_STEP_COUNT", ReasonUnanchored: "UNANCHORED",
	ReasonWrongVM: "WRONG_VM", ReasonTooManyClaims: "TOO_MANY_CLAIMS",
	ReasonNoSuchClaim: "NO_SUCH_CLAIM", ReasonClaimDead: "CLAIM_DEAD",
	ReasonWindowClosed: "WINDOW_CLOSED", ReasonStepClosed: "STEP_CLOSED",
	ReasonOutOfRange: "OUT_OF_RANGE", ReasonNotOpened: "NOT_OPENED",
	ReasonBadCommitment: "BAD_COMMITMENT", ReasonAlreadyFinal: "ALREADY_FINAL",
	ReasonDuplicateClaim: "DUPLICATE_CLAIM", ReasonL1UnknownKind: "L1_UNKNOWN_KIND",
	ReasonL1WrongChain: "L1_WRONG_CHAIN", ReasonDuplicateBond: "DUPLICATE_BOND",
	ReasonForcedUnderpriced: "FORCED_UNDERPRICED", ReasonReplaced: "REPLACED",
	ReasonNotGovernor: "NOT_GOVERNOR", ReasonUpgradeTooSoon: "UPGRADE_TOO_SOON",
	ReasonBadParams:   "BAD_PARAMS",
	ReasonNoFinalRoot: "NO_FINAL_ROOT", ReasonBadProof: "BAD_PROOF", ReasonSpent: "SPENT",
	ReasonAboveLocked: "ABOVE_LOCKED",

	ReasonTipTooLow: "TIP_TOO_LOW",
}

// String is the name of the reason in documents, APIs and JSON.
func (r Reason) String() string {
	if s, ok := reasonNames[r]; ok {
		return s
	}
	return "REASON_" + strconv.Itoa(int(r))
}

// name returns names[i], or a name that says that there is none.
func name(names []string, what string, i int) string {
	if i < len(names) && names[i] != "" {
		return names[i]
	}
	return what + " " + strconv.Itoa(i)
}

var outcomeNames = []string{
	OutcomeSuccess:     "success",
	OutcomeFailed:      "failed",
	OutcomeIneffective: "ineffective",
}

// String is the outcome's name in documents and JSON.
func (o Outcome) String() string { return name(outcomeNames, "outcome", int(o)) }

var itemKindNames = []string{
	ItemLayerBegin: "layer begin",
	ItemDeposit:    "deposit",
	ItemForced:     "forced",
	ItemTx:         "tx",
	ItemLayerEnd:   "layer end",
}

// String is the kind's name in documents and JSON.
func (k ItemKind) String() string { return name(itemKindNames, "item", int(k)) }

var l1KindNames = []string{
	L1Transfer:       "transfer",
	L1PostBundle:     "post bundle",
	L1ForcedTx:       "forced tx",
	L1Deposit:        "deposit",
	L1ClaimCommit:    "claim commit",
	L1Claim:          "claim",
	L1ChallengeOpen:  "challenge open",
	L1ChallengeProve: "challenge prove",
	L1WithdrawProve:  "withdraw prove",
	L1Upgrade:        "upgrade",
}

// String is the kind's name in documents and JSON.
func (k L1Kind) String() string { return name(l1KindNames, "l1 kind", int(k)) }

var verdictNames = []string{
	VerdictNone:         "NONE",
	VerdictFraud:        "FRAUD",
	VerdictUpheld:       "UPHELD",
	VerdictBadWitness:   "BAD_WITNESS",
	VerdictOutOfRange:   "OUT_OF_RANGE",
	VerdictStale:        "STALE",
	VerdictInconclusive: "INCONCLUSIVE",
	VerdictUnproven:     "UNPROVEN",
}

// String is the verdict's name in documents and JSON.
func (v VerdictCode) String() string { return name(verdictNames, "verdict", int(v)) }

var nonceKindNames = []string{
	NonceExact:     "exact",
	NonceAtLeast:   "at least",
	NonceUnordered: "unordered",
}

// String is the kind's name in documents and JSON.
func (k NonceKind) String() string { return name(nonceKindNames, "nonce kind", int(k)) }
