//! A URL as it may be shown.

use super::authority::Host;

/// The URL without users, passwords and queries, and without what may be a part of one.
///
/// It holds for any text, since a URL that is shown is one that could not be read: the login may lack its `@`, and a
/// password may have any character in it. So everything up to the last `@` goes, and of the rest stays what cannot be
/// taken for anything but hosts and a path.
pub(super) fn redact(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let is_scheme = |byte: u8| byte.is_ascii_lowercase() || b"+-".contains(&byte);
    let scheme = if !scheme.bytes().all(is_scheme) {
        "…://"
    } else if scheme.is_empty() {
        ""
    } else {
        &url[..scheme.len() + 3]
    };
    let (place, query) = match rest.find(['?', '#']) {
        // A password that holds a `?` as well, or a query that holds an `@`: there is no telling which.
        Some(at) if rest[at..].contains('@') => return format!("{scheme}…"),
        Some(at) => (&rest[..at], "?…"),
        None => (rest, ""),
    };
    let (login, place) = match place.rsplit_once('@') {
        Some((_, place)) => ("…@", place),
        None => ("", place),
    };
    let (hosts, path) = match place.find('/') {
        Some(at) => place.split_at(at),
        None => (place, ""),
    };
    let is_host = |host: &str| Host::read(host, 1).is_ok();
    let whole = hosts.is_empty() || hosts.split(',').all(is_host);
    if whole {
        format!("{scheme}{login}{hosts}{path}{query}")
    } else {
        format!("{scheme}{login}…{query}")
    }
}
