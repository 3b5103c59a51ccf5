//! Signatures, curves, proofs and fields by the host: one function for each precompile.
//!
//! Numbers are big endian. A point is its affine coordinates x then y, infinity is all zeros; a
//! coordinate of BN254's or BLS12-381's second group is its imaginary part, then its real part.
//! What does not decode, or lies outside the group, is refused: `None` or `false`. See
//! `docs/spec/precompiles.md`. Outside the virtual machine these functions panic.

use crate::sys;
use alloc::vec::Vec;

/// A point of the first group of BN254.
pub type Bn254G1 = [u8; 64];
/// A point of the second group of BN254.
pub type Bn254G2 = [u8; 128];
/// A point of the first group of BLS12-381.
pub type BlsG1 = [u8; 96];
/// A point of the second group of BLS12-381.
pub type BlsG2 = [u8; 192];

/// Poseidon2 over BN254's scalar field: the Merkle-Damgård hash of elements.
pub fn poseidon2_hash(elements: &[[u8; 32]]) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    let n = elements.len() as u32;
    let a = [sys::ptr(elements), n, sys::out(&mut out)];
    answer(sys::POSEIDON2_HASH, a).then_some(out)
}

/// Poseidon2 over BN254's scalar field: the compression of a Merkle tree's two children.
pub fn poseidon2_compress(left: &[u8; 32], right: &[u8; 32]) -> Option<[u8; 32]> {
    combine(sys::POSEIDON2_COMPRESS, left, right)
}

/// Poseidon2 over BN254's scalar field: the permutation of width 2 or 3, in place. False changes
/// nothing.
///
/// # Panics
/// For any other width.
pub fn poseidon2_permute<const WIDTH: usize>(state: &mut [[u8; 32]; WIDTH]) -> bool {
    const { assert!(WIDTH == 2 || WIDTH == 3) };
    let at = sys::out(state);
    answer(sys::POSEIDON2_PERMUTE, [at, WIDTH as u32, at])
}

/// One signature of a batch.
pub struct Signed<'a> {
    /// What was signed.
    pub message: &'a [u8],
    /// By whom.
    pub key: &'a [u8; 32],
    /// The signature.
    pub signature: &'a [u8; 64],
}

/// Whether each ed25519 signature alone is valid by the rules of ZIP-215, for less gas.
pub fn ed25519_verify_batch(batch: &[Signed<'_>]) -> bool {
    let mut items = Vec::with_capacity(batch.len() * 100);
    let mut messages = Vec::new();
    for s in batch {
        items.extend_from_slice(s.key);
        items.extend_from_slice(s.signature);
        items.extend_from_slice(&(s.message.len() as u32).to_le_bytes());
        messages.extend_from_slice(s.message);
    }
    let (n, len) = (batch.len() as u32, messages.len() as u32);
    let a = [sys::ptr(&items[..]), n, sys::ptr(&messages[..]), len, 0, 0];
    // SAFETY: the pointers cover what the call reads.
    unsafe { sys::ecall(sys::ED25519_VERIFY_BATCH, a) == 1 }
}

/// The secp256k1 key x, y that signed a digest with r, s, where `odd` is the parity of y of the
/// signature's point. Both s and n − s are accepted.
pub fn secp256k1_recover(digest: &[u8; 32], odd: bool, signature: &[u8; 64]) -> Option<[u8; 64]> {
    let mut out = [0; 64];
    let (s, o) = (sys::ptr(signature), sys::out(&mut out));
    let a = [sys::ptr(digest), odd as u32, s, o, 0, 0];
    // SAFETY: the pointers cover what the call reads and writes.
    unsafe { sys::ecall(sys::SECP256K1_RECOVER, a) == 1 }.then_some(out)
}

/// Verifies an ECDSA signature r, s by the P-256 key x, y. Both s and n − s are accepted.
pub fn p256_verify(digest: &[u8; 32], key: &[u8; 64], signature: &[u8; 64]) -> bool {
    let a = [sys::ptr(digest), sys::ptr(key), sys::ptr(signature)];
    answer(sys::P256_VERIFY, a)
}

/// a + b in the first group of BN254.
pub fn bn254_add(a: &Bn254G1, b: &Bn254G1) -> Option<Bn254G1> {
    combine(sys::BN254_ADD, a, b)
}

/// k · p in the first group of BN254; k counts modulo the group's order.
pub fn bn254_mul(p: &Bn254G1, k: &[u8; 32]) -> Option<Bn254G1> {
    combine(sys::BN254_MUL, p, k)
}

/// Whether the product of the pairings of BN254 is one.
pub fn bn254_pairing(pairs: &[(Bn254G1, Bn254G2)]) -> bool {
    let mut flat = Vec::with_capacity(pairs.len() * 192);
    for (p, q) in pairs {
        flat.extend_from_slice(p);
        flat.extend_from_slice(q);
    }
    answer(
        sys::BN254_PAIRING,
        [sys::ptr(&flat[..]), pairs.len() as u32, 0],
    )
}

/// a + b in the first group of BLS12-381.
pub fn bls_add_g1(a: &BlsG1, b: &BlsG1) -> Option<BlsG1> {
    combine(sys::BLS_ADD_G1, a, b)
}

/// k · p in the first group of BLS12-381; k counts modulo the group's order.
pub fn bls_mul_g1(p: &BlsG1, k: &[u8; 32]) -> Option<BlsG1> {
    combine(sys::BLS_MUL_G1, p, k)
}

/// a + b in the second group of BLS12-381.
pub fn bls_add_g2(a: &BlsG2, b: &BlsG2) -> Option<BlsG2> {
    combine(sys::BLS_ADD_G2, a, b)
}

/// k · p in the second group of BLS12-381; k counts modulo the group's order.
pub fn bls_mul_g2(p: &BlsG2, k: &[u8; 32]) -> Option<BlsG2> {
    combine(sys::BLS_MUL_G2, p, k)
}

/// Whether the product of the pairings of BLS12-381 is one.
pub fn bls_pairing(pairs: &[(BlsG1, BlsG2)]) -> bool {
    let mut flat = Vec::with_capacity(pairs.len() * 288);
    for (p, q) in pairs {
        flat.extend_from_slice(p);
        flat.extend_from_slice(q);
    }
    answer(
        sys::BLS_PAIRING,
        [sys::ptr(&flat[..]), pairs.len() as u32, 0],
    )
}

/// Verifies a Groth16 proof over BN254. The key is α, β, γ, δ and a point for one and for each
/// input; false also for a key of another length.
pub fn groth16_verify(key: &[u8], proof: &[u8; 256], inputs: &[[u8; 32]]) -> bool {
    if key.len() != 448 + 64 * (inputs.len() + 1) {
        return false;
    }
    let n = inputs.len() as u32;
    let a = [sys::ptr(key), sys::ptr(proof), sys::ptr(inputs), n, 0, 0];
    // SAFETY: the pointers cover what the call reads: the key's length follows from n.
    unsafe { sys::ecall(sys::GROTH16_VERIFY, a) == 1 }
}

/// A call (a, b, out) that may refuse.
fn combine<A, B, const N: usize>(call: u32, a: &A, b: &B) -> Option<[u8; N]> {
    let mut out = [0; N];
    answer(call, [sys::ptr(a), sys::ptr(b), sys::out(&mut out)]).then_some(out)
}

fn answer(call: u32, a: [u32; 3]) -> bool {
    // SAFETY: each caller's pointers cover what its call reads and writes.
    unsafe { sys::ecall3(call, a[0], a[1], a[2]) == 1 }
}
