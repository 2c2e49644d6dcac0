//! Somebody else's weather service, in this process on a loopback port: slow, metered, and not always there.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::airports::fields;
use crate::database::Queries;
use crate::watch::pause;

const SEATTLE: &str = include_str!("../data/weather.tsv");

/// The weather of a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weather {
    /// When it was.
    pub date: String,
    /// The highest temperature, in degrees Celsius.
    pub highest: f64,
    /// The lowest.
    pub lowest: f64,
    /// In a word.
    pub summary: String,
}

/// The days that the service knows about.
#[must_use]
pub fn days() -> Vec<&'static str> {
    fields(SEATTLE).map(|fields| fields[0]).collect()
}

fn look_up(date: &str) -> Option<Weather> {
    let fields = fields(SEATTLE).find(|fields| fields[0] == date)?;
    Some(Weather {
        date: date.to_owned(),
        highest: fields[2].parse().ok()?,
        lowest: fields[3].parse().ok()?,
        summary: fields[5].to_owned(),
    })
}

/// The service. It ends when it is dropped.
#[derive(Debug)]
pub struct WeatherService {
    /// Where it listens.
    pub address: SocketAddr,
    mood: Arc<Mood>,
    server: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Mood {
    requests: Queries,
    millis: AtomicU64,
    broken: AtomicBool,
    now: AtomicU64,
    most: AtomicU64,
}

impl WeatherService {
    /// Starts it.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn start() -> std::io::Result<Self> {
        let mood = Arc::<Mood>::default();
        let app = Router::new()
            .route("/seattle/{date}", get(answer))
            .with_state(Arc::clone(&mood));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move {
            // It ends by being aborted.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self {
            address,
            mood,
            server,
        })
    }

    /// How many requests it has had: each of them costs money.
    #[must_use]
    pub fn requests(&self) -> Queries {
        self.mood.requests.clone()
    }

    /// How many requests it had at once.
    #[must_use]
    pub fn most_at_once(&self) -> u64 {
        self.mood.most.load(Ordering::SeqCst)
    }

    /// So long it takes from now on.
    pub fn takes(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.mood.millis.store(millis, Ordering::SeqCst);
    }

    /// Whether it answers each request with an error from now on.
    pub fn breaks(&self, broken: bool) {
        self.mood.broken.store(broken, Ordering::SeqCst);
    }
}

impl Drop for WeatherService {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    State(mood): State<Arc<Mood>>,
    Path(date): Path<String>,
) -> Result<Json<Weather>, StatusCode> {
    mood.requests.add_one();
    let now = mood.now.fetch_add(1, Ordering::SeqCst) + 1;
    mood.most.fetch_max(now, Ordering::SeqCst);
    pause(Duration::from_millis(mood.millis.load(Ordering::SeqCst))).await;
    mood.now.fetch_sub(1, Ordering::SeqCst);
    if mood.broken.load(Ordering::SeqCst) {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    look_up(&date).map(Json).ok_or(StatusCode::NOT_FOUND)
}

/// Asks the service by HTTP, as the client of its vendor would.
///
/// # Errors
/// If it cannot be reached, or answers with an error.
pub async fn ask(address: SocketAddr, date: &str) -> std::io::Result<Weather> {
    let mut connection = TcpStream::connect(address).await?;
    let request =
        format!("GET /seattle/{date} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut response = String::new();
    connection.read_to_string(&mut response).await?;
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((&response, ""));
    if head.starts_with("HTTP/1.1 200 ") {
        Ok(serde_json::from_str(body)?)
    } else {
        let status = head.lines().next().unwrap_or("no answer");
        Err(std::io::Error::other(status.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_asked_by_http_and_counts() {
        let service = WeatherService::start().await.unwrap();
        let weather = ask(service.address, "2015-07-04").await.unwrap();
        assert!(weather.highest > weather.lowest, "{weather:?}");
        let why = ask(service.address, "2016-01-01").await.unwrap_err();
        assert!(why.to_string().contains("404"), "{why}");
        service.breaks(true);
        let why = ask(service.address, "2015-07-04").await.unwrap_err();
        assert!(why.to_string().contains("503"), "{why}");
        assert_eq!(service.requests().count(), 3);
        assert_eq!((service.most_at_once(), days().len()), (1, 365));
    }
}
