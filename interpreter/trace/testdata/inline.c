/* A program with debug information: a function that the compiler inlines, one that it does not, and
 * a load from nowhere. Built into inline.elf by
 *
 *	riscv64-unknown-elf-gcc -march=rv32im -mabi=ilp32 -O1 -g -nostdlib -static -fno-pic \
 *		-fdebug-prefix-map=$PWD=. -Wl,-Ttext=0x10000 -Wl,--build-id=none -Wl,--no-relax \
 *		-Wl,-z,norelro -o inline.elf inline.c
 */
static inline unsigned twice(unsigned n)
{
	return n * 2654435761u ^ n;
}

__attribute__((noinline)) unsigned mix(unsigned n)
{
	for (unsigned i = 0; i < 10; i++)
		n += twice(n);
	return n;
}

__attribute__((noinline)) unsigned peek(volatile unsigned *p)
{
	return *p;
}

void _start(void)
{
	unsigned n = mix(1);
	peek((unsigned *)(n & 4));
	__builtin_unreachable();
}
