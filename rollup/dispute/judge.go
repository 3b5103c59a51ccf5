package dispute

import (
	"strings"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// Judge re-executes a step from a witness and says whether the claimed root is the right one.
//
// The witness must be canonical, within the size that the parameters of the layer allow, and have
// the root on which the claim and its challenger agree; and it must show everything that the step
// reads. If not, the verdict is BAD_WITNESS. A state that no history leads to is refused in the same
// way, since preRoot may be a liar's.
//
// INCONCLUSIVE is returned for a panic that the engine itself calls a bug, and for no other: a node
// that fails for reasons of its own must stop, not vote.
func Judge(
	e *stf.Engine, l *stf.Layer, step int, preRoot, claimedRoot rollup.Hash, witness []byte,
) rollup.Verdict {
	v := rollup.Verdict{Step: uint32(step)}
	t, err := statetree.Parse(witness, statetree.Root(preRoot), limits(l.Params))
	if err != nil {
		v.Code, v.Detail = rollup.VerdictBadWitness, err.Error()
		return v
	}
	conclude(&v, claimedRoot, func() (rollup.Hash, uint64, error) {
		res, root, err := run(e, t, l, step)
		if res == nil {
			return root, 0, err
		}
		return root, res.GasUsed, err
	})
	return v
}

// NewJudge returns Judge with one engine, as rollup/l1 takes it.
func NewJudge(e *stf.Engine) func(
	l *rollup.LayerInput, step int, preRoot, claimedRoot rollup.Hash, witness []byte,
) rollup.Verdict {
	return func(
		l *rollup.LayerInput, step int, preRoot, claimedRoot rollup.Hash, witness []byte,
	) rollup.Verdict {
		return Judge(e, l, step, preRoot, claimedRoot, witness)
	}
}

// conclude fills in a verdict from an execution of the step.
func conclude(v *rollup.Verdict, claimed rollup.Hash, run func() (rollup.Hash, uint64, error)) {
	defer func() {
		if r := recover(); r != nil {
			v.Code, v.Detail = rollup.VerdictInconclusive, bug(r)
		}
	}()
	root, gas, err := run()
	v.GasUsed = gas
	switch {
	case err != nil:
		v.Code, v.Detail = rollup.VerdictBadWitness, err.Error()
	case root == claimed:
		v.Code, v.ComputedRoot, v.Detail = rollup.VerdictUpheld, root, "the claimed root is right"
	default:
		v.Code, v.ComputedRoot, v.Detail = rollup.VerdictFraud, root, "the claimed root is wrong"
	}
}

// Repeat executes a step from a witness of the state before it, as Judge does, and returns what the
// step did and the root after it. A panic of the engine goes on.
func Repeat(
	e *stf.Engine, l *stf.Layer, step int, preRoot rollup.Hash, witness []byte,
) (*stf.StepResult, rollup.Hash, error) {
	return new(Repeater).Repeat(e, l, step, preRoot, witness)
}

// Repeater repeats steps that follow each other, for less than one by one. The zero Repeater is
// ready; it is not safe for concurrent use.
type Repeater struct{ parser statetree.Parser }

// Repeat is Repeat.
func (r *Repeater) Repeat(
	e *stf.Engine, l *stf.Layer, step int, preRoot rollup.Hash, witness []byte,
) (*stf.StepResult, rollup.Hash, error) {
	t, err := r.parser.Parse(witness, statetree.Root(preRoot), limits(l.Params))
	if err != nil {
		return nil, rollup.Hash{}, err
	}
	return run(e, t, l, step)
}

// limits returns the size of the largest witness of a step.
func limits(p *rollup.Params) statetree.WitnessLimits {
	return statetree.WitnessLimits{Bytes: p.WitnessCap()}
}

// bug returns the text of a panic that the engine calls a bug, and goes on with any other.
func bug(r any) string {
	if s, ok := r.(string); ok && strings.HasPrefix(s, "BUG:") {
		return s
	}
	panic(r)
}
