//! What became of the members of tags.

use crate::error::Error;

/// What the invalidation of tags came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Swept {
    /// How many entries there were.
    pub(super) deleted: u64,
    /// Of how many members too few replicas have confirmed that they are gone.
    pub(super) unconfirmed: u64,
}

impl Swept {
    pub(super) fn add(&mut self, other: Self) {
        self.deleted += other.deleted;
        self.unconfirmed += other.unconfirmed;
    }

    /// What it is to its caller.
    ///
    /// # Errors
    /// [`Unconfirmed`](crate::ErrorKind::Unconfirmed).
    pub(crate) fn all_gone(self) -> Result<(), Error> {
        if self.unconfirmed > 0 {
            return Err(Error::unconfirmed());
        }
        Ok(())
    }
}
