//! What an attribute says in its own words, of what says it by values and types.

use core::time::Duration;

/// A life. [`Duration::MAX`] is until it is invalidated.
pub(crate) fn life(ttl: Duration) -> String {
    match ttl {
        Duration::MAX => "forever".to_owned(),
        ttl => format!("{ttl:?}"),
    }
}

/// `Vec<User>` for `alloc::vec::Vec<shop::User>`.
pub(crate) fn without_modules(type_name: &str) -> String {
    let mut short = String::with_capacity(type_name.len());
    for part in type_name.split_inclusive(|ch: char| !(ch.is_alphanumeric() || ch == '_')) {
        if part == ":" && short.ends_with(':') {
            let module = short.trim_end_matches(':');
            let start = module.rfind(|ch: char| !(ch.is_alphanumeric() || ch == '_'));
            short.truncate(start.map_or(0, |at| at + 1));
        } else {
            short.push_str(part);
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_left_out() {
        for (full, short) in [
            ("u64", "u64"),
            ("shop::User", "User"),
            ("alloc::vec::Vec<shop::users::User>", "Vec<User>"),
            ("[(u8, a::B); 3]", "[(u8, B); 3]"),
        ] {
            assert_eq!(without_modules(full), short);
        }
    }
}
