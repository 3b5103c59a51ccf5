package rollup

import "github.com/athenarollup/athena/metering"

// DepositShare is what the calls attached to the deposits of one block may use in all.
func (p *Params) DepositShare() metering.Units {
	share := p.Layer
	for d := range share {
		share[d] /= uint64(max(p.DepositShareDivisor, 1))
	}
	return share
}

// declaredDeposit is what the mint and the attached call of a deposit may use: data is the payload.
func (p *Params) declaredDeposit(i *DepositItem) Declared {
	system := p.declaredSystem()
	if len(i.Payload) == 0 {
		return system
	}
	d := p.declaredReads(i.Attached())
	d.CodeBytes = min(uint64(p.MaxTxCodeBytes), d.Units[metering.Read])
	return system.add(d)
}

// Attached is what the attached call may use, its payload as data.
func (i *DepositItem) Attached() metering.Units {
	u := i.MaxUnits
	u[metering.Data] = uint64(len(i.Payload))
	return u
}

func (p *Params) validateDeposits(c *complaints) {
	c.check(p.DepositShareDivisor >= 2, "DepositShareDivisor is %d; at least 2", p.DepositShareDivisor)
	c.check(p.MaxDepositUnits.Fits(p.MaxTx), "MaxDepositUnits %v is above MaxTx %v",
		p.MaxDepositUnits, p.MaxTx)
	c.check(p.MaxDepositUnits.Fits(p.DepositShare()),
		"MaxDepositUnits %v is above the share of deposits, %v", p.MaxDepositUnits, p.DepositShare())
	c.check(p.MaxDepositUnits[metering.Data] <= unbounded, "MaxDepositUnits' data is above 2^30-1")
	largest := p.declaredReads(p.MaxDepositUnits)
	largest.CodeBytes = min(uint64(p.MaxTxCodeBytes), largest.Units[metering.Read])
	fold := p.declaredSystem()
	c.check(p.fitsStep(fold.add(fold).add(largest)),
		"a deposit of MaxDepositUnits %v and two system items do not fit a step", p.MaxDepositUnits)
}
