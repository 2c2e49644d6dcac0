//! The return type of a loader whose family is known: with the value's type at hand, traits find the shape alone.

use super::rows::{Around, Batched};
use super::{
    Fallible, FallibleMaybe, Leaf, Maybe, OwnedLeaf, Plain, Shape, SharedLeaf, Storable,
    StoredLeaf, UnsizedLeaf,
};
use crate::codec::Cacheable;
use crate::shape::probe::{PlainKind, ResultKind};
use crate::sync::Arc;

/// What a loader may return where its family holds `V`: `V`, `Option<V>`, `Result<V, E>` or `Result<Option<V>, E>`, and each of
/// them with `Arc<V>`.
#[diagnostic::on_unimplemented(
    message = "the key family holds `{V}`, and this loader returns `{Self}`",
    label = "the loader of a family of `{V}`",
    note = "`{V}` may be inside `Result`, `Option` and `Arc`; a loader of other values needs another family"
)]
pub trait Returns<V: ?Sized>: Sized + Send + 'static {
    #[doc(hidden)]
    type Shape: Shape<Output = Self, Value = V, Stored: Cacheable> + Storable + Send;
    #[doc(hidden)]
    type Around: Around;
    #[doc(hidden)]
    type Leaf: StoredLeaf<Held: Send, Value = V>;

    #[doc(hidden)]
    fn shape() -> Self::Shape;

    /// What it says about one id among several.
    #[doc(hidden)]
    fn row(self) -> <Self::Around as Around>::Output<Option<<Self::Leaf as Leaf>::Held>>;
}

/// The shape of rows with ids of type `C`'s: what a batch of an `R` is.
pub(crate) type Rows<R, V, C> = Batched<<R as Returns<V>>::Around, C, <R as Returns<V>>::Leaf>;

/// The four shapes around one leaf.
macro_rules! around {
    ($leaf:ident of $held:ty: $value:ty [$($param:ident: $($bound:ident),+)?]) => {
        impl<$($param: $($bound +)+ 'static)?> Returns<$value> for $held {
            type Shape = Plain<$leaf<$value>>;
            type Around = PlainKind;
            type Leaf = $leaf<$value>;

            fn shape() -> Self::Shape {
                Plain::new()
            }

            fn row(self) -> Option<$held> {
                Some(self)
            }
        }

        impl<$($param: $($bound +)+ 'static)?> Returns<$value> for Option<$held> {
            type Shape = Maybe<$leaf<$value>>;
            type Around = PlainKind;
            type Leaf = $leaf<$value>;

            fn shape() -> Self::Shape {
                Maybe::new()
            }

            fn row(self) -> Self {
                self
            }
        }

        impl<$($param: $($bound +)+ 'static,)? Z: Send + 'static> Returns<$value> for Result<$held, Z> {
            type Shape = Fallible<$leaf<$value>, Z>;
            type Around = ResultKind<Z>;
            type Leaf = $leaf<$value>;

            fn shape() -> Self::Shape {
                Fallible::new()
            }

            fn row(self) -> Result<Option<$held>, Z> {
                self.map(Some)
            }
        }

        impl<$($param: $($bound +)+ 'static,)? Z: Send + 'static> Returns<$value> for Result<Option<$held>, Z> {
            type Shape = FallibleMaybe<$leaf<$value>, Z>;
            type Around = ResultKind<Z>;
            type Leaf = $leaf<$value>;

            fn shape() -> Self::Shape {
                FallibleMaybe::new()
            }

            fn row(self) -> Self {
                self
            }
        }
    };
}

around!(OwnedLeaf of V: V [V: Cacheable, Send]);
around!(SharedLeaf of Arc<V>: V [V: Cacheable, Send, Sync]);
around!(UnsizedLeaf of Arc<str>: str []);
around!(UnsizedLeaf of Arc<[V]>: [V] [V: Cacheable, Send, Sync]);
