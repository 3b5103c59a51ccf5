//! Names the linker script, the start of the program and the end of a panic.

use crate::sys;
use core::fmt::{self, Write};
use core::panic::PanicInfo;

// The linker finds a text file under this name and reads it as a linker script: see build.rs.
#[link(name = "athena.ld", kind = "dylib", modifiers = "+verbatim")]
unsafe extern "C" {}

// The ELF entry: a call with input but without a method starts here with an undefined sp.
core::arch::global_asm!(
    ".section .text.athena_start,\"ax\",@progbits",
    ".globl athena_start",
    "athena_start:",
    "la sp, __stack_top",
    "call athena_entry",
    "li t0, 0",
    "li a0, 0",
    "ecall",
);

/// Runs as the entry of a contract that names none.
#[unsafe(no_mangle)]
extern "C" fn athena_no_entry() {
    panic!("this program has no entry: call one of its methods")
}

/// The longest panic message that is reported, in bytes.
const MESSAGE_MAX: usize = 256;

/// A buffer that keeps the beginning of what is written to it, whole characters only.
struct Message {
    bytes: [u8; MESSAGE_MAX],
    len: usize,
    full: bool,
}

impl Write for Message {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        if self.full {
            return Ok(());
        }
        let mut fits = s.len();
        if fits > MESSAGE_MAX - self.len {
            self.full = true;
            fits = MESSAGE_MAX - self.len;
            while !s.is_char_boundary(fits) {
                fits -= 1;
            }
        }
        self.bytes[self.len..self.len + fits].copy_from_slice(&s.as_bytes()[..fits]);
        self.len += fits;
        Ok(())
    }
}

/// Reports the message and the place of a panic, and ends the frame.
#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    let mut m = Message {
        bytes: [0; MESSAGE_MAX],
        len: 0,
        full: false,
    };
    // Message never fails.
    let _ = write!(m, "{}", info.message());
    if let Some(at) = info.location() {
        let _ = write!(m, ", {}:{}", at.file(), at.line());
    }
    // SAFETY: the first len bytes of the buffer are initialised.
    unsafe { sys::ecall3(sys::ABORT, sys::ptr(&m.bytes), m.len as u32, 0) };
    // The host does not come back from ABORT.
    #[allow(clippy::empty_loop)]
    loop {}
}
