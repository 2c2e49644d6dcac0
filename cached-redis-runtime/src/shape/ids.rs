//! The parameter that a batch read takes its keys from: whole, or only what is missing.

use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::mem;
use std::collections::{BTreeSet, HashSet};

/// A collection of ids that a function's body can be given in part.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be loaded in part",
    label = "named by `each`",
    note = "the body is called with only the ids that are not cached: take `&[Id]`, `Vec<Id>`, `&Vec<Id>`, or a `HashSet` or `BTreeSet`, owned or by reference"
)]
pub trait Ids: Sized {
    /// One id.
    type Id: Clone + PartialEq;
    /// A `C` of this and nothing else. Of a type that is no `Ids` it is unknown to rustc, which then has one error to
    /// show and not one for each use.
    type Call<C>;
    /// Some of the ids.
    type Some;
    /// The parameter again, as the body sees it.
    type View<'v>
    where
        Self: 'v,
        Self::Some: 'v;

    /// The same.
    fn call<C>(call: C) -> Self::Call<C>;
    /// The ids in their order.
    fn ids(&self) -> impl Iterator<Item = &Self::Id>;
    /// A collection of these ids.
    fn some(ids: Vec<Self::Id>) -> Self::Some;
    /// All of them as the body sees them.
    fn whole(&mut self) -> Self::View<'_>;
    /// Some of them as the body sees them.
    fn part<'v>(some: &'v mut Self::Some) -> Self::View<'v>
    where
        Self: 'v;
}

/// What the body gets.
pub struct Asked<P: Ids>(What<P>);

enum What<P: Ids> {
    All(P),
    Some(P::Some),
}

impl<P: Ids> Asked<P> {
    pub(crate) fn all(ids: P) -> Self {
        Self(What::All(ids))
    }

    pub(crate) fn some(ids: Vec<P::Id>) -> Self {
        Self(What::Some(P::some(ids)))
    }

    /// The parameter for the body.
    pub fn view(&mut self) -> P::View<'_> {
        match &mut self.0 {
            What::All(ids) => ids.whole(),
            What::Some(ids) => P::part(ids),
        }
    }
}

impl<P: Ids> fmt::Debug for Asked<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").finish_non_exhaustive()
    }
}

impl<T: Clone + PartialEq> Ids for &[T] {
    type Id = T;
    type Call<C> = C;
    type Some = Vec<T>;
    type View<'v>
        = &'v [T]
    where
        Self: 'v;

    fn call<C>(call: C) -> C {
        call
    }

    fn ids(&self) -> impl Iterator<Item = &T> {
        self.iter()
    }

    fn some(ids: Vec<T>) -> Vec<T> {
        ids
    }

    fn whole(&mut self) -> &[T] {
        self
    }

    fn part<'v>(some: &'v mut Vec<T>) -> &'v [T]
    where
        Self: 'v,
    {
        some
    }
}

/// A collection by reference and owned. `$bound` is what collecting it again needs.
macro_rules! collections {
    ($($ty:ty [$($param:ident: $($bound:path),+);+])*) => {$(
        impl<$($param: $($bound +)+),+> Ids for &$ty {
            type Id = T;
            type Call<C> = C;
            type Some = $ty;
            type View<'v> = &'v $ty where Self: 'v;

            fn call<C>(call: C) -> C {
                call
            }

            fn ids(&self) -> impl Iterator<Item = &T> {
                self.iter()
            }

            fn some(ids: Vec<T>) -> $ty {
                ids.into_iter().collect()
            }

            fn whole(&mut self) -> &$ty {
                self
            }

            fn part<'v>(some: &'v mut $ty) -> &'v $ty
            where
                Self: 'v,
            {
                some
            }
        }

        impl<$($param: $($bound +)+),+> Ids for $ty {
            type Id = T;
            type Call<C> = C;
            type Some = Self;
            type View<'v> = Self where Self: 'v;

            fn call<C>(call: C) -> C {
                call
            }

            fn ids(&self) -> impl Iterator<Item = &T> {
                self.iter()
            }

            fn some(ids: Vec<T>) -> Self {
                ids.into_iter().collect()
            }

            fn whole(&mut self) -> Self {
                mem::take(self)
            }

            fn part<'v>(some: &'v mut Self) -> Self
            where
                Self: 'v,
            {
                mem::take(some)
            }
        }
    )*};
}

collections! {
    Vec<T> [T: Clone, PartialEq]
    HashSet<T, S> [T: Clone, Eq, Hash; S: BuildHasher, Default]
    BTreeSet<T> [T: Clone, Ord]
}
