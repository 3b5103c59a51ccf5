//! Write smart contracts for Athena in Rust.
//!
//! A contract is a *template*: a struct with the immutable arguments of an account, and an
//! `impl` block with the methods that transactions and other contracts may call.
//!
//! ```no_run
//! #![cfg_attr(target_arch = "riscv32", no_std, no_main)]
//! use athena_sdk::prelude::*;
//!
//! #[template]
//! struct Counter { start: u64 }
//!
//! const COUNT: Cell<u64> = Cell::new("count");
//!
//! #[template]
//! impl Counter {
//!     #[callable]
//!     fn spawn(start: u64) -> Address { athena_sdk::spawn(&Counter { start }) }
//!
//!     /// Adds to the counter and returns the sum.
//!     #[callable]
//!     fn increment(&self, by: u64) -> u64 {
//!         let sum = self.start + COUNT.get() + by;
//!         COUNT.set(COUNT.get() + by);
//!         sum
//!     }
//! }
//!
//! athena_sdk::entry!();
//! ```
//!
//! What the crate is not: it holds no clock, no randomness and no threads, and outside the virtual
//! machine a host call panics. The pure parts (hashes, keys, ABI) work everywhere and are tested on
//! the machine of the developer.
#![cfg_attr(target_arch = "riscv32", no_std)]

extern crate alloc;

pub mod abi;
pub mod account;
mod address;
pub mod call;
pub mod codec;
pub mod context;
pub mod event;
pub mod hash;
mod keccak;
pub mod precompile;
pub mod storage;
pub mod sys;
pub mod u256;

#[cfg(target_arch = "riscv32")]
mod heap;
#[cfg(target_arch = "riscv32")]
mod link;
#[doc(hidden)]
pub mod rt;

pub use account::{
    account_info, balance, deploy, lifeline, resurrect, self_destruct, spawn, withdraw, AccountInfo,
};
pub use address::Address;
pub use athena_sdk_macros::{callable, data, event, template};
pub use call::{call, static_call, transfer, try_call, CallError, Selector};
pub use codec::{Decode, Encode};
pub use context::{context, gas_left, layer, log, revert, Context, Layer};
pub use event::emit;

/// What a contract usually needs.
pub mod prelude {
    pub use crate::storage::{Cell, Map, Value, ValueMap};
    pub use crate::{callable, data, event, template};
    pub use crate::{Address, Decode, Encode};
    pub use alloc::{format, string::String, vec, vec::Vec};
}

/// Ends the source of a contract: makes it a program for the virtual machine.
///
/// `entry!()` is for a contract that is called by method only. `entry!(f)` names the function that
/// runs when a call carries input but no method; it is what `main` is elsewhere.
#[macro_export]
macro_rules! entry {
    () => {
        #[cfg(not(target_arch = "riscv32"))]
        fn main() {
            $crate::rt::not_a_program()
        }
    };
    ($f:path) => {
        $crate::entry!();

        #[cfg(target_arch = "riscv32")]
        #[unsafe(no_mangle)]
        extern "C" fn athena_entry() {
            let f: fn() = $f;
            f()
        }
    };
}

/// What the macros refuse.
///
/// The state of an account is immutable:
/// ```compile_fail
/// # use athena_sdk::prelude::*;
/// #[template]
/// struct T {}
/// #[template]
/// impl T {
///     #[callable]
///     fn set(&mut self) {}
/// }
/// # fn main() {}
/// ```
/// A method that is always principal-only cannot be public:
/// ```compile_fail
/// # use athena_sdk::prelude::*;
/// #[template]
/// struct T {}
/// #[template]
/// impl T {
///     #[callable(public)]
///     fn spend(&self, to: Address, amount: u64) {}
/// }
/// # fn main() {}
/// ```
/// An event has at most three indexed fields:
/// ```compile_fail
/// # use athena_sdk::prelude::*;
/// #[event]
/// struct E {
///     #[indexed]
///     a: u8,
///     #[indexed]
///     b: u8,
///     #[indexed]
///     c: u8,
///     #[indexed]
///     d: u8,
/// }
/// # fn main() {}
/// ```
#[cfg(doctest)]
pub struct Refused;
