//! What is annotated in this program: which keys there are, who reads them and who clears them.
//!
//! The linker collects one description per annotated function, also of functions that nobody calls, in every crate
//! that the program is linked with. Nothing runs before `main` and nothing on a call. The feature `catalogue` turns it
//! on; as a dependency of tests only, it leaves the service as it is:
//!
//! ```toml
//! [dev-dependencies]
//! cached-redis-runtime = { version = "0.1", features = ["catalogue"] }
//! ```
//!
//! A crate that is a dependency and that nothing in the program names is not linked; `use its_name as _;` links it.
//! The platform must be Linux, Android, macOS, iOS, tvOS, Windows, FreeBSD, OpenBSD, illumos or Fuchsia: elsewhere the
//! feature does not compile. In a crate that forbids `clippy::pedantic`, and does not only deny it, clippy rejects what the
//! linker's list needs beside each function; rustc does not mind. `clippy::unsafe_derive_deserialize`, one of the pedantic
//! lints, is drawn by an annotated method of a type that derives `Deserialize`.

mod check;
mod entry;
mod made;
mod pattern;
mod registration;
mod structures;
mod table;
mod tags;
pub(crate) mod written;

pub use check::{CatalogueError, CatalogueErrors};
pub use entry::Entry;
pub(crate) use made::{Loader, enter, leave};
pub use registration::Attribute;
#[doc(hidden)]
pub use registration::{CACHED_REDIS_FUNCTIONS, Registration};
pub(crate) use structures::{Structure, left, made as structure_made};

use serde::{Serialize, Serializer};

/// The annotated functions of this program, of all crates that are linked into it, and each
/// [`ReadThrough`](crate::ReadThrough) and each of the [`structures`](crate::structures) that were made so far.
///
/// No linker finds the latter two: a test that asks for them makes first what the program makes when it starts, if only on a
/// `memory://` cache.
///
/// # Examples
///
/// One line among a project's tests:
///
/// ```standalone_crate
/// # use cached_redis_runtime::{cache_aside, cache_invalidate};
/// # #[cache_aside(key = "user:<id>", ttl = "10m")]
/// # async fn find(id: u64) -> Option<String> { (id < 9).then(|| id.to_string()) }
/// # #[cache_invalidate(key = "user:<id>")]
/// # async fn rename(id: u64) { let _ = id; }
/// // #[test] fn every_key_is_sound() {
/// cached_redis_runtime::catalogue().check().unwrap();
/// // }
/// ```
///
/// And a table for people, or JSON for a program, since [`Catalogue`] is `Display` and `Serialize`:
///
/// ```
/// println!("{}", cached_redis_runtime::catalogue());
/// ```
#[must_use]
pub fn catalogue() -> Catalogue {
    let functions = CACHED_REDIS_FUNCTIONS.iter();
    let made = made::all().into_iter().chain(structures::all());
    functions.chain(made).map(Entry::new).collect()
}

/// A list of annotated functions, ordered by their paths.
///
/// `Display` prints a table with one line per function and key, or tag. `Serialize` writes a list of [`Entry`]s in an
/// order that depends on nothing but their contents.
#[derive(Clone, Debug)]
pub struct Catalogue {
    entries: Vec<Entry>,
}

impl Catalogue {
    /// The entries, by path, then by place.
    pub fn iter(&self) -> core::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// Keeps the entries for which `keep` is true, for instance those of one crate, or all but one that is as it is for
    /// a reason.
    ///
    /// # Examples
    /// ```
    /// # use cached_redis_runtime::catalogue;
    /// catalogue()
    ///     .filter(|entry| entry.path().starts_with("shop::"))
    ///     .check()
    ///     .unwrap();
    /// ```
    #[must_use]
    pub fn filter(mut self, keep: impl FnMut(&Entry) -> bool) -> Self {
        self.entries.retain(keep);
        self
    }

    /// Looks for what cannot be seen in one function alone.
    ///
    /// Placeholders match whatever they are called: `"user:<id>"` and `"user:<user.id>"` are one template.
    ///
    /// # Errors
    /// - An invalidation that clears no key that an annotated function reads, or is for a tag that no entry has.
    /// - One template, read as two value types, in two formats or in two versions. Types are compared as they are
    ///   written, by their last names, behind `Result`, `Option` and `Arc`; where these do not tell (`Self`, `T`, an
    ///   alias for a `Result`), nothing is said.
    /// - One template, read with different tags: an entry has those of the function that made it.
    /// - Two templates of readers that could write the same key: `"user:<name>"` and `"user:all"`. That a parameter
    ///   is an integer is seen if its type is written as one.
    ///
    /// A [`ReadThrough`](crate::ReadThrough) counts as a reader by the installed cache, once it has been made: see [`catalogue`]. So does
    /// one of the [`structures`](crate::structures); that a value of its key is an integer is not known, so it is not among the
    /// templates that could write the same key.
    ///
    /// Entries of readers with a `cache = …` of their own are compared only with others in the same module that are given
    /// the same expression: other caches, other entries.
    pub fn check(&self) -> Result<(), CatalogueErrors> {
        check::check(&self.entries)
    }
}

impl FromIterator<Entry> for Catalogue {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        // The linker's order is whatever it is.
        entries.sort_unstable_by_key(|entry| {
            (
                entry.path(),
                entry.line(),
                entry.attribute(),
                entry.templates(),
                entry.tags(),
            )
        });
        Self { entries }
    }
}

impl IntoIterator for Catalogue {
    type Item = Entry;
    type IntoIter = std::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a> IntoIterator for &'a Catalogue {
    type Item = &'a Entry;
    type IntoIter = core::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for Catalogue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

#[cfg(test)]
mod tests;
