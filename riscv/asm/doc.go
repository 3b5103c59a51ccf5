// Package asm is a small two-pass assembler for RV32IM, for tests, conformance vectors and
// examples.
//
// It is not a toolchain: no relocations, no macros, no linker. Labels are absolute from the start,
// because the base address is given. It accepts the usual GNU syntax: one statement a line,
// "label:", comments with # or //, ABI or xN register names, the standard pseudo-instructions,
// %hi, %lo, "." for the current address, and these directives:
//
//	.text .rodata .data .bss        switch section; rodata and data start on new pages
//	.byte .half .word  expr, ...    data
//	.ascii .asciz .string "text"    data
//	.zero N / .space N              N zero bytes
//	.align P / .balign N            pad with zeroes to 2^P or N bytes
//	.equ name, expr / .set          constant; the expression must be known by then
//	.globl name                     accepted and ignored
//	.export label[, name]           public export "athexp_<name>" (name defaults to the label)
//	.export_principal label[, name] the same, principal-only
//	.layout top, size, pages        Athena layout note: stack top, stack bytes, initial heap pages
//
// Object.ELF wraps the result into an executable that riscv/elf loads.
package asm
