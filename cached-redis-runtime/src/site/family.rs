//! What the functions of one family share in one cache.

use core::ops::Deref;
use core::time::Duration;

#[cfg(feature = "metrics")]
use crate::observe::metrics::{FamilyHandles, Histograms, Labels, contained, with_recorder};
use crate::observe::{Counters, FamilyStats};
#[cfg(feature = "metrics")]
use crate::sync::{Mutex, OnceLock};

/// The counters of one family, and with the feature `metrics` where they are published.
#[derive(Debug)]
pub(crate) struct Family {
    template: &'static str,
    counters: Counters,
    #[cfg(feature = "metrics")]
    labels: Labels,
    #[cfg(feature = "metrics")]
    published: Mutex<Option<FamilyHandles>>,
    #[cfg(feature = "metrics")]
    histograms: OnceLock<Histograms>,
}

impl Family {
    #[cfg_attr(
        not(feature = "metrics"),
        expect(unused_variables, reason = "a label of what is published")
    )]
    pub(crate) fn new(template: &'static str, namespace: &str) -> Self {
        Self {
            template,
            counters: Counters::new(),
            #[cfg(feature = "metrics")]
            labels: Labels::of_family(namespace, template),
            #[cfg(feature = "metrics")]
            published: Mutex::new(None),
            #[cfg(feature = "metrics")]
            histograms: OnceLock::new(),
        }
    }

    pub(crate) fn stats(&self) -> FamilyStats {
        self.counters.read(self.template)
    }

    /// A body has ended.
    pub(crate) fn loaded(&self, took: Duration) {
        self.counters.add_load(took);
        #[cfg(feature = "metrics")]
        if let Some(histograms) = self.histograms() {
            contained(|| histograms.loads.record(took));
        }
    }

    /// A wait has ended.
    pub(crate) fn waited(&self, took: Duration) {
        self.counters.add_wait(took);
        #[cfg(feature = "metrics")]
        if let Some(histograms) = self.histograms() {
            contained(|| histograms.waits.record(took));
        }
    }

    /// Kept as soon as there is a recorder.
    #[cfg(feature = "metrics")]
    fn histograms(&self) -> Option<&Histograms> {
        if let Some(histograms) = self.histograms.get() {
            return Some(histograms);
        }
        let new = with_recorder(|recorder| Histograms::register(recorder, &self.labels))?;
        Some(self.histograms.get_or_init(|| new))
    }

    /// Tells the recorder what has happened since the last time.
    #[cfg(feature = "metrics")]
    pub(crate) fn publish(&self, recorder: &dyn ::metrics::Recorder) {
        let mut published = self.published.lock();
        published
            .get_or_insert_with(|| FamilyHandles::register(recorder, &self.labels))
            .publish(recorder, &self.labels, &self.counters);
    }
}

impl Deref for Family {
    type Target = Counters;

    fn deref(&self) -> &Counters {
        &self.counters
    }
}
