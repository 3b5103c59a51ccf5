//! Puts the linker script where the final link of every contract looks for it.
//!
//! `src/link.rs` names `athena.ld` as a native library. A linker that meets a text file where it
//! expects a library reads it as a linker script, so a contract needs no build script and no
//! linker flags of its own.

use std::{env, fs, path::PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=athena.ld");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::copy("athena.ld", out.join("athena.ld")).expect("copy athena.ld");
    println!("cargo:rustc-link-search=native={}", out.display());
}
