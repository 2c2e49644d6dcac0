//! Handlers of a real web framework, called through its router.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use cached_redis_runtime::{cache_aside, cache_invalidate};
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;

use crate::gallery::{bodies, body};

#[derive(Clone, Default)]
struct App {
    names: Arc<Mutex<BTreeMap<u64, String>>>,
}

impl App {
    fn name(&self, id: u64) -> Option<String> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(&id).cloned()
    }
}

#[derive(Deserialize)]
struct Paging {
    page: u32,
    size: u32,
}

#[derive(Serialize, Deserialize)]
struct User {
    name: String,
}

enum Failure {
    NotFound,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// What a handler returns has to be stored: here it is the body's text.
#[cache_aside(key = "handler:<id>", ttl = 60, skip(app))]
async fn show(State(app): State<App>, Path(id): Path<u64>) -> Result<String, Failure> {
    body();
    app.name(id).ok_or(Failure::NotFound)
}

#[cache_aside(key = "list:<team>:<kind>:<page>:<size>", ttl = 60, skip(app))]
async fn list(
    State(app): State<App>,
    Path((team, kind)): Path<(u64, String)>,
    Query(Paging { page, size }): Query<Paging>,
) -> String {
    body();
    format!("{:?} {team} {kind} {page} {size}", app.name(team))
}

/// A response that is made anew around what is cached.
async fn json(state: State<App>, path: Path<u64>) -> Result<Json<User>, Failure> {
    #[cache_aside(key = "json:<id>", ttl = 60, skip(app))]
    async fn load(State(app): State<App>, Path(id): Path<u64>) -> Option<User> {
        body();
        let name = app.name(id)?;
        Some(User { name })
    }

    load(state, path).await.map(Json).ok_or(Failure::NotFound)
}

#[cache_invalidate(keys("handler:<id>", "json:<id>"))]
async fn store(
    State(app): State<App>,
    Path(id): Path<u64>,
    Json(User { name }): Json<User>,
) -> Result<(StatusCode, Json<User>), Failure> {
    body();
    let mut names = app.names.lock().unwrap_or_else(PoisonError::into_inner);
    names.insert(id, name.clone());
    drop(names);
    Ok((StatusCode::CREATED, Json(User { name })))
}

/// A response itself may be returned by a write.
#[cache_invalidate(keys("handler:<id>", "json:<id>"))]
async fn remove(State(app): State<App>, Path(id): Path<u64>) -> Response {
    body();
    let mut names = app.names.lock().unwrap_or_else(PoisonError::into_inner);
    names
        .remove(&id)
        .map_or(StatusCode::NOT_FOUND, |_| StatusCode::NO_CONTENT)
        .into_response()
}

fn router() -> Router {
    Router::new()
        .route("/users/{id}", get(show))
        .route("/users/{id}/json", get(json))
        .route("/users/{id}", put(store).delete(remove))
        .route("/teams/{team}/{kind}", get(list))
        .with_state(App::default())
}

/// The status of one request, its body, and how many bodies of functions ran for it.
async fn call(router: &Router, method: &str, path: &str, json: &str) -> (u16, String, usize) {
    let before = bodies();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(Body::from(json.to_owned()))
        .expect("a request");
    let response = router.clone().oneshot(request).await.expect("infallible");
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1024).await;
    let text = String::from_utf8(bytes.expect("a short body").to_vec()).expect("text");
    (status, text, bodies() - before)
}

shapes! {
    handlers {
        let router = router();
        let user = r#"{"name":"Ada"}"#;
        assert_eq!(call(&router, "GET", "/users/1", "").await, (404, String::new(), 1));
        assert_eq!(call(&router, "PUT", "/users/1", user).await, (201, user.to_owned(), 1));
        for runs in [1, 0] {
            assert_eq!(call(&router, "GET", "/users/1", "").await, (200, "Ada".to_owned(), runs));
            assert_eq!(call(&router, "GET", "/users/1/json", "").await, (200, user.to_owned(), runs));
        }
        assert_eq!(call(&router, "DELETE", "/users/1", "").await, (204, String::new(), 1));
        assert_eq!(call(&router, "GET", "/users/1", "").await, (404, String::new(), 1));
        assert_eq!(call(&router, "GET", "/users/1/json", "").await, (404, String::new(), 1));
    }
    several_extractors {
        let router = router();
        for runs in [1, 0] {
            let expected = (200, "None 1 a/b 2 10".to_owned(), runs);
            assert_eq!(call(&router, "GET", "/teams/1/a%2Fb?page=2&size=10", "").await, expected);
        }
        assert_eq!(call(&router, "GET", "/teams/1/a%2Fb?page=3&size=10", "").await.2, 1);
    }
}
