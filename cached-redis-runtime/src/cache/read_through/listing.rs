//! A `ReadThrough` in the catalogue.

use core::any::type_name;
use core::time::Duration;

use super::ReadThrough;
use crate::catalogue::{self, Loader, written};
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
        let none_ttl = settings.none_ttl.map(written::life);
        let ttl = match settings.ttl {
            _ if !settings.per_value => written::life(settings.ttl),
            Duration::MAX => "per value".to_owned(),
            most => format!("per value, {most:?} at most"),
        };
        change(Loader {
            site: self.site,
            value: &written::without_modules(type_name::<F::Value>()),
            ttl: &ttl,
            none_ttl: none_ttl.as_deref(),
            integers: F::INTEGERS,
            at: settings.constants.at,
        });
    }
}
