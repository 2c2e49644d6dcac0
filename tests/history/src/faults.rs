//! What can go wrong, and when it does: a schedule from the run's seed.

use std::fmt;
use std::time::Duration;

use crate::call::kinds;
use crate::proxy::Sky;
use crate::random::Random;

kinds! {
    /// One kind of fault.
    Kind {
        /// Bytes take their time, in both directions.
        Delay "delay",
        /// What a process sends arrives long after it has given up, on a connection that is closed by then.
        Late "late",
        /// Connections are cut in the middle of a frame.
        Cut "cut",
        /// Connections are accepted, and nothing goes through.
        Blackhole "blackhole",
        /// Commands are executed, and their replies are lost.
        DropReplies "drop-replies",
        /// New connections are closed at once, and the old ones are cut.
        Refuse "refuse",
        /// `FLUSHALL`.
        Flush "flush",
        /// SIGKILL, and a new server without a memory of the old one.
        KillServer "restart",
        /// SIGSTOP and SIGCONT, on a cluster for one node.
        StopServer "stop-server",
        /// The server's memory is full, and it refuses writes.
        Full "full",
        /// `SCRIPT FLUSH`.
        ScriptFlush "script-flush",
        /// A primary of a cluster is killed, its replica takes over, and it comes back as the replica of that one.
        KillPrimary "kill-primary",
        /// `CLUSTER FAILOVER`.
        Failover "failover",
        /// Slots move between the nodes of a cluster while they are in use.
        Reshard "reshard",
        /// A worker is killed with SIGKILL and started anew.
        Kill "kill",
        /// A worker is stopped for longer than its leases live.
        Pause "pause",
    }
}

/// What a stream of faults is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// The network of a process.
    Network(usize),
    Server,
    /// One of a cluster's primaries, its replica, or slots of theirs. One at a time: two of three primaries are needed
    /// to replace the third.
    Shard,
    /// Those to nodes of a cluster.
    Connections,
    Process(usize),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(process) => write!(f, "network of P{process}"),
            Self::Server => f.write_str("server"),
            Self::Shard => f.write_str("shard"),
            Self::Connections => f.write_str("connections"),
            Self::Process(process) => write!(f, "P{process}"),
        }
    }
}

impl Kind {
    fn strikes(self, target: Target) -> bool {
        match self {
            Self::Delay | Self::Late | Self::Blackhole | Self::DropReplies | Self::Refuse => {
                matches!(target, Target::Network(_))
            }
            Self::Cut => matches!(target, Target::Network(_) | Target::Connections),
            Self::Flush | Self::KillServer => target == Target::Server,
            Self::StopServer | Self::Full => matches!(target, Target::Server | Target::Shard),
            Self::ScriptFlush => matches!(target, Target::Server | Target::Connections),
            Self::KillPrimary | Self::Failover | Self::Reshard => target == Target::Shard,
            // One process lives as long as the run, so that what leaks can grow.
            Self::Kill => matches!(target, Target::Process(1..)),
            Self::Pause => matches!(target, Target::Process(_)),
        }
    }
}

/// One fault, `after` so long a calm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) after: Duration,
    pub(crate) kind: Kind,
    pub(crate) lasting: Duration,
    /// What else there is to choose: where in a frame a cut falls, how long bytes wait at most.
    pub(crate) degree: u64,
}

impl Fault {
    /// For the faults of the network: what becomes of the bytes to the server and to the client.
    pub(crate) fn skies(&self) -> (Sky, Sky) {
        let wait = Duration::from_millis(self.degree);
        match self.kind {
            Kind::Delay => (Sky::Delay(wait), Sky::Delay(wait)),
            Kind::Late => (Sky::Late(wait * 10), Sky::Clear),
            Kind::Blackhole => (Sky::Swallow, Sky::Swallow),
            Kind::DropReplies => (Sky::Clear, Sky::Swallow),
            _ => (Sky::Clear, Sky::Clear),
        }
    }
}

/// The faults that happen to one target, one after the other. Endless; empty if none of the wanted kinds can.
#[derive(Debug)]
pub(crate) struct Schedule {
    kinds: Vec<Kind>,
    target: Target,
    random: Random,
}

impl Schedule {
    pub(crate) fn new(seed: u64, target: Target, wanted: &[Kind]) -> Self {
        let place = match target {
            Target::Network(process) => [1, process as u64],
            Target::Server => [2, 0],
            Target::Process(process) => [3, process as u64],
            Target::Shard => [6, 0],
            Target::Connections => [7, 0],
        };
        let mut kinds = wanted.to_vec();
        kinds.retain(|kind| kind.strikes(target));
        Self {
            kinds,
            target,
            random: Random::of(seed, &place),
        }
    }

    pub(crate) fn target(&self) -> Target {
        self.target
    }
}

impl Iterator for Schedule {
    type Item = Fault;

    fn next(&mut self) -> Option<Fault> {
        let kind = self.random.pick(&self.kinds)?;
        let random = &mut self.random;
        let after = match self.target {
            Target::Network(_) | Target::Shard => random.millis(300..=2500),
            Target::Server | Target::Connections => random.millis(1000..=4000),
            Target::Process(_) => random.millis(1500..=6000),
        };
        let lasting = match kind {
            Kind::Cut | Kind::Flush | Kind::ScriptFlush | Kind::Kill | Kind::Failover => {
                Duration::ZERO
            }
            // Longer than a lease and than the patience with an unanswered command.
            Kind::Pause => random.millis(250..=1200),
            Kind::KillServer => random.millis(0..=600),
            // With and without a replica that takes over.
            Kind::StopServer if self.target == Target::Shard => random.millis(100..=3500),
            _ => random.millis(40..=900),
        };
        let degree = random.within(1..=120);
        Some(Fault {
            after,
            kind,
            lasting,
            degree,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_replays_and_keeps_to_its_target() {
        let faults = |target| -> Vec<_> { Schedule::new(3, target, Kind::ALL).take(50).collect() };
        assert_eq!(faults(Target::Network(1)), faults(Target::Network(1)));
        assert_ne!(faults(Target::Network(1)), faults(Target::Network(2)));
        let kills = |process| {
            let mut faults = faults(Target::Process(process)).into_iter();
            faults.any(|fault| fault.kind == Kind::Kill)
        };
        assert!(kills(1) && !kills(0));
        assert_eq!(Schedule::new(3, Target::Server, &[Kind::Cut]).next(), None);
    }
}
