//! Events: what a contract tells those who watch it.
//!
//! The first topic is BLAKE3 of the event's name. Each indexed field is a further topic: its
//! encoding with zeros after it, or BLAKE3 of an encoding above 32 bytes. The data is the encoding
//! of the other fields, in order.

use crate::{hash, sys, Encode};
use alloc::vec::Vec;

/// A topic: 32 bytes that watchers search by.
pub type Topic = [u8; 32];

/// The most topics of an event, the name's included.
pub const TOPICS_MAX: usize = 4;

/// An event; `#[event]` on a struct implements it.
pub trait Event {
    /// The first topic: BLAKE3 of the name.
    const TOPIC: Topic;
    /// The description in the ABI, a JSON object.
    const ABI: &'static [u8];
    /// Writes the topics and the data of the event.
    fn emit(&self);
}

/// Emits an event of this account.
pub fn emit<E: Event>(event: E) {
    event.emit();
}

/// Emits an event from its parts.
pub fn emit_raw(topics: &[Topic], data: &[u8]) {
    // SAFETY: the pointers cover what the call reads.
    unsafe {
        sys::ecall(
            sys::EMIT,
            [
                sys::ptr(topics),
                topics.len() as u32,
                sys::ptr(data),
                data.len() as u32,
                0,
                0,
            ],
        )
    };
}

/// The topic of an indexed field.
pub fn topic(value: &impl Encode) -> Topic {
    let raw: Vec<u8> = value.encode();
    if raw.len() > 32 {
        return hash::blake3(&raw);
    }
    let mut topic = [0; 32];
    topic[..raw.len()].copy_from_slice(&raw);
    topic
}
