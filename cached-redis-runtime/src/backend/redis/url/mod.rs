//! Reading a URL: which servers it names, as whom to log in, and what it sets.

mod authority;
mod percent;
mod query;
mod redact;

use core::time::Duration;
use std::path::PathBuf;

use redis::{
    ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion, RedisConnectionInfo,
};

use self::authority::{Authority, Host};
use self::query::Query;
use self::redact::redact;
use crate::error::{Error, ErrorKind};

const SERVER_PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// What a URL says.
#[derive(Debug)]
pub(super) struct Url {
    pub(super) target: Target,
    /// `?deadline=…`, to which the builder's gives way.
    pub(super) deadline: Option<Duration>,
}

/// What to connect to. Addresses of [`ConnectionAddr::TcpTls`] are those of `rediss` and its like.
#[derive(Debug)]
pub(super) enum Target {
    /// One server.
    Server(ConnectionInfo),
    /// The primary that the sentinels name.
    Sentinel {
        /// In the order of the URL, each with the login for sentinels.
        sentinels: Vec<ConnectionInfo>,
        /// The name under which they watch it.
        master: String,
        /// The login and the database of the primary.
        settings: RedisConnectionInfo,
    },
    /// A Redis Cluster.
    Cluster {
        /// Nodes to ask for the others, in the order of the URL.
        seeds: Vec<ConnectionInfo>,
    },
}

impl Target {
    pub(super) fn has_tls(&self) -> bool {
        let first = match self {
            Self::Server(info) => Some(info),
            Self::Sentinel { sentinels, .. } => sentinels.first(),
            Self::Cluster { seeds } => seeds.first(),
        };
        first.is_some_and(|info| matches!(info.addr(), ConnectionAddr::TcpTls { .. }))
    }
}

/// What a scheme says by itself.
#[derive(Clone, Copy)]
enum Kind {
    Server,
    Unix,
    Cluster,
    Sentinel,
}

/// What the URL says of the deadline, which is one of calls and not of connections.
///
/// # Errors
/// Those of [`parse`].
pub(crate) fn deadline_of(url: &str) -> Result<Option<Duration>, Error> {
    parse(url).map(|url| url.deadline)
}

/// # Errors
/// [`ErrorKind::Url`] with the part that is wrong and what to write instead. Secrets never show.
pub(super) fn parse(url: &str) -> Result<Url, Error> {
    read(url).map_err(|wrong| {
        let message = format!("cannot use the URL `{}`: {wrong}", redact(url));
        Error::new(ErrorKind::Url, message)
    })
}

/// Of what is wrong no part of the URL is repeated: it may be a password that has lost its place.
fn read(url: &str) -> Result<Url, String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (kind, tls) = match scheme {
        "redis" | "valkey" => (Kind::Server, false),
        "rediss" | "valkeys" => (Kind::Server, true),
        "redis+unix" | "valkey+unix" | "unix" => (Kind::Unix, false),
        "redis-cluster" | "valkey-cluster" => (Kind::Cluster, false),
        "rediss-cluster" | "valkeys-cluster" => (Kind::Cluster, true),
        "redis-sentinel" | "valkey-sentinel" => (Kind::Sentinel, false),
        "rediss-sentinel" | "valkeys-sentinel" => (Kind::Sentinel, true),
        _ => {
            return Err(
                "it must begin with `redis://`, `rediss://`, `redis+unix://`, `redis-cluster://`, \
                 `redis-sentinel://` or `memory://`"
                    .to_owned(),
            );
        }
    };
    if let Some((_, fragment)) = rest.split_once('#') {
        return Err(if tls && fragment == "insecure" {
            "`#insecure` would trust anybody; give the certificate of your own CA with the builder's `tls_ca`"
        } else {
            "it has a `#`; in a user or a password, write `%23` instead"
        }
        .to_owned());
    }
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = match place.find('/') {
        Some(at) => place.split_at(at),
        None => (place, ""),
    };
    if matches!(kind, Kind::Unix) {
        return unix(authority, path, query);
    }
    if path.contains('@') || query.contains('@') {
        return Err(
            "an `@` stands behind the host; in a user or a password, write `%40` for `@`, `%2F` for `/` and `%3F` for `?`"
                .to_owned(),
        );
    }
    let port = match kind {
        Kind::Sentinel => SENTINEL_PORT,
        _ => SERVER_PORT,
    };
    let authority = Authority::read(authority, port)?;
    match kind {
        Kind::Server => server(authority, path, query, tls),
        Kind::Cluster => cluster(authority, path, query, tls),
        Kind::Sentinel => sentinel(authority, path, query, tls),
        Kind::Unix => unreachable!("read above"),
    }
}

fn server(authority: Authority, path: &str, query: &str, tls: bool) -> Result<Url, String> {
    let query = Query::read(query, &[])?;
    let settings = settings(&authority, &query).set_db(database(path, "redis://host:6379/2")?);
    let mut hosts = authority.hosts.into_iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => Ok(Url {
            target: Target::Server(connection(host, tls, settings)),
            deadline: query.deadline,
        }),
        _ => Err(
            "it names several hosts; those of a cluster go into `redis-cluster://…`, sentinels into `redis-sentinel://…`"
                .to_owned(),
        ),
    }
}

fn cluster(authority: Authority, path: &str, query: &str, tls: bool) -> Result<Url, String> {
    let query = Query::read(query, &[])?;
    if database(path, "redis-cluster://host:6379")? != 0 {
        return Err(
            "a Redis Cluster has no database but 0; to keep programs apart, give each a `namespace`"
                .to_owned(),
        );
    }
    let settings = settings(&authority, &query);
    let seeds = authority.hosts.into_iter();
    let seeds = seeds.map(|host| connection(host, tls, settings.clone()));
    Ok(Url {
        target: Target::Cluster {
            seeds: seeds.collect(),
        },
        deadline: query.deadline,
    })
}

fn sentinel(authority: Authority, path: &str, query: &str, tls: bool) -> Result<Url, String> {
    const FORM: &str = "redis-sentinel://host:26379/mymaster/2";

    let query = Query::read(query, &["sentinel_user", "sentinel_password"])?;
    let path = path.trim_start_matches('/');
    let (master, db) = match path.find('/') {
        Some(at) => path.split_at(at),
        None => (path, ""),
    };
    let master = percent::decode(master, "master's name")?;
    if master.is_empty() {
        return Err(
            "the name of the master is missing, as in `redis-sentinel://host:26379/mymaster`"
                .to_owned(),
        );
    }
    let settings = settings(&authority, &query).set_db(database(db, FORM)?);
    let user = query.get("sentinel_user");
    let password = query.get("sentinel_password");
    if user.is_some() && password.is_none() {
        return Err("`sentinel_user` needs `sentinel_password`".to_owned());
    }
    let login = login(user, password, settings.protocol());
    let sentinels = authority.hosts.into_iter();
    let sentinels = sentinels.map(|host| connection(host, tls, login.clone()));
    Ok(Url {
        target: Target::Sentinel {
            sentinels: sentinels.collect(),
            master,
            settings,
        },
        deadline: query.deadline,
    })
}

/// The path is everything up to the query. Who logs in stands before it or, as in other clients, in the query.
fn unix(authority: &str, path: &str, query: &str) -> Result<Url, String> {
    let query = Query::read(query, &["db", "user", "pass"])?;
    let path = percent::decode(path, "path")?;
    if path.len() < 2 {
        return Err(
            "the path of the socket is missing, as in `redis+unix:///run/redis.sock`".into(),
        );
    }
    let (user, password) = match authority.strip_suffix('@') {
        Some(login) => authority::login(login)?,
        None if authority.is_empty() => (None, None),
        None => {
            return Err(
                "the path must begin with `/`, as in `redis+unix:///run/redis.sock`".into(),
            );
        }
    };
    let user = user.as_deref().or(query.get("user"));
    let password = password.as_deref().or(query.get("pass"));
    if user.is_some() && password.is_none() {
        return Err("`user` needs `pass`".to_owned());
    }
    let db = database(
        query.get("db").unwrap_or_default(),
        "redis+unix:///run/redis.sock?db=2",
    )?;
    let settings = login(user, password, query.protocol).set_db(db);
    Ok(Url {
        target: Target::Server(at(ConnectionAddr::Unix(PathBuf::from(path)), settings)),
        deadline: query.deadline,
    })
}

fn database(path: &str, form: &str) -> Result<i64, String> {
    match path.trim_matches('/') {
        "" => Ok(0),
        digits => match digits.parse::<u32>() {
            Ok(number) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number.into()),
            _ => Err(format!(
                "the database must be a number from 0, as in `{form}`"
            )),
        },
    }
}

fn settings(authority: &Authority, query: &Query) -> RedisConnectionInfo {
    let (user, password) = (authority.user.as_deref(), authority.password.as_deref());
    login(user, password, query.protocol)
}

fn login(
    user: Option<&str>,
    password: Option<&str>,
    protocol: ProtocolVersion,
) -> RedisConnectionInfo {
    let mut login = RedisConnectionInfo::default()
        .set_protocol(protocol)
        .set_lib_name("cached-redis", env!("CARGO_PKG_VERSION"));
    if let Some(user) = user {
        login = login.set_username(user);
    }
    if let Some(password) = password {
        login = login.set_password(password);
    }
    login
}

fn connection(host: Host, tls: bool, settings: RedisConnectionInfo) -> ConnectionInfo {
    let Host { name: host, port } = host;
    let addr = if tls {
        ConnectionAddr::TcpTls {
            host,
            port,
            insecure: false,
            tls_params: None,
        }
    } else {
        ConnectionAddr::Tcp(host, port)
    };
    at(addr, settings)
}

fn at(addr: ConnectionAddr, settings: RedisConnectionInfo) -> ConnectionInfo {
    let info = addr.into_connection_info();
    info.expect("an address is taken as it is")
        .set_redis_settings(settings)
}

#[cfg(test)]
mod tests;
