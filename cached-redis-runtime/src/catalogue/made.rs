//! The readers that no linker can list: each `ReadThrough` that was made while the program ran.

use core::panic::Location;

use super::registration::Registration;
use crate::site::Site;
use crate::sync::Mutex;

/// What one of them is to the catalogue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loader<'a> {
    pub(crate) site: &'static Site,
    /// As the family's module names it.
    pub(crate) value: &'a str,
    pub(crate) ttl: &'a str,
    pub(crate) none_ttl: Option<&'a str>,
    pub(crate) integers: u64,
    pub(crate) at: &'static Location<'static>,
}

/// Each with how many there are of it: one that is given another setting leaves its old place.
static MADE: Mutex<Vec<(&'static Registration, usize)>> = Mutex::new(Vec::new());

pub(crate) fn enter(loader: Loader<'_>) {
    let mut made = MADE.lock();
    match made.iter_mut().find(|(one, _)| loader.is(one)) {
        Some((_, count)) => *count += 1,
        None => made.push((loader.register(), 1)),
    }
}

pub(crate) fn leave(loader: Loader<'_>) {
    let mut made = MADE.lock();
    if let Some((_, count)) = made.iter_mut().find(|(one, _)| loader.is(one)) {
        *count -= 1;
    }
}

pub(super) fn all() -> Vec<&'static Registration> {
    let made = MADE.lock();
    let there = made.iter().filter(|(_, count)| *count > 0);
    there.map(|(one, _)| *one).collect()
}

impl Loader<'_> {
    fn is(self, one: &Registration) -> bool {
        core::ptr::eq(one.site, self.site)
            && one.ttl == Some(self.ttl)
            && one.none_ttl == self.none_ttl
    }

    /// Leaked, as entries refer to what is there for as long as the program: once for each site and each of its lifetimes.
    fn register(self) -> &'static Registration {
        let leak = |text: &str| -> &'static str { Box::leak(text.into()) };
        let registration = Registration::loader(self.site)
            .value(leak(self.value))
            .ttl(leak(self.ttl))
            .integers(self.integers)
            .at(self.at.file(), self.at.line());
        Box::leak(Box::new(match self.none_ttl {
            Some(none_ttl) => registration.none_ttl(leak(none_ttl)),
            None => registration,
        }))
    }
}
