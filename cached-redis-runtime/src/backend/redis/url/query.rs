//! What stands behind the `?`.

use core::time::Duration;

use redis::ProtocolVersion;

use super::percent;

/// What every URL may set.
const COMMON: [&str; 2] = ["deadline", "protocol"];

/// The names that other clients have for these.
const ELSEWHERE: [(&str, &str); 12] = [
    ("command_timeout", "deadline"),
    ("connect_timeout", "deadline"),
    ("database", "db"),
    ("password", "pass"),
    ("read_timeout", "deadline"),
    ("resp", "protocol"),
    ("response_timeout", "deadline"),
    ("sentinel_pass", "sentinel_password"),
    ("sentinel_username", "sentinel_user"),
    ("socket_timeout", "deadline"),
    ("timeout", "deadline"),
    ("username", "user"),
];

pub(super) struct Query {
    pub(super) deadline: Option<Duration>,
    /// RESP3 is what tells about a closed connection without a command, and what client tracking needs.
    pub(super) protocol: ProtocolVersion,
    others: Vec<(&'static str, String)>,
}

impl Query {
    /// `names` are those that this kind of URL has besides the common ones.
    pub(super) fn read(text: &str, names: &[&'static str]) -> Result<Self, String> {
        let mut query = Self {
            deadline: None,
            protocol: ProtocolVersion::RESP3,
            others: Vec::new(),
        };
        let known: Vec<&'static str> = COMMON.iter().chain(names).copied().collect();
        let mut seen = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(&name) = known.iter().find(|known| **known == name) else {
                return Err(unknown(name, &known));
            };
            if seen.contains(&name) {
                return Err(format!("`{name}` is given twice"));
            }
            seen.push(name);
            match name {
                "deadline" => query.deadline = Some(deadline(value)?),
                "protocol" => query.protocol = protocol(value)?,
                // To some it is a space, to others itself.
                _ if value.contains('+') => {
                    return Err(format!(
                        "`{name}` has a `+`; write `%2B` for it, or `%20` for a space"
                    ));
                }
                _ => query.others.push((name, percent::decode(value, name)?)),
            }
        }
        Ok(query)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.others.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn deadline(text: &str) -> Result<Duration, String> {
    let (digits, millis) = match text.strip_suffix("ms") {
        Some(digits) => (digits, 1),
        None => (text.strip_suffix('s').unwrap_or_default(), 1000),
    };
    let number = digits.parse::<u32>().ok().filter(|number| *number > 0);
    match number {
        Some(number) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Duration::from_millis(u64::from(number) * millis))
        }
        _ => Err(
            "`deadline` is a number with a unit, as in `?deadline=100ms` or `?deadline=1s`".into(),
        ),
    }
}

fn protocol(text: &str) -> Result<ProtocolVersion, String> {
    match text {
        "2" | "resp2" => Ok(ProtocolVersion::RESP2),
        "3" | "resp3" => Ok(ProtocolVersion::RESP3),
        _ => Err("`protocol` is `resp2` or `resp3`".to_owned()),
    }
}

/// Does not repeat the name, unless it is one of another client's: it may be the end of a password with an `&`, also one that
/// happens to be near a known name.
fn unknown(name: &str, known: &[&'static str]) -> String {
    let elsewhere = ELSEWHERE
        .iter()
        .find(|(other, ours)| *other == name && known.contains(ours));
    if let Some((_, ours)) = elsewhere {
        return format!("it has a parameter `{name}`; did you mean `{ours}`?");
    }
    if let Some(near) = known.iter().find(|known| is_near(name, known)) {
        return format!("it has a parameter much like `{near}`; did you mean `{near}`?");
    }
    let all: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("it has a parameter that is none of {}", all.join(", "))
}

/// One letter missing, too many, another, or changed places with the next.
fn is_near(name: &str, known: &str) -> bool {
    let (name, known) = (name.to_ascii_lowercase(), known.as_bytes());
    let name = name.as_bytes();
    let start = name.iter().zip(known).take_while(|(a, b)| a == b).count();
    let (name, known) = (&name[start..], &known[start..]);
    let swapped = match (name, known) {
        ([one, two, rest @ ..], [first, second, end @ ..]) => {
            one == second && two == first && rest == end
        }
        _ => false,
    };
    name.get(1..) == Some(known)
        || known.get(1..) == Some(name)
        || name.get(1..) == known.get(1..)
        || swapped
}
