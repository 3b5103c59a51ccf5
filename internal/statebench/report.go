package statebench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Report is what a run found. Its JSON is the output of `athena bench state --json`.
type Report struct {
	Keys    int    `json:"keys"`
	Backend string `json:"backend"`
	Rows    []Row  `json:"rows"`
	// GetMicros is the time of reading one random value of the head.
	GetMicros float64 `json:"getMicros"`
	// ProofBytes and the like are means, without the keys and values that are proved.
	ProofBytes        float64 `json:"proofBytes"`
	ProofTotalBytes   float64 `json:"proofTotalBytes"`
	Witness10Bytes    float64 `json:"witness10Bytes"`
	Witness100Bytes   float64 `json:"witness100Bytes"`
	Witness1000Bytes  float64 `json:"witness1000Bytes"`
	ProveMicros       float64 `json:"proveMicros"`
	WitnessMicros10   float64 `json:"witness10Micros"`
	WitnessMicros1000 float64 `json:"witness1000Micros"`
	// VerifyMicrosPerKey is the time of verifying the proof of one key; the next two are that of a
	// witness of more keys, divided by their number.
	VerifyMicrosPerKey     float64 `json:"verifyMicrosPerKey"`
	Verify10MicrosPerKey   float64 `json:"verify10MicrosPerKey"`
	Verify1000MicrosPerKey float64 `json:"verify1000MicrosPerKey"`
	DiskBytes              int64   `json:"diskBytes"` // closed; 0 in memory
	RSSBytes               int64   `json:"rssBytes"`  // after the rows; 0 where it is not known
	CacheBytes             int64   `json:"cacheBytes"`
	History                int     `json:"history"`
	LoadKeysPerSecond      float64 `json:"loadKeysPerSecond"`
	OpenMillis             float64 `json:"openMillis"`
	RecoverMillis          float64 `json:"recoverMillis"` // opening after a crash
	HashNanos              float64 `json:"hashNanos"`     // of one node: how fast the machine is
}

// Row is one size of a commit.
type Row struct {
	Commit           int     `json:"commit"` // keys
	UpdatesPerSecond float64 `json:"updatesPerSecond"`
	// BestPerSecond is that of the fastest tenth of the commits.
	BestPerSecond float64 `json:"bestPerSecond"`
	// CPUMicros is the processor time of one update, of all threads; 0 where it is not known.
	CPUMicros float64 `json:"cpuMicrosPerUpdate"`
	Commits   int     `json:"commits"`
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%d keys, %s, cache %d MiB, history %d, node hash %.0f ns\n\n",
		r.Keys, r.Backend, r.CacheBytes>>20, r.History, r.HashNanos)
	fmt.Fprintln(t, "commit of\tupdates/s\tfastest tenth\tCPU µs an update\tcommits\t")
	for _, row := range r.Rows {
		fmt.Fprintf(t, "%d keys\t%.0f\t%.0f\t%.2f\t%d\t\n",
			row.Commit, row.UpdatesPerSecond, row.BestPerSecond, row.CPUMicros, row.Commits)
	}
	fmt.Fprintln(t)
	fmt.Fprintln(t, "\tbytes\tmade in µs\tverified in µs a key\t")
	fmt.Fprintf(t, "proof\t%.0f\t%.1f\t%.2f\t\n", r.ProofBytes, r.ProveMicros, r.VerifyMicrosPerKey)
	fmt.Fprintf(t, "witness of 10\t%.0f\t%.1f\t%.2f\t\n",
		r.Witness10Bytes, r.WitnessMicros10, r.Verify10MicrosPerKey)
	fmt.Fprintf(t, "witness of 100\t%.0f\t\t\t\n", r.Witness100Bytes)
	fmt.Fprintf(t, "witness of 1000\t%.0f\t%.1f\t%.2f\t\n",
		r.Witness1000Bytes, r.WitnessMicros1000, r.Verify1000MicrosPerKey)
	fmt.Fprintln(t)
	fmt.Fprintf(t, "get\t%.2f µs\t\n", r.GetMicros)
	fmt.Fprintf(t, "load\t%.0f keys/s\t\n", r.LoadKeysPerSecond)
	fmt.Fprintf(t, "open\t%.0f ms\t\nopen after a crash\t%.0f ms\t\n", r.OpenMillis, r.RecoverMillis)
	fmt.Fprintf(t, "disk\t%.1f MiB\t\n", float64(r.DiskBytes)/(1<<20))
	fmt.Fprintf(t, "memory\t%.1f MiB\t\n", float64(r.RSSBytes)/(1<<20))
	return t.Flush()
}
