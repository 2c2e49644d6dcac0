//! The command line.

use std::ops::RangeInclusive;

pub(crate) const USAGE: &str = "\
load [URL] [--NAME VALUE]…

URL           memory:// (default), redis://…, redis-cluster://… and whatever else `Cache::connect` takes
--seconds     how long (10; 1 to 86400)
--processes   how many processes make calls (1; 1 to 1000); with memory:// each would have a cache of its own, so only 1
--tasks       callers in each process (64; 1 to 100000)
--connections of each process to each server (1; 1 to 64)
--keys        how many keys there are (10000; 1 to 10000000)
--skew        Zipf's exponent: 0 draws all keys equally often, 1 as words occur in a text (1; 0 to 3)
--writes      calls that write, in percent (5; 0 to 100)
--value       bytes of a value (300; 0 to 1000000)
--source      how long the source takes, in milliseconds (1; 0 to 60000)
--seed        draws other keys (1)";

/// What a run is made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Arguments {
    pub(crate) url: String,
    pub(crate) seconds: u64,
    pub(crate) processes: u64,
    pub(crate) tasks: u64,
    pub(crate) connections: u64,
    pub(crate) keys: u64,
    pub(crate) skew: f64,
    pub(crate) writes: u64,
    pub(crate) value: u64,
    pub(crate) source: u64,
    pub(crate) seed: u64,
}

impl Arguments {
    /// # Errors
    /// Says what cannot be used, and what could.
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        let mut arguments = Self {
            url: "memory://".to_owned(),
            seconds: 10,
            processes: 1,
            tasks: 64,
            connections: 1,
            keys: 10_000,
            skew: 1.0,
            writes: 5,
            value: 300,
            source: 1,
            seed: 1,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word.starts_with("--") {
                let value = words.next().ok_or(format!("`{word}` needs a value"))?;
                arguments.set(word, value)?;
            } else if word.contains("://") {
                arguments.url.clone_from(word);
            } else {
                return Err(format!(
                    "`{word}` is neither a URL nor the name of an argument"
                ));
            }
        }
        if arguments.processes > 1 && arguments.url.starts_with("memory:") {
            let processes = arguments.processes;
            return Err(format!(
                "memory:// is a cache in one process: `--processes {processes}` needs the URL of a server"
            ));
        }
        Ok(arguments)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let place = match name {
            "--skew" => {
                self.skew = value
                    .parse()
                    .ok()
                    .filter(|skew| (0.0..=3.0).contains(skew))
                    .ok_or(format!("`--skew {value}`: a number from 0 to 3"))?;
                return Ok(());
            }
            "--seconds" => (&mut self.seconds, 1..=86_400),
            "--processes" => (&mut self.processes, 1..=1000),
            "--tasks" => (&mut self.tasks, 1..=100_000),
            "--connections" => (&mut self.connections, 1..=64),
            "--keys" => (&mut self.keys, 1..=10_000_000),
            "--writes" => (&mut self.writes, 0..=100),
            "--value" => (&mut self.value, 0..=1_000_000),
            "--source" => (&mut self.source, 0..=60_000),
            "--seed" => (&mut self.seed, 0..=u64::MAX),
            _ => return Err(format!("there is no argument `{name}`")),
        };
        let (number, limits): (_, RangeInclusive<u64>) = place;
        let parsed = value.parse().ok().filter(|value| limits.contains(value));
        let (least, most) = limits.into_inner();
        *number = parsed.ok_or(format!(
            "`{name} {value}`: a whole number from {least} to {most}"
        ))?;
        Ok(())
    }

    /// The URL without whatever may be secret in it.
    pub(crate) fn store(&self) -> &str {
        self.url.split_once("://").map_or("", |(scheme, _)| scheme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        Arguments::parse(&words)
    }

    #[test]
    fn a_line_with_some_arguments_leaves_the_others_as_they_are() {
        let parsed = parse("redis://u:secret@host --keys 7 --skew 0.5 --processes 3").unwrap();
        assert_eq!((parsed.keys, parsed.skew, parsed.processes), (7, 0.5, 3));
        assert_eq!((parsed.tasks, parsed.store()), (64, "redis"));
    }

    #[test]
    fn what_cannot_be_used_is_named_with_its_limits() {
        let refused = |line, why: &str| {
            let said = parse(line).unwrap_err();
            assert!(said.contains(why), "{said}");
        };
        refused("--keys 0", "from 1 to 10000000");
        refused("--keys many", "`--keys many`");
        refused("--writes", "needs a value");
        refused("--speed 9", "no argument `--speed`");
        refused("localhost", "neither a URL");
        refused("--skew 9", "from 0 to 3");
        refused("--processes 2", "needs the URL of a server");
    }
}
