//! The client's errors in our words.

use redis::{ErrorKind as Kind, RedisError, ServerErrorKind};

use crate::error::{Error, ErrorKind};

/// No connection at the moment.
pub(super) fn unavailable() -> Error {
    Error::new(ErrorKind::Unavailable, "no connection to the server")
}

/// No answer within the deadline.
pub(super) fn timeout() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "the server did not answer within the deadline",
    )
}

/// Whether the connection is of no more use.
pub(super) fn is_dead(error: &RedisError) -> bool {
    error.is_connection_dropped() || error.is_io_error() || error.kind() == Kind::Parse
}

pub(super) fn convert(error: RedisError) -> Error {
    let code = error.code().unwrap_or_default();
    let kind = match (error.kind(), code) {
        (Kind::AuthenticationFailed, _) | (_, "WRONGPASS" | "NOAUTH" | "NOPERM") => ErrorKind::Auth,
        _ if is_forbidden(&error) => ErrorKind::Auth,
        _ if is_read_only(&error) => ErrorKind::Unavailable,
        _ if says(&error, ("WRONGTYPE", "-WRONGTYPE ")) => ErrorKind::WrongType,
        _ if has_detail(&error, "would overflow") => ErrorKind::Overflow,
        _ if has_detail(&error, "value is not an integer") => ErrorKind::WrongType,
        _ if says(&error, ("OOM", "-OOM ")) => ErrorKind::Full,
        // A server that starts, or is busy with somebody's script: it passes.
        (Kind::Io, _) | (_, "LOADING" | "BUSY" | "MASTERDOWN" | "TRYAGAIN" | "CLUSTERDOWN") => {
            ErrorKind::Unavailable
        }
        (Kind::InvalidClientConfig, _) => ErrorKind::Url,
        _ if is_dead(&error) => ErrorKind::Unavailable,
        _ => ErrorKind::Server,
    };
    if let Some(command) = forbidden_command(&error) {
        let message = format!(
            "the user of the URL may not run `{command}` (NOPERM); the README lists what it needs"
        );
        return Error::new(kind, message).with_source(error);
    }
    let message = match kind {
        ErrorKind::Auth => "the server refused the user, the password or the permission",
        ErrorKind::WrongType => "the key holds something else than what the cache keeps there",
        ErrorKind::Overflow => "the counter would leave the range of a 64-bit integer",
        ErrorKind::Full => "the server is out of memory (`maxmemory` reached)",
        ErrorKind::Unavailable if is_read_only(&error) => "the server is a read-only replica",
        ErrorKind::Unavailable if error.is_connection_refusal() => "nobody listens there",
        _ if error.redirect_node().is_some() => {
            "the server is a node of a cluster: its URL begins with `redis-cluster://`"
        }
        ErrorKind::Unavailable if code == "CLUSTERDOWN" => {
            "no node of the cluster serves this key at the moment"
        }
        ErrorKind::Unavailable => "the connection to the server broke",
        _ => "the server answered with an error",
    };
    // The reply's own text may quote the command, and with it a key: only its code is repeated.
    let coded = matches!(kind, ErrorKind::Server | ErrorKind::Auth) && !code.is_empty();
    let converted = if coded {
        Error::new(kind, format!("{message} ({code})"))
    } else {
        Error::new(kind, message)
    };
    converted.with_source(error)
}

/// A server that answers, and refuses what the URL asks for, will refuse it the next time as well.
pub(super) fn convert_setup(error: RedisError) -> Error {
    #[cfg(feature = "tls-no-provider")]
    if let Some(refusal) = super::tls::refusal(&error) {
        return refusal.with_source(error);
    }
    let refused = error.kind() == Kind::Server(ServerErrorKind::ResponseError);
    if refused || error.code() == Some("DENIED") {
        let message =
            "the server refused to set up the connection: is the database number within its range?";
        return Error::new(ErrorKind::Setting, message).with_source(error);
    }
    convert(error)
}

/// A syntax error: the server does not know this form of the command.
pub(super) fn is_unknown_syntax(error: &RedisError) -> bool {
    error.kind() == Kind::Server(ServerErrorKind::ResponseError) && error.code() == Some("ERR")
}

/// The user may not do this. An error that leaves a script has lost its code: the texts are those of Redis and Valkey.
pub(super) fn is_forbidden(error: &RedisError) -> bool {
    let in_script = || {
        let detail = error.detail().unwrap_or_default();
        detail.contains("The user executing the script can't")
            || detail.contains("ACL failure in script")
    };
    error.code() == Some("NOPERM") || (is_uncoded(error) && in_script())
}

/// Of errors that have no code of their own, as those of a counter's commands.
fn has_detail(error: &RedisError, text: &str) -> bool {
    is_uncoded(error) && error.detail().is_some_and(|detail| detail.contains(text))
}

/// Before 7.0 one that a script hands on begins with where it happened: `@user_script: 1: -OOM …`.
fn is_uncoded(error: &RedisError) -> bool {
    let code = error.code().unwrap_or_default();
    code == "ERR" || code.starts_with("@user_script")
}

/// The command in `… no permissions to run the 'eval' command`, which servers write in several ways.
fn forbidden_command(error: &RedisError) -> Option<&str> {
    let (_, rest) = error.detail()?.split_once("to run the '")?;
    let (command, _) = rest.split_once('\'')?;
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'|';
    (is_forbidden(error) && command.bytes().all(is_name)).then_some(command)
}

/// A replica refused to write.
pub(super) fn is_read_only(error: &RedisError) -> bool {
    error.kind() == Kind::Server(ServerErrorKind::ReadOnly)
        || says(error, ("READONLY", "-READONLY "))
}

/// Whether an error has this code. Before 7.0 one that leaves a script has lost it, and quotes it in its text.
fn says(error: &RedisError, (code, quoted): (&str, &str)) -> bool {
    error.code() == Some(code) || has_detail(error, quoted)
}

/// What will not pass by itself.
pub(super) fn is_permanent(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Auth | ErrorKind::Setting | ErrorKind::Url
    )
}

pub(super) fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == Kind::Server(ServerErrorKind::NoScript)
}

#[cfg(test)]
mod tests {
    use redis::Value;

    use super::*;

    fn kind(reply: &str) -> ErrorKind {
        let reply = format!("-{reply}\r\n");
        let value = redis::parse_redis_value(reply.as_bytes()).and_then(Value::extract_error);
        convert(value.expect_err("an error")).kind()
    }

    /// As Redis 6.2 and 7.0 say it: by a command, by a script that fails, and by one that hands it on.
    #[test]
    fn an_error_of_a_script_is_of_the_kind_of_its_command() {
        let told = [
            ("OOM command not allowed", ErrorKind::Full),
            ("READONLY You can't write", ErrorKind::Unavailable),
            ("WRONGTYPE Operation against", ErrorKind::WrongType),
        ];
        for (error, expected) in told {
            assert_eq!(kind(error), expected);
            assert_eq!(kind(&format!("@user_script: 1: -{error}")), expected);
            let raised =
                "ERR Error running script (call to f_0123): @user_script:1: @user_script: 1";
            assert_eq!(kind(&format!("{raised}: -{error}")), expected);
        }
        assert_eq!(kind("ERR out of luck"), ErrorKind::Server);
    }
}
