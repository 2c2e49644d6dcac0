//! The body of a batch under way, and what becomes of its rows.

use core::future::Future;
use core::pin::Pin;

use super::{Common, Target};
use crate::cache::context::{Served, Traced};
use crate::cache::encoding;
use crate::engine::{Left, Loading, Outcome, Registration, Reload, Ticket};
use crate::observe::{Trace, warn};
use crate::shape::rows::{BatchShape, Row, Rows, Value};
use crate::shape::{Leaf, StoredLeaf};
use crate::site::{LoadPermit, Site};
use crate::ttl::Keep;

/// A body under way.
pub(super) struct Load<'a> {
    pub(super) call: &'a Common,
    pub(super) target: &'a Target,
    pub(super) tickets: Vec<(usize, Ticket)>,
    /// Of the keys under their tags, if they have any.
    pub(super) registration: Option<Registration>,
    pub(super) loading: Loading,
    /// Unless a ticket's flight has it.
    pub(super) permit: Option<LoadPermit>,
    /// How long the call may still wait for the store.
    pub(super) left: Left,
}

impl<'a> Load<'a> {
    /// What surrounds the body.
    pub(super) fn context(&self) -> Traced {
        let leads = self.tickets.iter().filter_map(|(at, ticket)| match ticket {
            Ticket::Lead(_) | Ticket::Round(_) | Ticket::Uncached => {
                Some(self.target.keys[*at].clone())
            }
            Ticket::Replace(_) | Ticket::Reload(_) => None,
        });
        let context = self.call.context.clone();
        let site = self.call.site;
        let loading = Some((&*self.target.cache, site, leads.collect()));
        let trace = Trace::load(site.family());
        context.of_body(loading).traced(trace)
    }

    fn served(&self) -> Served {
        let stored =
            |(_, ticket): &(usize, Ticket)| !matches!(ticket, Ticket::Uncached | Ticket::Round(_));
        match self.target.reload {
            _ if !self.tickets.iter().any(stored) && self.call.is_read_only() => Served::Bypassed,
            _ if !self.tickets.iter().any(stored) => Served::Uncached,
            Reload::Forced => Served::Refreshed,
            _ => Served::Miss,
        }
    }

    /// Boxed, so that it has no room in the caller's future.
    pub(super) fn end(
        mut self: Box<Self>,
        mut outcomes: Vec<Outcome>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            let failed = outcomes.is_empty();
            // The body has ended.
            self.permit = None;
            let cost = self.loading.end(failed);
            self.call.context.report_end(self.served(), failed);
            outcomes.resize_with(self.tickets.len(), || Outcome::Failed);
            if let Some(registration) = &self.registration {
                let permitted = outcomes.into_iter().map(|one| registration.permit(one));
                outcomes = permitted.collect();
            }
            let tickets = core::mem::take(&mut self.tickets).into_iter();
            let loaded = tickets.zip(outcomes).map(|((at, t), o)| (at, t, o));
            let engine = self.target.cache.engine();
            let batch = self.call.batch(self.target);
            let times = (cost, self.left);
            let registration = self.registration.take();
            engine
                .finish_many(batch, loaded.collect(), times, registration)
                .await;
        })
    }
}

impl Drop for Load<'_> {
    fn drop(&mut self) {
        // Whoever waits for the whole batch waits for its smallest key: that turn goes last, when the other leases are on
        // their way back.
        self.tickets
            .sort_by(|(a, _), (b, _)| self.target.keys[*b].cmp(&self.target.keys[*a]));
        self.tickets.drain(..).for_each(drop);
    }
}

/// What to store for each of the tickets.
pub(super) fn outcomes<S: BatchShape>(
    load: &Load<'_>,
    rows: &S::Rows,
    asked: &[<S::Rows as Rows>::Id],
    store: &mut dyn FnMut(&Value<S>) -> Keep,
) -> Vec<Outcome> {
    let missing: Vec<_> = load.tickets.iter().map(|(at, _)| &asked[*at]).collect();
    let mut outcomes = Vec::with_capacity(missing.len());
    rows.look_up(&missing, &mut |place, row| {
        outcomes.push(match (&load.tickets[place].1, row) {
            (_, Row::None) => Outcome::Absent,
            (Ticket::Uncached | Ticket::Round(_), _) => Outcome::Unstored(None),
            (_, Row::Several) => {
                several(load.call.site);
                Outcome::Unstored(None)
            }
            (_, Row::One(held)) => outcome::<S::Leaf>(load, S::Leaf::value(held), store),
        });
    });
    outcomes
}

fn outcome<L: StoredLeaf>(
    load: &Load<'_>,
    value: &L::Value,
    store: &mut dyn FnMut(&L::Value) -> Keep,
) -> Outcome {
    let keep = store(value);
    let site = load.call.site;
    let mut bytes = encoding::buffer(site);
    let encoded = L::encode(load.target.format, value, &mut bytes);
    encoding::outcome(site, encoded, bytes, keep)
}

#[cold]
fn several(site: &'static Site) {
    static WARNED: core::sync::atomic::AtomicBool = core::sync::atomic::AtomicBool::new(false);
    if !WARNED.swap(true, core::sync::atomic::Ordering::Relaxed) {
        warn(format_args!(
            "`{}` returned several rows for one id, which are not cached: return `HashMap<Id, Vec<T>>` \
             (said once; counted as `unstored`)",
            site.path()
        ));
    }
}
