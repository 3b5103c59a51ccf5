package rollupbench

import (
	"errors"
	"time"
)

const partExecute = "executor: a layer of 200 transfers"

// validation measures executing layers without and with self-validation, in turns.
func (n *network) validation() error {
	n.Progress("self-validation")
	const never = time.Duration(1<<63 - 1)
	wall, cpu := [2]time.Duration{never, never}, [2]time.Duration{never, never}
	for range n.turns(4) {
		for i := range wall {
			cfg := n.config()
			cfg.SelfValidate = i == 1
			if err := n.open(cfg); err != nil {
				return err
			}
			for range n.turns(5) {
				at, err := n.pending(n.world.transfers(wallets))
				if err == nil {
					err = n.steps()
				}
				if err != nil {
					return err
				}
				w, c := at.since()
				wall[i], cpu[i] = min(wall[i], w), min(cpu[i], c)
			}
		}
	}
	if cpu[0] == 0 {
		return errors.New("bench: this system does not tell the processor time of a process")
	}
	o := &n.out
	o.add(partExecute, "plain", millis(wall[0]), "ms", nil)
	o.add(partExecute, "plain, processor time", millis(cpu[0]), "ms", nil)
	o.add(partExecute, "plain, rate", wallets/wall[0].Seconds(), "tx/s", nil)
	o.add(partExecute, "with self-validation", millis(wall[1]), "ms", nil)
	o.add(partExecute, "with self-validation, processor time", millis(cpu[1]), "ms", nil)
	o.add(partExecute, "with self-validation / plain", wall[1].Seconds()/wall[0].Seconds(), "times",
		atMost(2.5))
	o.add(partExecute, "with self-validation / plain, processor time",
		cpu[1].Seconds()/cpu[0].Seconds(), "times", atMost(2.5))
	return nil
}
