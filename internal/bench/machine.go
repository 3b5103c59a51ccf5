package bench

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// Machine describes the computer that measures.
type Machine struct {
	CPU        string `json:"cpu"`
	CPUs       int    `json:"cpus"`
	OS         string `json:"os"`
	Arch       string `json:"arch"`
	Go         string `json:"go"`
	Tags       string `json:"tags"`       // build tags of this binary
	LoadBefore string `json:"loadBefore"` // averages over 1, 5 and 15 minutes, where known
	LoadAfter  string `json:"loadAfter"`
}

// DescribeMachine tells what it can find out about this computer.
func DescribeMachine() Machine {
	return Machine{
		CPU: cpuModel(), CPUs: runtime.NumCPU(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Go: runtime.Version(), Tags: buildTags(), LoadBefore: loadAverage(),
	}
}

const unknown = "unknown"

// cpuModel is the processor's name, where Linux tells it.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return unknown
	}
	for line := range strings.Lines(string(text)) {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return unknown
}

func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return unknown
	}
	fields := strings.Fields(string(b))
	return strings.Join(fields[:min(3, len(fields))], " ")
}

func buildTags() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-tags" {
				return s.Value
			}
		}
	}
	return ""
}
