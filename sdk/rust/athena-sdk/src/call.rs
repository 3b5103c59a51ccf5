//! Calls of other accounts.

use crate::codec::{Decode, Encode};
use crate::context::return_data;
use crate::{hash, sys, Address};
use alloc::{string::String, vec::Vec};

/// The first 4 bytes of BLAKE3 of a method's exported name, `athexp_<method>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selector(pub [u8; 4]);

impl Selector {
    /// The selector of a method, computable at compile time.
    pub const fn of(method: &str) -> Selector {
        let (prefix, method) = (b"athexp_", method.as_bytes());
        assert!(
            prefix.len() + method.len() <= 64,
            "the exported name exceeds 64 bytes"
        );
        let mut name = [0; 64];
        let mut i = 0;
        while i < prefix.len() + method.len() {
            name[i] = if i < prefix.len() {
                prefix[i]
            } else {
                method[i - prefix.len()]
            };
            i += 1;
        }
        let digest = hash::blake3_const(name.split_at(i).0);
        Selector([digest[0], digest[1], digest[2], digest[3]])
    }
}

impl From<[u8; 4]> for Selector {
    fn from(bytes: [u8; 4]) -> Self {
        Selector(bytes)
    }
}

impl From<&str> for Selector {
    /// Hashes the name at run time; a constant made by [`Selector::of`] costs nothing.
    fn from(method: &str) -> Self {
        let digest = hash::blake3(["athexp_", method].concat().as_bytes());
        Selector([digest[0], digest[1], digest[2], digest[3]])
    }
}

/// Why a call failed that was made with [`try_call`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    /// The number of the trap that ended the callee.
    pub code: u32,
    /// The message of a panic, or the data of a revert.
    pub data: Vec<u8>,
}

impl CallError {
    /// The trap of a program that gave up and returned data.
    pub const REVERT: u32 = 16;
    /// The trap of a program that aborted with a message.
    pub const PANIC: u32 = 17;

    /// The message of a panic, as text.
    pub fn message(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }
}

/// The payload of a call: `{selector: Option<[u8; 4]>, input: Vec<u8>}` in SCALE.
pub fn payload(method: Option<Selector>, input: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(10 + input.len());
    method.map(|selector| selector.0).encode_to(&mut payload);
    input.encode_to(&mut payload);
    payload
}

/// Calls a method with a tuple of arguments and an amount. If the callee fails so does this frame.
///
/// `args` is what the method takes, in order: `&(a, b)`, `&a` or `&()`.
pub fn call<R: Decode>(
    to: &Address,
    method: impl Into<Selector>,
    args: &impl Encode,
    amount: u64,
) -> R {
    let raw = call_raw(to, &payload(Some(method.into()), &args.encode()), amount);
    decode_result(&raw)
}

/// Moves an amount to an address, without running code there.
pub fn transfer(to: &Address, amount: u64) {
    call_raw(to, &[], amount);
}

/// Makes a call with a payload made elsewhere, and returns what the callee returned.
pub fn call_raw(to: &Address, payload: &[u8], amount: u64) -> Vec<u8> {
    // A stack buffer holds most results, which saves two host calls.
    let mut small = [0u8; 64];
    // SAFETY: the pointers cover what the call reads and writes.
    let len = unsafe {
        sys::ecall(
            sys::CALL,
            [
                sys::ptr(to),
                sys::ptr(payload),
                payload.len() as u32,
                sys::out(&mut small),
                small.len() as u32,
                sys::ptr(&amount),
            ],
        )
    } as usize;
    if len < small.len() {
        small[..len].to_vec()
    } else {
        return_data()
    }
}

/// Calls a method, and reports a failure of the callee; its effects are then rolled back.
///
/// `gas` bounds the compute gas of the callee; 0 gives it all that a callee may have. A budget that
/// belongs to the whole transaction cannot be caught.
pub fn try_call<R: Decode>(
    to: &Address,
    method: impl Into<Selector>,
    args: &impl Encode,
    amount: u64,
    gas: u64,
) -> Result<R, CallError> {
    let raw = try_call_raw(
        to,
        &payload(Some(method.into()), &args.encode()),
        amount,
        gas,
    )?;
    Ok(decode_result(&raw))
}

/// As [`try_call`], with a payload made elsewhere.
pub fn try_call_raw(
    to: &Address,
    payload: &[u8],
    amount: u64,
    gas: u64,
) -> Result<Vec<u8>, CallError> {
    let limit = if gas == 0 { 0 } else { sys::ptr(&gas) };
    // SAFETY: the pointers cover what the call reads.
    let code = unsafe {
        sys::ecall(
            sys::TRY_CALL,
            [
                sys::ptr(to),
                sys::ptr(payload),
                payload.len() as u32,
                sys::ptr(&amount),
                limit,
                0,
            ],
        )
    };
    match code {
        0 => Ok(return_data()),
        _ => Err(CallError {
            code,
            data: return_data(),
        }),
    }
}

/// Calls a method that only reads: neither the callee nor what it calls can have an effect, and one
/// that tries fails. The failure is reported, as by [`try_call`]; `gas` is as there.
pub fn static_call<R: Decode>(
    to: &Address,
    method: impl Into<Selector>,
    args: &impl Encode,
    gas: u64,
) -> Result<R, CallError> {
    let raw = static_call_raw(to, &payload(Some(method.into()), &args.encode()), gas)?;
    Ok(decode_result(&raw))
}

/// As [`static_call`], with a payload made elsewhere.
pub fn static_call_raw(to: &Address, payload: &[u8], gas: u64) -> Result<Vec<u8>, CallError> {
    let limit = if gas == 0 { 0 } else { sys::ptr(&gas) };
    // SAFETY: the pointers cover what the call reads.
    let code = unsafe {
        sys::ecall(
            sys::STATIC_CALL,
            [
                sys::ptr(to),
                sys::ptr(payload),
                payload.len() as u32,
                limit,
                0,
                0,
            ],
        )
    };
    match code {
        0 => Ok(return_data()),
        _ => Err(CallError {
            code,
            data: return_data(),
        }),
    }
}

fn decode_result<R: Decode>(raw: &[u8]) -> R {
    match R::decode_all(raw) {
        Ok(result) => result,
        Err(_) => panic!("the callee returned {} bytes of another type", raw.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_agree() {
        for method in ["spawn", "verify", "transfer_from"] {
            assert_eq!(Selector::of(method), Selector::from(method));
        }
    }

    #[test]
    fn payload_is_scale() {
        assert_eq!(payload(None, b""), [0, 0]);
        assert_eq!(
            payload(Some(Selector([1, 2, 3, 4])), b"ab"),
            [1, 1, 2, 3, 4, 8, b'a', b'b']
        );
        let input = vec![7; 100];
        let want = (Some([9u8; 4]), input.clone()).encode();
        assert_eq!(payload(Some(Selector([9; 4])), &input), want);
    }
}
