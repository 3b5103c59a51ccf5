package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/internal/runner"
	"github.com/athenarollup/athena/internal/runner/abi"
	"github.com/athenarollup/athena/interpreter/trace"
	"github.com/athenarollup/athena/riscv/elf"
)

func inspectCommand() *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "show what is in a program: methods, sizes, limits, hash and address",
		ArgsUsage: "FILE.elf",
		Description: "Hash and address are those of the file as it would be deployed.\n\nExamples:\n" +
			"  athena inspect token.elf\n" +
			"  athena inspect token.elf --top 5 --json",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "top", Value: 10, Usage: "show the `N` largest functions"},
			jsonFlag(),
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1); err != nil {
				return err
			}
			if c.Int("top") < 0 {
				return &usageError{errors.New("--top: want a number of functions")}
			}
			file, err := readProgram(c)
			if err != nil {
				return err
			}
			p, err := runner.Load(c.Args().First(), file)
			if err != nil {
				return err
			}
			doc := inspect(p, file, c.Int("top"))
			if c.Bool("json") {
				return printJSON(c, doc)
			}
			return doc.write(c.App.Writer)
		},
	}
}

// inspected is the document of --json.
type inspected struct {
	Name      string          `json:"name"`
	CodeHash  string          `json:"codeHash"`
	Template  address.Address `json:"template"`
	FileBytes int             `json:"fileBytes"`
	Stripped  bool            `json:"stripped"` // hash, address and limits are of the stripped file
	Entry     uint32          `json:"entry"`
	Segments  []segmentJSON   `json:"segments"`
	Stack     memoryJSON      `json:"stack"`
	Heap      memoryJSON      `json:"heap"` // at the start of a frame
	Exports   []exportJSON    `json:"exports"`
	Limits    []limitJSON     `json:"limits"`
	Functions []functionJSON  `json:"functions"` // the largest
	ABI       *abi.Contract   `json:"abi"`
}

type segmentJSON struct {
	Addr      uint32 `json:"addr"`
	Bytes     uint32 `json:"bytes"`
	FileBytes int    `json:"fileBytes"`
	Access    string `json:"access"`
}

type memoryJSON struct {
	Addr  uint32 `json:"addr"`
	Bytes uint32 `json:"bytes"`
}

type exportJSON struct {
	Name          string `json:"name"`
	Selector      string `json:"selector"`
	Addr          uint32 `json:"addr"`
	PrincipalOnly bool   `json:"principalOnly"`
	Signature     string `json:"signature,omitempty"`
	Docs          string `json:"docs,omitempty"`
}

type limitJSON struct {
	Name    string `json:"name"`
	Used    uint64 `json:"used"`
	Allowed uint64 `json:"allowed"`
}

type functionJSON struct {
	Name  string `json:"name"`
	Addr  uint32 `json:"addr"`
	Bytes uint32 `json:"bytes"`
}

func inspect(p *runner.Program, file []byte, top int) *inspected {
	hash := address.CodeHash(p.Image)
	doc := &inspected{
		Name: p.Name, CodeHash: hex0x(hash[:]), Template: address.OfTemplate(hash),
		FileBytes: len(file), Stripped: p.Stripped, Entry: p.Entry,
		Stack:  memoryJSON{p.StackTop - p.StackSize, p.StackSize},
		Heap:   memoryJSON{p.HeapStart, p.InitialHeapEnd() - p.HeapStart},
		Limits: limitsOf(p), Functions: largest(p, top), ABI: p.Contract,
		Segments: []segmentJSON{}, Exports: []exportJSON{},
	}
	for i := range p.Segments {
		s := &p.Segments[i]
		access := "r"
		if s.Writable {
			access = "rw"
		} else if s.Executable {
			access = "rx"
		}
		doc.Segments = append(doc.Segments, segmentJSON{s.Addr, s.Size, len(s.Data), access})
	}
	principal := host.PrincipalOnly(p.Program)
	for _, e := range p.Exports {
		name := strings.TrimPrefix(e.Name, elf.ExportPrefix)
		selector := host.Selector(name)
		x := exportJSON{
			Name: name, Selector: hex0x(selector[:]), Addr: e.Addr, PrincipalOnly: principal[name],
		}
		if m, ok := p.Contract.Method(selector); ok {
			x.Signature, x.Docs = m.Signature(), m.Docs
		}
		doc.Exports = append(doc.Exports, x)
	}
	return doc
}

// limitsOf compares a program with what the loader and a template may have.
func limitsOf(p *runner.Program) []limitJSON {
	l := elf.DefaultLimits()
	image, names := uint64(0), 0
	for i := range p.Segments {
		image += uint64(p.Segments[i].Size)
	}
	for _, e := range p.Exports {
		names = max(names, len(e.Name))
	}
	return []limitJSON{
		{"file bytes", uint64(len(p.Image)), uint64(l.FileBytes)},
		{"image bytes", image, uint64(l.ImageBytes)},
		{"stack bytes", uint64(p.StackSize), uint64(l.StackBytes)},
		{"heap pages", uint64(p.HeapPages), uint64(l.HeapPages)},
		{"segments", uint64(len(p.Segments)), uint64(l.Segments)},
		{"exports", uint64(len(p.Exports)), uint64(l.Exports)},
		{"export name bytes", uint64(names), uint64(l.NameBytes)},
	}
}

// largest returns the largest functions. One of unknown size ends where the next one begins.
func largest(p *runner.Program, top int) []functionJSON {
	all := []functionJSON{}
	functions := p.Symbols.Functions()
	for i, f := range functions {
		size := f.Size
		if size == 0 {
			size = endOf(p.Program, functions, i) - f.Addr
		}
		all = append(all, functionJSON{f.Name, f.Addr, size})
	}
	slices.SortStableFunc(all, func(a, b functionJSON) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return all[:min(len(all), top)]
}

func endOf(p *elf.Program, functions []trace.Function, i int) uint32 {
	addr, end := functions[i].Addr, uint32(0)
	for s := range p.Segments {
		if p.Segments[s].Contains(addr, 1) {
			end = p.Segments[s].End()
		}
	}
	if i+1 < len(functions) && functions[i+1].Addr < end {
		end = functions[i+1].Addr
	}
	return max(end, addr)
}

func (d *inspected) write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\ncode hash\t%s\ntemplate\t%s\nfile\t%d bytes", d.Name, d.CodeHash, d.Template,
		d.FileBytes)
	if d.Stripped {
		fmt.Fprint(w, "; hash and address are of the file without symbols and debug information")
	}
	fmt.Fprintf(w, "\nentry\t0x%08x\n\nmemory\n", d.Entry)
	for _, s := range d.Segments {
		fmt.Fprintf(w, "  0x%08x\t%s\t%d bytes\t%d in the file\n", s.Addr, s.Access, s.Bytes, s.FileBytes)
	}
	fmt.Fprintf(w, "  0x%08x\trw\t%d bytes\tstack\n  0x%08x\trw\t%d bytes\theap at the start\n",
		d.Stack.Addr, d.Stack.Bytes, d.Heap.Addr, d.Heap.Bytes)
	fmt.Fprint(w, "\nexports\n")
	for _, e := range d.Exports {
		text := e.Signature
		if text == "" {
			text = e.Name
		}
		if e.PrincipalOnly {
			text += "  (principal only)"
		}
		fmt.Fprintf(w, "  %s\t0x%08x\t%s\n", e.Selector, e.Addr, text)
	}
	fmt.Fprint(w, "\nlimits\tused\tallowed\n")
	for _, l := range d.Limits {
		fmt.Fprintf(w, "  %s\t%d\t%d\n", l.Name, l.Used, l.Allowed)
	}
	fmt.Fprint(w, "\nlargest functions\n")
	for _, f := range d.Functions {
		fmt.Fprintf(w, "  %d\t0x%08x\t%s\n", f.Bytes, f.Addr, f.Name)
	}
	if d.ABI != nil {
		for _, e := range d.ABI.Events {
			fmt.Fprintf(w, "\nevent %s", e.Signature())
		}
		if len(d.ABI.Events) > 0 {
			fmt.Fprintln(w)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	return nil
}

// similar names functions that contain what was asked for.
func similar(s *trace.Symbols, name string) error {
	var near []string
	for _, f := range s.Functions() {
		if strings.Contains(strings.ToLower(f.Name), strings.ToLower(name)) && len(near) < 5 {
			near = append(near, f.Name)
		}
	}
	if len(near) == 0 {
		return nil
	}
	return fmt.Errorf("there is %s", strings.Join(near, ", "))
}
