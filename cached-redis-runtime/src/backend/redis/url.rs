//! Reading a URL, and showing one without its secrets.

use redis::{ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion};

use crate::error::{Error, ErrorKind};

/// # Errors
/// [`ErrorKind::Url`] with the part that is wrong. The password never shows.
pub(super) fn parse(url: &str) -> Result<ConnectionInfo, Error> {
    let wrong = |what: &str| {
        Error::new(
            ErrorKind::Url,
            format!("cannot use the URL `{}`: {what}", redact(url)),
        )
    };
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    match scheme {
        Some("redis" | "valkey" | "redis+unix" | "valkey+unix" | "unix") => {}
        Some("rediss" | "valkeys") => return Err(wrong("TLS is not supported yet")),
        Some("redis-cluster" | "redis-sentinel") => {
            return Err(wrong("Cluster and Sentinel are not supported yet"));
        }
        _ => {
            return Err(wrong(
                "it must begin with `redis://`, `redis+unix://` or `memory://`",
            ));
        }
    }
    if url.contains('#') {
        return Err(wrong("it has a `#`; in a password, write `%23` instead"));
    }
    let info = url.into_connection_info().map_err(|error| {
        // The client's messages are constant texts without any part of the URL.
        let text = error.to_string();
        wrong(if text.contains("database") {
            "the database must be a number, as in `redis://host:6379/2`"
        } else if text.contains("UTF-8") {
            "the user or the password is not UTF-8"
        } else if text.contains("wildcard") {
            "0.0.0.0 and :: are no addresses to connect to"
        } else {
            "it is not of the form `redis://user:password@host:6379/0`"
        })
    })?;
    if info.redis_settings().db() < 0 {
        return Err(wrong("the database number is negative"));
    }
    let settings = info
        .redis_settings()
        .clone()
        // RESP3 is what tells about a closed connection without a command, and what client tracking needs.
        .set_protocol(ProtocolVersion::RESP3)
        .set_lib_name("cached-redis", env!("CARGO_PKG_VERSION"));
    Ok(info.set_redis_settings(settings))
}

/// The URL with the user's name, the password and the query cut out.
pub(super) fn redact(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    // The last `@`: a password that was not encoded may hold another, a host cannot.
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let hidden = place.len() < rest.len();
    let (place, query) = match place.split_once('?') {
        Some((place, _)) => (place, "?…"),
        None => (place, ""),
    };
    let separator = if scheme.is_empty() { "" } else { "://" };
    let user = if hidden { "…@" } else { "" };
    format!("{scheme}{separator}{user}{place}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_cut_out() {
        for (url, shown) in [
            ("redis://h:1/2", "redis://h:1/2"),
            ("redis://u:s3cret@h:1", "redis://…@h:1"),
            ("redis://:s3cret@h", "redis://…@h"),
            ("redis://u:s3c@ret@h", "redis://…@h"),
            (
                "redis+unix:///run/r.sock?db=1&pass=s3cret",
                "redis+unix:///run/r.sock?…",
            ),
            ("u:s3cret@h", "…@h"),
        ] {
            assert_eq!(redact(url), shown);
        }
    }

    #[test]
    fn a_wrong_url_is_refused_with_the_part_that_is_wrong() {
        for (url, part) in [
            ("", "must begin with"),
            ("localhost:6379", "must begin with"),
            ("http://localhost", "must begin with"),
            ("redis://", "form"),
            ("redis://h/one", "database"),
            ("redis://h/-1", "negative"),
            ("redis://h:99999", "form"),
            ("redis://0.0.0.0", "0.0.0.0 and"),
            ("redis://u:pa#ss@h", "`%23`"),
            ("rediss://h", "TLS"),
            ("redis-cluster://h", "Cluster"),
        ] {
            let error = parse(url).expect_err(url);
            assert_eq!(error.kind(), ErrorKind::Url, "{url}");
            assert!(error.to_string().contains(part), "{url}: {error}");
            assert!(!format!("{error:?}{error}").contains("pa#ss"));
        }
    }

    #[test]
    fn user_password_database_and_socket_are_read() {
        let info = parse("redis://al%40ice:p%2Fw@h:7/3").expect("a good URL");
        let settings = info.redis_settings();
        assert_eq!(settings.username(), Some("al@ice"));
        assert_eq!(settings.password(), Some("p/w"));
        assert_eq!(settings.db(), 3);
        let info = parse("redis+unix:///run/r.sock?db=2").expect("a good URL");
        assert_eq!(info.redis_settings().db(), 2);
        assert_eq!(info.addr().to_string(), "/run/r.sock");
    }
}
