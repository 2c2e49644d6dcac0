//! The sites of loaders. An annotated function has a `static` for what is constant about it; here that is made on the way.

use core::num::NonZero;
use core::panic::Location;

use crate::codec::Format;
use crate::site::Site;
use crate::sync::Mutex;

/// What is constant about one loader: two with the same of it are one to the counters and to the limit of loads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Constants {
    pub(super) path: &'static str,
    pub(super) template: &'static str,
    pub(super) literals: &'static [&'static str],
    pub(super) at: &'static Location<'static>,
    pub(super) version: u32,
    pub(super) jitter: f64,
    pub(super) format: Option<Format>,
    pub(super) max_loads: Option<NonZero<usize>>,
}

impl Constants {
    /// The site of all loaders with these constants.
    ///
    /// It is leaked: flights, limits and counters keep it for as long as they like. There is one for each call of
    /// `read_through` in the source and each setting that it is given, however often it runs, so memory stays bounded.
    pub(super) fn site(self) -> &'static Site {
        static SITES: Mutex<Vec<(Constants, &'static Site)>> = Mutex::new(Vec::new());
        let mut sites = SITES.lock();
        if let Some((_, site)) = sites.iter().find(|(constants, _)| *constants == self) {
            return site;
        }
        let site: &'static Site = Box::leak(Box::new(self.make()));
        if let Some(most) = self.max_loads {
            site.set_limit(most);
        }
        sites.push((self, site));
        site
    }

    fn make(self) -> Site {
        let site = Site::cache_aside(self.path, self.template, self.literals)
            .version(self.version)
            .jitter(self.jitter);
        match self.format {
            Some(format) => site.format(format),
            None => site,
        }
    }
}
