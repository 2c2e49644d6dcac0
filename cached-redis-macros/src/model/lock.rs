//! How calls deal with a load that is under way.

use super::ttl::Life;

/// The arguments for it, each as given.
#[derive(Default)]
pub(crate) struct Lock {
    /// `lock = false`
    pub(crate) off: bool,
    pub(crate) lease: Option<Life>,
    pub(crate) wait: Option<Life>,
}
