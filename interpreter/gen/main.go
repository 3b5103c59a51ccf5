// Command gen writes the interpreter's loops (loop_unsafe_gen.go, loop_safe_gen.go) and the table
// of its operations (ops_gen.go) from the semantics in semantics.go and the list of fused
// operations in fused.txt. It runs in folder interpreter: go generate ./interpreter
//
// With -choose it writes that list from a corpus of programs instead (see choose.go):
//
//	go run ./gen -choose 240 CONTRACT.elf... -run KERNEL.elf...
//
// Contracts are counted as they are, kernels by what they execute.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

const listFile = "gen/fused.txt"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 1 && args[0] == "-choose" {
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		return choose(n, args[2:])
	}
	files, err := generate(listFile)
	if err != nil {
		return err
	}
	for name, text := range files { //lint:unordered independent files
		if err := os.WriteFile(name, text, 0o644); err != nil { //nolint:gosec // source code
			return err
		}
	}
	return nil
}

// generate returns the generated files by name.
func generate(path string) (map[string][]byte, error) {
	list, err := os.ReadFile(path) //nolint:gosec // named by the developer
	if err != nil {
		return nil, err
	}
	fused, err := parse(string(list))
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	if files["ops_gen.go"], err = emitTable(fused); err != nil {
		return nil, err
	}
	if files["loop_unsafe_gen.go"], err = emitLoop(fused, false); err != nil {
		return nil, err
	}
	files["loop_safe_gen.go"], err = emitLoop(fused, true)
	return files, err
}

// parse reads the list: a line is the names of the parts; # begins a comment.
func parse(list string) ([][]string, error) {
	var fused [][]string
	seen := make(map[string]bool)
	for n, line := range strings.Split(list, "\n") {
		line, _, _ = strings.Cut(line, "#")
		parts := strings.Fields(line)
		if len(parts) == 0 {
			continue
		}
		for i, name := range parts {
			op, ok := named(name)
			if !ok || op.kind == leave || op.kind > access && i < len(parts)-1 {
				return nil, fmt.Errorf("%s:%d: %q cannot be part %d", listFile, n+1, name, i+1)
			}
		}
		key := strings.Join(parts, " ")
		if len(parts) < 2 || seen[key] {
			return nil, fmt.Errorf("%s:%d: %q", listFile, n+1, line)
		}
		seen[key] = true
		fused = append(fused, parts)
	}
	return fused, nil
}
