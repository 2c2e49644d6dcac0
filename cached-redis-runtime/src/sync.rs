//! The only file that names a lock type.

use core::cell::Cell;
#[cfg(feature = "redis")]
pub(crate) use core::sync::atomic;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::PoisonError;
pub(crate) use std::sync::{Arc, MutexGuard, OnceLock, Weak};

/// A mutex that does not pass on a panic: every critical section of this crate leaves its data sound.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number that spreads load: TTL jitter, poll and reconnect intervals. Never a secret and never an identity.
///
/// Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014): the `SplitMix64` step.
pub(crate) fn spread() -> u64 {
    thread_local!(static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0_u8)));
    STATE.with(|state| {
        let next = state.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        state.set(next);
        let mixed = (next ^ (next >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    })
}

/// A number in `low..=high`, spread evenly enough for intervals.
pub(crate) fn spread_between(low: u64, high: u64) -> u64 {
    low + spread() % (high - low + 1)
}
