//! One field of a cached value, without the rest.

use core::any::type_name;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::Poll;

use super::field::{Field, FieldOf};
use crate::cache::call::Call;
use crate::cache::context::Context;
use crate::codec::fields::decode_field;
use crate::codec::{Cacheable, Format};
use crate::shape::{Shape, Storable};
use crate::sync::{Arc, Mutex};

/// A field that a surrounding [`field_of`] asks for: the call inside may answer with it alone.
pub(in crate::cache) trait Wanted: fmt::Debug + Send + Sync {
    /// The name of the type that has it.
    fn whole(&self) -> &'static str;

    /// Its name in the hash, once that is known.
    fn name(&self) -> Option<&'static str>;

    /// Takes the field's bytes. `false` if they are no such field.
    fn take(&self, format: Format, bytes: &[u8]) -> bool;

    /// Takes "not found". `false` if the call's return type has no such thing.
    fn take_absent(&self) -> bool;
}

struct Order<V, F, O: FieldOf<V>> {
    field: Field<V, F>,
    answer: Mutex<Option<O::With<F>>>,
}

impl<V, F, O: FieldOf<V>> fmt::Debug for Order<V, F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order").finish_non_exhaustive()
    }
}

impl<V, F, O> Wanted for Order<V, F, O>
where
    V: Cacheable,
    F: Cacheable,
    O: FieldOf<V, With<F>: Send>,
{
    fn whole(&self) -> &'static str {
        type_name::<V>()
    }

    fn name(&self) -> Option<&'static str> {
        self.field.stored_name()
    }

    fn take(&self, format: Format, bytes: &[u8]) -> bool {
        let field = decode_field(format, bytes);
        let answer = field.map(O::found);
        let taken = answer.is_some();
        *self.answer.lock() = answer;
        taken
    }

    fn take_absent(&self) -> bool {
        let answer = O::absent();
        let taken = answer.is_some();
        *self.answer.lock() = answer;
        taken
    }
}

/// Reads one field of what a cached function returns, without the rest.
///
/// `call` is the call of a function with `#[cache_aside(…, layout = hash)]`, and nothing around it. If its entry is there, one
/// `HMGET` brings the field, and the call is dropped; otherwise the call goes on as ever, which may load and store the whole, and
/// the field is taken out of what it returns. `field` comes from [`field!`](crate::field).
///
/// What a field is called in the hash only a value shows, since serde may rename it: so the first such read in a process takes the whole. So
/// do all reads of a field that is not stored as it is: one with `flatten`, `serialize_with` or `skip`, or one that
/// `skip_serializing_if` has left out.
///
/// # Errors
/// Those of the call.
///
/// # Cancel safety
/// That of the call.
///
/// # Concurrent calls on the same key
/// Each reads the field. Where the entry is missing one of them loads, with the callers of the whole.
///
/// # When Redis is down
/// The call goes on without the cache.
///
/// # Examples
///
/// ```
/// use cached_redis_runtime::{Cache, cache_aside, field, field_of};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Serialize, Deserialize)]
/// struct User {
///     name: String,
///     email: String,
/// }
///
/// #[cache_aside(key = "user:<id>", ttl = 60, layout = hash)]
/// async fn find(id: u64) -> Option<User> {
///     Some(User { name: "Ada".into(), email: format!("{id}@example.com") })
/// }
///
/// # tokio_test(async {
/// let cache = Cache::connect("memory://").await?;
/// cache
///     .scope(async {
///         let email = field_of(find(7), field!(User.email)).await;
///         assert_eq!(email.as_deref(), Some("7@example.com"));
///     })
///     .await;
/// # Ok::<(), cached_redis_runtime::Error>(())
/// # });
/// # fn tokio_test<F: Future>(future: F) { tokio::runtime::Runtime::new().unwrap().block_on(future); }
/// ```
pub async fn field_of<C, V, F>(call: C, field: Field<V, F>) -> <C::Output as FieldOf<V>>::With<F>
where
    C: Future<Output: FieldOf<V, With<F>: Send + 'static> + 'static>,
    V: Cacheable + 'static,
    F: Cacheable + Clone + 'static,
{
    let order = Arc::new(Order::<V, F, C::Output> {
        field,
        answer: Mutex::new(None),
    });
    let wanted: Arc<dyn Wanted> = Arc::clone(&order) as Arc<dyn Wanted>;
    let mut context = Context::current().wanting(wanted);
    let mut call = pin!(call);
    poll_fn(move |cx| {
        if let Poll::Ready(output) = context.poll(call.as_mut(), cx) {
            return Poll::Ready(output.map(|whole| {
                field.learn(whole);
                field.of(whole).clone()
            }));
        }
        // Whoever left an answer waits.
        match order.answer.lock().take() {
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        }
    })
    .await
}

/// Answers a surrounding [`field_of`] with the field alone, and waits then: the caller has what it wants, and drops the call. Polled
/// again all the same, it goes on.
#[must_use]
pub fn glimpsed<S>(mut call: Call, _shape: S) -> Pin<Box<dyn Future<Output = Call> + Send>>
where
    // Said first, so that rustc names the user's type and not ours around it.
    S: Shape<Stored: Cacheable>,
    S: Storable,
{
    call.tag(S::fingerprint);
    let whole = type_name::<S::Stored>();
    Box::pin(async move {
        let mut answered = call.answers(whole).await;
        poll_fn(move |cx| {
            if core::mem::take(&mut answered) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
        call
    })
}
