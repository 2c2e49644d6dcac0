//! The service on a free port, with a real server behind its cache.

use std::collections::BTreeMap;
use std::time::Duration;

use cached_redis_examples::database::Database;
use cached_redis_examples::{monitoring, shop};
use cached_redis_runtime::{Cache, CacheBuilder, FamilyStats};
use cached_redis_tests::Server;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::OnceLock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A service, its cache and the server behind it.
pub(crate) struct Service {
    pub(crate) server: Server,
    pub(crate) cache: Cache,
    port: u16,
    _database: Database,
}

/// There is one recorder in a process, also where its tests are threads.
pub(crate) fn prometheus() -> PrometheusHandle {
    static PROMETHEUS: OnceLock<PrometheusHandle> = OnceLock::new();
    PROMETHEUS
        .get_or_init(|| monitoring::install().unwrap())
        .clone()
}

/// A cache whose metrics are told from those of other tests by `name`.
pub(crate) async fn cache(
    server: &Server,
    name: &str,
    settings: impl FnOnce(CacheBuilder) -> CacheBuilder,
) -> Cache {
    prometheus();
    let builder = Cache::builder(server.url())
        .namespace(name)
        .deadline(Duration::from_secs(5));
    let cache = settings(builder).connect().await.unwrap();
    assert!(cache.stats().connected, "the server answered");
    cache
}

impl Service {
    /// Its functions use `cache` in place of the installed one.
    pub(crate) async fn start(name: &str) -> Self {
        let server = Server::start();
        let cache = cache(&server, name, |builder| builder).await;
        let database = Database::open("sqlite::memory:").await.unwrap();
        let scoped = cache.clone();
        let scope = axum::middleware::from_fn(
            move |request: axum::extract::Request, next: axum::middleware::Next| {
                let cache = scoped.clone();
                async move { cache.scope(next.run(request)).await }
            },
        );
        let routes = shop::routes(&database).layer(scope);
        let routes = routes.merge(monitoring::routes(cache.clone(), prometheus()));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(tokio::spawn(
            async move { axum::serve(listener, routes).await },
        ));
        Self {
            server,
            cache,
            port,
            _database: database,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The whole answer, headers included.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        self.ask("GET", path, "").await
    }

    pub(crate) fn family(&self, template: &str) -> FamilyStats {
        let stats = self.cache.stats();
        stats.family(template).cloned().unwrap_or_default()
    }
}

/// What Prometheus would have read: each series with its value.
#[derive(Debug)]
pub(crate) struct Exposition {
    pub(crate) text: String,
    series: BTreeMap<String, f64>,
}

impl Exposition {
    /// Of the whole process, at this moment.
    pub(crate) fn of(cache: &Cache) -> Self {
        cache.publish_metrics();
        Self::read(prometheus().render())
    }

    pub(crate) fn read(text: String) -> Self {
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let series = lines.map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        });
        Self {
            series: series.collect(),
            text,
        }
    }

    /// One value, by its name and all its labels; NaN where it is not there.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let matches = |series: &str| {
            let (found, rest) = series.split_once('{').unwrap_or((series, ""));
            let rest = rest.trim_end_matches('}');
            let mut wanted: Vec<_> = labels.iter().map(|(k, v)| format!("{k}=\"{v}\"")).collect();
            let mut given: Vec<_> = rest
                .split(',')
                .filter(|one| !one.is_empty())
                .map(str::to_owned)
                .collect();
            wanted.sort();
            given.sort();
            found == name && wanted == given
        };
        let mut found = self.series.iter().filter(|(series, _)| matches(series));
        let value = found.next().map_or(f64::NAN, |(_, value)| *value);
        assert!(found.next().is_none(), "{name} is there twice");
        value
    }

    /// The names of all series.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.series
            .keys()
            .map(|series| series.split('{').next().unwrap_or(series))
    }
}
