//! A `ReadThrough` in the catalogue.

use core::any::type_name;
use core::time::Duration;

use super::ReadThrough;
use crate::catalogue::{self, Loader};
use crate::key::Loadable;
use crate::shape::Returns;

impl<F, R> ReadThrough<F, R>
where
    F: Loadable<Args: ToOwned>,
    R: Returns<F::Value>,
{
    pub(super) fn enter(&self) {
        self.listed(catalogue::enter);
    }

    pub(super) fn leave(&self) {
        self.listed(catalogue::leave);
    }

    fn listed(&self, change: impl FnOnce(Loader<'_>)) {
        let settings = &self.settings;
        let none_ttl = settings.none_ttl.map(written);
        let ttl = match settings.ttl {
            _ if !settings.per_value => written(settings.ttl),
            Duration::MAX => "per value".to_owned(),
            most => format!("per value, {most:?} at most"),
        };
        change(Loader {
            site: self.site,
            value: &without_modules(type_name::<F::Value>()),
            ttl: &ttl,
            none_ttl: none_ttl.as_deref(),
            integers: F::INTEGERS,
            at: settings.constants.at,
        });
    }
}

/// As an attribute has it.
fn written(ttl: Duration) -> String {
    match ttl {
        Duration::MAX => "forever".to_owned(),
        ttl => format!("{ttl:?}"),
    }
}

/// `Vec<User>` for `alloc::vec::Vec<shop::User>`.
fn without_modules(type_name: &str) -> String {
    let mut short = String::with_capacity(type_name.len());
    for part in type_name.split_inclusive(|ch: char| !(ch.is_alphanumeric() || ch == '_')) {
        if part == ":" && short.ends_with(':') {
            let module = short.trim_end_matches(':');
            let start = module.rfind(|ch: char| !(ch.is_alphanumeric() || ch == '_'));
            short.truncate(start.map_or(0, |at| at + 1));
        } else {
            short.push_str(part);
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_left_out() {
        for (full, short) in [
            ("u64", "u64"),
            ("shop::User", "User"),
            ("alloc::vec::Vec<shop::users::User>", "Vec<User>"),
            ("[(u8, a::B); 3]", "[(u8, B); 3]"),
        ] {
            assert_eq!(without_modules(full), short);
        }
    }
}
