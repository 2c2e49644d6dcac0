//! One direction of one connection.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};

use super::weather::{Sky, Way, Weather};
use crate::random::Random;

/// Pieces that may be under way. A client with more unanswered than that waits, as with a full socket.
const QUEUE: usize = 1024;
const PIECE: usize = 16 * 1024;

pub(super) struct Pipe<'a> {
    pub(super) way: Way,
    pub(super) weather: Weather,
    /// Cuts before this connection's time.
    pub(super) cuts: u64,
    pub(super) random: Random,
    /// Ends the whole connection.
    pub(super) cut: &'a Notify,
}

struct Piece {
    wait: Option<Instant>,
    bytes: Vec<u8>,
    last: bool,
}

impl Pipe<'_> {
    /// Carries bytes until the sender has closed its end and all that is to arrive has.
    pub(super) async fn carry(self, from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let (pieces, mut queue) = mpsc::channel::<Piece>(QUEUE);
        let cut = self.cut;
        // Read ahead of the delays: what the sender has written is on its way even if the sender closes now.
        let taking = self.take(from, pieces);
        let giving = async move {
            while let Some(piece) = queue.recv().await {
                if let Some(due) = piece.wait {
                    sleep_until(due).await;
                }
                let given = to.write_all(&piece.bytes).await;
                if piece.last {
                    cut.notify_one();
                }
                if given.is_err() {
                    break;
                }
            }
            to
        };
        let (silent, mut to) = tokio::join!(taking, giving);
        if silent {
            // In a black hole nobody notices that the other end is gone. The half stays open until the connection ends.
            to.forget();
        } else {
            // Fails if the receiver has closed already.
            let _ = to.shutdown().await;
        }
    }

    /// Says whether bytes were lost on the way.
    async fn take(mut self, mut from: OwnedReadHalf, pieces: mpsc::Sender<Piece>) -> bool {
        let mut silent = false;
        let mut bytes = Vec::with_capacity(PIECE);
        while let Ok(1..) = from.read_buf(&mut bytes).await {
            let sky = self.weather.sky(self.way);
            silent |= sky == Sky::Swallow;
            let cut = self.weather.cuts_since(self.cuts);
            if let Some(after) = cut {
                // After a hole nothing may arrive.
                bytes.truncate(if silent { 0 } else { after });
            }
            let piece = Piece {
                wait: self.due(sky),
                bytes: std::mem::replace(&mut bytes, Vec::with_capacity(PIECE)),
                last: cut.is_some(),
            };
            if (!silent || piece.last) && pieces.send(piece).await.is_err() {
                break;
            }
        }
        silent
    }

    fn due(&mut self, sky: Sky) -> Option<Instant> {
        let wait = match sky {
            Sky::Clear | Sky::Swallow => return None,
            Sky::Delay(most) => {
                let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX - 1);
                self.random.millis(0..=most)
            }
            Sky::Late(wait) => wait,
        };
        Some(Instant::now() + wait)
    }
}
