#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| server::rest::fuzz::body(bytes));
