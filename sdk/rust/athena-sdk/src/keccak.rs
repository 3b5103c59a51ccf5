//! Keccak-256, for where there is no host.

/// The rotations and the path of ρ and π (Keccak reference, §1.2).
const STEPS: [(u32, usize); 24] = [
    (1, 10),
    (3, 7),
    (6, 11),
    (10, 17),
    (15, 18),
    (21, 3),
    (28, 5),
    (36, 16),
    (45, 8),
    (55, 21),
    (2, 24),
    (14, 4),
    (27, 15),
    (41, 23),
    (56, 19),
    (8, 13),
    (25, 12),
    (43, 2),
    (62, 20),
    (18, 14),
    (39, 22),
    (61, 9),
    (20, 6),
    (44, 1),
];

const ROUNDS: [u64; 24] = [
    0x0000000000000001,
    0x0000000000008082,
    0x800000000000808A,
    0x8000000080008000,
    0x000000000000808B,
    0x0000000080000001,
    0x8000000080008081,
    0x8000000000008009,
    0x000000000000008A,
    0x0000000000000088,
    0x0000000080008009,
    0x000000008000000A,
    0x000000008000808B,
    0x800000000000008B,
    0x8000000000008089,
    0x8000000000008003,
    0x8000000000008002,
    0x8000000000000080,
    0x000000000000800A,
    0x800000008000000A,
    0x8000000080008081,
    0x8000000000008080,
    0x0000000080000001,
    0x8000000080008008,
];

/// Bytes that one block absorbs.
const RATE: usize = 136;

/// Keccak-256 of a message, computable at compile time.
pub const fn keccak256_const(message: &[u8]) -> [u8; 32] {
    let mut s = [0u64; 25];
    let mut at = 0;
    loop {
        let mut i = 0;
        while i < RATE && at + i < message.len() {
            s[i / 8] ^= (message[at + i] as u64) << (8 * (i % 8));
            i += 1;
        }
        at += i;
        if i < RATE {
            s[i / 8] ^= 1 << (8 * (i % 8));
            s[RATE / 8 - 1] ^= 1 << 63;
            s = permute(s);
            break;
        }
        s = permute(s);
    }
    let mut out = [0; 32];
    let mut i = 0;
    while i < 32 {
        out[i] = (s[i / 8] >> (8 * (i % 8))) as u8;
        i += 1;
    }
    out
}

const fn permute(mut s: [u64; 25]) -> [u64; 25] {
    let mut round = 0;
    while round < 24 {
        let mut c = [0u64; 5];
        let mut x = 0;
        while x < 5 {
            c[x] = s[x] ^ s[x + 5] ^ s[x + 10] ^ s[x + 15] ^ s[x + 20];
            x += 1;
        }
        let mut i = 0;
        while i < 25 {
            s[i] ^= c[(i + 4) % 5] ^ c[(i + 1) % 5].rotate_left(1);
            i += 1;
        }
        let mut last = s[1];
        i = 0;
        while i < 24 {
            let (by, to) = STEPS[i];
            let moved = s[to];
            s[to] = last.rotate_left(by);
            last = moved;
            i += 1;
        }
        i = 0;
        while i < 25 {
            let row = [s[i], s[i + 1], s[i + 2], s[i + 3], s[i + 4]];
            x = 0;
            while x < 5 {
                s[i + x] = row[x] ^ (!row[(x + 1) % 5] & row[(x + 2) % 5]);
                x += 1;
            }
            i += 5;
        }
        s[0] ^= ROUNDS[round];
        round += 1;
    }
    s
}

#[cfg(test)]
mod tests {
    use super::keccak256_const;

    // fixtures/vectors/precompile/hash.txt has these and more.
    #[test]
    fn vectors() {
        for (len, want) in [
            (
                0,
                "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
            ),
            (
                135,
                "cbdfd9dee5faad3818d6b06f95a219fd290b0e1706f6a82e5a595b9ce9faca62",
            ),
            (
                136,
                "7ce759f1ab7f9ce437719970c26b0a66ff11fe3e38e17df89cf5d29c7d7f807e",
            ),
            (
                137,
                "ac73d4fae68b8453f764007c1a20ce95994187861f0c3227a3a8e99a73a3b1db",
            ),
            (
                272,
                "8e2476e65823b24d96ebe239f2c1534cdf763e689e2410c3b1cb0c74e6177bfc",
            ),
        ] {
            let message: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            let hex: String = keccak256_const(&message)
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            assert_eq!(hex, want, "length {len}");
        }
    }
}
