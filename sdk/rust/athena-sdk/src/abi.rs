//! The description of a contract for tools: JSON in the section `.athena.abi`, which is not loaded.
//!
//! The macros write it at compile time: pieces that only the compiler knows (selectors, types of
//! fields defined elsewhere) are joined by constant evaluation, so no second build is needed.

use crate::Address;
use alloc::{string::String, vec::Vec};

/// A type that may be an argument, a result or a field of an event. `#[data]` implements it.
#[diagnostic::on_unimplemented(
    message = "the ABI cannot describe `{Self}`",
    note = "put `#[athena_sdk::data]` on the definition of the type"
)]
pub trait Describe {
    /// The name of a simple type, `Name{field:type,…}` of a struct, `Name<Variant(type,…),…>` of
    /// an enum.
    const TYPE: &'static str;
}

macro_rules! simple {
    ($($t:ty => $name:literal),* $(,)?) => {$(
        impl Describe for $t {
            const TYPE: &'static str = $name;
        }
    )*};
}

simple!(
    u8 => "u8", u16 => "u16", u32 => "u32", u64 => "u64", u128 => "u128",
    i8 => "i8", i16 => "i16", i32 => "i32", i64 => "i64", i128 => "i128",
    bool => "bool", String => "String", Address => "Address", Vec<u8> => "Vec<u8>",
);

/// The length of the pieces together.
pub const fn length(pieces: &[&[u8]]) -> usize {
    let (mut len, mut i) = (0, 0);
    while i < pieces.len() {
        len += pieces[i].len();
        i += 1;
    }
    len
}

/// The pieces one after the other; `N` is their length.
pub const fn join<const N: usize>(pieces: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    let (mut at, mut i) = (0, 0);
    while i < pieces.len() {
        let mut j = 0;
        while j < pieces[i].len() {
            out[at] = pieces[i][j];
            at += 1;
            j += 1;
        }
        i += 1;
    }
    assert!(at == N, "BUG: N is not the length of the pieces");
    out
}

/// The bytes of text that [`join`] made from text.
pub const fn text(bytes: &[u8]) -> &str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("BUG: the pieces are not UTF-8"),
    }
}

/// Lower-case hexadecimal digits; `N` is twice the number of bytes.
pub const fn hex<const N: usize>(bytes: &[u8]) -> [u8; N] {
    assert!(bytes.len() * 2 == N, "BUG: N is not the number of digits");
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        let digit = (bytes[i / 2] >> (4 * (1 - i % 2))) & 15;
        out[i] = if digit < 10 {
            b'0' + digit
        } else {
            b'a' + digit - 10
        };
        i += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join() {
        const PIECES: &[&[u8]] = &[b"a", b"", b"bc"];
        assert_eq!(length(PIECES), 3);
        assert_eq!(text(&join::<3>(PIECES)), "abc");
        assert_eq!(text(&hex::<4>(&[0x0f, 0xa1])), "0fa1");
    }
}
