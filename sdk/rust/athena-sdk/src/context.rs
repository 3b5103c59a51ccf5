//! What a frame can ask about its call and its layer.

use crate::{sys, Address};
use alloc::vec::Vec;

/// Who called, and with what amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The amount that came with the call, in the smallest unit.
    pub received: u64,
    /// The account that called.
    pub caller: Address,
    /// The template of the account that called.
    pub caller_template: Address,
    /// The running account.
    pub callee: Address,
}

/// Who called this frame.
pub fn context() -> Context {
    let mut raw = [0u8; 80];
    // SAFETY: the call writes 80 bytes.
    unsafe { sys::ecall3(sys::CONTEXT, sys::out(&mut raw), 0, 0) };
    Context {
        received: u64_at(&raw, 0),
        caller: address_at(&raw, 8),
        caller_template: address_at(&raw, 32),
        callee: address_at(&raw, 56),
    }
}

/// The layer that is being executed. The beacon and the hash are known to others before a program
/// uses them: neither is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The number of the layer.
    pub height: u64,
    /// Seconds since 1970.
    pub time: u64,
    /// The public random value of the layer.
    pub beacon: [u8; 32],
    /// The hash of the layer before.
    pub parent_hash: [u8; 32],
    /// The hash of the genesis.
    pub chain_id: [u8; 32],
    /// The principal of the transaction.
    pub origin: Address,
    /// The prices of the five dimensions of the fee.
    pub prices: [u64; 5],
}

/// The layer that is being executed.
pub fn layer() -> Layer {
    let mut raw = [0u8; 176];
    // SAFETY: the call writes 176 bytes.
    unsafe { sys::ecall3(sys::LAYER, sys::out(&mut raw), 0, 0) };
    Layer {
        height: u64_at(&raw, 0),
        time: u64_at(&raw, 8),
        beacon: bytes_at(&raw, 16),
        parent_hash: bytes_at(&raw, 48),
        chain_id: bytes_at(&raw, 80),
        origin: address_at(&raw, 112),
        prices: core::array::from_fn(|i| u64_at(&raw, 136 + 8 * i)),
    }
}

/// The compute gas that is left to this frame.
pub fn gas_left() -> u64 {
    let mut gas = 0u64;
    // SAFETY: the call writes 8 bytes, little endian as the machine is.
    unsafe { sys::ecall3(sys::GAS_LEFT, sys::out(&mut gas), 0, 0) };
    gas
}

/// Writes a line to the log of the execution, which no consensus covers.
pub fn log(line: &str) {
    // SAFETY: the pointer covers the line.
    unsafe { sys::ecall3(sys::WRITE, 1, sys::ptr(line), line.len() as u32) };
}

/// Fails this frame, and hands `data` to the caller.
pub fn revert(data: &[u8]) -> ! {
    // SAFETY: the pointer covers the data.
    unsafe { sys::ecall3(sys::REVERT, sys::ptr(data), data.len() as u32, 0) };
    // The host does not come back from REVERT.
    #[allow(clippy::empty_loop)]
    loop {}
}

/// The return data of the last callee, whether it succeeded or not.
pub fn return_data() -> Vec<u8> {
    // SAFETY: with length 0 the call writes nothing.
    let len = unsafe { sys::ecall3(sys::RETURN_DATA, 0, 0, 0) } as usize;
    let mut data = alloc::vec![0; len];
    // SAFETY: the pointer covers len bytes.
    unsafe { sys::ecall3(sys::RETURN_DATA, sys::out(&mut data[..]), 0, len as u32) };
    data
}

fn bytes_at<const N: usize>(raw: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&raw[at..at + N]);
    bytes
}

fn u64_at(raw: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes_at(raw, at))
}

fn address_at(raw: &[u8], at: usize) -> Address {
    Address(bytes_at(raw, at))
}
