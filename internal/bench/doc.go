// Package bench measures the machine: the kernels of fixtures/contracts/bench on an engine, beside
// the same sources compiled for this computer and run under qemu-riscv32, and the fixed costs of a
// frame. It is the engine behind `athena bench vm`.
//
// It is not a test of correctness, though it checks that every run of a kernel gives the same
// checksum wherever it runs, and refuses to report otherwise. It has no part in consensus: it reads
// the clock and starts processes.
//
// # Method
//
// All sides of a ratio are measured in one run, in turns, so that a change in the load of the
// computer meets all of them. Of a side's turns the fastest counts, and the spread to the median is
// reported: other work only ever adds time. Time is processor time of the thread that runs the
// kernel (on Linux; elsewhere what passed): waiting for a processor does not count. It is that of
// the kernel alone: a process that is starting does not count, memory being set up in advance does
// not either, while the host calls of a kernel and the translation that qemu does as it goes do.
//
// # Invariants
//
//   - No figure without its checksum: a kernel whose checksum differs anywhere fails the run.
//   - Kernels that are held out are reported apart and enter no mean: nothing is tuned by them.
package bench
