//! libFuzzer's way into [`http_fuzz::check_chunked`]; what is checked stands there.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| http_fuzz::check_chunked(data));
