//! The repository of the quickstart behind axum, ready to run twice on one Redis.
//!
//! ```text
//! PORT=8001 REDIS_URL=redis://127.0.0.1:6379 cargo run --example service
//! PORT=8002 REDIS_URL=redis://127.0.0.1:6379 cargo run --example service
//! ```
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `PORT` | where it listens, on 127.0.0.1 | `8000` |
//! | `REDIS_URL` | the cache | `memory://`, this process alone |
//! | `DATABASE_URL` | the shop's database | a file in the system's temporary directory |
//!
//! Each answer says in `x-cache` how it was served and in `x-database-queries` how many queries this instance
//! has made.

use std::error::Error;
use std::net::Ipv4Addr;

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use cached_redis_examples::database::{Database, Queries};
use cached_redis_examples::products::{NewProduct, Product, ProductId, Products};
use cached_redis_runtime::{Cache, Served, inspect};
use tokio::net::TcpListener;

#[derive(Debug, Clone)]
struct Shop {
    products: Products,
    queries: Queries,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let database = Database::open(&env_or("DATABASE_URL", || {
        let file = std::env::temp_dir().join("cached-redis-shop.db");
        format!("sqlite://{}?mode=rwc", file.display())
    }))
    .await?;
    // A server that is down now is no error: the functions run uncached until it answers.
    let cache = Cache::connect(&env_or("REDIS_URL", || "memory://".to_owned())).await?;
    cache.install()?;

    let products = Products::new(database.pool.clone());
    let app = Router::new()
        .route("/products", get(list).post(create))
        .route("/products/{id}", get(find).put(update))
        .with_state(Shop {
            products,
            queries: database.queries(),
        });
    let port = env_or("PORT", || "8000".to_owned()).parse()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("http://{}/products", listener.local_addr()?);
    axum::serve(listener, app)
        .with_graceful_shutdown(asked_to_stop())
        .await?;
    database.pool.close().await;
    Ok(())
}

async fn list(State(shop): State<Shop>) -> Result<Response, Failure> {
    let (products, served) = inspect(shop.products.list()).await;
    Ok(answer(&shop, served, Json(products?)))
}

async fn find(State(shop): State<Shop>, Path(id): Path<i64>) -> Result<Response, Failure> {
    let (product, served) = inspect(shop.products.find(ProductId(id))).await;
    let product = product?.map(Json).ok_or(StatusCode::NOT_FOUND);
    Ok(answer(&shop, served, product))
}

async fn create(
    State(shop): State<Shop>,
    Json(new): Json<NewProduct>,
) -> Result<Response, Failure> {
    let product = shop.products.create(&new).await?;
    Ok((StatusCode::CREATED, Json(product)).into_response())
}

async fn update(
    State(shop): State<Shop>,
    Path(id): Path<i64>,
    Json(new): Json<NewProduct>,
) -> Result<StatusCode, Failure> {
    let NewProduct { name, price_cents } = new;
    let product = Product {
        id: ProductId(id),
        name,
        price_cents,
        reviews: 0,
        stars: None,
    };
    shop.products.update(&product).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn answer(shop: &Shop, served: Served, body: impl IntoResponse) -> Response {
    const CACHE: HeaderName = HeaderName::from_static("x-cache");
    const QUERIES: HeaderName = HeaderName::from_static("x-database-queries");
    let headers = [
        (CACHE, served.to_string()),
        (QUERIES, shop.queries.count().to_string()),
    ];
    (headers, body).into_response()
}

/// Ends with Ctrl-C, or with the signal that service managers send.
async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a handler the process is simply ended, which is right as well.
    let _ = tokio::signal::ctrl_c().await;
}

fn env_or(name: &str, default: impl FnOnce() -> String) -> String {
    std::env::var(name).unwrap_or_else(|_| default())
}

/// The database's errors as HTTP answers.
struct Failure(sqlx::Error);

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self.0 {
            sqlx::Error::RowNotFound => StatusCode::NOT_FOUND.into_response(),
            error => {
                eprintln!("{error}");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
