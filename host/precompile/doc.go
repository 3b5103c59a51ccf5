// Package precompile holds the native functions that guests reach by host calls 0x0064_00xx.
//
// Each is a pure function of its arguments whose acceptance set is written in docs/spec/abi.md and
// pinned by vectors; none may call a library entry point that accepts anything else.
package precompile
