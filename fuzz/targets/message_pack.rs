#![no_main]

#[path = "../src/message_pack.rs"]
mod message_pack;

libfuzzer_sys::fuzz_target!(|input: &[u8]| message_pack::run(input));
