//! What an account remembers, under keys of 32 bytes.
//!
//! [`Cell`] and [`Map`] keep words: values of at most 32 bytes, whose zero is the same as absent,
//! so that writing zero frees the place. [`Value`] and [`ValueMap`] keep encodings of any length up
//! to 4096 bytes, where absent is `None`. A cell's key is SHA-256 of its name; the key of a map's
//! entry is SHA-256 of the key of the map's name followed by the encoding of the entry's key. Two
//! things with one name share their place: names are the contract's to keep apart.

use crate::{hash, sys, Address, Decode, Encode};
use alloc::{vec, vec::Vec};
use core::marker::PhantomData;

/// A place in the storage of an account.
pub type Key = [u8; 32];

/// A value that fits into a cell. Its zero value must be 32 zero bytes.
pub trait Word {
    /// The 32 bytes that are stored.
    fn to_word(&self) -> [u8; 32];
    /// The value of 32 stored bytes.
    fn from_word(word: &[u8; 32]) -> Self;
}

macro_rules! integer_words {
    ($($t:ty),*) => {$(
        impl Word for $t {
            fn to_word(&self) -> [u8; 32] {
                let mut word = [0; 32];
                word[..size_of::<$t>()].copy_from_slice(&self.to_le_bytes());
                word
            }

            fn from_word(word: &[u8; 32]) -> Self {
                let mut bytes = [0; size_of::<$t>()];
                bytes.copy_from_slice(&word[..size_of::<$t>()]);
                <$t>::from_le_bytes(bytes)
            }
        }
    )*};
}

integer_words!(u8, u16, u32, u64, u128, i8, i16, i32, i64, i128);

impl Word for bool {
    fn to_word(&self) -> [u8; 32] {
        (*self as u8).to_word()
    }

    fn from_word(word: &[u8; 32]) -> Self {
        word[0] != 0
    }
}

impl Word for [u8; 32] {
    fn to_word(&self) -> [u8; 32] {
        *self
    }

    fn from_word(word: &[u8; 32]) -> Self {
        *word
    }
}

impl Word for Address {
    fn to_word(&self) -> [u8; 32] {
        let mut word = [0; 32];
        word[..Address::SIZE].copy_from_slice(&self.0);
        word
    }

    fn from_word(word: &[u8; 32]) -> Self {
        let mut address = Address::ZERO;
        address.0.copy_from_slice(&word[..Address::SIZE]);
        address
    }
}

/// One word under a name.
pub struct Cell<T> {
    key: Key,
    kind: PhantomData<fn() -> T>,
}

impl<T: Word> Cell<T> {
    /// The cell of a name; make it a `const`.
    pub const fn new(name: &str) -> Self {
        Self {
            key: hash::sha256_const(name.as_bytes()),
            kind: PhantomData,
        }
    }

    /// The value; the zero of its type if none was written.
    pub fn get(&self) -> T {
        T::from_word(&read_word(&self.key))
    }

    /// Writes the value; zero frees the place.
    pub fn set(&self, value: T) {
        write_word(&self.key, &value.to_word());
    }
}

/// A word for each key.
pub struct Map<K, V> {
    prefix: Key,
    kind: PhantomData<fn(K) -> V>,
}

impl<K: Encode, V: Word> Map<K, V> {
    /// The map of a name; make it a `const`.
    pub const fn new(name: &str) -> Self {
        Self {
            prefix: hash::sha256_const(name.as_bytes()),
            kind: PhantomData,
        }
    }

    /// The cell of a key. Its place is hashed once, however often the cell is read and written.
    pub fn at(&self, key: &K) -> Cell<V> {
        Cell {
            key: entry_key(&self.prefix, key),
            kind: PhantomData,
        }
    }

    /// The value of a key; the zero of its type if none was written.
    pub fn get(&self, key: &K) -> V {
        self.at(key).get()
    }

    /// Writes the value of a key; zero frees the place.
    pub fn set(&self, key: &K, value: V) {
        self.at(key).set(value);
    }
}

/// One encoding of any length under a name.
pub struct Value<T> {
    key: Key,
    kind: PhantomData<fn() -> T>,
}

impl<T: Encode + Decode> Value<T> {
    /// The place of a name; make it a `const`.
    pub const fn new(name: &str) -> Self {
        Self {
            key: hash::sha256_const(name.as_bytes()),
            kind: PhantomData,
        }
    }

    /// The value, or `None` if absent.
    pub fn get(&self) -> Option<T> {
        load(&self.key).map(|raw| decode(&raw))
    }

    /// Writes the value.
    pub fn set(&self, value: &T) {
        store(&self.key, &value.encode());
    }

    /// Deletes the value, and reports whether there was one.
    pub fn delete(&self) -> bool {
        delete(&self.key)
    }

    /// Reports whether there is a value.
    pub fn exists(&self) -> bool {
        has(&self.key)
    }
}

/// An encoding of any length for each key.
pub struct ValueMap<K, V> {
    prefix: Key,
    kind: PhantomData<fn(K) -> V>,
}

impl<K: Encode, V: Encode + Decode> ValueMap<K, V> {
    /// The map of a name; make it a `const`.
    pub const fn new(name: &str) -> Self {
        Self {
            prefix: hash::sha256_const(name.as_bytes()),
            kind: PhantomData,
        }
    }

    /// The value of a key, or `None` if absent.
    pub fn get(&self, key: &K) -> Option<V> {
        load(&entry_key(&self.prefix, key)).map(|raw| decode(&raw))
    }

    /// Writes the value of a key.
    pub fn set(&self, key: &K, value: &V) {
        store(&entry_key(&self.prefix, key), &value.encode());
    }

    /// Deletes the value of a key, and reports whether there was one.
    pub fn delete(&self, key: &K) -> bool {
        delete(&entry_key(&self.prefix, key))
    }

    /// Reports whether a key has a value.
    pub fn contains(&self, key: &K) -> bool {
        has(&entry_key(&self.prefix, key))
    }
}

/// The key of an entry of a map.
pub fn entry_key(prefix: &Key, key: &impl Encode) -> Key {
    let mut message = Vec::with_capacity(96);
    message.extend_from_slice(prefix);
    key.encode_to(&mut message);
    hash::sha256(&message)
}

/// Reads a word; an absent one is zeros. A value of another length fails the frame.
pub fn read_word(key: &Key) -> [u8; 32] {
    let mut word = *key;
    // SAFETY: the call reads and overwrites 32 bytes.
    unsafe { sys::ecall3(sys::STORAGE_READ, sys::out(&mut word), 0, 0) };
    word
}

/// Writes a word; zeros delete it.
pub fn write_word(key: &Key, word: &[u8; 32]) {
    // SAFETY: the call reads 32 bytes at each pointer.
    unsafe { sys::ecall3(sys::STORAGE_WRITE, sys::ptr(key), sys::ptr(word), 0) };
}

/// Loads the bytes under a key, or `None` if absent.
pub fn load(key: &Key) -> Option<Vec<u8>> {
    // Most values fit into the first buffer, which saves a host call.
    let mut value = vec![0; 64];
    loop {
        // SAFETY: the pointers cover 32 bytes and the capacity.
        let len = unsafe {
            sys::ecall3(
                sys::STORAGE_LOAD,
                sys::ptr(key),
                sys::out(&mut value[..]),
                value.len() as u32,
            )
        };
        if len == sys::ABSENT {
            return None;
        }
        let fits = len as usize <= value.len();
        value.resize(len as usize, 0);
        if fits {
            return Some(value);
        }
    }
}

/// Stores bytes under a key; an empty value is present.
pub fn store(key: &Key, value: &[u8]) {
    // SAFETY: the pointers cover what the call reads.
    unsafe {
        sys::ecall3(
            sys::STORAGE_STORE,
            sys::ptr(key),
            sys::ptr(value),
            value.len() as u32,
        )
    };
}

/// Deletes what is under a key, and reports whether there was anything.
pub fn delete(key: &Key) -> bool {
    // SAFETY: the call reads 32 bytes.
    unsafe { sys::ecall3(sys::STORAGE_DELETE, sys::ptr(key), 0, 0) == 1 }
}

/// Reports whether there is anything under a key.
pub fn has(key: &Key) -> bool {
    // SAFETY: the call reads 32 bytes.
    unsafe { sys::ecall3(sys::STORAGE_HAS, sys::ptr(key), 0, 0) == 1 }
}

fn decode<T: Decode>(raw: &[u8]) -> T {
    match T::decode_all(raw) {
        Ok(value) => value,
        Err(_) => panic!("storage holds {} bytes of another type", raw.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip_and_zero_is_absent() {
        assert_eq!(
            u64::from_word(&0x0102_0304_0506_0708u64.to_word()),
            0x0102_0304_0506_0708
        );
        assert_eq!(i32::from_word(&(-5i32).to_word()), -5);
        assert!(bool::from_word(&true.to_word()));
        let address = Address([7; 24]);
        assert_eq!(Address::from_word(&address.to_word()), address);
        assert_eq!(0u64.to_word(), [0; 32]);
        assert_eq!(false.to_word(), [0; 32]);
        assert_eq!(Address::ZERO.to_word(), [0; 32]);
    }

    #[test]
    fn entry_keys_follow_the_rule() {
        let prefix = hash::sha256(b"balances");
        let mut message = prefix.to_vec();
        message.extend_from_slice(&5u64.to_le_bytes());
        assert_eq!(entry_key(&prefix, &5u64), hash::sha256(&message));
    }
}
