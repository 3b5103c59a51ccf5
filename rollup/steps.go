package rollup

// cut divides items, given by what they declare, into steps, so that L1 knows the number of steps without
// executing. Layer begin and layer end, the first and the last item, are alone in theirs. Between
// them a new step starts when the next item would take the step above StepItems or above a limit.
//
// Every step also declares a system item's units for what is nobody's: at its end the sums of its
// items, relay credits included, are folded into state.
func cut(items []Declared, p *Params) []Step {
	last := uint32(len(items) - 1)
	steps := []Step{{First: 0, Count: 1}}
	fold := p.declaredSystem()
	var sum Declared
	open := false
	for i := uint32(1); i < last; i++ {
		next := sum.add(items[i])
		if s := &steps[len(steps)-1]; open && s.Count < p.StepItems && p.fitsStep(next) {
			s.Count++
			sum = next
			continue
		}
		steps = append(steps, Step{First: i, Count: 1})
		sum, open = fold.add(items[i]), true
	}
	return append(steps, Step{First: last, Count: 1})
}

// fitsStep reports whether a step may declare d.
func (p *Params) fitsStep(d Declared) bool {
	return d.Units.Fits(p.Step) &&
		d.Keys <= uint64(p.MaxStepKeys) &&
		d.ValueBytes <= uint64(p.MaxStepValueBytes) &&
		d.CodeBytes <= uint64(p.MaxStepCodeBytes)
}
