#![no_main]

#[path = "../src/engine3.rs"]
mod engine3;

libfuzzer_sys::fuzz_target!(|input: &[u8]| engine3::run(input));
