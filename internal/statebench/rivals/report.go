package main

import (
	"fmt"
	"io"
	"runtime/debug"
)

// report is what a run found. Its JSON is the output of --json.
type report struct {
	Keys  int       `json:"keys"`
	Seed  uint64    `json:"seed"`
	Trees []*result `json:"trees"`
}

// result is what was found of one tree. What cannot be measured is missing, or 0.
type result struct {
	Name              string      `json:"name"`
	What              string      `json:"what"`
	Version           string      `json:"version,omitempty"`
	LoadKeysPerSecond float64     `json:"loadKeysPerSecond"`
	Commits           []commitRow `json:"commits"`
	GetMicros         float64     `json:"getMicros"`
	Proofs            []proofRow  `json:"proofs"`
	HeapBytes         int64       `json:"heapBytes"`
	ResidentBytes     int64       `json:"residentBytes"`
	DiskBytes         int64       `json:"diskBytes"`
}

// commitRow is one size of commits.
type commitRow struct {
	Keys             int     `json:"keys"`
	Commits          int     `json:"commits"`
	UpdatesPerSecond float64 `json:"updatesPerSecond"`
	MedianPerSecond  float64 `json:"medianPerSecond"`
	CPUMicros        float64 `json:"cpuMicrosPerUpdate"`
}

// proofRow is one size of proofs.
type proofRow struct {
	Keys         int     `json:"keys"`
	BytesPerKey  float64 `json:"bytesPerKey"`
	ProveMicros  float64 `json:"proveMicrosPerKey"`
	VerifyMicros float64 `json:"verifyMicrosPerKey"`
}

func newResult(k *kind) *result {
	r := &result{Name: k.name, What: k.what}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == k.module {
				r.Version = m.Version
			}
		}
	}
	return r
}

// writeTable writes the report as tables of Markdown.
func (r *report) writeTable(w io.Writer) error {
	p := &printer{w: w}
	p.printf("%d keys of 32 bytes, values of 32 bytes, seed %d.\n\n", r.Keys, r.Seed)
	p.printf("| updates/s: all (median) | load keys/s")
	for _, n := range commitSizes {
		p.printf(" | commits of %d", n)
	}
	p.printf(" | CPU µs an update | heap MiB | resident MiB | disk MiB |\n|---|")
	for range len(commitSizes) + 5 {
		p.printf("---:|")
	}
	for _, t := range r.Trees {
		p.commits(t)
	}
	p.printf("\n\n| | get µs | proof bytes | made in µs | verified in µs")
	for _, row := range proofRows[1:] {
		p.printf(" | witness of %d: bytes a key | verified in µs a key", row.keys)
	}
	p.printf(" |\n|---|")
	for range 4 + 2*(len(proofRows)-1) {
		p.printf("---:|")
	}
	for _, t := range r.Trees {
		p.proofs(t)
	}
	p.printf("\n\n")
	for _, t := range r.Trees {
		p.printf("- %s: %s", t.Name, t.What)
		if t.Version != "" {
			p.printf(", %s", t.Version)
		}
		p.printf("\n")
	}
	return p.err
}

// printer writes until there is an error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) commits(t *result) {
	p.printf("\n| %s | %s |", t.Name, thousands(t.LoadKeysPerSecond))
	for i := range commitSizes {
		if i < len(t.Commits) {
			c := t.Commits[i]
			p.printf(" %s (%s) |", thousands(c.UpdatesPerSecond), thousands(c.MedianPerSecond))
		} else {
			p.printf(" |")
		}
	}
	for i, c := range t.Commits {
		if i > 0 {
			p.printf(" /")
		}
		p.printf(" %.1f", c.CPUMicros)
	}
	p.printf(" | %.0f | %.0f | %.0f |", mebibytes(t.HeapBytes), mebibytes(t.ResidentBytes),
		mebibytes(t.DiskBytes))
}

func (p *printer) proofs(t *result) {
	p.printf("\n| %s | %.1f |", t.Name, t.GetMicros)
	for i := range proofRows {
		switch {
		case i >= len(t.Proofs) && i == 0:
			p.printf(" | | |")
		case i >= len(t.Proofs):
			p.printf(" | |")
		case i == 0:
			p.printf(" %.0f | %.0f | %.1f |", t.Proofs[i].BytesPerKey, t.Proofs[i].ProveMicros,
				t.Proofs[i].VerifyMicros)
		default:
			p.printf(" %.0f | %.1f |", t.Proofs[i].BytesPerKey, t.Proofs[i].VerifyMicros)
		}
	}
}

func thousands(n float64) string {
	if n < 99_500 {
		return fmt.Sprintf("%.1f k", n/1000)
	}
	return fmt.Sprintf("%.0f k", n/1000)
}

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }
