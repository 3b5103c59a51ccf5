//! SCALE: the encoding of arguments, results, states and stored values.
//!
//! Integers are little endian; lengths are compact integers; an option or an enum starts with a
//! byte; structs and tuples are their parts in order. Decoding is strict: a compact integer that is
//! longer than needed, or a byte that names no variant, is malformed. It allocates no more than a
//! constant times the input.
//!
//! The codec is the SDK's own, as parity-scale-codec 3.7 needs atomic pointers, which RV32IM lacks.

use alloc::{boxed::Box, string::String, vec::Vec};

/// The input is not an encoding of the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The bytes of encodings.
pub type Bytes = Vec<u8>;

/// A value that has an encoding.
pub trait Encode {
    /// Appends the encoding.
    fn encode_to(&self, out: &mut Vec<u8>);

    /// The encoding.
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        self.encode_to(&mut out);
        out
    }

    /// Appends the encodings of a slice's items, without its length.
    #[doc(hidden)]
    fn encode_items(items: &[Self], out: &mut Vec<u8>)
    where
        Self: Sized,
    {
        for item in items {
            item.encode_to(out);
        }
    }
}

/// A value that can be read from its encoding.
pub trait Decode: Sized {
    /// Takes the value off the front of the input.
    fn decode(input: &mut &[u8]) -> Result<Self, Malformed>;

    /// Reads the value from exactly the input.
    fn decode_all(mut input: &[u8]) -> Result<Self, Malformed> {
        let value = Self::decode(&mut input)?;
        if input.is_empty() {
            Ok(value)
        } else {
            Err(Malformed)
        }
    }

    /// Takes `len` items off the input.
    #[doc(hidden)]
    fn decode_items(len: usize, input: &mut &[u8]) -> Result<Vec<Self>, Malformed> {
        let mut items = Vec::with_capacity(len.min(input.len() / size_of::<Self>().max(1)));
        for _ in 0..len {
            items.push(Self::decode(input)?);
        }
        Ok(items)
    }

    /// Takes an array off the input.
    #[doc(hidden)]
    fn decode_array<const N: usize>(input: &mut &[u8]) -> Result<[Self; N], Malformed> {
        Self::decode_items(N, input)?
            .try_into()
            .map_err(|_| Malformed)
    }
}

/// Takes bytes off the front of the input.
fn take<'a>(len: usize, input: &mut &'a [u8]) -> Result<&'a [u8], Malformed> {
    let (bytes, rest) = input.split_at_checked(len).ok_or(Malformed)?;
    *input = rest;
    Ok(bytes)
}

fn take_array<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], Malformed> {
    let (bytes, rest) = input.split_first_chunk().ok_or(Malformed)?;
    *input = rest;
    Ok(*bytes)
}

/// Appends a compact integer, such as the length of what follows.
pub fn encode_compact(n: u32, out: &mut Vec<u8>) {
    match n {
        0..0x40 => out.push((n << 2) as u8),
        0x40..0x4000 => out.extend_from_slice(&((n << 2) as u16 | 1).to_le_bytes()),
        0x4000..0x4000_0000 => out.extend_from_slice(&(n << 2 | 2).to_le_bytes()),
        _ => {
            out.push(3);
            out.extend_from_slice(&n.to_le_bytes());
        }
    }
}

/// Takes a compact integer off the input.
pub fn decode_compact(input: &mut &[u8]) -> Result<u32, Malformed> {
    let [first] = take_array(input)?;
    let (n, least) = match first & 3 {
        0 => (first as u32 >> 2, 0),
        1 => {
            let [second] = take_array(input)?;
            (u16::from_le_bytes([first, second]) as u32 >> 2, 0x40)
        }
        2 => {
            let [b, c, d] = take_array(input)?;
            (u32::from_le_bytes([first, b, c, d]) >> 2, 0x4000)
        }
        _ if first == 3 => (u32::from_le_bytes(take_array(input)?), 0x4000_0000),
        _ => return Err(Malformed),
    };
    if n < least {
        Err(Malformed)
    } else {
        Ok(n)
    }
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl Encode for $t {
            fn encode_to(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }

        impl Decode for $t {
            fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
                Ok(<$t>::from_le_bytes(take_array(input)?))
            }
        }
    )*};
}

integers!(u16, u32, u64, u128, i8, i16, i32, i64, i128);

impl Encode for u8 {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn encode_items(items: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(items);
    }
}

impl Decode for u8 {
    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        let [byte] = take_array(input)?;
        Ok(byte)
    }

    fn decode_items(len: usize, input: &mut &[u8]) -> Result<Vec<u8>, Malformed> {
        take(len, input).map(Vec::from)
    }

    fn decode_array<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], Malformed> {
        take_array(input)
    }
}

impl Encode for bool {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }
}

impl Decode for bool {
    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        match u8::decode(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }
}

impl<T: Encode + ?Sized> Encode for &T {
    fn encode_to(&self, out: &mut Vec<u8>) {
        (**self).encode_to(out);
    }
}

impl<T: Encode> Encode for [T] {
    fn encode_to(&self, out: &mut Vec<u8>) {
        encode_compact(self.len() as u32, out);
        T::encode_items(self, out);
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self[..].encode_to(out);
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        let len = decode_compact(input)? as usize;
        T::decode_items(len, input)
    }
}

impl<T: Encode, const N: usize> Encode for [T; N] {
    fn encode_to(&self, out: &mut Vec<u8>) {
        T::encode_items(self, out);
    }
}

impl<T: Decode, const N: usize> Decode for [T; N] {
    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        T::decode_array(input)
    }
}

impl Encode for str {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.as_bytes().encode_to(out);
    }
}

impl Encode for String {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.as_bytes().encode_to(out);
    }
}

impl Decode for String {
    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        String::from_utf8(Vec::decode(input)?).map_err(|_| Malformed)
    }
}

impl<T: Encode> Encode for Box<T> {
    fn encode_to(&self, out: &mut Vec<u8>) {
        (**self).encode_to(out);
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        T::decode(input).map(Box::new)
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(self.is_some() as u8);
        if let Some(value) = self {
            value.encode_to(out);
        }
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        Ok(if bool::decode(input)? {
            Some(T::decode(input)?)
        } else {
            None
        })
    }
}

impl<T: Encode, E: Encode> Encode for Result<T, E> {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(self.is_err() as u8);
        match self {
            Ok(value) => value.encode_to(out),
            Err(error) => error.encode_to(out),
        }
    }
}

impl<T: Decode, E: Decode> Decode for Result<T, E> {
    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        Ok(if bool::decode(input)? {
            Err(E::decode(input)?)
        } else {
            Ok(T::decode(input)?)
        })
    }
}

impl Encode for () {
    fn encode_to(&self, _: &mut Vec<u8>) {}
}

impl Decode for () {
    fn decode(_: &mut &[u8]) -> Result<Self, Malformed> {
        Ok(())
    }
}

macro_rules! tuples {
    ($(($($t:ident),+))*) => {$(
        #[allow(non_snake_case)]
        impl<$($t: Encode),+> Encode for ($($t,)+) {
            fn encode_to(&self, out: &mut Vec<u8>) {
                let ($($t,)+) = self;
                $($t.encode_to(out);)+
            }
        }

        impl<$($t: Decode),+> Decode for ($($t,)+) {
            fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
                Ok(($($t::decode(input)?,)+))
            }
        }
    )*};
}

tuples! {
    (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Debug;

    fn check<T: Encode + Decode + PartialEq + Debug>(value: T, want: &[u8]) {
        assert_eq!(value.encode(), want, "{value:?}");
        assert_eq!(T::decode_all(want), Ok(value));
        for cut in 0..want.len() {
            assert_eq!(T::decode_all(&want[..cut]), Err(Malformed), "cut at {cut}");
        }
        let mut long = want.to_vec();
        long.push(0);
        assert_eq!(T::decode_all(&long), Err(Malformed));
    }

    #[test]
    fn values_and_their_bytes() {
        check(0x0102_0304u32, &[4, 3, 2, 1]);
        check(-2i16, &[0xFE, 0xFF]);
        check(true, &[1]);
        check([7u8, 8], &[7, 8]);
        check([1u16, 2], &[1, 0, 2, 0]);
        check(vec![1u16, 2], &[8, 1, 0, 2, 0]);
        check(String::from("hé"), &[12, b'h', 0xC3, 0xA9]);
        check(Some(Some(5u8)), &[1, 1, 5]);
        check(None::<u8>, &[0]);
        check((1u8, vec![2u8], false), &[1, 4, 2, 0]);
        check(Err::<u8, u16>(3), &[1, 3, 0]);
        check(Box::new(9u8), &[9]);
    }

    #[test]
    fn compact_boundaries() {
        for (n, want) in [
            (0u32, &[0][..]),
            (63, &[0xFC]),
            (64, &[0x01, 0x01]),
            (16383, &[0xFD, 0xFF]),
            (16384, &[0x02, 0x00, 0x01, 0x00]),
            ((1 << 30) - 1, &[0xFE, 0xFF, 0xFF, 0xFF]),
            (1 << 30, &[0x03, 0x00, 0x00, 0x00, 0x40]),
            (u32::MAX, &[0x03, 0xFF, 0xFF, 0xFF, 0xFF]),
        ] {
            let mut out = Vec::new();
            encode_compact(n, &mut out);
            assert_eq!(out, want, "{n}");
            assert_eq!(decode_compact(&mut &want[..]), Ok(n));
        }
    }

    #[test]
    fn malformed_is_refused() {
        let long: [&[u8]; 4] = [
            &[1, 0],
            &[2, 0, 0, 0],
            &[3, 0, 0, 0, 0],
            &[7, 0, 0, 0, 0, 1],
        ];
        for bytes in long {
            assert_eq!(decode_compact(&mut &bytes[..]), Err(Malformed), "{bytes:?}");
        }
        assert_eq!(bool::decode_all(&[2]), Err(Malformed));
        assert_eq!(Option::<u8>::decode_all(&[2, 0]), Err(Malformed));
        assert_eq!(String::decode_all(&[4, 0xFF]), Err(Malformed));
        // A length that the input cannot hold allocates nothing.
        assert_eq!(
            Vec::<u64>::decode_all(&[0xFE, 0xFF, 0xFF, 0xFF]),
            Err(Malformed)
        );
    }
}
