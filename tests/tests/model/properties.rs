//! What must hold in every state.

use core::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Property {
    /// After a deletion the key never holds what was read before it.
    NothingStaleAtRest,
    /// After the guard of a writer that died has gone, the key never holds what it has replaced.
    NothingStaleAfterADeath,
    /// A call that began after a write had returned does not return what was there before that write.
    NoStaleAnswer,
    /// Under one live lease no two bodies run.
    OneLoad,
    /// Nobody waits for something that will not come.
    Progress,
    /// While no process crashes, every lease has somebody who fills it or gives it back.
    NoForgottenLease,
    /// A value with a life of zero is not stored.
    NothingUnwanted,
    /// Nobody waits while he holds a lease.
    WaitsEmptyHanded,
    /// No entry is loaded anew that a load has replaced already.
    OneReload,
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingStaleAtRest => "the key holds what was read before its last deletion",
            Self::NothingStaleAfterADeath => "the key holds what a writer that died has replaced",
            Self::NoStaleAnswer => "a call got what a write had replaced before the call began",
            Self::OneLoad => "two bodies run under one lease",
            Self::Progress => "somebody waits for something that will not come",
            Self::NoForgottenLease => "a lease is left to expire, and no process has crashed",
            Self::NothingUnwanted => "a value with a life of zero is stored",
            Self::OneReload => "an entry is loaded anew for the second time",
            Self::WaitsEmptyHanded => "somebody waits while he holds a lease",
        })
    }
}
