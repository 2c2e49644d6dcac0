//! Keys, and tags, that are too long to be sent.

use core::sync::atomic::{AtomicBool, Ordering};

use super::Engine;
use crate::observe::{Count, warn};
use crate::site::Site;

impl Engine {
    /// Whether a key of a function is short enough to be used; one that is not is counted, and said aloud once.
    pub(crate) fn accepts(&self, site: &'static Site, key: &str) -> bool {
        let accepted = self.is_short(key);
        if !accepted {
            self.refused(site);
        }
        accepted
    }

    pub(crate) fn is_short(&self, key: &str) -> bool {
        key.len() <= self.settings.max_key_bytes
    }

    #[cold]
    fn refused(&self, site: &'static Site) {
        static WARNED: AtomicBool = AtomicBool::new(false);
        self.count(site, Count::LongKey);
        // Without the key: what makes it long may be a secret, or what an attacker sends.
        if !WARNED.swap(true, Ordering::Relaxed) {
            warn(format_args!(
                "`{}` was called with values that make its key or a tag longer than {} bytes (`max_key_bytes`), so it \
                 did without the cache (said once; counted as `long_keys`)",
                site.path(),
                self.settings.max_key_bytes
            ));
        }
    }
}
