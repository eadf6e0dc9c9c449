#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sockeye_fuzz::run("messages_server", input));
