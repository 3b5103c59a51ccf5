package main

import (
	"fmt"
	"os"
	"sort"
	"strings"
)

// longestFused is the number of instructions in a fused operation, at most.
const longestFused = 4

// choose writes the list of the n most useful fused operations: again and again the two operations
// that follow each other most often become one. All programs count alike, contracts by their text
// and kernels by what they execute, so that no kernel decides.
func choose(n int, files []string) error {
	var corpus []sequence
	var names []string
	dynamic := false
	for _, path := range files {
		if path == "-run" {
			dynamic = true
			continue
		}
		p, err := loadProgram(path)
		if err != nil {
			return err
		}
		if p.countStatic(); dynamic {
			clear(p.count)
			if err := p.countDynamic(); err != nil {
				return err
			}
		}
		names = append(names, p.name)
		corpus = append(corpus, p.sequences()...)
	}
	chosen := merge(corpus, n)
	var b strings.Builder
	fmt.Fprintf(&b, "# Fused operations, chosen by: go run ./gen -choose %d\n", n)
	fmt.Fprintf(&b, "# from: %s\n", strings.Join(names, " "))
	left, all := 0.0, 0.0
	for _, s := range corpus {
		left += s.weight * float64(len(s.parts))
		for _, p := range s.parts {
			all += s.weight * float64(len(p))
		}
	}
	fmt.Fprintf(&b, "# operations for an instruction of the corpus: %.3f\n", left/all)
	for _, name := range chosen {
		b.WriteString(name + "\n")
	}
	return os.WriteFile(listFile, []byte(b.String()), 0o644) //nolint:gosec // source code
}

// merge fuses in place and returns the fused operations that are still used, the most used first.
func merge(corpus []sequence, n int) []string {
	for range 3 * n {
		if used := usage(corpus); len(used) >= n {
			break
		}
		a, b, ok := best(corpus)
		if !ok {
			break
		}
		for i := range corpus {
			corpus[i].parts = fuse(corpus[i].parts, a, b)
		}
	}
	used := usage(corpus)
	names := make([]string, 0, len(used))
	for name := range used { //lint:unordered sorted below
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		if used[names[i]] != used[names[j]] {
			return used[names[i]] > used[names[j]]
		}
		return names[i] < names[j]
	})
	return names
}

// usage is the weight of each fused operation.
func usage(corpus []sequence) map[string]float64 {
	used := make(map[string]float64)
	for _, s := range corpus {
		for _, p := range s.parts {
			if len(p) > 1 {
				used[strings.Join(p, " ")] += s.weight
			}
		}
	}
	return used
}

// best returns the two operations that follow each other most often.
func best(corpus []sequence) (first, second string, ok bool) {
	weights := make(map[[2]string]float64)
	for _, s := range corpus {
		for i := 1; i < len(s.parts); i++ {
			a, b := s.parts[i-1], s.parts[i]
			if len(a)+len(b) <= longestFused {
				weights[[2]string{strings.Join(a, " "), strings.Join(b, " ")}] += s.weight
			}
		}
	}
	var top [2]string
	for pair, w := range weights { //lint:unordered the greatest, ties by name
		if w > weights[top] || w == weights[top] && (pair[0]+" "+pair[1]) < (top[0]+" "+top[1]) {
			top = pair
		}
	}
	return top[0], top[1], weights[top] > 0
}

// fuse replaces each a that b follows.
func fuse(parts [][]string, a, b string) [][]string {
	var out [][]string
	for i := 0; i < len(parts); i++ {
		if i+1 < len(parts) && strings.Join(parts[i], " ") == a && strings.Join(parts[i+1], " ") == b {
			out = append(out, append(append([]string(nil), parts[i]...), parts[i+1]...))
			i++
			continue
		}
		out = append(out, parts[i])
	}
	return out
}
