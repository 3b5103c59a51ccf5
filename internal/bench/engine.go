package bench

import (
	"fmt"

	"github.com/athenarollup/athena/interpreter"
)

// Engine names what executes instructions.
type Engine string

// The engines.
const (
	Interpreter Engine = "interpreter" // the predecoded program
	Stepper     Engine = "stepper"     // each instruction decoded each time
)

// Validate returns why e is no engine, or nil.
func (e Engine) Validate() error {
	if e != Interpreter && e != Stepper {
		return fmt.Errorf("bench: no engine %q; there are %s and %s", e, Interpreter, Stepper)
	}
	return nil
}

// driver returns what executes a machine to its next stop.
func (e Engine) driver() func(*interpreter.Machine) interpreter.Stop {
	if e == Stepper {
		return step
	}
	return (*interpreter.Machine).Run
}

func step(m *interpreter.Machine) interpreter.Stop {
	for {
		if stop, stopped := m.Step(); stopped {
			return stop
		}
	}
}
