//! What stands before the path: who logs in, and the hosts.

use core::net::Ipv6Addr;

use super::percent;

pub(super) struct Authority {
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    /// One at least.
    pub(super) hosts: Vec<Host>,
}

pub(super) struct Host {
    /// Without the brackets of an IPv6 address.
    pub(super) name: String,
    pub(super) port: u16,
}

impl Authority {
    pub(super) fn read(text: &str, port: u16) -> Result<Self, String> {
        // The last `@`: a password that was not encoded may hold another, a host cannot.
        let (login_text, hosts) = match text.rsplit_once('@') {
            Some((login, hosts)) => (login, hosts),
            None => ("", text),
        };
        if login_text
            .split_once('@')
            .is_some_and(|(_, hosts)| hosts.contains(','))
        {
            return Err("it has a login before each host; one stands before the first, for all, and a `,` in a password is \
                        written `%2C`"
                .to_owned());
        }
        let (user, password) = login(login_text)?;
        let hosts = hosts.split(',').map(|host| Host::read(host, port));
        Ok(Self {
            user,
            password,
            hosts: hosts.collect::<Result<_, _>>()?,
        })
    }
}

/// `user:password` or `:password`.
pub(super) fn login(text: &str) -> Result<(Option<String>, Option<String>), String> {
    let Some((user, password)) = text.split_once(':') else {
        if text.is_empty() {
            return Ok((None, None));
        }
        return Err(
            "it has a user and no password, which servers do not take; a password alone is written \
             `redis://:password@host`"
                .to_owned(),
        );
    };
    let user = percent::decode(user, "user")?;
    let password = percent::decode(password, "password")?;
    Ok(match (user.is_empty(), password.is_empty()) {
        (true, true) => (None, None),
        (true, false) => (None, Some(password)),
        // A user whom the server asks for no password sends an empty one.
        (false, _) => (Some(user), Some(password)),
    })
}

impl Host {
    pub(super) fn read(text: &str, default: u16) -> Result<Self, String> {
        let (name, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (name, port) = rest.split_once(']').ok_or("a `[` has no `]`")?;
                if name.parse::<Ipv6Addr>().is_err() {
                    return Err("there is no IPv6 address between `[` and `]`".to_owned());
                }
                match port.strip_prefix(':') {
                    None if !port.is_empty() => {
                        return Err("behind `]` comes `:` and the port, or nothing".to_owned());
                    }
                    port => (name, port),
                }
            }
            None => match text.split_once(':') {
                Some((_, port)) if port.contains(':') => {
                    return Err(
                        "an IPv6 address stands in brackets, as in `redis://[::1]:6379`".to_owned(),
                    );
                }
                Some((name, port)) => (name, Some(port)),
                None => (text, None),
            },
        };
        if name.is_empty() {
            return Err("the host is missing, as in `redis://host:6379`".to_owned());
        }
        if matches!(name, "0.0.0.0" | "::") {
            return Err("0.0.0.0 and :: are no addresses to connect to".to_owned());
        }
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
        if !name.bytes().all(is_name) {
            return Err("a host's name has letters, digits, `-`, `_` and `.` only".to_owned());
        }
        let port = port.map_or(Ok(default), read_port)?;
        Ok(Self {
            name: name.to_owned(),
            port,
        })
    }
}

fn read_port(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(port) if port > 0 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(port),
        _ => Err(
            "the port is no number from 1 to 65535, or the login before the host lacks its `@`: \
             `redis://user:password@host:6379`"
                .to_owned(),
        ),
    }
}
