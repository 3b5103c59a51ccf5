//! BLAKE3, SHA-256, Keccak-256: by the host in the virtual machine, by this code elsewhere and
//! at compile time (`*_const`).

use crate::sys;

/// The length of a digest in bytes.
pub const SIZE: usize = 32;

/// BLAKE3 of a message.
pub fn blake3(message: &[u8]) -> [u8; SIZE] {
    digest(sys::BLAKE3, message)
}

/// SHA-256 of a message.
pub fn sha256(message: &[u8]) -> [u8; SIZE] {
    digest(sys::SHA256, message)
}

/// Verifies an ed25519 signature by the rules of ZIP-215; false also for a malformed key.
pub fn ed25519_verify(message: &[u8], key: &[u8; 32], signature: &[u8; 64]) -> bool {
    // SAFETY: the pointers cover what the call reads.
    let ok = unsafe {
        sys::ecall(
            sys::ED25519_VERIFY,
            [
                sys::ptr(message),
                message.len() as u32,
                sys::ptr(key),
                sys::ptr(signature),
                0,
                0,
            ],
        )
    };
    ok == 1
}

fn digest(call: u32, message: &[u8]) -> [u8; SIZE] {
    if cfg!(not(target_arch = "riscv32")) {
        return if call == sys::BLAKE3 {
            blake3_const(message)
        } else {
            sha256_const(message)
        };
    }
    let mut out = [0; SIZE];
    // SAFETY: the pointers cover what the call reads and writes.
    unsafe {
        sys::ecall3(
            call,
            sys::ptr(message),
            message.len() as u32,
            sys::out(&mut out),
        )
    };
    out
}

/// SHA-256 of a message, computable at compile time.
pub const fn sha256_const(message: &[u8]) -> [u8; SIZE] {
    let mut state: [u32; 8] = IV;
    let mut at = 0;
    while at + 64 <= message.len() {
        state = sha256_block(&state, &take(message, at));
        at += 64;
    }
    let mut last = take(message, at);
    last[message.len() - at] = 0x80;
    if message.len() - at >= 56 {
        state = sha256_block(&state, &last);
        last = [0; 64];
    }
    let bits = ((message.len() as u64) * 8).to_be_bytes();
    let mut i = 0;
    while i < 8 {
        last[56 + i] = bits[i];
        i += 1;
    }
    state = sha256_block(&state, &last);
    let mut out = [0; SIZE];
    i = 0;
    while i < SIZE {
        out[i] = state[i / 4].to_be_bytes()[i % 4];
        i += 1;
    }
    out
}

/// BLAKE3 of a message, computable at compile time.
pub const fn blake3_const(message: &[u8]) -> [u8; SIZE] {
    let words = tree(message, 0, message.len(), 0, ROOT);
    let mut out = [0; SIZE];
    let mut i = 0;
    while i < SIZE {
        out[i] = words[i / 4].to_le_bytes()[i % 4];
        i += 1;
    }
    out
}

/// The initial state of both functions.
const IV: [u32; 8] = [
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
];

/// Up to 64 bytes of a message from `at`, then zeros.
const fn take(message: &[u8], at: usize) -> [u8; 64] {
    let mut block = [0; 64];
    let mut i = 0;
    while i < 64 && at + i < message.len() {
        block[i] = message[at + i];
        i += 1;
    }
    block
}

const K: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// FIPS 180-4, §6.2.2.
const fn sha256_block(state: &[u32; 8], block: &[u8; 64]) -> [u32; 8] {
    let mut w = [0u32; 64];
    let mut i = 0;
    while i < 64 {
        w[i] = if i < 16 {
            let b = i * 4;
            u32::from_be_bytes([block[b], block[b + 1], block[b + 2], block[b + 3]])
        } else {
            let (x, y) = (w[i - 15], w[i - 2]);
            let s0 = x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3);
            let s1 = y.rotate_right(17) ^ y.rotate_right(19) ^ (y >> 10);
            w[i - 16]
                .wrapping_add(s0)
                .wrapping_add(w[i - 7])
                .wrapping_add(s1)
        };
        i += 1;
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    i = 0;
    while i < 64 {
        let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let ch = (e & f) ^ (!e & g);
        let t1 = h
            .wrapping_add(s1)
            .wrapping_add(ch)
            .wrapping_add(K[i])
            .wrapping_add(w[i]);
        let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let t2 = s0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d.wrapping_add(t1);
        d = c;
        c = b;
        b = a;
        a = t1.wrapping_add(t2);
        i += 1;
    }
    let round = [a, b, c, d, e, f, g, h];
    let mut out = *state;
    i = 0;
    while i < 8 {
        out[i] = out[i].wrapping_add(round[i]);
        i += 1;
    }
    out
}

const CHUNK: usize = 1024;
const CHUNK_START: u32 = 1;
const CHUNK_END: u32 = 2;
const PARENT: u32 = 4;
const ROOT: u32 = 8;

/// The chaining value of `message[from..to]`, whose first chunk has the number `chunk`.
const fn tree(message: &[u8], from: usize, to: usize, chunk: u64, root: u32) -> [u32; 8] {
    if to - from <= CHUNK {
        return leaf(message, from, to, chunk, root);
    }
    let mut left = CHUNK;
    while left * 2 < to - from {
        left *= 2;
    }
    let middle = from + left;
    let l = tree(message, from, middle, chunk, 0);
    let r = tree(message, middle, to, chunk + (left / CHUNK) as u64, 0);
    let mut words = [0; 16];
    let mut i = 0;
    while i < 8 {
        words[i] = l[i];
        words[i + 8] = r[i];
        i += 1;
    }
    blake3_block(&IV, &words, 0, 64, PARENT | root)
}

const fn leaf(message: &[u8], from: usize, to: usize, chunk: u64, root: u32) -> [u32; 8] {
    let mut cv = IV;
    let mut at = from;
    loop {
        let len = if to - at > 64 { 64 } else { to - at };
        let mut words = [0u32; 16];
        let mut i = 0;
        while i < len {
            words[i / 4] |= (message[at + i] as u32) << (8 * (i % 4));
            i += 1;
        }
        let mut flags = if at == from { CHUNK_START } else { 0 };
        if at + len == to {
            flags |= CHUNK_END | root;
        }
        cv = blake3_block(&cv, &words, chunk, len as u32, flags);
        at += len;
        if at == to {
            return cv;
        }
    }
}

const PERMUTATION: [usize; 16] = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];

/// Columns, then diagonals.
const LANES: [[usize; 4]; 8] = [
    [0, 4, 8, 12],
    [1, 5, 9, 13],
    [2, 6, 10, 14],
    [3, 7, 11, 15],
    [0, 5, 10, 15],
    [1, 6, 11, 12],
    [2, 7, 8, 13],
    [3, 4, 9, 14],
];

/// BLAKE3 paper, §2.2; the first half of the output.
const fn blake3_block(cv: &[u32; 8], m: &[u32; 16], n: u64, len: u32, flags: u32) -> [u32; 8] {
    let mut words = *m;
    let mut v = [
        cv[0],
        cv[1],
        cv[2],
        cv[3],
        cv[4],
        cv[5],
        cv[6],
        cv[7],
        IV[0],
        IV[1],
        IV[2],
        IV[3],
        n as u32,
        (n >> 32) as u32,
        len,
        flags,
    ];
    let mut round = 0;
    while round < 7 {
        let mut i = 0;
        while i < 8 {
            let [a, b, c, d] = LANES[i];
            v[a] = v[a].wrapping_add(v[b]).wrapping_add(words[2 * i]);
            v[d] = (v[d] ^ v[a]).rotate_right(16);
            v[c] = v[c].wrapping_add(v[d]);
            v[b] = (v[b] ^ v[c]).rotate_right(12);
            v[a] = v[a].wrapping_add(v[b]).wrapping_add(words[2 * i + 1]);
            v[d] = (v[d] ^ v[a]).rotate_right(8);
            v[c] = v[c].wrapping_add(v[d]);
            v[b] = (v[b] ^ v[c]).rotate_right(7);
            i += 1;
        }
        let before = words;
        i = 0;
        while i < 16 {
            words[i] = before[PERMUTATION[i]];
            i += 1;
        }
        round += 1;
    }
    let mut out = [0; 8];
    let mut i = 0;
    while i < 8 {
        out[i] = v[i] ^ v[i + 8];
        i += 1;
    }
    out
}

pub use crate::keccak::keccak256_const;

/// Keccak-256 of a message, as Ethereum uses it.
pub fn keccak256(message: &[u8]) -> [u8; SIZE] {
    if cfg!(not(target_arch = "riscv32")) {
        return keccak256_const(message);
    }
    digest(sys::KECCAK256, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(digest: [u8; SIZE]) -> String {
        digest.iter().map(|b| format!("{b:02x}")).collect()
    }

    // FIPS 180-4 examples, and lengths around the padding.
    #[test]
    fn sha256_vectors() {
        for (message, want) in [
            (
                &b""[..],
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                b"abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
        ] {
            assert_eq!(hex(sha256(message)), want);
        }
    }

    // The official test_vectors.json: the input is 0, 1, …, 250, 0, 1, …
    #[test]
    fn blake3_vectors() {
        for (len, want) in [
            (
                0,
                "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
            ),
            (
                1,
                "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
            ),
            (
                1023,
                "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11",
            ),
            (
                1024,
                "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
            ),
            (
                1025,
                "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
            ),
            (
                2049,
                "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030",
            ),
        ] {
            let message: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            assert_eq!(hex(blake3(&message)), want, "length {len}");
        }
    }
}
