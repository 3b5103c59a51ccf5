//! What the generated code of a method calls. Not for use by hand.

use crate::{sys, Decode, Encode};
use alloc::{vec, vec::Vec};

/// A record of the section `.note.athena_export`, version 1.
#[repr(C, packed)]
pub struct Export {
    version: u8,
    flags: u8,
    address: unsafe extern "C" fn(),
    name: *const u8,
}

// SAFETY: the pointers are to code and to a constant.
unsafe impl Sync for Export {}

impl Export {
    /// The record of a method; `name` ends with NUL.
    pub const fn new(
        principal_only: bool,
        address: unsafe extern "C" fn(),
        name: &'static [u8],
    ) -> Self {
        assert!(name.len() <= 65, "the exported name exceeds 64 bytes");
        Export {
            version: 1,
            flags: principal_only as u8,
            address,
            name: name.as_ptr(),
        }
    }
}

/// A struct that `#[template]` made the state of an account.
pub trait State: Decode {
    /// The fields in the ABI, a JSON array.
    const FIELDS: &'static [u8];
    /// The documentation in the ABI, a JSON string.
    const DOCS: &'static [u8];
}

/// The whole input of the frame.
pub fn input() -> Vec<u8> {
    // SAFETY: the call touches no memory.
    let len = unsafe { sys::ecall3(sys::INPUT_LEN, 0, 0, 0) } as usize;
    let mut bytes = vec![0; len];
    if len > 0 {
        // SAFETY: the pointer covers len bytes.
        unsafe { sys::ecall3(sys::INPUT_READ, sys::out(&mut bytes[..]), len as u32, 0) };
    }
    bytes
}

/// Takes one value off the input.
#[track_caller]
pub fn take<T: Decode>(input: &mut &[u8], name: &str) -> T {
    match T::decode(input) {
        Ok(value) => value,
        Err(_) => panic!("malformed argument: {name}"),
    }
}

/// Refuses what is left of the input.
#[track_caller]
pub fn finish(input: &[u8]) {
    if !input.is_empty() {
        panic!("{} bytes after the last argument", input.len());
    }
}

/// Writes the result of the method.
pub fn give<T: Encode>(result: &T) {
    let bytes = result.encode();
    if !bytes.is_empty() {
        // SAFETY: the pointer covers the bytes.
        unsafe { sys::ecall3(sys::WRITE, 3, sys::ptr(&bytes[..]), bytes.len() as u32) };
    }
}

/// Writes the result of a method that may fail, or reverts with the error.
pub fn give_or_revert<T: Encode, E: Encode>(result: &Result<T, E>) {
    match result {
        Ok(value) => give(value),
        Err(error) => crate::revert(&error.encode()),
    }
}

const GUARD: [u8; 32] = crate::hash::sha256_const(b"athena/nonreentrant");

/// Marks the account as busy with a method that nobody may re-enter.
#[track_caller]
pub fn lock() {
    if crate::storage::read_word(&GUARD) != [0; 32] {
        panic!("re-entered");
    }
    crate::storage::write_word(&GUARD, &[1; 32]);
}

/// Ends what [`lock`] began.
pub fn unlock() {
    crate::storage::write_word(&GUARD, &[0; 32]);
}

/// What a contract does when it is started outside the virtual machine.
#[cfg(not(target_arch = "riscv32"))]
pub fn not_a_program() {
    eprintln!("this is a contract: build it with --target riscv32im-unknown-none-elf");
    std::process::exit(2);
}
