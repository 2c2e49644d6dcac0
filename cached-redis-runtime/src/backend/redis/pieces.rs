//! Huge values, read in pieces.
//!
//! A server copies a value into its reply in one go: some 50 ms for 64 MiB, in which it answers nobody, on whatever
//! connection. A piece it copies in microseconds, and between two pieces everybody else has their turn.
//!
//! Pieces may be of different values, if somebody stores or deletes meanwhile. But what stands under a nonce stays the same, its
//! date aside, and no nonce comes twice: if the beginning of the first piece still stands there when the last one has been
//! read, all are of one value, and it was there all the while. Whatever else is found is read by one `GET`.

use std::collections::BTreeMap;

use redis::Value;

use super::error::timeout;
use super::route::Route;
use super::steps::RedisStore;
use super::together::join;
use crate::clock::{self, Sent};
use crate::codec::{Entry, LEASE, read};
use crate::error::Error;
use crate::size::Size;
use crate::store::{Look, Store as _};
use crate::sync::Mutex;

/// Bytes of a piece. Of pieces of half the size, 64 MiB took a third longer; of twice the size, the 99th percentile of small
/// hits beside them went from 1.5 to 2.4 times what it is alone (`cargo bench -p cached-redis-tests --bench large`).
const PIECE: usize = 64 << 10;

/// How many pieces are asked for before the first of them has come. One at a time, each would take a round trip more; of
/// those that reach the server together it copies one right after the other.
const AHEAD: usize = 2;

/// No string of a server has more bytes, unless it was set up to. One that goes on sending pieces fills no memory.
const LONGEST: usize = 512 << 20;

impl RedisStore {
    /// Reads a key whose value is thought to be huge, in one deadline.
    pub(super) async fn get_in_pieces(&self, key: &str) -> Result<Look, Error> {
        let (began, deadline) = (clock::now(), self.wire.deadline());
        let reading = async {
            match self.pieces(key).await? {
                Some(bytes) => Ok((!bytes.is_empty()).then_some(bytes)),
                None => Ok(self.get(key, Size::Large).await?.bytes),
            }
        };
        let bytes = clock::until(began + deadline, reading).await;
        Ok(Look {
            bytes: bytes.unwrap_or_else(|_| Err(timeout()))?,
            sent: Some(Sent {
                at: began,
                most: deadline,
            }),
            secondhand: false,
        })
    }

    /// What the key holds; nothing, if that is not an entry of ours, or not the same one all the while, or not to be had in
    /// this way.
    async fn pieces(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let route = self.wire.route_of(key, Size::Huge)?;
        let Some(first) = range(&route, key, 0, PIECE).await? else {
            return Ok(None);
        };
        if first.len() < PIECE {
            return Ok(Some(first));
        }
        if !matches!(read(&first), Entry::Value { .. }) {
            return Ok(None);
        }
        let beginning = first[..LEASE].to_vec();
        let rest = Mutex::new(Rest::after(first));
        let readers = (0..AHEAD).map(|_| async {
            loop {
                let Some(from) = rest.lock().next() else {
                    return Ok(());
                };
                let piece = range(&route, key, from, PIECE).await;
                rest.lock().came(from, piece)?;
            }
        });
        join(readers)
            .await
            .into_iter()
            .collect::<Result<(), Error>>()?;
        let Some(whole) = rest.lock().take() else {
            return Ok(None);
        };
        let now = range(&route, key, 0, LEASE).await?;
        Ok((now == Some(beginning)).then_some(whole))
    }
}

/// So many bytes of a value, or those that there are. Nothing, if the server will not say.
async fn range(
    route: &Route,
    key: &str,
    from: usize,
    len: usize,
) -> Result<Option<Vec<u8>>, Error> {
    let mut command = redis::cmd("GETRANGE");
    command.arg(key).arg(from).arg(from + len - 1);
    match route.send(&command).await? {
        Ok(Value::BulkString(bytes)) if bytes.len() <= len => Ok(Some(bytes)),
        // What it is, a redirect for one, shows by the `GET`.
        _ => Ok(None),
    }
}

/// Pieces as they come.
struct Rest {
    /// As far as there is no gap.
    whole: Vec<u8>,
    /// Behind a gap, by where they begin.
    early: BTreeMap<usize, Vec<u8>>,
    /// Where the next begins that nobody has asked for.
    next: usize,
    ended: bool,
    /// A piece could not be had.
    is_odd: bool,
}

impl Rest {
    fn after(first: Vec<u8>) -> Self {
        Self {
            next: first.len(),
            whole: first,
            early: BTreeMap::new(),
            ended: false,
            is_odd: false,
        }
    }

    /// Where the piece begins that is to be asked for.
    fn next(&mut self) -> Option<usize> {
        let from = self.next;
        self.next += PIECE;
        (!self.ended).then_some(from)
    }

    /// # Errors
    /// That of the piece.
    fn came(&mut self, from: usize, piece: Result<Option<Vec<u8>>, Error>) -> Result<(), Error> {
        let Ok(Some(piece)) = piece else {
            self.ended = true;
            self.is_odd = true;
            return piece.map(drop);
        };
        if piece.len() < PIECE {
            self.ended = true;
        }
        if !piece.is_empty() {
            self.early.insert(from, piece);
        }
        while let Some(piece) = self.early.remove(&self.whole.len()) {
            self.whole.extend_from_slice(&piece);
        }
        if from >= LONGEST {
            self.ended = true;
            self.is_odd = true;
        }
        Ok(())
    }

    fn take(&mut self) -> Option<Vec<u8>> {
        (!self.is_odd).then(|| core::mem::take(&mut self.whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_in_any_order_and_are_put_in_theirs() {
        let mut rest = Rest::after(vec![0; PIECE]);
        let (second, third) = (rest.next().unwrap(), rest.next().unwrap());
        rest.came(third, Ok(Some(vec![2; 3]))).unwrap();
        assert_eq!(rest.next(), None);
        rest.came(second, Ok(Some(vec![1; PIECE]))).unwrap();
        let whole = [vec![0; PIECE], vec![1; PIECE], vec![2; 3]].concat();
        assert!(rest.take() == Some(whole));
    }

    #[test]
    fn who_never_stops_sending_pieces_is_not_believed() {
        let mut rest = Rest::after(vec![0; PIECE]);
        rest.next = LONGEST;
        let from = rest.next().unwrap();
        rest.came(from, Ok(Some(vec![0; PIECE]))).unwrap();
        assert_eq!((rest.next(), rest.take()), (None, None));
    }
}
