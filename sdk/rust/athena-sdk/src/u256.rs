//! Arithmetic on unsigned 256-bit numbers by the host. Numbers are big endian.
//!
//! Outside the virtual machine these functions panic.

use crate::sys;

/// An unsigned 256-bit number, big endian.
pub type U256 = [u8; 32];

/// a + b; `None` if it does not fit.
pub fn checked_add(a: &U256, b: &U256) -> Option<U256> {
    exact(sys::ADD_U256, a, b)
}

/// a − b; `None` if it is negative.
pub fn checked_sub(a: &U256, b: &U256) -> Option<U256> {
    exact(sys::SUB_U256, a, b)
}

/// a · b; `None` if it does not fit.
pub fn checked_mul(a: &U256, b: &U256) -> Option<U256> {
    exact(sys::MUL_U256, a, b)
}

/// a to the power of e; `None` if it does not fit. 0⁰ is 1.
pub fn checked_pow(a: &U256, e: &U256) -> Option<U256> {
    exact(sys::EXP_U256, a, e)
}

/// a + b modulo 2²⁵⁶.
pub fn wrapping_add(a: &U256, b: &U256) -> U256 {
    two(sys::ADD_U256, a, b).0
}

/// a − b modulo 2²⁵⁶.
pub fn wrapping_sub(a: &U256, b: &U256) -> U256 {
    two(sys::SUB_U256, a, b).0
}

/// a · b modulo 2²⁵⁶.
pub fn wrapping_mul(a: &U256, b: &U256) -> U256 {
    two(sys::MUL_U256, a, b).0
}

/// a to the power of e modulo 2²⁵⁶. 0⁰ is 1.
pub fn wrapping_pow(a: &U256, e: &U256) -> U256 {
    two(sys::EXP_U256, a, e).0
}

/// The quotient a / b, rounded down; `None` for b = 0.
pub fn div(a: &U256, b: &U256) -> Option<U256> {
    exact(sys::DIV_U256, a, b)
}

/// The remainder of a / b; `None` for b = 0.
pub fn rem(a: &U256, b: &U256) -> Option<U256> {
    exact(sys::MOD_U256, a, b)
}

/// (a + b) mod m of the whole sum; `None` for m = 0.
pub fn add_mod(a: &U256, b: &U256, m: &U256) -> Option<U256> {
    three(sys::ADDMOD_U256, a, b, m)
}

/// (a · b) mod m of the whole product; `None` for m = 0.
pub fn mul_mod(a: &U256, b: &U256, m: &U256) -> Option<U256> {
    three(sys::MULMOD_U256, a, b, m)
}

/// a to the power of e modulo m; `None` for m = 0. 0⁰ is 1.
pub fn pow_mod(a: &U256, e: &U256, m: &U256) -> Option<U256> {
    three(sys::EXPMOD_U256, a, e, m)
}

fn two(call: u32, a: &U256, b: &U256) -> (U256, bool) {
    let mut out = [0; 32];
    let o = sys::out(&mut out);
    // SAFETY: the pointers cover what the call reads and writes.
    let yes = unsafe { sys::ecall3(call, sys::ptr(a), sys::ptr(b), o) };
    (out, yes == 1)
}

fn exact(call: u32, a: &U256, b: &U256) -> Option<U256> {
    let (out, yes) = two(call, a, b);
    yes.then_some(out)
}

fn three(call: u32, a: &U256, b: &U256, m: &U256) -> Option<U256> {
    let mut out = [0; 32];
    let args = [
        sys::ptr(a),
        sys::ptr(b),
        sys::ptr(m),
        sys::out(&mut out),
        0,
        0,
    ];
    // SAFETY: the pointers cover what the call reads and writes.
    unsafe { sys::ecall(call, args) == 1 }.then_some(out)
}
