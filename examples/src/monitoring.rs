//! What a service shows of its cache: `/metrics` to Prometheus, and `/cache` to whoever opens it in a browser.
//!
//! Neither shows a key or a value: a family's template is all there is of its keys. Whoever may not see the templates and the
//! numbers must not reach these routes.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use axum::{Json, Router};
use cached_redis_runtime::{Cache, FamilyStats, Stats};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use serde_json::{Value, json};

/// In seconds. Without buckets the exporter would make quantiles of its own, which cannot be added up over processes.
const BUCKETS: [f64; 12] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// Nothing is loaded from elsewhere, and the page asks for nothing but its own data.
const POLICY: [(HeaderName, &str); 2] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:; \
         frame-ancestors 'none'",
    ),
    (header::CACHE_CONTROL, "no-store"),
];

/// Makes Prometheus the recorder of this process. To be called before the cache is used.
///
/// # Errors
/// If there is a recorder already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), &BUCKETS)?
        .install_recorder()
}

/// The routes. Must be called in a runtime.
pub fn routes(cache: Cache, prometheus: PrometheusHandle) -> Router {
    drop(tokio::spawn(tidy_up(prometheus.clone())));
    Router::new()
        .route("/metrics", get(metrics))
        .route("/cache", get(page))
        .route("/cache/data", get(data))
        .with_state((cache, prometheus))
}

/// The exporter keeps each duration until somebody asks; nobody may.
async fn tidy_up(prometheus: PrometheusHandle) {
    let mut often = tokio::time::interval(Duration::from_secs(5));
    loop {
        often.tick().await;
        prometheus.run_upkeep();
    }
}

async fn metrics(
    State((cache, prometheus)): State<(Cache, PrometheusHandle)>,
) -> impl IntoResponse {
    cache.publish_metrics();
    let format = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, format)], prometheus.render())
}

async fn page() -> impl IntoResponse {
    (POLICY, Html(include_str!("monitoring.html")))
}

async fn data(State((cache, _)): State<(Cache, PrometheusHandle)>) -> Json<Value> {
    let Stats {
        families,
        connected,
        pending_deletes,
        waiting,
        ..
    } = cache.stats();
    let server = cache.server().unwrap_or_default();
    Json(json!({
        "server": format!("{} {}", server.kind, server.version).trim(),
        "connected": connected,
        "pending_deletes": pending_deletes,
        "waiting": waiting,
        "families": families.iter().map(family).collect::<Vec<_>>(),
    }))
}

fn family(family: &FamilyStats) -> Value {
    let ttl = match family.ttl {
        Some(Duration::MAX) => json!("for ever"),
        ttl => json!(ttl.map(|ttl| ttl.as_secs_f64())),
    };
    json!({
        "template": family.template,
        "ttl": ttl,
        "hits": family.hits,
        "stale_hits": family.stale_hits,
        "negative_hits": family.negative_hits,
        "misses": family.misses,
        "bypassed": family.bypassed,
        "loads": family.loads,
        "failed_loads": family.failed_loads,
        "load_seconds": family.load_time.as_secs_f64(),
        "waits": family.waits,
        "wait_seconds": family.wait_time.as_secs_f64(),
        "stored_bytes": family.stored_bytes,
        "rejected_fills": family.rejected_fills,
        "invalidations": family.invalidations + family.tag_invalidations,
        "lost_deletes": family.lost_deletes,
        "errors": {
            "all": family.errors,
            "connection": family.errors_connection,
            "timeout": family.errors_timeout,
            "refused": family.errors_refused,
            "full": family.errors_full,
            "wrong type": family.errors_wrong_type,
            "server": family.errors_server,
        },
    })
}
