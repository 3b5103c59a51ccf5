//! The running account: its balance, and what it can create.

use crate::{sys, Address, Encode};

/// The balance of the running account, in the smallest unit.
pub fn balance() -> u64 {
    let mut amount = 0u64;
    // SAFETY: the call writes 8 bytes, little endian as the machine is.
    unsafe { sys::ecall3(sys::BALANCE, sys::out(&mut amount), 0, 0) };
    amount
}

/// Creates an account: an instance of the running template with `state` for ever.
pub fn spawn<T: Encode>(state: &T) -> Address {
    spawn_blob(&state.encode())
}

/// Creates an account from the encoding of its state.
pub fn spawn_blob(blob: &[u8]) -> Address {
    create(sys::SPAWN, blob)
}

/// Deploys a template, and returns its address; code that exists already is not deployed again.
pub fn deploy(code: &[u8]) -> Address {
    create(sys::DEPLOY, code)
}

fn create(call: u32, bytes: &[u8]) -> Address {
    let mut address = Address::ZERO;
    // SAFETY: the pointers cover what the call reads and the 24 bytes that it writes.
    unsafe {
        sys::ecall3(
            call,
            sys::ptr(bytes),
            bytes.len() as u32,
            sys::out(&mut address),
        )
    };
    address
}
