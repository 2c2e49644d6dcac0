//! Finds a return type's shape by its type, not by its name.
//!
//! Coherence forbids an implementation for every `T` beside one for `Result<T, E>`, so this is method resolution on the
//! concrete type: `(&&&&probe).outer()` takes the first of four traits that fits, the most particular one first
//! (autoref specialisation; D. Tolnay, "case-studies/autoref-specialization").

use core::fmt;
use core::marker::PhantomData;

use super::rows::{Around, Batched, Rows};
use super::{
    Fallible, FallibleMaybe, Leaf, Maybe, OwnedLeaf, Plain as PlainShape, SharedLeaf, UnsizedLeaf,
};
use crate::codec::Cacheable;
use crate::sync::Arc;

/// Stands for the return type `R`.
pub struct Probe<R>(PhantomData<fn() -> R>);

/// Stands for what an outer shape holds.
pub struct LeafProbe<H>(PhantomData<fn() -> H>);

/// An outer shape around something of type `H` that is yet to be looked into.
pub struct Outer<K, H>(PhantomData<fn() -> (K, H)>);

/// `Result<Option<_>, E>` without what is inside.
#[derive(Debug)]
pub struct ResultOptionKind<E>(PhantomData<fn() -> E>);
/// `Result<_, E>` without what is inside.
#[derive(Debug)]
pub struct ResultKind<E>(PhantomData<fn() -> E>);
/// `Option<_>` without what is inside.
#[derive(Debug)]
pub struct OptionKind;
/// Nothing around it.
#[derive(Debug)]
pub struct PlainKind;

impl<R> Probe<R> {
    /// The probe of `R`.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only an expansion makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<K, H> Outer<K, H> {
    const fn new() -> Self {
        Self(PhantomData)
    }

    /// The probe of what is inside.
    #[must_use]
    pub const fn leaf_probe(&self) -> LeafProbe<H> {
        LeafProbe(PhantomData)
    }
}

/// Rows of type `C` with values of type `H`, and what is around them.
pub struct RowProbe<K, C, H>(Outer<K, C>, LeafProbe<H>);

/// The probe of a batch read. All that is asked of its return type is asked here, for one error at most.
#[must_use]
pub const fn rows<K: Around, C: Rows>(_: &Outer<K, C>) -> RowProbe<K, C, C::Held> {
    RowProbe(Outer::new(), LeafProbe(PhantomData))
}

impl<K, C, H> RowProbe<K, C, H> {
    /// The probe of what the rows hold.
    #[must_use]
    pub const fn leaf_probe(&self) -> LeafProbe<H> {
        LeafProbe(PhantomData)
    }

    /// The whole shape.
    #[must_use]
    pub const fn with<L: Leaf<Held = H, Stored: Cacheable>>(&self, _: L) -> Batched<K, C, L> {
        Batched::new()
    }
}

impl<K, C, H> fmt::Debug for RowProbe<K, C, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowProbe")
    }
}

impl<R> fmt::Debug for Probe<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Probe")
    }
}

impl<H> fmt::Debug for LeafProbe<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LeafProbe")
    }
}

impl<K, H> fmt::Debug for Outer<K, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outer")
    }
}

macro_rules! outer {
    ($(#[$doc:meta])* $name:ident for $receiver:ty [$($param:ident),*] => $kind:ty, $held:ty) => {
        $(#[$doc])*
        pub trait $name {
            /// What is around the value.
            type Kind;
            /// What is inside.
            type Held;
            /// The shape, yet without its leaf.
            fn outer(&self) -> Outer<Self::Kind, Self::Held>;
        }

        impl<$($param),*> $name for $receiver {
            type Kind = $kind;
            type Held = $held;

            fn outer(&self) -> Outer<$kind, $held> {
                Outer::new()
            }
        }
    };
}

outer! {
    /// `Result<Option<T>, E>`.
    ResultOption for &&&Probe<Result<Option<T>, E>> [T, E] => ResultOptionKind<E>, T
}
outer! {
    /// `Result<T, E>`.
    ResultPlain for &&Probe<Result<T, E>> [T, E] => ResultKind<E>, T
}
outer! {
    /// `Option<T>`.
    OptionPlain for &Probe<Option<T>> [T] => OptionKind, T
}
outer! {
    /// Anything else.
    Plain for Probe<T> [T] => PlainKind, T
}

/// `Arc<T>`.
pub trait LeafArc {
    /// The leaf.
    type Leaf;
    /// The leaf.
    fn leaf(&self) -> Self::Leaf;
}

impl<T> LeafArc for &&LeafProbe<Arc<T>> {
    type Leaf = SharedLeaf<T>;

    fn leaf(&self) -> SharedLeaf<T> {
        SharedLeaf::new()
    }
}

/// `Arc<str>`, `Arc<[T]>`.
pub trait LeafArcUnsized {
    /// The leaf.
    type Leaf;
    /// The leaf.
    fn leaf(&self) -> Self::Leaf;
}

impl<T: ?Sized> LeafArcUnsized for &LeafProbe<Arc<T>> {
    type Leaf = UnsizedLeaf<T>;

    fn leaf(&self) -> UnsizedLeaf<T> {
        UnsizedLeaf::new()
    }
}

/// Anything else.
pub trait LeafOwned {
    /// The leaf.
    type Leaf;
    /// The leaf.
    fn leaf(&self) -> Self::Leaf;
}

impl<T> LeafOwned for LeafProbe<T> {
    type Leaf = OwnedLeaf<T>;

    fn leaf(&self) -> OwnedLeaf<T> {
        OwnedLeaf::new()
    }
}

impl<E, H> Outer<ResultOptionKind<E>, H> {
    /// The whole shape.
    #[must_use]
    pub const fn with<L: Leaf<Held = H>>(&self, _: L) -> FallibleMaybe<L, E> {
        FallibleMaybe::new()
    }
}

impl<E, H> Outer<ResultKind<E>, H> {
    /// The whole shape.
    #[must_use]
    pub const fn with<L: Leaf<Held = H>>(&self, _: L) -> Fallible<L, E> {
        Fallible::new()
    }
}

impl<H> Outer<OptionKind, H> {
    /// The whole shape.
    #[must_use]
    pub const fn with<L: Leaf<Held = H>>(&self, _: L) -> Maybe<L> {
        Maybe::new()
    }
}

impl<H> Outer<PlainKind, H> {
    /// The whole shape.
    #[must_use]
    pub const fn with<L: Leaf<Held = H>>(&self, _: L) -> PlainShape<L> {
        PlainShape::new()
    }
}
