//! A structure in the catalogue.

use core::panic::Location;
use core::time::Duration;

use super::handle::Handle;
use crate::catalogue::{self, Attribute, Structure};

impl Handle {
    /// `of` is the name of the type of what is in it.
    pub(super) fn listed(
        &self,
        kind: Attribute,
        of: Option<&'static str>,
        at: &'static Location<'static>,
    ) {
        catalogue::structure_made(self.structure(kind, of, at), self.lasts());
    }

    /// It is about to be given another life.
    pub(super) fn delisted(
        &self,
        kind: Attribute,
        of: Option<&'static str>,
        at: &'static Location<'static>,
    ) {
        catalogue::left(self.structure(kind, of, at), self.lasts());
    }

    fn structure(
        &self,
        kind: Attribute,
        of: Option<&'static str>,
        at: &'static Location<'static>,
    ) -> Structure {
        Structure {
            kind,
            template: self.key.template(),
            of,
            at,
        }
    }

    fn lasts(&self) -> Duration {
        let millis = self.life.millis();
        millis.map_or(Duration::MAX, Duration::from_millis)
    }
}
