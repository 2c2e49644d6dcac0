//! What a recorder of metrics is told, now and once per second.

use core::time::Duration;

use super::Engine;
use crate::clock;
use crate::observe::metrics::{CacheHandles, Labels, contained, publishing, with_recorder};
use crate::sync::{Arc, Mutex, Weak};

/// How long the recorder is behind, at most, unless it is told at once.
const PERIOD: Duration = Duration::from_secs(1);

/// What the recorder gave for the cache as a whole, as soon as there is one.
#[derive(Debug, Default)]
pub(super) struct Published(Mutex<Option<CacheHandles>>);

impl Engine {
    /// Tells the recorder, if there is one, what has happened since the last time.
    pub(crate) fn publish(&self) {
        let tell = |recorder: &dyn ::metrics::Recorder| {
            contained(|| self.publish_whole(recorder));
            let families: Vec<_> = self.families.lock().values().cloned().collect();
            for family in families {
                contained(|| family.publish(recorder));
            }
        };
        publishing(|| {
            with_recorder(tell);
        });
    }

    fn publish_whole(&self, recorder: &dyn ::metrics::Recorder) {
        let mut handles = self.published.0.lock();
        handles
            .get_or_insert_with(|| {
                let labels = Labels::of_cache(&self.settings.namespace);
                CacheHandles::register(recorder, &labels)
            })
            .publish(&self.stats());
    }

    /// Does so once per second for as long as there is a cache. Must be called in a runtime.
    pub(crate) fn publish_from_now_on(self: &Arc<Self>) {
        self.go_on(publish(Arc::downgrade(self)));
    }
}

async fn publish(engine: Weak<Engine>) {
    loop {
        clock::sleep(PERIOD).await;
        let Some(engine) = engine.upgrade() else {
            return;
        };
        engine.publish();
    }
}
