//! What the program is told on its command line.

use std::fmt;

use crate::faults::Kind;

pub(crate) const USAGE: &str = "\
history [--seconds 60] [--seed 1] [--processes 3] [--readers 8] [--writers 2] [--keys 50]
        [--faults all|none|NAME,NAME] [--cluster] [--wait] [--guarded] [--naive]

Readers and writers (so many per process) on a real redis-server; exit code 1 if a read saw a value that is older than
a write which had been invalidated before the read began, if a call hangs or a worker dies by itself.

--cluster on three primaries and their replicas, which are killed, stopped and replaced while slots move between them; a
          read of what a failover had brought back is counted by itself, and is no violation
--wait    with --cluster: deletions wait for the replica (`wait_for_replicas`), and a read of what a failover had brought back
          is a violation if the replica had confirmed the deletion, or if no primary was killed or stopped
--guarded every write has `before`, and the only faults are killed processes: a write that was killed between its
          commit and its return must be seen after the lease as well
--naive   the usual GET, load, SET, DEL instead of cached-redis: it must be found wrong";

/// With fewer keys the next write of the same key hides what the killed one has left.
const ENOUGH_KEYS: u32 = 100;

/// What a run is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches of a command line that have nothing to do with each other"
)]
pub(crate) struct Arguments {
    pub(crate) seconds: u64,
    pub(crate) seed: u64,
    pub(crate) processes: usize,
    pub(crate) readers: u64,
    pub(crate) writers: u64,
    pub(crate) keys: u32,
    pub(crate) faults: Vec<Kind>,
    /// On six nodes.
    pub(crate) cluster: bool,
    /// For replicas.
    pub(crate) wait: bool,
    /// Only writes with `before`, only killed processes.
    pub(crate) guarded: bool,
    pub(crate) naive: bool,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            seconds: 60,
            seed: 1,
            processes: 3,
            readers: 8,
            writers: 2,
            keys: 50,
            faults: Kind::ALL.to_vec(),
            cluster: false,
            wait: false,
            guarded: false,
            naive: false,
        }
    }
}

/// As the command line that repeats the run.
impl fmt::Display for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seconds,
            seed,
            processes,
            readers,
            writers,
            keys,
            faults,
            cluster,
            wait,
            guarded,
            naive,
        } = self;
        let names: Vec<_> = faults.iter().map(|kind| kind.text()).collect();
        let faults = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(",")
        };
        write!(
            f,
            "history --seconds {seconds} --seed {seed} --processes {processes} --readers {readers} \
             --writers {writers} --keys {keys} --faults {faults}"
        )?;
        if *cluster {
            f.write_str(" --cluster")?;
        }
        if *wait {
            f.write_str(" --wait")?;
        }
        if *guarded {
            f.write_str(" --guarded")?;
        }
        if *naive {
            f.write_str(" --naive")
        } else {
            Ok(())
        }
    }
}

impl Arguments {
    /// # Errors
    /// Says what cannot be understood.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self::default();
        while let Some(name) = words.next() {
            match name.as_str() {
                "--naive" => arguments.naive = true,
                "--cluster" => arguments.cluster = true,
                "--wait" => arguments.wait = true,
                "--guarded" => arguments.guarded = true,
                name => arguments.set(name, &words.next().unwrap_or_default())?,
            }
        }
        if arguments.guarded {
            arguments.faults = vec![Kind::Kill];
            arguments.keys = arguments.keys.max(ENOUGH_KEYS);
        }
        if arguments.processes == 0 || arguments.keys == 0 {
            return Err("there must be a process and a key".to_owned());
        }
        if arguments.wait && !arguments.cluster {
            return Err("`--wait` waits for replicas, which only `--cluster` has".to_owned());
        }
        if arguments.naive && arguments.cluster {
            return Err("`--naive` knows no cluster".to_owned());
        }
        Ok(arguments)
    }

    /// Whether each primary hands over what it knows before it is replaced.
    pub(crate) fn is_orderly(&self) -> bool {
        let cruel = [Kind::KillPrimary, Kind::StopServer];
        !self.faults.iter().any(|kind| cruel.contains(kind))
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let wrong = |what: &str| format!("`{name} {value}`: {what}");
        if name == "--faults" {
            self.faults = faults(value).ok_or_else(|| wrong(&known()))?;
            return Ok(());
        }
        let number: u32 = value.parse().map_err(|_| wrong("not a number"))?;
        match name {
            "--seconds" => self.seconds = number.into(),
            "--seed" => self.seed = number.into(),
            "--processes" => self.processes = number as usize,
            "--readers" => self.readers = number.into(),
            "--writers" => self.writers = number.into(),
            "--keys" => self.keys = number,
            _ => return Err(wrong("no such argument")),
        }
        Ok(())
    }
}

fn faults(names: &str) -> Option<Vec<Kind>> {
    match names {
        "all" => Some(Kind::ALL.to_vec()),
        "none" => Some(Vec::new()),
        names => names.split(',').map(named).collect(),
    }
}

fn named(name: &str) -> Option<Kind> {
    Kind::ALL.iter().copied().find(|kind| kind.text() == name)
}

fn known() -> String {
    let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.text()).collect();
    format!("faults are {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_in_any_order() {
        let parsed = parse("--seed 7 --cluster --wait --faults cut,kill --keys 5").unwrap();
        let expected = Arguments {
            seed: 7,
            cluster: true,
            wait: true,
            faults: vec![Kind::Cut, Kind::Kill],
            keys: 5,
            ..Arguments::default()
        };
        assert_eq!(parsed, expected);
        let line = parsed.to_string();
        assert_eq!(parse(line.trim_start_matches("history ")), Ok(expected));
        assert_eq!(parse("--faults none").unwrap().faults, []);
        assert_eq!(parse("--guarded").unwrap().faults, [Kind::Kill]);
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        assert!(parse("--faults rain").unwrap_err().contains("blackhole"));
        assert!(parse("--seconds").unwrap_err().contains("not a number"));
        assert!(parse("--speed 3").unwrap_err().contains("no such argument"));
        assert!(parse("--keys 0").is_err());
        assert!(parse("--naive --cluster").is_err());
        assert!(parse("--wait").is_err());
    }
}
