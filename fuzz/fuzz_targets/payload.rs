#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cached_redis_tests_hostile::payload(bytes));
