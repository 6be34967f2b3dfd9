//! A status, a line break and a body, judged.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| llm_router_core::fuzzing::failure(data));
