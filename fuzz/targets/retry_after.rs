//! The value of a Retry-After header.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| llm_router_core::fuzzing::retry_after(data));
