//! What a proxy does to the bytes that pass, at the moment.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What happens in one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Sky {
    #[default]
    Clear,
    /// Each piece waits a random time up to this; pieces keep their order.
    Delay(Duration),
    /// Each piece waits this long, and arrives even if its sender has gone.
    Late(Duration),
    /// Nothing arrives. A connection that has lost bytes stays silent until it is closed, since what came after the hole
    /// would make no sense.
    Swallow,
}

#[derive(Debug, Default)]
struct State {
    to_server: Sky,
    to_client: Sky,
    /// New connections are closed at once.
    refuses: bool,
    /// Counts up with each cut.
    cuts: u64,
    /// How many bytes of the next piece still pass before the connection is cut.
    cut_after: usize,
}

/// The weather over one proxy. Clones are the same weather.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weather(Arc<Mutex<State>>);

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    ToServer,
    ToClient,
}

impl Weather {
    pub(crate) fn set(&self, to_server: Sky, to_client: Sky) {
        let mut state = self.lock();
        (state.to_server, state.to_client) = (to_server, to_client);
    }

    pub(crate) fn refuse(&self, refuses: bool) {
        self.lock().refuses = refuses;
    }

    /// Cuts every connection there is, `after` bytes into the next piece that it carries.
    pub(crate) fn cut(&self, after: usize) {
        let mut state = self.lock();
        state.cuts += 1;
        state.cut_after = after;
    }

    pub(super) fn sky(&self, way: Way) -> Sky {
        let state = self.lock();
        match way {
            Way::ToServer => state.to_server,
            Way::ToClient => state.to_client,
        }
    }

    pub(super) fn refuses(&self) -> bool {
        self.lock().refuses
    }

    pub(super) fn cuts(&self) -> u64 {
        self.lock().cuts
    }

    /// How much of a piece still passes on a connection that has seen `cuts` cuts, if it is to be cut.
    pub(super) fn cuts_since(&self, cuts: u64) -> Option<usize> {
        let state = self.lock();
        (state.cuts != cuts).then_some(state.cut_after)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
