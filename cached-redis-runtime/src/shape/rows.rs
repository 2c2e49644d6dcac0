//! What a batch read returns: values with the ids they belong to.

use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::marker::PhantomData;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::leaf::{Leaf, StoredLeaf};
use super::probe::{PlainKind, ResultKind};

/// A collection that says which value belongs to which id.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which value belongs to which id",
    label = "returned by a function with `each`",
    note = "return `HashMap<Id, T>`, `BTreeMap<Id, T>` or `Vec<(Id, T)>`, or one of them in a `Result`"
)]
pub trait Rows: Sized {
    /// An id, of the same type as those asked for.
    type Id;
    /// A value.
    type Held;

    /// Calls `each` with the place of every id in `ids` and what there is for it.
    fn look_up<'r>(&'r self, ids: &[&Self::Id], each: &mut dyn FnMut(usize, Row<'r, Self::Held>));

    /// These rows alone, in the order of the ids.
    fn of(found: Vec<(Self::Id, Self::Held)>) -> Self;

    /// These rows and the ones already here. `order` holds all ids in the order asked.
    #[must_use]
    fn merge(self, found: Vec<(Self::Id, Self::Held)>, order: &[Self::Id]) -> Self;
}

/// Rows with the ids that were asked for.
#[diagnostic::on_unimplemented(
    message = "the rows of `{Self}` have other ids than the `{Id}` of `each`",
    label = "its ids are not `{Id}`",
    note = "return `HashMap<{Id}, T>`, `BTreeMap<{Id}, T>` or `Vec<({Id}, T)>`, or take ids of the rows' type"
)]
pub trait RowsOf<Id>: Rows<Id = Id> {}

#[diagnostic::do_not_recommend]
impl<Id, R: Rows<Id = Id>> RowsOf<Id> for R {}

/// What a load brought for one id.
#[derive(Debug)]
pub enum Row<'r, H> {
    /// Nothing.
    None,
    /// This.
    One(&'r H),
    /// More than one, so there is no one value to store.
    Several,
}

/// One row per id, by lookup.
macro_rules! maps {
    ($($ty:ty [$($param:ident $(: $bound:path $(, $more:path)*)?);+])*) => {$(
        impl<$($param $(: $bound $(+ $more)*)?),+> Rows for $ty {
            type Id = K;
            type Held = V;

            fn look_up<'r>(&'r self, ids: &[&K], each: &mut dyn FnMut(usize, Row<'r, V>)) {
                for (place, id) in ids.iter().enumerate() {
                    each(place, self.get(*id).map_or(Row::None, Row::One));
                }
            }

            fn of(found: Vec<(K, V)>) -> Self {
                found.into_iter().collect()
            }

            fn merge(mut self, found: Vec<(K, V)>, _order: &[K]) -> Self {
                self.extend(found);
                self
            }
        }
    )*};
}

maps! {
    HashMap<K, V, S> [K: Eq, Hash; V; S: BuildHasher, Default]
    BTreeMap<K, V> [K: Ord; V]
}

impl<K: Eq + Hash, V> Rows for Vec<(K, V)> {
    type Id = K;
    type Held = V;

    fn look_up<'r>(&'r self, ids: &[&K], each: &mut dyn FnMut(usize, Row<'r, V>)) {
        let mut rows: HashMap<&K, Row<'r, V>> = HashMap::with_capacity(self.len());
        for (id, held) in self {
            match rows.entry(id) {
                Entry::Vacant(entry) => {
                    entry.insert(Row::One(held));
                }
                Entry::Occupied(mut entry) => {
                    entry.insert(Row::Several);
                }
            }
        }
        for (place, id) in ids.iter().enumerate() {
            each(
                place,
                match rows.get(id) {
                    None => Row::None,
                    Some(Row::One(held)) => Row::One(held),
                    Some(_) => Row::Several,
                },
            );
        }
    }

    fn of(found: Self) -> Self {
        found
    }

    /// As a body would that goes through the ids one by one. Rows for ids that nobody asked for come last.
    fn merge(mut self, found: Self, order: &[K]) -> Self {
        self.extend(found);
        let ranks = order.iter().enumerate().map(|(rank, id)| (id, rank));
        let ranks: HashMap<&K, usize> = ranks.collect();
        self.sort_by_key(|(id, _)| ranks.get(id).copied().unwrap_or(usize::MAX));
        self
    }
}

/// What may be around the rows.
#[diagnostic::on_unimplemented(
    message = "a function with `each` returns its rows, or a `Result` of them",
    label = "returned by a function with `each`",
    note = "return `HashMap<Id, T>` or `Result<HashMap<Id, T>, E>`; where nothing was found, no row is there"
)]
pub trait Around {
    /// The return type around rows of type `C`.
    type Output<C>;

    /// The rows, unless the load failed.
    fn rows<C>(output: &Self::Output<C>) -> Option<&C>;

    /// Changes the rows, if there are any.
    fn map<C>(output: Self::Output<C>, change: impl FnOnce(C) -> C) -> Self::Output<C>;

    /// Rows as the function returns them.
    fn wrap<C>(rows: C) -> Self::Output<C>;

    /// What is inside, or the failure as that of another load.
    ///
    /// # Errors
    /// The load's own.
    fn open<C, D>(output: Self::Output<C>) -> Result<C, Self::Output<D>>;
}

#[diagnostic::do_not_recommend]
impl Around for PlainKind {
    type Output<C> = C;

    fn rows<C>(output: &C) -> Option<&C> {
        Some(output)
    }

    fn map<C>(output: C, change: impl FnOnce(C) -> C) -> C {
        change(output)
    }

    fn wrap<C>(rows: C) -> C {
        rows
    }

    fn open<C, D>(output: C) -> Result<C, D> {
        Ok(output)
    }
}

#[diagnostic::do_not_recommend]
impl<E> Around for ResultKind<E> {
    type Output<C> = Result<C, E>;

    fn rows<C>(output: &Result<C, E>) -> Option<&C> {
        output.as_ref().ok()
    }

    fn map<C>(output: Result<C, E>, change: impl FnOnce(C) -> C) -> Result<C, E> {
        output.map(change)
    }

    fn wrap<C>(rows: C) -> Result<C, E> {
        Ok(rows)
    }

    fn open<C, D>(output: Result<C, E>) -> Result<C, Result<D, E>> {
        output.map_err(Err)
    }
}

/// The return type of a batch read, taken apart: `A` around rows `C` of leaves `L`.
pub struct Batched<A, C, L>(PhantomData<fn() -> A>, PhantomData<fn() -> (C, L)>);

impl<A, C, L> Batched<A, C, L> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData, PhantomData)
    }
}

impl<A, C, L> Clone for Batched<A, C, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, C, L> Copy for Batched<A, C, L> {}

impl<A, C, L> fmt::Debug for Batched<A, C, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Batched")
    }
}

/// A return type whose rows can be stored one by one.
pub trait BatchShape: Copy {
    /// What is around the rows.
    type Around: Around;
    /// The rows.
    type Rows: Rows<Held = <Self::Leaf as Leaf>::Held>;
    /// How each value is held.
    type Leaf: StoredLeaf;
}

impl<A: Around, C: Rows<Held = L::Held>, L: StoredLeaf> BatchShape for Batched<A, C, L> {
    type Around = A;
    type Rows = C;
    type Leaf = L;
}

/// The function's return type.
pub type Output<S> = <<S as BatchShape>::Around as Around>::Output<<S as BatchShape>::Rows>;
/// What is stored for one id.
pub type Value<S> = <<S as BatchShape>::Leaf as Leaf>::Value;
