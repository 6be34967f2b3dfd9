//! The body of a 200, judged.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| llm_router_core::fuzzing::answer(data));
