//! How all servers of a cache are connected to.

use core::num::NonZero;
use core::time::Duration;

use super::dial::Dialer;

pub(super) struct Policy {
    pub(super) dialer: Dialer,
    pub(super) deadline: Duration,
    /// To each server, without that for large values.
    pub(super) connections: NonZero<u8>,
    /// What stands before each key, and so what the user of the URL may write.
    pub(super) namespace: String,
}
