//! `LlmRouter::Native.uuid`: unique names of attempts, in all processes that share a database. The system's random
//! numbers are read once: to read them for each name costs as much as the rest of a reservation.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::LazyLock;
use std::time::SystemTime;

use magnus::{function, Error, Object, RModule};

/// Secret numbers of this process, and of those that were forked from it.
static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(|| [RandomState::new(), RandomState::new()]);
static COUNT: AtomicU64 = AtomicU64::new(0);

pub(crate) fn define(native: RModule) -> Result<(), Error> {
    native.define_singleton_method("uuid", function!(uuid, 0))
}

/// A UUID of version 4. A fork goes on with its parent's keys and count, but has another number; and should it have
/// that of a sibling that is gone, not at the same time.
fn uuid() -> String {
    let this = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed), SystemTime::now());
    let [high, low] = KEYS.each_ref().map(|keys| keys.hash_one(this));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}
