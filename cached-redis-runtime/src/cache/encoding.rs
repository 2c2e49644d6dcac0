//! From a value to what the engine stores. What does not depend on the value's type is compiled once.

use crate::codec::HEADER;
use crate::engine::Outcome;
use crate::observe::warn;
use crate::shape::Unencodable;
use crate::site::Site;
use crate::ttl::Keep;

/// A buffer with room for the header, as large as the function's last value needed.
pub(super) fn buffer(site: &Site) -> Vec<u8> {
    let expected = site.expected_len().max(HEADER + 64);
    let mut buffer = Vec::with_capacity(expected);
    buffer.resize(HEADER, 0);
    buffer
}

/// What is to be done with a value that was written behind the header, or could not be.
pub(super) fn outcome(
    site: &Site,
    encoded: Result<(), Unencodable>,
    bytes: Vec<u8>,
    keep: Keep,
) -> Outcome {
    match encoded {
        Ok(()) if !keep.is_not() => {
            site.encoded(bytes.len());
            site.saw(bytes.len());
            Outcome::Value(bytes, keep.life())
        }
        Ok(()) => Outcome::Unstored(Some(bytes)),
        Err(error) => {
            unencodable(site, &error);
            Outcome::Unstored(None)
        }
    }
}

#[cold]
pub(super) fn unencodable(site: &Site, error: &dyn core::fmt::Display) {
    static WARNED: core::sync::atomic::AtomicBool = core::sync::atomic::AtomicBool::new(false);
    if !WARNED.swap(true, core::sync::atomic::Ordering::Relaxed) {
        warn(format_args!(
            "`{}` returned a value that is not cached: {error} (said once; counted as `unstored`)",
            site.path()
        ));
    }
}
