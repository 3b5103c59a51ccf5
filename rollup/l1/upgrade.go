package l1

import (
	"errors"
	"fmt"
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
)

// ErrOldSoftware says that the network runs, from some block on, what this software does not have:
// another version of the machine, or a revision of the reference engine. The node must be updated;
// until then it stops, since it cannot judge.
var ErrOldSoftware = errors.New("l1: this software is too old for the network")

// maxScheduled is how many upgrades may wait for their activation.
const maxScheduled = 4

// entry is a parameter set and the first layer under it.
type entry struct {
	from   uint64
	params *rollup.Params
	hash   rollup.Hash
}

// schedule lists the parameter sets of the network by rising activation. It is never modified:
// states share it.
type schedule []entry

func (s schedule) add(from uint64, p *rollup.Params) schedule {
	return append(slices.Clone(s), entry{from, p, p.Hash()})
}

// at returns the set in force at a height.
func (s schedule) at(height uint64) *entry {
	i := len(s) - 1
	for s[i].from > height {
		i--
	}
	return &s[i]
}

// last returns the newest set, in force or not. No limit of it is below one of an older set.
func (s schedule) last() *entry { return &s[len(s)-1] }

// ParamsAt returns the parameters of a block and of the layer of that height; above the tip, those
// that will be in force unless an upgrade comes. They must not be modified.
func (s *State) ParamsAt(height uint64) *rollup.Params { return s.schedule.at(height).params }

// Params returns the parameters of the next block. They must not be modified.
func (s *State) Params() *rollup.Params { return s.ParamsAt(s.tip.Height + 1) }

// Widest returns the newest parameters, in force or not: they decode whatever is on this chain.
func (s *State) Widest() *rollup.Params { return s.schedule.last().params }

// upgrade admits other parameters for later layers (docs/spec/params.md, "Upgrades").
func (x *executing) upgrade(from address.Address, u *rollup.Upgrade) rollup.Reason {
	s := x.s
	if s.net.governor.IsZero() || from != s.net.governor {
		return rollup.ReasonNotGovernor
	}
	newest := s.schedule.last()
	delay, waiting := x.params.UpgradeDelay(), 0
	for _, e := range s.schedule {
		if e.from > x.header.Height {
			waiting++
			delay = max(delay, e.params.UpgradeDelay())
		}
	}
	now := x.header.Height
	switch {
	case waiting >= maxScheduled:
		return rollup.ReasonQueueFull
	case u.Activation <= newest.from || u.Activation < now || u.Activation-now < delay:
		return rollup.ReasonUpgradeTooSoon
	case newest.params.ValidateUpgrade(&u.Params) != nil:
		return rollup.ReasonBadParams
	}
	p := u.Params
	s.schedule = s.schedule.add(u.Activation, &p)
	x.event(UpgradeScheduled{u.Activation, p.Hash(), p.VMVersion, p.EngineRevision})
	return rollup.ReasonNone
}

// revise lets suspended steps be judged again from the block on whose engine revision is a newer
// one. Challenges that were not proven meanwhile have another ProveWindow.
func (x *executing) revise() {
	s := x.s
	if x.header.Height == 0 || x.params.EngineRevision <= s.ParamsAt(x.header.Height-1).EngineRevision {
		return
	}
	x.event(EngineRevised{x.params.EngineRevision, len(s.suspended)})
	for _, ch := range s.challenges {
		if s.isSuspended(s.claim(ch.claim)) {
			ch.deadline = max(ch.deadline, x.header.Height+x.params.ProveWindow)
		}
	}
	s.suspended = nil
}

// judgeNow returns the reference engine that is in force: a repair of it holds for all versions.
func (x *executing) judgeNow() Judge { return x.s.net.judges[x.params.EngineRevision-1] }

// Supported returns an error that wraps ErrOldSoftware if this software lacks what the next block
// needs: it can be neither built nor applied.
func (s *State) Supported() error {
	if p := s.Params(); uint64(p.EngineRevision) > uint64(len(s.net.judges)) {
		return fmt.Errorf("%w: block %d needs engine revision %d, there is %d", ErrOldSoftware,
			s.tip.Height+1, p.EngineRevision, len(s.net.judges))
	}
	return nil
}
