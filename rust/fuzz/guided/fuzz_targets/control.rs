#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| faspstream_fuzz::control(data));
