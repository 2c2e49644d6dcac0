//! The dashboard for Grafana asks for what there is, and has what an import needs.

use std::collections::BTreeSet;

use cached_redis_runtime::cache_aside;
use cached_redis_tests::{CountingLoader, Gate, Server, eventually};
use serde_json::{Value, json};

use crate::service::{Exposition, PATIENCE, cache};

fn dashboard() -> Value {
    serde_json::from_str(include_str!("../../../../docs/grafana.json")).unwrap()
}

/// Every text under this name, wherever it is.
fn all<'a>(name: &str, value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if key == name => found.push(text),
                    _ => all(name, value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| all(name, value, found)),
        _ => {}
    }
}

/// The metrics that a query names.
fn metrics(query: &str) -> impl Iterator<Item = &str> {
    let words = query.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("cached_redis_"))
}

#[cache_aside(key = "charted:<id>", ttl = 60, skip(loader))]
async fn charted(id: u64, loader: CountingLoader<u64>) -> u64 {
    id + loader.load().await
}

#[tokio::test]
async fn every_metric_of_a_query_is_published() {
    // A load, and a wait for it: afterwards there is everything that can be.
    let server = Server::start();
    let cache = cache(&server, "charted", |builder| builder).await;
    let gate = Gate::closed();
    let loader = CountingLoader::behind(gate.clone(), 1);
    let calls = [loader.clone(), loader].map(|loader| {
        let cache = cache.clone();
        tokio::spawn(async move { cache.scope(charted(1, loader)).await })
    });
    gate.reached().await;
    eventually(PATIENCE, || cache.stats().waiting == 1).await;
    gate.open();
    for call in calls {
        call.await.unwrap();
    }
    let found = Exposition::of(&cache);
    let published: BTreeSet<&str> = found.names().collect();

    let board = dashboard();
    let mut queries = Vec::new();
    all("expr", &board, &mut queries);
    all("query", &board["templating"], &mut queries);
    let asked: BTreeSet<&str> = queries.iter().flat_map(|query| metrics(query)).collect();
    assert!(asked.len() > 20, "{asked:?}");
    let unknown: Vec<_> = asked.difference(&published).collect();
    assert!(unknown.is_empty(), "{unknown:?} are none of {published:?}");
    for query in queries {
        let (open, closed) = ("([{", ")]}");
        let count = |signs: &str| query.chars().filter(|sign| signs.contains(*sign)).count();
        assert_eq!(count(open), count(closed), "{query}");
    }
}

#[test]
fn an_import_finds_what_it_needs() {
    let board = dashboard();
    let inputs = board["__inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), 1);
    let input = &inputs[0];
    assert_eq!(
        (&input["type"], &input["pluginId"]),
        (&json!("datasource"), &json!("prometheus"))
    );
    // The import asks for the source, and puts it in place of this.
    let source = format!("${{{}}}", input["name"].as_str().unwrap());
    assert!(board["schemaVersion"].as_u64().unwrap() >= 36);
    assert!(board["id"].is_null(), "of the one who exported it");
    assert!(
        !board["uid"].as_str().unwrap().is_empty() && !board["title"].as_str().unwrap().is_empty()
    );

    let panels = board["panels"].as_array().unwrap();
    let required: BTreeSet<_> = board["__requires"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert!(required.contains("prometheus") && required.contains("grafana"));
    let ids: BTreeSet<_> = panels
        .iter()
        .map(|panel| panel["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids.len(), panels.len(), "each has its own number");
    let mut taken = BTreeSet::new();
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert!(
            required.contains(panel["type"].as_str().unwrap()),
            "{title}"
        );
        assert_eq!(panel["datasource"]["uid"], json!(source), "{title}");
        let targets = panel["targets"].as_array().unwrap();
        let references: BTreeSet<_> = targets
            .iter()
            .map(|target| target["refId"].as_str().unwrap())
            .collect();
        assert_eq!(references.len(), targets.len(), "{title}");
        for target in targets {
            assert_eq!(target["datasource"]["uid"], json!(source), "{title}");
            assert!(!target["expr"].as_str().unwrap().is_empty(), "{title}");
        }
        let side = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        assert!(side("x") + side("w") <= 24, "{title}");
        for x in side("x")..side("x") + side("w") {
            for y in side("y")..side("y") + side("h") {
                assert!(taken.insert((x, y)), "{title} lies on another panel");
            }
        }
    }
    for variable in board["templating"]["list"].as_array().unwrap() {
        assert_eq!(variable["datasource"]["uid"], json!(source));
    }
}
