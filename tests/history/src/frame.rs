//! What workers and the referee say to each other: frames of one size over a unix socket.

use crate::call::{Numbered as _, Reading, Seen, Unseen, Way, Writing};

/// A frame's size in bytes.
pub(crate) const FRAME: usize = 88;

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Everybody works, and faults happen.
    Work,
    /// No faults and no writes: what is left of both has to be made good.
    Rest,
    /// Workers end.
    End,
}

impl Phase {
    pub(crate) fn numbered(number: u64) -> Self {
        match number {
            0 => Self::Work,
            1 => Self::Rest,
            _ => Self::End,
        }
    }
}

/// A read that ended in a value, for one of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReadEnd {
    pub(crate) key: u32,
    /// What the referee had answered before the read began, and when.
    pub(crate) floor: u64,
    pub(crate) began: u64,
    pub(crate) seen: Seen,
    pub(crate) reading: Reading,
    pub(crate) way: Way,
}

/// A write that returned, for one of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WriteEnd {
    pub(crate) key: u32,
    pub(crate) version: u64,
    pub(crate) writing: Writing,
    /// It returned. Otherwise its future was ended, or panicked, after the row had been written.
    pub(crate) ended: bool,
    /// The deletion is known to have been executed.
    pub(crate) executed: bool,
    /// So was it by a replica.
    pub(crate) replicated: bool,
}

/// What a worker's cache says about itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Beat {
    pub(crate) pending: u64,
    pub(crate) waiting: u64,
    pub(crate) fills: u64,
    pub(crate) rejected: u64,
    pub(crate) lost: u64,
    pub(crate) errors: u64,
    pub(crate) reloads: u64,
    /// Of these, the ones of `early`.
    pub(crate) early: u64,
    /// Reads that were served by what was past its life.
    pub(crate) stale: u64,
}

impl Beat {
    /// Behind the number that it is answered by.
    fn from_words(word: [u64; FRAME / 8 - 1]) -> Self {
        Self {
            pending: word[1],
            waiting: word[2],
            fills: word[3],
            rejected: word[4],
            lost: word[5],
            errors: word[6],
            reloads: word[7],
            early: word[8],
            stale: word[9],
        }
    }
}

/// What a worker says. Those with an `id` are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Hello {
        process: u64,
        incarnation: u64,
    },
    /// Asked before a read: what must it see at least?
    Floor {
        id: u64,
        key: u32,
    },
    /// `SELECT`.
    Load {
        id: u64,
        key: u32,
    },
    /// `UPDATE`, answered with the version written.
    Commit {
        id: u64,
        key: u32,
    },
    Beat {
        id: u64,
        beat: Beat,
    },
    ReadEnd(ReadEnd),
    WriteEnd(WriteEnd),
    /// A deletion that had failed has been executed since.
    MadeGood {
        key: u32,
        version: u64,
    },
    /// A read that ended without a value.
    Unseen(Unseen),
    /// A call did not end.
    Hung {
        key: u32,
        write: bool,
        kind: u64,
    },
}

/// The referee's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) id: u64,
    pub(crate) number: u64,
    /// The referee's clock, in milliseconds.
    pub(crate) now: u64,
}

type Words = [u64; FRAME / 8];

impl Said {
    fn words(self) -> Words {
        let read = |end: ReadEnd| {
            let (reading, way) = (end.reading.number(), end.way.number());
            padded([
                5,
                end.key.into(),
                end.floor,
                end.began,
                end.seen.number(),
                reading,
                way,
            ])
        };
        let write = |end: WriteEnd| {
            let (ended, executed) = (end.ended.into(), end.executed.into());
            let replicated = end.replicated.into();
            padded([
                6,
                end.key.into(),
                end.version,
                end.writing.number(),
                ended,
                executed,
                replicated,
            ])
        };
        let short = |tag, a, b| padded([tag, a, b]);
        match self {
            Self::Hello {
                process,
                incarnation,
            } => short(0, process, incarnation),
            Self::Floor { id, key } => short(1, id, key.into()),
            Self::Load { id, key } => short(2, id, key.into()),
            Self::Commit { id, key } => short(3, id, key.into()),
            Self::Beat { id, beat: b } => [
                4, id, b.pending, b.waiting, b.fills, b.rejected, b.lost, b.errors, b.reloads,
                b.early, b.stale,
            ],
            Self::ReadEnd(end) => read(end),
            Self::WriteEnd(end) => write(end),
            Self::MadeGood { key, version } => short(7, key.into(), version),
            Self::Unseen(unseen) => short(8, unseen.number(), 0),
            Self::Hung { key, write, kind } => padded([9, key.into(), write.into(), kind]),
        }
    }

    fn from_words(words: Words) -> Option<Self> {
        let [tag, word @ ..] = words;
        let key = |word: u64| u32::try_from(word).ok();
        Some(match tag {
            0 => Self::Hello {
                process: word[0],
                incarnation: word[1],
            },
            1 => Self::Floor {
                id: word[0],
                key: key(word[1])?,
            },
            2 => Self::Load {
                id: word[0],
                key: key(word[1])?,
            },
            3 => Self::Commit {
                id: word[0],
                key: key(word[1])?,
            },
            4 => Self::Beat {
                id: word[0],
                beat: Beat::from_words(word),
            },
            5 => Self::ReadEnd(ReadEnd {
                key: key(word[0])?,
                floor: word[1],
                began: word[2],
                seen: Seen::numbered(word[3]),
                reading: Reading::numbered(word[4])?,
                way: Way::numbered(word[5])?,
            }),
            6 => Self::WriteEnd(WriteEnd {
                key: key(word[0])?,
                version: word[1],
                writing: Writing::numbered(word[2])?,
                ended: word[3] != 0,
                executed: word[4] != 0,
                replicated: word[5] != 0,
            }),
            7 => Self::MadeGood {
                key: key(word[0])?,
                version: word[1],
            },
            8 => Self::Unseen(Unseen::numbered(word[0])?),
            9 => Self::Hung {
                key: key(word[0])?,
                write: word[1] != 0,
                kind: word[2],
            },
            _ => return None,
        })
    }

    pub(crate) fn write(self, to: &mut Vec<u8>) {
        write_words(self.words(), to);
    }

    pub(crate) fn read(frame: &[u8; FRAME]) -> Option<Self> {
        Self::from_words(read_words(frame))
    }
}

impl Answer {
    pub(crate) fn write(self, to: &mut Vec<u8>) {
        write_words(padded([self.id, self.number, self.now]), to);
    }

    pub(crate) fn read(frame: &[u8; FRAME]) -> Self {
        let [id, number, now, ..] = read_words(frame);
        Self { id, number, now }
    }
}

fn padded<const N: usize>(few: [u64; N]) -> Words {
    let mut words = Words::default();
    words[..N].copy_from_slice(&few);
    words
}

fn write_words(words: Words, to: &mut Vec<u8>) {
    to.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

fn read_words(frame: &[u8; FRAME]) -> Words {
    let mut words = Words::default();
    for (word, bytes) in words.iter_mut().zip(frame.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_heard() {
        let beat = Beat {
            pending: 1,
            waiting: 2,
            fills: 3,
            rejected: 4,
            lost: 5,
            errors: 6,
            reloads: 7,
            early: 8,
            stale: 9,
        };
        let (key, version) = (7, 8);
        let all = [
            Said::Hello {
                process: 1,
                incarnation: 2,
            },
            Said::Floor { id: 1, key },
            Said::Load { id: 2, key },
            Said::Commit { id: 3, key },
            Said::Beat { id: 4, beat },
            Said::ReadEnd(ReadEnd {
                key,
                floor: 3,
                began: 4,
                seen: Seen::Row(5),
                reading: Reading::Batch,
                way: Way::Joined,
            }),
            Said::WriteEnd(WriteEnd {
                key,
                version,
                writing: Writing::Always,
                ended: true,
                executed: true,
                replicated: true,
            }),
            Said::MadeGood { key, version },
            Said::Unseen(Unseen::Panicked),
            Said::Hung {
                key,
                write: true,
                kind: 3,
            },
        ];
        for said in all {
            let mut bytes = Vec::new();
            said.write(&mut bytes);
            let frame = bytes.first_chunk().expect("a whole frame");
            assert_eq!((Said::read(frame), bytes.len()), (Some(said), FRAME));
        }
    }
}
