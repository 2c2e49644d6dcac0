//! `sliding`: what is read lives on.

use std::collections::HashSet;

use tokio::runtime::Handle;

use super::Engine;
use crate::clock;
use crate::codec::Renewal;
use crate::observe::Count;
use crate::site::Site;
use crate::sync::{Arc, Mutex};

/// The keys whose renewal is under way in this process: of many who read one at once, one renews it.
#[derive(Debug)]
pub(super) struct Slides(Mutex<HashSet<String>>);

impl Slides {
    pub(super) fn new() -> Self {
        Self(Mutex::new(HashSet::new()))
    }
}

/// The place of one key; its drop makes room for the next.
struct Slide {
    engine: Arc<Engine>,
    key: String,
}

impl Slide {
    fn begin(engine: &Arc<Engine>, key: &str) -> Option<Self> {
        let is_first = engine.slides.0.lock().insert(key.to_owned());
        is_first.then(|| Self {
            engine: Arc::clone(engine),
            key: key.to_owned(),
        })
    }
}

impl Drop for Slide {
    fn drop(&mut self) {
        self.engine.slides.0.lock().remove(&self.key);
    }
}

impl Engine {
    /// Gives an entry that was read another life, if a tenth of this one has gone: in the background, since the call has
    /// what it wants. What fails is tried again by the next read.
    pub(crate) fn slide(self: &Arc<Self>, site: &'static Site, key: &str, entry: &[u8]) {
        let Some(renewal) = Renewal::due(entry, clock::unix_ms()) else {
            return;
        };
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let Some(slide) = Slide::begin(self, key) else {
            return;
        };
        runtime.spawn(async move {
            let Slide { engine, key } = &slide;
            match engine.store.slide(key, &renewal).await {
                Ok(true) => engine.count(site, Count::Renewal),
                // Invalidated, replaced or renewed meanwhile.
                Ok(false) => {}
                Err(error) => engine.failed(site, &error),
            }
        });
    }
}
