//! What can be ranked.

use std::borrow::Cow;
use std::sync::Arc;

/// A type whose values can be members of a [`Ranking`](super::Ranking): each has one text, and is read back from it.
///
/// Implemented for integers, `bool`, `char`, strings, and `Uuid` with the feature `uuid`. A type around one of them takes two
/// lines. A type that has no such text, such as a float or a struct of several fields, is no member: rank its id.
///
/// # What an implementation promises
///
/// - Equal values have the same text, today and in the next release; different values have different texts.
/// - `from_member` gives back the value that `to_member` was given, and `None` for a text that `to_member` never writes.
///
/// # Examples
///
/// ```
/// use std::borrow::Cow;
///
/// use cached_redis_runtime::structures::Member;
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct PlayerId(u64);
///
/// impl Member for PlayerId {
///     fn to_member(&self) -> Cow<'_, str> {
///         self.0.to_member()
///     }
///
///     fn from_member(text: &str) -> Option<Self> {
///         u64::from_member(text).map(PlayerId)
///     }
/// }
///
/// assert_eq!(PlayerId::from_member(&PlayerId(7).to_member()), Some(PlayerId(7)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a member of a ranking",
    label = "has no text that it is read back from",
    note = "members are integers, strings and `Uuid` (feature `uuid`), or a type of yours around one: implement `Member` for it in two lines, or rank its id"
)]
pub trait Member: Clone + Send + Sync + 'static {
    /// Its text.
    fn to_member(&self) -> Cow<'_, str>;

    /// The value with this text, if there is one.
    fn from_member(text: &str) -> Option<Self>;
}

macro_rules! displayed {
    ($($ty:ty)*) => {$(
        impl Member for $ty {
            fn to_member(&self) -> Cow<'_, str> {
                self.to_string().into()
            }

            fn from_member(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}

displayed! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize bool char }

macro_rules! texts {
    ($($ty:ty)*) => {$(
        impl Member for $ty {
            fn to_member(&self) -> Cow<'_, str> {
                Cow::Borrowed(self)
            }

            fn from_member(text: &str) -> Option<Self> {
                Some(text.into())
            }
        }
    )*};
}

texts! { String Box<str> Arc<str> }

/// With hyphens, in lower case, as in keys.
#[cfg(feature = "uuid")]
#[cfg_attr(docsrs, doc(cfg(feature = "uuid")))]
impl Member for uuid::Uuid {
    fn to_member(&self) -> Cow<'_, str> {
        let mut buffer = Self::encode_buffer();
        let text: &str = self.hyphenated().encode_lower(&mut buffer);
        text.to_owned().into()
    }

    fn from_member(text: &str) -> Option<Self> {
        Self::try_parse(text).ok()
    }
}

/// The member that these bytes from the server are, if they are what it would be written as.
pub(super) fn parse<M: Member>(bytes: &[u8]) -> Option<M> {
    let text = core::str::from_utf8(bytes).ok()?;
    let member = M::from_member(text)?;
    (member.to_member() == text).then_some(member)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_has_one_text() {
        assert_eq!(parse::<i64>(b"-5"), Some(-5));
        for other in [&b"+5"[..], b"05", b" 5", b"", b"\xFF", b"five"] {
            assert_eq!(parse::<i64>(other), None, "{other:?}");
        }
        assert_eq!(parse::<bool>(b"true"), Some(true));
        assert_eq!(parse::<char>("é".as_bytes()), Some('é'));
        assert_eq!(parse::<String>(b"a b"), Some("a b".to_owned()));
        assert_eq!(parse::<String>(b"\xFA"), None);
    }

    #[cfg(feature = "uuid")]
    #[test]
    fn a_uuid_has_one_text() {
        let text = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        let id = parse::<uuid::Uuid>(text.as_bytes());
        assert_eq!(id.as_ref().map(Member::to_member).as_deref(), Some(text));
        assert_eq!(parse::<uuid::Uuid>(text.to_uppercase().as_bytes()), None);
        assert_eq!(parse::<uuid::Uuid>(text.replace('-', "").as_bytes()), None);
    }
}
