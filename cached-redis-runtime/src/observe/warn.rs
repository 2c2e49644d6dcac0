//! Warnings: tracing events with the feature `tracing`, otherwise lines on stderr.

use core::fmt;

/// Says something an operator should know. Callers see to it that it is said once, not once per call.
pub(crate) fn warn(message: fmt::Arguments<'_>) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "cached_redis", "{message}");
    #[cfg(not(feature = "tracing"))]
    #[expect(
        clippy::print_stderr,
        reason = "without `tracing` there is no other place for a warning"
    )]
    {
        eprintln!("cached-redis: {message}");
    }
}
