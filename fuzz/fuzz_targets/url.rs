#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| cached_redis_tests_hostile::url(text));
