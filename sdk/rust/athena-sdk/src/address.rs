//! Addresses of accounts and templates.

use crate::codec::{Decode, Encode, Malformed};
use crate::hash;
use alloc::vec::Vec;
use core::fmt;

/// Names an account or a template: 4 bytes of kind, then 20 bytes of hash.
///
/// `Debug` and `Display` show hexadecimal digits; the bech32 form is for people and is made outside.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Address(pub [u8; Address::SIZE]);

impl Address {
    /// The length of an address in bytes.
    pub const SIZE: usize = 24;

    /// The system's address: it owns the system's records and can never be spawned.
    pub const ZERO: Address = Address([0; Address::SIZE]);

    /// Reports whether this is the system's address.
    pub fn is_zero(&self) -> bool {
        *self == Address::ZERO
    }

    /// The bytes of the address.
    pub const fn as_bytes(&self) -> &[u8; Address::SIZE] {
        &self.0
    }

    /// The address of the instance of `template` with the state `blob`.
    pub fn of_spawn(template: &Address, blob: &[u8]) -> Address {
        let mut message = Vec::with_capacity(Address::SIZE + blob.len());
        message.extend_from_slice(&template.0);
        message.extend_from_slice(blob);
        let digest = hash::blake3(&message);
        let mut address = Address::ZERO;
        address.0[4..].copy_from_slice(&digest[12..]);
        address
    }
}

impl Encode for Address {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.0.encode_to(out);
    }
}

impl Decode for Address {
    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        Decode::decode(input).map(Address)
    }
}

impl From<[u8; Address::SIZE]> for Address {
    fn from(bytes: [u8; Address::SIZE]) -> Self {
        Address(bytes)
    }
}

impl AsRef<[u8]> for Address {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
