//! What a newcomer reads who got something wrong: the compiler's words, in `compile/*.stderr`.
//!
//! After a change that is right, `TRYBUILD=overwrite cargo test -p sockeye-types --test compile`
//! writes them anew.

use std::process::Command;

/// The compiler whose words they are; others put the same things in other ways. `scripts/test` leaves the test
/// out there, and says so.
const COMPILER: &str = "rustc 1.95.";

// parity: 6.2
#[test]
fn errors_say_what_to_do() {
    let version = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .arg("--version")
        .output();
    let version = version.expect("the compiler of this test").stdout;
    if !version.starts_with(COMPILER.as_bytes()) {
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/compile/*.rs");
}
