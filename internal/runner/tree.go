package runner

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/internal/runner/abi"
	"github.com/athenarollup/athena/interpreter/trace"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

// Detail says what a call tree holds.
type Detail int

// The details: nothing; frames and what they do to state, money, events and logs; every host call.
const (
	NoTree Detail = iota
	Calls
	HostCalls
)

// maxTree bounds the nodes of a call tree.
const maxTree = 1 << 16

// enterTree adds a node for a frame.
func (w *watch) enterTree(f *frame) {
	if w.detail == NoTree {
		return
	}
	node := &trace.Call{Text: w.frameText(f)}
	if len(w.frames) == 0 {
		w.root, f.node = node, node
		return
	}
	f.node = w.add(w.top().node, node)
	w.top().child = f.node
}

// add puts a node under a parent unless the tree is full.
func (w *watch) add(parent, node *trace.Call) *trace.Call {
	switch {
	case parent == nil:
		return nil
	case w.kept >= maxTree:
		parent.Cut++
		return nil
	}
	w.kept++
	parent.Calls = append(parent.Calls, node)
	return node
}

// frameText is account::method(args).
func (w *watch) frameText(f *frame) string {
	text := w.names.account(f.Self) + "::"
	if f.Selector == nil {
		text += "_start(" + short(f.Args) + ")"
	} else {
		args := []string{short(f.Args)}
		if m, ok := w.contract.Method(*f.Selector); ok {
			if shown, ok := abi.Values(m.Args, f.Args, w.names.show); ok {
				args = shown
			}
		}
		text += w.methodName(f) + "(" + strings.Join(args, ", ") + ")"
	}
	if f.Received != 0 {
		text += fmt.Sprintf(" with %d", f.Received)
	}
	return text
}

// methodName is the name of the export that a frame with a selector was entered by.
func (w *watch) methodName(f *frame) string {
	for _, e := range f.program.Exports {
		if name := strings.TrimPrefix(e.Name, elf.ExportPrefix); host.Selector(name) == *f.Selector {
			return name
		}
	}
	return "0x" + hex.EncodeToString(f.Selector[:])
}

// exitTree notes how a frame ended.
func (w *watch) exitTree(f *frame, e host.FrameEnd, used uint64) {
	if f.node == nil {
		return
	}
	f.node.Gas = used
	switch e.Trap {
	case trap.None:
		f.node.End = "return " + w.returnText(f, e.Data)
	case trap.Revert:
		f.node.End = "revert " + w.errorText(f, e.Data)
	case trap.Panic:
		f.node.End = fmt.Sprintf("panic %q", e.Data)
	default:
		f.node.End = fmt.Sprintf("trap %s (%s)", e.Trap, trace.Describe(e.Trap))
	}
}

func (w *watch) returnText(f *frame, data []byte) string {
	if f.Selector != nil {
		if m, ok := w.contract.Method(*f.Selector); ok {
			if s, ok := abi.Value(m.Returns, data, w.names.show); ok {
				if s == "()" {
					return "ok"
				}
				return s
			}
		}
	}
	if len(data) == 0 {
		return "ok"
	}
	return short(data)
}

func (w *watch) errorText(f *frame, data []byte) string {
	if f.Selector != nil {
		if m, ok := w.contract.Method(*f.Selector); ok && m.Error != "" {
			if s, ok := abi.Value(m.Error, data, w.names.show); ok {
				return s
			}
		}
	}
	return short(data)
}

// shortBytes is what is shown of bytes without a meaning.
const shortBytes = 40

func short(b []byte) string {
	switch {
	case len(b) == 0:
		return ""
	case len(b) > shortBytes:
		return fmt.Sprintf("0x%x… %d bytes", b[:shortBytes/2], len(b))
	}
	return "0x" + hex.EncodeToString(b)
}
