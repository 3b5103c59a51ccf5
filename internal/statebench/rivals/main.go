package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var (
		keys    = flag.Int("keys", 100_000, "keys in the state")
		only    = flag.String("only", "", "trees to measure, by name, with commas; all if empty")
		seconds = flag.Float64("seconds", 2, "time for one row of commits of one tree")
		seed    = flag.Uint64("seed", 1, "seed of all random numbers")
		asJSON  = flag.Bool("json", false, "print JSON")
		dir     = flag.String("dir", "", "folder for the databases; the system's temporary one if empty")
		name    = flag.String("worker", "", "measure one tree as told on the standard input")
	)
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	if *name != "" {
		return work(*name, *dir, *keys, *seed)
	}
	cfg := config{
		keys: *keys, seed: *seed, dir: *dir, start: spawn,
		each: time.Duration(*seconds * float64(time.Second)),
		progress: func(format string, args ...any) {
			fmt.Fprintf(os.Stderr, "%s "+format+"\n",
				append([]any{time.Now().UTC().Format(time.TimeOnly)}, args...)...)
		},
	}
	var err error
	if cfg.kinds, err = choose(*only); err != nil {
		return err
	}
	out, err := measure(ctx, cfg)
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(os.Stdout).Encode(out)
	}
	return out.writeTable(os.Stdout)
}

// choose returns the kinds with the given names, in the order of the table.
func choose(names string) ([]*kind, error) {
	wanted := map[string]bool{}
	if names != "" {
		for _, name := range strings.Split(names, ",") {
			if kindOf(name) == nil {
				return nil, fmt.Errorf("no tree %q: there are %s", name, allNames())
			}
			wanted[name] = true
		}
	}
	var chosen []*kind
	for i := range kinds {
		if names == "" || wanted[kinds[i].name] {
			chosen = append(chosen, &kinds[i])
		}
	}
	return chosen, nil
}

func allNames() string {
	names := make([]string, len(kinds))
	for i := range kinds {
		names[i] = kinds[i].name
	}
	return strings.Join(names, ", ")
}

// work serves one tree. What libraries print goes to the standard error.
func work(name, dir string, keys int, seed uint64) error {
	k := kindOf(name)
	if k == nil {
		return fmt.Errorf("no tree %q: there are %s", name, allNames())
	}
	out := os.Stdout
	os.Stdout = os.Stderr
	return serve(k, dir, keys, seed, os.Stdin, out)
}
