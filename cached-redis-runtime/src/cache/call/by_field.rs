//! A call whose entries are kept by field.

use super::Call;
use crate::cache::context::Served;
use crate::cache::hash::by_field;
use crate::codec::fields::format_of;
use crate::engine::{Glimpsed, Reload};
use crate::observe::Count;

impl Call {
    /// The same call, for the entries by field.
    pub(in crate::cache) fn by_field(mut self) -> Self {
        if let Some(target) = &mut self.target {
            target.cache = by_field(&target.cache);
            target.format = format_of(target.format);
        }
        self
    }

    /// Whether one field is all that is wanted of a value of type `whole`, and the cache had it.
    pub(in crate::cache) async fn answers(&mut self, whole: &'static str) -> bool {
        let wanted = self.context.wanted().filter(|one| one.whole() == whole);
        let Some(target) = &self.target else {
            return false;
        };
        if target.given_up || target.reload != Reload::No {
            return false;
        }
        let Some((wanted, name)) = wanted.and_then(|one| Some((one, one.name()?))) else {
            return false;
        };
        let engine = target.cache.engine();
        let counters = || engine.counters(self.site);
        match engine.glimpse(self.request(target), name).await {
            Glimpsed::Field(bytes) if wanted.take(target.format, &bytes) => {
                counters().count(Count::Hit);
            }
            Glimpsed::Absent if wanted.take_absent() => {
                counters().count(Count::NegativeHit);
                counters().count(Count::Hit);
            }
            Glimpsed::Field(_) | Glimpsed::Absent | Glimpsed::Nothing => return false,
            Glimpsed::Late => {
                if let Some(target) = &mut self.target {
                    target.given_up = true;
                }
                return false;
            }
        }
        self.context.report(Served::Hit);
        true
    }
}
