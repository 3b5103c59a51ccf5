package rollup

import (
	"math/bits"

	"github.com/athenarollup/athena/metering"
)

// defaultClaims sets the parameters of claims and challenges for the development network.
func (p *Params) defaultClaims() {
	p.ClaimBond = 1_000_000_000
	p.ChallengeBond = 100_000_000
	p.ChallengeWindow = 8
	p.ProveWindow = 8
	p.MaxOpenClaims = 32
	p.MaxLayersPerClaim = 16
	p.MaxStepRoots = 8_192
	p.MinClaimDepth = 1
	p.VerdictsPerBlock = 2
	p.ReorgBound = 6
	p.RetainBlocks = 16_384
	p.BlockMillis = 2_000
}

func (p *Params) validateClaims(c *complaints) {
	c.check(p.ChallengeWindow > p.ReorgBound,
		"ChallengeWindow %d does not exceed ReorgBound %d", p.ChallengeWindow, p.ReorgBound)
	c.check(p.ProveWindow > p.ReorgBound,
		"ProveWindow %d does not exceed ReorgBound %d", p.ProveWindow, p.ReorgBound)
	c.check(p.MinClaimDepth > 0, "MinClaimDepth is 0")
	c.check(p.MaxOpenClaims > 0 && p.MaxLayersPerClaim > 0 && p.VerdictsPerBlock > 0,
		"MaxOpenClaims %d, MaxLayersPerClaim %d and VerdictsPerBlock %d must not be 0",
		p.MaxOpenClaims, p.MaxLayersPerClaim, p.VerdictsPerBlock)
	c.check(p.ChallengeBond > 0, "ChallengeBond is 0")
	c.check(p.RetainBlocks > saturatingAdd(p.ChallengeWindow+p.ProveWindow, p.drainBound()),
		"RetainBlocks %d does not exceed ChallengeWindow %d, ProveWindow %d and the %d blocks in which "+
			"every step of a claim is judged",
		p.RetainBlocks, p.ChallengeWindow, p.ProveWindow, p.drainBound())
	c.check(p.verdictNanos() <= p.BlockMillis*(1_000_000/2),
		"%d verdicts on steps of %d compute take up to %d ms, more than half of BlockMillis %d",
		p.VerdictsPerBlock, p.Step[metering.Compute], p.verdictNanos()/1_000_000, p.BlockMillis)
	least := 10 * p.witnessCap()
	c.check(p.ClaimBond/max(p.MinByteFee, 1) >= least,
		"ClaimBond %d is below ten times the byte fee of a witness, %d", p.ClaimBond, least)
}

// drainBound is in how many blocks a challenge of every step of the largest claim is judged.
func (p *Params) drainBound() uint64 {
	v := uint64(max(p.VerdictsPerBlock, 1))
	return (uint64(p.MaxStepRoots) + v - 1) / v
}

// worstPicos is what a unit of compute gas takes of the reference machine at the worst use of a
// price, in 10^-12 s, as docs/calibration.md has it (instruction Load, 2.30 ns).
const worstPicos = 2_300

// verdictNanos is the time that the verdicts of a block may take, by the calibration table.
func (p *Params) verdictNanos() uint64 {
	hi, lo := bits.Mul64(p.Step[metering.Compute], uint64(p.VerdictsPerBlock)*worstPicos)
	if hi >= 1_000 {
		return ^uint64(0)
	}
	q, _ := bits.Div64(hi, lo, 1_000)
	return q
}
