//! Key families: a template, the types of its arguments and the type of its values under one name.

use core::fmt;
use core::marker::PhantomData;

use super::{CacheKey, Key, render};

/// A kind of entry: what its keys look like, and what is stored under them.
///
/// [`key_family!`](macro@crate::key_family) declares families and implements this trait, whose hidden items may change
/// in any release. Attributes take a family wherever they take a template, and
/// [`Cache::invalidate`](crate::Cache::invalidate) takes one as it is.
///
/// # Examples
///
/// ```
/// use cached_redis_runtime::{KeyFamily, key_family};
///
/// key_family! {
///     /// The name of one user.
///     pub UserName(id: u64) -> String = "user:<id>:name";
/// }
///
/// assert_eq!(UserName::TEMPLATE, "user:<id>:name");
/// assert_eq!(UserName(&7).key().as_str(), "user:7:name");
/// ```
pub trait KeyFamily {
    /// What is stored: `User`, whether the reader returns `User`, `Option<User>` or `Result<Option<Arc<User>>, E>`.
    type Value: ?Sized;

    /// The template as it was written.
    const TEMPLATE: &'static str;

    #[doc(hidden)]
    const LITERALS: &'static [&'static str];

    /// Bit `i` is set if placeholder `i` is an integer: for the catalogue.
    #[doc(hidden)]
    const INTEGERS: u64 = 0;

    #[doc(hidden)]
    type Segments<'s>: AsRef<[&'s dyn CacheKey]>
    where
        Self: 's;

    #[doc(hidden)]
    fn segments(&self) -> Self::Segments<'_>;

    /// The key of one entry.
    fn key(&self) -> Key {
        let text = render("", Self::LITERALS, self.segments().as_ref());
        Key::new(Self::TEMPLATE, text)
    }
}

/// A family whose arguments can be handed to a loader and kept there, as
/// [`Cache::read_through`](crate::Cache::read_through) does.
///
/// [`key_family!`](macro@crate::key_family) implements it for each family but those with an argument that borrows inside, such
/// as `Option<&str>`. The hidden items may change in any release.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no key family that a loader can be given the arguments of",
    label = "no family, or one whose arguments borrow",
    note = "name what `key_family!` declares, without its arguments: `UserById`",
    note = "where an argument borrows inside, declare it as it is owned: `Option<String>` for `Option<&str>`"
)]
pub trait Loadable: KeyFamily {
    /// What a loader is asked for: the type of the family's one argument (`str` also where it is `&str`), a tuple of owned
    /// ones where it has several, `()` where it has none.
    type Args: ?Sized + 'static;

    #[doc(hidden)]
    type Of<'k>: KeyFamily;

    #[doc(hidden)]
    fn of(args: &Self::Args) -> Self::Of<'_>;
}

/// The name of a key family, as an argument: `cache.read_through(UserById, …)`.
///
/// It is the function that makes members of the family, and is never called: it only says which family is meant. `Args` stands
/// for how many arguments that function takes, and is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the name of a key family",
    label = "expected a family's name",
    note = "name what `key_family!` declares, without its arguments: `UserById`"
)]
pub trait Constructor<Args> {
    /// The family.
    type Family;
}

macro_rules! constructors {
    ($([$($arg:ident)*])*) => {$(
        #[diagnostic::do_not_recommend]
        impl<M, F, $($arg),*> Constructor<($($arg,)*)> for M
        where
            M: Fn($($arg),*) -> F,
        {
            type Family = F;
        }
    )*};
}

constructors! { [] [A] [A B] [A B C] [A B C D] [A B C D E] [A B C D E G] [A B C D E G H] [A B C D E G H I] }

/// A family without arguments: what an expansion knows of it before it has any. All of its mentions of the family go
/// through one constant of this type, so that a name that is no family is one mistake to rustc, and not several.
pub struct Family<F, M> {
    /// Makes a member from references to its arguments.
    pub make: M,
    family: PhantomData<fn() -> F>,
}

impl<F: KeyFamily, M> Family<F, M> {
    /// What makes its members is a function pointer to its constructor.
    #[must_use]
    pub const fn new(make: M) -> Self {
        Self {
            make,
            family: PhantomData,
        }
    }

    /// See [`KeyFamily::TEMPLATE`].
    #[must_use]
    pub const fn template(&self) -> &'static str {
        F::TEMPLATE
    }

    /// See [`KeyFamily::INTEGERS`].
    #[must_use]
    pub const fn integers(&self) -> u64 {
        F::INTEGERS
    }

    /// The template's text around its placeholders.
    #[must_use]
    pub const fn literals(&self) -> &'static [&'static str] {
        F::LITERALS
    }
}

impl<F, M> fmt::Debug for Family<F, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Family")
    }
}

/// That a function's value is the one its family stores: `Self` is the function's, `V` the family's.
#[diagnostic::on_unimplemented(
    message = "the key family `{F}` holds `{V}`, and this is `{Self}`",
    label = "`{F}` holds `{V}`",
    note = "`{V}` may be inside `Result`, `Option` and `Arc`; a function of other values needs another family"
)]
pub trait HeldBy<V: ?Sized, F> {}

#[diagnostic::do_not_recommend]
impl<V: ?Sized, F> HeldBy<V, F> for V {}

impl<F: KeyFamily> From<F> for Key {
    fn from(family: F) -> Self {
        family.key()
    }
}

impl From<&Self> for Key {
    fn from(key: &Self) -> Self {
        key.clone()
    }
}
