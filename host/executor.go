package host

import (
	"math"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

// Executor starts sessions under one schedule and one set of limits. It is safe for concurrent use.
type Executor struct {
	schedule *metering.Schedule
	limits   Limits
	elf      elf.Limits
	cache    *CodeCache
	engine   Engine
}

// NewExecutor returns an executor; with a nil cache it makes its own.
func NewExecutor(schedule *metering.Schedule, limits Limits, cache *CodeCache) *Executor {
	if cache == nil {
		cache = NewCodeCache(DefaultCacheBytes)
	}
	x := &Executor{schedule: schedule, limits: limits, elf: elf.DefaultLimits(), cache: cache}
	x.elf.FileBytes = limits.CodeBytes
	return x
}

// CheckCode returns why code could not be deployed, or nil.
func (x *Executor) CheckCode(code []byte) error {
	_, _, err := loadCode(code, x.elf)
	return err
}

// Begin starts a transaction on s: original values and warm marks are forgotten, and from now on s
// charges a meter that holds units, until the next Begin or s.BeginTx.
func (x *Executor) Begin(
	s *state.State, c Context, origin address.Address, units metering.Units,
) *Session {
	t := &Session{
		x: x, st: s, context: c, origin: origin,
		programs: make(map[address.Address]loaded),
		meter: metering.NewMeter(x.schedule, units,
			x.limits.TxKeys, x.limits.TxValueBytes, x.limits.TxCodeBytes),
	}
	s.BeginTx(t.meter)
	t.PaidBy(origin)
	return t
}

// PaidBy says who pays for storage; unless it is said before the first frame, the origin does.
func (t *Session) PaidBy(payer address.Address) {
	t.st.SetTerms(state.Terms{
		Payer: payer, Deposit: t.context.DepositPrice, Prepaid: t.context.PrepaidRent,
	})
}

// View runs a method of account for anybody: effects trap StaticViolation, s is left as it was, and
// principal-only methods are refused. The caller and the origin are the zero address.
func (x *Executor) View(
	s *state.State, c Context, account address.Address, method [4]byte, args []byte, gas uint64,
) Result {
	units := metering.Units{}
	for d := range units {
		units[d] = math.MaxUint64
	}
	units[metering.Compute] = gas
	t := x.Begin(s, c, address.Zero, units)
	r := t.first(gas, true, func(g gasTank) (entry, trap.Code) {
		return t.resolveAccount(g, account, request{selector: &method, input: args, static: true})
	})
	s.BeginTx(nil)
	return r
}
