//! `field!`, which names what stands above its users.

/// A field of a type, for [`field_of`](crate::field_of): `field!(User.email)`. That there is such a field, and its type, are checked while compiling;
/// serde's renames are followed.
///
/// # Examples
///
/// ```
/// use cached_redis_runtime::field;
///
/// mod models {
///     pub struct User {
///         pub email: String,
///     }
/// }
///
/// let _ = field!(models::User.email);
/// ```
///
/// ```compile_fail
/// # use cached_redis_runtime::field;
/// # struct User { email: String }
/// let _ = field!(User.mail); // there is no such field
/// ```
#[macro_export]
macro_rules! field {
    ($(::)? $($path:ident)::+ . $field:ident) => {{
        static NAME: $crate::__rt::FieldName = $crate::__rt::FieldName::new();
        $crate::Field::<$($path)::+, _>::new(&NAME, |whole| &whole.$field)
    }};
}
