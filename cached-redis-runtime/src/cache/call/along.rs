//! What a load in the background takes along, since it outlives the call that began it.

/// A parameter's type, where the body may run in the background.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot go along to a reload in the background",
    label = "not `Send`, and taken along by `refresh_ahead` or `soft_timeout`",
    note = "the reload runs on another task: give the function what can be sent there, such as `Arc` for `Rc`"
)]
pub trait Along: Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> Along for T {}

/// The type behind a `&self`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot go along to a reload in the background",
    label = "not `Clone` and `Send`, and taken along by `refresh_ahead` or `soft_timeout`",
    note = "the reload outlives this borrow of `self`, so it gets a clone: add `#[derive(Clone)]`, or take `self: Arc<Self>`"
)]
pub trait CloneAlong: Clone + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + 'static> CloneAlong for T {}

/// Holds a parameter's type against what it must be. The turbofish carries the type, so that an error underlines it.
pub const fn along<T: Along>() {}

/// What stands for `&self` in a body that may outlive it.
pub fn cloned_along<T: CloneAlong>(receiver: &T) -> T {
    receiver.clone()
}
