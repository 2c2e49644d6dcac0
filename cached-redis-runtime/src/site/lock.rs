//! How the calls of one function deal with a load that is under way: `lock`, `lease`, `wait`.

use core::time::Duration;

/// What the attribute says; the rest is the cache's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lock {
    waits: bool,
    lease: Option<Duration>,
    wait: Option<Duration>,
}

impl Lock {
    pub(super) const USUAL: Self = Self {
        waits: true,
        lease: None,
        wait: None,
    };

    pub(super) const fn off(self) -> Self {
        Self {
            waits: false,
            ..self
        }
    }

    pub(super) const fn lease(self, lease: Duration) -> Self {
        Self {
            lease: Some(lease),
            ..self
        }
    }

    pub(super) const fn wait(self, wait: Duration) -> Self {
        Self {
            wait: Some(wait),
            ..self
        }
    }

    /// Whether a call waits for the load of another one.
    pub(crate) fn waits(self) -> bool {
        self.waits
    }

    /// How long a right to load lasts that nobody renews.
    pub(crate) fn lease_or(self, usual: Duration) -> Duration {
        self.lease.unwrap_or(usual)
    }

    /// How long a call waits for the loads of others.
    pub(crate) fn wait_or(self, usual: Duration) -> Duration {
        self.wait.unwrap_or(usual)
    }
}
