//! What expansions name. Not public API: it may change in any release, and the macros are pinned to it exactly.

use core::fmt;
use core::num::NonZero;

pub use crate::cache::{
    Along, BatchCall, BatchTags, CacheRef, Call, CloneAlong, Field, FieldName, FieldWrite, Holds,
    Invalidation, KeyList, TagList, TemplateKey, WriteThrough, along, begin_hash, by_field,
    cache_aside, cache_aside_ahead, cache_aside_each, cache_aside_each_tagged, cache_aside_soft,
    cache_aside_tagged, cache_invalidate, cloned_along, explicit, glimpsed, guarded, held,
    installed, lasting, seized, write_field, write_through, write_through_value,
};
#[cfg(feature = "catalogue")]
pub use crate::catalogue::{CACHED_REDIS_FUNCTIONS, Registration};
pub use crate::codec::{Cacheable, Format};
pub use crate::key::{CacheKey, Family, HeldBy, Key, KeyFamily, KeyName, KeyWriter, Loadable};
pub use crate::shape::rows::{BatchShape, Value};
pub use crate::shape::{Failing, FromError, Hashed, Ids, OrFail, Shape, Storable, probe};
pub use crate::site::Site;
pub use crate::ttl::{IntoTtl, Keep, Lifetimes, Soft};

/// One `<path>` of a template. The turbofish carries the parameter's type, so that an error underlines it.
pub fn segment<T: CacheKey>(value: &T) -> &dyn CacheKey {
    value
}

/// A reference that is not written as one: clippy would tell the user to write `Option<&str>` for `&Option<&str>`, which is
/// what they wrote.
pub type Ref<'k, T> = &'k T;

/// One argument of a key family, which is held as a reference. The family's segment for `<id>`; for `<id.field>` it is
/// [`segment`], as in a template.
pub fn argument<'a, T: CacheKey + ?Sized>(value: &'a &T) -> &'a dyn CacheKey {
    value
}

/// The values of a family's member, where a template has its own.
pub fn segments<F: KeyFamily>(member: &F) -> F::Segments<'_> {
    member.segments()
}

/// Holds a reader's value against its family's.
pub fn held_by<F: KeyFamily, M, S: Shape>(_family: &Family<F, M>, shape: S) -> S
where
    S::Value: HeldBy<F::Value, F>,
{
    shape
}

/// Holds the value of each row against its family's.
pub fn rows_held_by<F: KeyFamily, M, S: BatchShape>(_family: &Family<F, M>, shape: S) -> S
where
    Value<S>: HeldBy<F::Value, F>,
{
    shape
}

/// A `<T>` of a template, by the type's constant name.
#[must_use]
pub fn type_segment<T: KeyName + ?Sized>() -> &'static dyn CacheKey {
    const { &Name { name: T::KEY_NAME } }
}

struct Name {
    name: &'static str,
}

impl CacheKey for Name {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        out.text(self.name);
    }
}

/// A part rendered before the body moves its parameter.
pub struct Rendered(String);

impl CacheKey for Rendered {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        out.raw(&self.0);
    }
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").finish_non_exhaustive()
    }
}

pub fn rendered<T: CacheKey>(value: &T) -> Rendered {
    Rendered(crate::key::render("", &["", ""], &[value]))
}

/// With `max_loads`: the number, known to be one.
///
/// # Panics
/// If it is zero. The attribute evaluates it in a `const`, so this is a compile error.
#[must_use]
pub const fn at_most(loads: usize) -> NonZero<usize> {
    match NonZero::new(loads) {
        Some(loads) => loads,
        None => panic!("`max_loads` must not be zero: no call could ever load"),
    }
}

/// With `max_loads`.
#[must_use]
pub fn limited(site: &'static Site, loads: NonZero<usize>) -> &'static Site {
    site.set_limit(loads);
    site
}

#[must_use]
pub fn begin(
    site: &'static Site,
    cache: CacheRef,
    enabled: bool,
    lifetimes: Lifetimes,
    segments: &[&dyn CacheKey],
) -> Call {
    Call::begin(site, cache, enabled, lifetimes, segments)
}

/// With `layout = hash`.
#[must_use]
pub fn hashed<S: Shape>(_shape: S) -> Hashed<S> {
    Hashed::new()
}

/// With `field`.
#[must_use]
pub fn begin_field(
    site: &'static Site,
    cache: CacheRef,
    enabled: bool,
    key: &TemplateKey<'_>,
) -> Box<FieldWrite> {
    FieldWrite::begin(site, cache, enabled, key)
}

/// With `field`.
pub fn field_value<V, F, T>(call: &mut FieldWrite, field: Field<V, F>, value: &T)
where
    V: Cacheable + 'static,
    F: Cacheable + Holds<T> + 'static,
    T: serde::Serialize + ?Sized,
{
    call.value(field, value);
}

/// Holds a field's type against the key's family.
pub fn field_held_by<F: KeyFamily, M, V, T>(
    _family: &Family<F, M>,
    field: Field<V, T>,
) -> Field<V, T>
where
    V: HeldBy<F::Value, F>,
{
    field
}

/// With `each`: gives the closure its arguments' types.
#[must_use]
pub fn begin_each<P: Ids>(
    site: &'static Site,
    cache: CacheRef,
    enabled: bool,
    lifetimes: Lifetimes,
    ids: P,
    key: impl Fn(&P::Id, &mut KeyList),
) -> P::Call<BatchCall<P>> {
    P::call(BatchCall::begin(site, cache, enabled, lifetimes, ids, key))
}

#[must_use]
pub fn begin_invalidate(
    site: &'static Site,
    cache: CacheRef,
    enabled: bool,
    always: bool,
    keys: &[TemplateKey<'_>],
) -> Invalidation {
    Invalidation::begin(site, cache, enabled, always, keys)
}

#[must_use]
pub fn begin_write(
    site: &'static Site,
    cache: CacheRef,
    enabled: bool,
    lifetimes: Lifetimes,
    key: &TemplateKey<'_>,
    tags: &[TemplateKey<'_>],
) -> Box<WriteThrough> {
    WriteThrough::begin(site, cache, enabled, lifetimes, key, tags)
}

/// With `value`: what stands for its type, which is not written anywhere.
#[must_use]
pub fn probe_of<T>(_: &T) -> probe::Probe<T> {
    probe::Probe::new()
}

/// With `value`.
pub fn written<S, U>(call: &mut WriteThrough, _shape: S, value: &S::Output, store: U)
where
    // Said first, so that rustc names the user's type and not ours around it.
    S: Shape<Stored: Cacheable>,
    S: Storable,
    U: FnOnce(&S::Value) -> Keep,
{
    call.value::<S>(value, store);
}

/// Tags beside the keys of a writer.
pub fn invalidate_tags(call: &mut Invalidation, tags: &[TemplateKey<'_>]) {
    call.tags(tags);
}

#[must_use]
pub fn template_key<'a>(
    _template: &'static str,
    literals: &'static [&'static str],
    segments: &'a [&'a dyn CacheKey],
) -> TemplateKey<'a> {
    TemplateKey::new(literals, segments)
}

#[must_use]
pub fn key(
    template: &'static str,
    literals: &'static [&'static str],
    segments: &[&dyn CacheKey],
) -> Key {
    Key::new(template, crate::key::render("", literals, segments))
}

/// The type of a body, told to rustc by `if false { return typed::<T>(); }` at its start. A call, and not `loop {}`, so
/// that nothing in the expansion is unreachable and no lint must be allowed, which a user may have forbidden.
#[must_use]
pub fn typed<T>() -> T {
    unreachable!("it stands behind `if false`")
}

/// Without `unless`.
#[must_use]
pub fn store_always<V: ?Sized>(_: &V) -> Keep {
    Keep::USUAL
}

/// With `unless`: gives the closure its argument's type.
pub fn unless<S: Shape, P: FnOnce(&S::Value) -> bool>(
    _shape: S,
    skip: P,
) -> impl FnOnce(&S::Value) -> Keep {
    move |value| Keep::unless(skip(value))
}

/// With a `ttl` that is a closure. `life_of` asks what it gives for its meaning.
pub fn lives<S: Shape, L: FnOnce(&S::Value) -> T, T, K: FnOnce(T) -> Keep>(
    _shape: S,
    ttl: L,
    life_of: K,
) -> impl FnOnce(&S::Value) -> Keep {
    move |value| life_of(ttl(value))
}

/// With `on_error = "fail"`. The turbofish carries the return type, so that an error underlines it.
pub fn or_fail<R: Failing, S: Shape<Output = R>>(shape: S) -> OrFail<S> {
    OrFail::new(shape)
}

/// With `each`: gives the closure its arguments' types.
pub fn invalidate_each<I: Iterator>(
    call: &mut Invalidation,
    items: I,
    key: impl Fn(I::Item, &mut KeyList),
) {
    call.each(items, key);
}

/// A body that is not an `async` block, where `return` leaves the body.
pub fn call<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// With `unless` and `each`.
pub fn unless_each<S: BatchShape, P: FnMut(&Value<S>) -> bool>(
    _shape: S,
    mut skip: P,
) -> impl FnMut(&Value<S>) -> Keep {
    move |value| Keep::unless(skip(value))
}

/// With a `ttl` that is a closure, and `each`.
pub fn lives_each<S: BatchShape, L: FnMut(&Value<S>) -> T, T, K: FnMut(T) -> Keep>(
    _shape: S,
    mut ttl: L,
    mut life_of: K,
) -> impl FnMut(&Value<S>) -> Keep {
    move |value| life_of(ttl(value))
}

/// Without `<ret…>`.
pub fn no_ret_keys<V: ?Sized>(_: &V, _: &mut KeyList) {}

/// With `<ret…>`: gives the closure its arguments' types.
pub fn ret_keys<S: Shape, K: FnOnce(&S::Value, &mut KeyList)>(_shape: S, keys: K) -> K {
    keys
}

pub use crate::format;

pub use crate::__register as register;
#[cfg(feature = "catalogue")]
pub use linkme;

/// The arguments of each attribute, as an editor completes and explains them.
#[cfg(all(rust_analyzer, feature = "macros"))]
#[allow(
    missing_docs,
    non_upper_case_globals,
    reason = "an argument's name is the constant's"
)]
pub mod ide {
    cached_redis_macros::__ide!();
}
