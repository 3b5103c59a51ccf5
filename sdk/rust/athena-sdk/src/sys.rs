//! The host calls, one function each.
//!
//! ECALL takes the number in t0 and arguments in a0 to a5, and answers in t0; every other register
//! keeps its value. Results from `ERROR` up are errors, −code. Outside the virtual machine each
//! function panics: there is no host to ask.

/// Ends the frame: 0 is success, any other code is a trap.
pub const HALT: u32 = 0x00;
/// Writes to a descriptor: 1 and 2 are the log, 3 is the return value.
pub const WRITE: u32 = 0x02;
/// Reads a storage cell of 32 bytes.
pub const STORAGE_READ: u32 = 0xA0;
/// Writes a storage cell of 32 bytes; zeros delete it.
pub const STORAGE_WRITE: u32 = 0xA1;
/// Calls another account; its failure fails the caller.
pub const CALL: u32 = 0xA2;
/// The balance of the running account.
pub const BALANCE: u32 = 0xA3;
/// Creates an instance of the running template.
pub const SPAWN: u32 = 0xA4;
/// Deploys a template.
pub const DEPLOY: u32 = 0xA5;
/// The amount received and who called.
pub const CONTEXT: u32 = 0xA6;
/// Grows the heap.
pub const MEMORY_GROW: u32 = 0xB0;
/// Compute gas left.
pub const GAS_LEFT: u32 = 0xB1;
/// Height, time, beacon, chain and prices.
pub const LAYER: u32 = 0xB2;
/// Loads a value of any length.
pub const STORAGE_LOAD: u32 = 0xB3;
/// Stores a value of any length.
pub const STORAGE_STORE: u32 = 0xB4;
/// Deletes a value.
pub const STORAGE_DELETE: u32 = 0xB5;
/// Asks whether a value is present.
pub const STORAGE_HAS: u32 = 0xB6;
/// Emits an event.
pub const EMIT: u32 = 0xB7;
/// Calls another account; its failure is reported to the caller.
pub const TRY_CALL: u32 = 0xB8;
/// Calls another account for reading only; its failure is reported to the caller.
pub const STATIC_CALL: u32 = 0xB9;
/// Copies return data of the last callee.
pub const RETURN_DATA: u32 = 0xBA;
/// Balance, status, template and code of any account.
pub const ACCOUNT_INFO: u32 = 0xBB;
/// Fails with a message.
pub const ABORT: u32 = 0xBC;
/// Fails with data.
pub const REVERT: u32 = 0xBD;
/// Sends money to an account of the L1.
pub const WITHDRAW: u32 = 0xBE;
/// Ends the running account and the frame.
pub const SELF_DESTRUCT: u32 = 0xBF;
/// Pays rent ahead for any account.
pub const LIFELINE: u32 = 0xC0;
/// Brings an evicted slot of an expired account back.
pub const RESURRECT: u32 = 0xC1;
/// Bytes of input left.
pub const INPUT_LEN: u32 = 0xF0;
/// Reads input.
pub const INPUT_READ: u32 = 0xF1;
/// BLAKE3 of a message.
pub const BLAKE3: u32 = 0x0064_0001;
/// SHA-256 of a message.
pub const SHA256: u32 = 0x0064_0002;
/// Keccak-256 of a message.
pub const KECCAK256: u32 = 0x0064_0003;
/// Poseidon2 hash of elements.
pub const POSEIDON2_HASH: u32 = 0x0064_0004;
/// Poseidon2 compression of two elements.
pub const POSEIDON2_COMPRESS: u32 = 0x0064_0005;
/// Poseidon2 permutation of two or three elements.
pub const POSEIDON2_PERMUTE: u32 = 0x0064_0006;
/// Verifies an ed25519 signature by the rules of ZIP-215.
pub const ED25519_VERIFY: u32 = 0x0064_0020;
/// Verifies ed25519 signatures together.
pub const ED25519_VERIFY_BATCH: u32 = 0x0064_0021;
/// Recovers the secp256k1 key of a signature.
pub const SECP256K1_RECOVER: u32 = 0x0064_0022;
/// Verifies a P-256 signature.
pub const P256_VERIFY: u32 = 0x0064_0023;
/// Adds points of BN254.
pub const BN254_ADD: u32 = 0x0064_0030;
/// Multiplies a point of BN254.
pub const BN254_MUL: u32 = 0x0064_0031;
/// Checks a product of pairings of BN254.
pub const BN254_PAIRING: u32 = 0x0064_0032;
/// Adds points of the first group of BLS12-381.
pub const BLS_ADD_G1: u32 = 0x0064_0040;
/// Multiplies a point of the first group of BLS12-381.
pub const BLS_MUL_G1: u32 = 0x0064_0041;
/// Adds points of the second group of BLS12-381.
pub const BLS_ADD_G2: u32 = 0x0064_0042;
/// Multiplies a point of the second group of BLS12-381.
pub const BLS_MUL_G2: u32 = 0x0064_0043;
/// Checks a product of pairings of BLS12-381.
pub const BLS_PAIRING: u32 = 0x0064_0044;
/// Verifies a Groth16 proof over BN254.
pub const GROTH16_VERIFY: u32 = 0x0064_0050;
/// 256-bit a + b.
pub const ADD_U256: u32 = 0x0064_0060;
/// 256-bit a − b.
pub const SUB_U256: u32 = 0x0064_0061;
/// 256-bit a · b.
pub const MUL_U256: u32 = 0x0064_0062;
/// 256-bit a / b.
pub const DIV_U256: u32 = 0x0064_0063;
/// 256-bit a mod b.
pub const MOD_U256: u32 = 0x0064_0064;
/// 256-bit (a + b) mod m.
pub const ADDMOD_U256: u32 = 0x0064_0065;
/// 256-bit (a · b) mod m.
pub const MULMOD_U256: u32 = 0x0064_0066;
/// 256-bit power.
pub const EXP_U256: u32 = 0x0064_0067;
/// 256-bit power mod m.
pub const EXPMOD_U256: u32 = 0x0064_0068;

/// The smallest error result.
pub const ERROR: u32 = 0xFFFF_FF01;
/// The error of `STORAGE_LOAD` for an absent key: −1.
pub const ABSENT: u32 = 0xFFFF_FFFF;

/// Makes a host call.
///
/// # Safety
/// Arguments that are pointers must be valid for what the call reads and writes through them.
#[cfg(target_arch = "riscv32")]
#[inline(always)]
pub unsafe fn ecall(number: u32, a: [u32; 6]) -> u32 {
    let result;
    // SAFETY: the host writes only t0 and the memory that the caller vouches for.
    unsafe {
        core::arch::asm!(
            "ecall",
            inlateout("t0") number => result,
            in("a0") a[0], in("a1") a[1], in("a2") a[2],
            in("a3") a[3], in("a4") a[4], in("a5") a[5],
            options(nostack),
        );
    }
    result
}

/// Makes a host call with up to 3 arguments; the registers of the others keep what they hold.
///
/// # Safety
/// As for [`ecall`].
#[cfg(target_arch = "riscv32")]
#[inline(always)]
pub unsafe fn ecall3(number: u32, a0: u32, a1: u32, a2: u32) -> u32 {
    let result;
    // SAFETY: the host writes only t0 and the memory that the caller vouches for.
    unsafe {
        core::arch::asm!(
            "ecall",
            inlateout("t0") number => result,
            in("a0") a0, in("a1") a1, in("a2") a2,
            options(nostack),
        );
    }
    result
}

/// Outside the virtual machine there is no host.
///
/// # Safety
/// Safe: it always panics.
#[cfg(not(target_arch = "riscv32"))]
pub unsafe fn ecall(number: u32, _: [u32; 6]) -> u32 {
    panic!("host call {number:#x} outside the Athena virtual machine")
}

/// Outside the virtual machine there is no host.
///
/// # Safety
/// Safe: it always panics.
#[cfg(not(target_arch = "riscv32"))]
pub unsafe fn ecall3(number: u32, _: u32, _: u32, _: u32) -> u32 {
    panic!("host call {number:#x} outside the Athena virtual machine")
}

/// The address of a value, as a host call wants it.
#[inline(always)]
pub(crate) fn ptr<T: ?Sized>(value: &T) -> u32 {
    value as *const T as *const u8 as usize as u32
}

/// The address of a value that the host overwrites.
#[inline(always)]
pub(crate) fn out<T: ?Sized>(value: &mut T) -> u32 {
    value as *mut T as *mut u8 as usize as u32
}
