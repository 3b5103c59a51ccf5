//! The running account: its balance, and what it can create.

use crate::{sys, Address, Encode};

/// The balance of the running account, in the smallest unit.
pub fn balance() -> u64 {
    let mut amount = 0u64;
    // SAFETY: the call writes 8 bytes, little endian as the machine is.
    unsafe { sys::ecall3(sys::BALANCE, sys::out(&mut amount), 0, 0) };
    amount
}

/// What can be known of any account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountInfo {
    /// The balance, in the smallest unit.
    pub balance: u64,
    /// What the account is: one of [`AccountInfo::STUB`] and its like.
    pub status: u8,
    /// The template that the account is an instance of; zero for a stub.
    pub template: Address,
    /// BLAKE3 of the code of the account, or of the template that the address names; `None` without
    /// either.
    pub code_hash: Option<[u8; 32]>,
}

impl AccountInfo {
    /// It holds at most a balance; an address that nobody used is one, too.
    pub const STUB: u8 = 0;
    /// It has a program.
    pub const LIVE: u8 = 1;
    /// It destroyed itself.
    pub const DEAD: u8 = 2;
    /// Its rent ran out. Asking about it, as any access but paying it, fails the call.
    pub const EXPIRED: u8 = 3;
}

/// What is known of an account, or of a template, by its address.
pub fn account_info(address: &Address) -> AccountInfo {
    let mut raw = [0u8; 65];
    // SAFETY: the call reads 24 bytes and writes 65.
    let found = unsafe { sys::ecall3(sys::ACCOUNT_INFO, sys::ptr(address), sys::out(&mut raw), 0) };
    let (mut balance, mut template, mut hash) = ([0; 8], [0; 24], [0; 32]);
    balance.copy_from_slice(&raw[..8]);
    template.copy_from_slice(&raw[9..33]);
    hash.copy_from_slice(&raw[33..]);
    AccountInfo {
        balance: u64::from_le_bytes(balance),
        status: raw[8],
        template: Address(template),
        code_hash: (found == 1).then_some(hash),
    }
}

/// Sends an amount of the running account to an account of the L1. It leaves Athena at once, and can
/// be unlocked on the L1 when the layer is final. If this frame fails it stays.
pub fn withdraw(recipient: &Address, amount: u64) {
    // SAFETY: the pointers cover the 24 and the 8 bytes that the call reads.
    unsafe { sys::ecall3(sys::WITHDRAW, sys::ptr(recipient), sys::ptr(&amount), 0) };
}

/// Moves an amount of the running account to the rent reserve of any account that has a program. An
/// expired one is live again when its arrears are covered and none of its slots is missing. Tells
/// whether the account can be used now.
pub fn lifeline(account: &Address, amount: u64) -> bool {
    // SAFETY: the pointers cover the 24 and the 8 bytes that the call reads.
    unsafe { sys::ecall3(sys::LIFELINE, sys::ptr(account), sys::ptr(&amount), 0) == 1 }
}

/// Brings the slot back that was evicted last from an expired account. The event of its eviction has
/// all that is asked for: `prev_acc` and `key` are its topics, `value` is its data. Fails the call if
/// it is another one. Tells whether the account can be used now.
pub fn resurrect(account: &Address, prev_acc: &[u8; 32], key: &[u8; 32], value: &[u8]) -> bool {
    // SAFETY: the pointers cover the 24, 32 and 32 bytes and the value that the call reads.
    let usable = unsafe {
        sys::ecall(
            sys::RESURRECT,
            [
                sys::ptr(account),
                sys::ptr(prev_acc),
                sys::ptr(key),
                sys::ptr(value),
                value.len() as u32,
                0,
            ],
        )
    };
    usable == 1
}

/// Ends the running account, which must have deleted its slots: its money goes to `to`, and the frame
/// ends here with success.
pub fn self_destruct(to: &Address) -> ! {
    // SAFETY: the pointer covers the 24 bytes that the call reads.
    unsafe { sys::ecall3(sys::SELF_DESTRUCT, sys::ptr(to), 0, 0) };
    unreachable!("the host ended the frame")
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
