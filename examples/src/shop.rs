//! The shop behind HTTP: the repository of the quickstart as routes.
//!
//! Each answer says in `x-cache` how it was served and in `x-database-queries` how many queries this instance has made.

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use cached_redis_runtime::{Served, inspect};

use crate::database::{Database, Queries};
use crate::products::{NewProduct, Product, ProductId, Products};

#[derive(Debug, Clone)]
struct Shop {
    products: Products,
    queries: Queries,
}

/// The shop's routes. Its functions find the installed cache by themselves.
pub fn routes(database: &Database) -> Router {
    Router::new()
        .route("/products", get(list).post(create))
        .route("/products/{id}", get(find).put(update))
        .with_state(Shop {
            products: Products::new(database.pool.clone()),
            queries: database.queries(),
        })
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
