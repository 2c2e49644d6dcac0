//! A change of the source, and of the structure with it.

use core::fmt;
use core::time::Duration;

use super::super::Engine;
use super::super::patience::{Left, Patience};
use super::Place;
use crate::codec::Nonce;
use crate::error::{Error, ErrorKind};
use crate::observe::Count;
use crate::store::{Pushing, Ranking};
use crate::ttl::Life;

/// Somebody who has begun to write.
#[derive(Debug)]
pub(crate) struct Writer {
    begun: Result<(Nonce, Option<Nonce>), Error>,
    left: Left,
}

impl Writer {
    /// Nothing of ours is there, so there is nothing to delete.
    fn leaves_alone(&self) -> bool {
        self.begun.as_ref().is_err_and(is_left_alone)
    }
}

/// What has changed in the source.
pub(crate) enum Change {
    /// The member has this score, or is not ranked any more.
    Score(Option<f64>),
    /// There is a newer item. `None`: it cannot be written.
    Item {
        item: Option<Vec<u8>>,
        /// Format, flags and fingerprint of the list.
        kind: [u8; 10],
        cap: u64,
    },
}

/// A write that has begun and not ended: the structure is lost if it never does, since nobody knows what the source holds.
pub(crate) struct Unfinished<'a> {
    engine: &'a Engine,
    place: Option<&'a Place>,
}

impl Unfinished<'_> {
    pub(crate) fn done(mut self) {
        self.place = None;
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.engine.lose_place(place);
        }
    }
}

impl fmt::Debug for Unfinished<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unfinished").finish_non_exhaustive()
    }
}

impl Engine {
    /// Of a writer, or of somebody who only deletes.
    pub(crate) fn unfinished<'a>(
        &'a self,
        place: &'a Place,
        writer: Option<&Writer>,
    ) -> Unfinished<'a> {
        let place = (!writer.is_some_and(Writer::leaves_alone)).then_some(place);
        Unfinished {
            engine: self,
            place,
        }
    }

    /// Before the source changes: of a ranking, this member. Must be called in a runtime.
    ///
    /// # Cancel safety
    /// What may have begun ends with a lease.
    pub(crate) async fn begin_write(&self, place: &Place, member: Option<&str>) -> Writer {
        let patience = self.patience();
        let Some(names) = place.names() else {
            let message = "the key is empty or has a brace that is no hash tag, so nothing can stand beside it in its slot";
            return Writer {
                begun: Err(Error::new(ErrorKind::Setting, message)),
                left: patience.left(),
            };
        };
        let (token, lease) = (Nonce::fresh(), self.settings.lease);
        let begun = self.structures().begin(names, token, member, lease);
        let begun = self.hear(place, &patience, begun).await;
        Writer {
            begun: begun.map(|seen| (token, seen)),
            left: patience.left(),
        }
    }

    /// After the source has refused the change.
    pub(crate) async fn withdraw_write(
        &self,
        place: &Place,
        writer: Writer,
        member: Option<&str>,
        life: Life,
    ) {
        let (Ok((token, _)), Some(names)) = (writer.begun, place.names()) else {
            return;
        };
        let patience = Patience::with(&self.settings, writer.left);
        let store = self.structures();
        // Unanswered, it ends with its lease.
        let withdrawn = store.withdraw(names, token, member, life.millis());
        let _ = self.hear(place, &patience, withdrawn).await;
    }

    /// After the source has changed: afterwards the structure has the change, or is gone.
    ///
    /// # Errors
    /// When neither could be done: it is bypassed, and deleted later. A key of another type is left alone.
    pub(crate) async fn end_write(
        &self,
        place: &Place,
        writer: Writer,
        (member, change): (Option<&str>, Change),
        life: Life,
    ) -> Result<(), Error> {
        let patience = Patience::with(&self.settings, writer.left);
        let (token, seen) = match writer.begun {
            Ok(begun) => begun,
            Err(error) if is_left_alone(&error) => return Err(error),
            // It may hold what the source had before.
            Err(_) => return self.delete_written(place, patience).await,
        };
        let Some(names) = place.names() else {
            return Ok(());
        };
        let redis = self.structures();
        let ended = match change {
            Change::Score(score) => {
                let member = member.unwrap_or_default();
                let change = Ranking { member, score };
                let ended = redis.rank(names, token, change, life.millis());
                self.hear(place, &patience, ended).await
            }
            Change::Item {
                item: Some(item),
                kind,
                cap,
            } => {
                let change = Pushing {
                    seen,
                    kind: &kind,
                    item: &item,
                    cap,
                };
                let ended = redis.push(names, token, change, life.millis());
                self.hear(place, &patience, ended).await
            }
            Change::Item { item: None, .. } => {
                place.count(Count::Unstored);
                return self.delete_written(place, patience).await;
            }
        };
        match ended {
            Ok(true) => place.count(Count::Change),
            Ok(false) => {
                place.count(Count::FillRejected);
                // It is gone already, but replicas that are waited for have to say that they know.
                if self.settings.confirmation > Duration::ZERO {
                    return self.delete_written(place, patience).await;
                }
            }
            Err(error) if is_left_alone(&error) => return Err(error),
            Err(error) => {
                self.lose_place(place);
                return Err(error);
            }
        }
        Ok(())
    }

    /// What the source has now is not there, so nothing may be: on the replicas neither, if they are waited for.
    async fn delete_written(&self, place: &Place, patience: Patience) -> Result<(), Error> {
        let patience = patience.longer(self.settings.confirmation);
        self.delete_place(place, &patience).await
    }
}

/// Errors after which there is nothing to delete.
fn is_left_alone(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::WrongType | ErrorKind::Setting)
}
