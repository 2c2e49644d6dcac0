//! The page in a browser: its numbers are those of `stats()`, and it can be used without a mouse and without eyes.

use std::time::Duration;

use cached_redis_tests::{eventually, pause};
use serde_json::json;

use crate::browser::Browser;
use crate::service::{PATIENCE, Service};

const SIZE: (u32, u32) = (1200, 800);
const READ: &str = "product:<id>";
const WRITTEN: &str = "product:<product.id>";

fn cell(table: &str, family: &str, field: &str) -> String {
    format!("#{table} tr[data-family='{family}'] [data-field={field}]")
}

/// Its text alone, without a note below.
fn number(table: &str, family: &str, field: &str) -> String {
    format!("{} span", cell(table, family, field))
}

async fn shop(service: &Service) {
    for _ in 0..4 {
        service.get("/products/7").await;
    }
    for _ in 0..2 {
        service.get("/products/5000").await;
    }
    let lamp = r#"{"name": "Lamp", "price_cents": 1}"#;
    let answer = service.ask("PUT", "/products/7", lamp).await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_numbers_are_those_of_the_cache() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let service = Service::start("page").await;
    browser.open(&service.url("/cache"), SIZE);
    browser.shows(
        "#state",
        &format!("Connected to redis {}", version(&service)),
    );
    assert_eq!(browser.text("[data-sum=ratio]"), "–");
    shop(&service).await;

    let family = service.family(READ);
    assert_eq!((family.hits, family.misses, family.loads), (4, 2, 2));
    browser.shows(&number("reads", READ, "reads"), "6");
    browser.shows(&number("reads", READ, "ratio"), "66.7 %");
    browser.shows(&number("reads", READ, "loads"), &family.loads.to_string());
    browser.shows(&number("reads", READ, "ttl"), "10 min");
    browser.shows(
        &number("reads", READ, "stored"),
        &format!("{} B", family.stored_bytes),
    );
    browser.shows(&number("reads", READ, "errors"), "0");
    let mean = family.load_time.as_secs_f64() / 2.0;
    browser.shows(&number("reads", READ, "load"), &time(mean));
    browser.shows("[data-sum=ratio]", "66.7 %");
    // The write is of another family, and shown where writes are.
    let written = service.family(WRITTEN).invalidations;
    assert_eq!(written, 2);
    browser.shows(&number("writes", WRITTEN, "invalidations"), "2");
    assert_eq!(
        browser.eval("document.querySelectorAll('#reads tbody tr').length"),
        json!(1)
    );
    // What stands in a template is text, also where it could be a tag.
    browser.shows("#reads tbody th code", READ);
    assert_eq!(
        browser.eval("document.getElementsByTagName('id').length"),
        json!(0)
    );

    service.server.kill();
    eventually(PATIENCE, || !service.cache.stats().connected).await;
    for _ in 0..3 {
        service.get("/products/7").await;
    }
    let errors = service.family(READ).errors_connection;
    assert!(errors >= 3, "{errors}");
    browser.shows("#state", "No connection: functions run uncached");
    browser.shows(
        &cell("reads", READ, "errors"),
        &format!("{errors}connection {errors}"),
    );
    let good: &[&str] = &[];
    assert_eq!(browser.complaints, good);
}

/// Tab leads to everything that can be used, and both keys press the button.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_used_by_keyboard() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let service = Service::start("keys").await;
    browser.open(&service.url("/cache"), SIZE);
    shop(&service).await;
    browser.shows(&number("reads", READ, "reads"), "6");

    let mut way = Vec::new();
    for _ in 0..4 {
        browser.press("Tab");
        let on = "(e => e.id || e.getAttribute('href') || e.getAttribute('aria-labelledby'))(document.activeElement)";
        way.push(browser.eval(on).as_str().unwrap_or_default().to_owned());
        let outline = browser.eval("getComputedStyle(document.activeElement).outlineStyle");
        assert_eq!(outline, json!("solid"), "{way:?} shows where it is");
    }
    assert_eq!(way, ["metrics", "pause", "reads-title", "writes-title"]);

    browser.eval("document.getElementById('pause').focus()");
    browser.press("Space");
    browser.shows("#state", "Paused");
    let pressed = "document.getElementById('pause').getAttribute('aria-pressed')";
    assert_eq!(browser.eval(pressed), json!("true"));
    // Longer than it would be until the next look.
    let looks = "performance.getEntriesByType('resource').length";
    let before = browser.eval(looks);
    service.get("/products/7").await;
    pause(Duration::from_millis(2500)).await;
    assert_eq!(browser.eval(looks), before);
    assert_eq!(browser.text(&number("reads", READ, "reads")), "6");
    assert_eq!(browser.eval("document.activeElement.id"), json!("pause"));
    browser.press("Enter");
    browser.shows(&number("reads", READ, "reads"), "7");
    assert_eq!(browser.eval(pressed), json!("false"));
    // Rows are written to, not made anew: what somebody reads or has selected stays.
    browser.eval("window.kept = document.querySelector('#reads tbody tr')");
    service.get("/products/7").await;
    browser.shows(&number("reads", READ, "reads"), "8");
    assert_eq!(
        browser.eval("window.kept === document.querySelector('#reads tbody tr')"),
        json!(true)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_understood_without_eyes_and_asks_nobody_else() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let service = Service::start("spoken").await;
    browser.open(&service.url("/cache"), SIZE);
    shop(&service).await;
    browser.shows(&number("reads", READ, "ratio"), "66.7 %");
    let spoken = browser.spoken();
    let has = |role: &str, name: &str| spoken.iter().any(|(r, n)| r == role && n.starts_with(name));
    for (role, name) in [
        ("heading", "Cache"),
        ("button", "Pause"),
        ("table", "Families that are read"),
        ("table", "Writes"),
        ("region", "Families that are read"),
        ("columnheader", "Hit ratio"),
        ("rowheader", READ),
        ("image", "Hit ratio: from"),
        ("image", "Mean load: from"),
        ("link", "Metrics"),
    ] {
        assert!(has(role, name), "{role} {name} is none of {spoken:?}");
    }
    for broken in [
        "th:not([scope])",
        "table:not(:has(caption))",
        "svg:not([role=img][aria-label])",
        "[tabindex]:not([tabindex='0'])",
        "[onclick]",
        "link[rel=stylesheet], script[src], img[src], iframe",
    ] {
        let found = browser.eval(&format!("document.querySelectorAll({broken:?}).length"));
        assert_eq!(found, json!(0), "{broken}");
    }
    let elsewhere = "performance.getEntriesByType('resource').filter(e => !e.name.startsWith(location.origin)).length";
    assert_eq!(browser.eval(elsewhere), json!(0));
    let head = service.get("/cache").await;
    assert!(
        head.contains("content-security-policy: default-src 'none'"),
        "{head}"
    );

    for scheme in ["light", "dark"] {
        browser.prefer(scheme);
        let pale: Vec<_> = contrasts(&mut browser)
            .into_iter()
            .filter(|(_, ratio)| *ratio < 4.5)
            .collect();
        assert!(pale.is_empty(), "{scheme}: {pale:?}");
        let picture = browser.picture();
        assert!(picture.starts_with(b"\x89PNG") && picture.len() > 5_000);
    }
    let good: &[&str] = &[];
    assert_eq!(browser.complaints, good);
}

/// How each text stands out from what is behind it, as WCAG counts.
fn contrasts(browser: &mut Browser) -> Vec<(String, f64)> {
    let found = browser.eval(
        "(() => {
            const parse = (text) => text.match(/[\\d.]+/g).map(Number);
            const over = (top, below) => top.slice(0, 3).map((c, i) => c * (top[3] ?? 1) + below[i] * (1 - (top[3] ?? 1)));
            const ground = (element) => {
                const around = [];
                for (let e = element; e; e = e.parentElement) around.unshift(parse(getComputedStyle(e).backgroundColor));
                return around.reduce((below, top) => over(top, below), [255, 255, 255]);
            };
            const light = (rgb) => {
                const [r, g, b] = rgb.map((c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const texts = [...document.querySelectorAll('body *')].filter((e) =>
                [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility() && e.tagName !== 'SCRIPT');
            return texts.map((e) => {
                const below = ground(e), pair = [light(over(parse(getComputedStyle(e).color), below)), light(below)];
                return [e.tagName + ' ' + e.textContent.trim(), (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05)];
            });
        })()",
    );
    let found = found.as_array().cloned().unwrap_or_default();
    assert!(found.len() > 20, "{found:?}");
    let pair = |one: serde_json::Value| {
        (
            one[0].as_str().unwrap_or_default().to_owned(),
            one[1].as_f64().unwrap_or_default(),
        )
    };
    found.into_iter().map(pair).collect()
}

fn version(service: &Service) -> String {
    service
        .cache
        .server()
        .map(|server| server.version)
        .unwrap_or_default()
}

/// As the page writes it.
fn time(seconds: f64) -> String {
    let tenth = |value: f64| {
        let text = format!("{value:.1}");
        text.strip_suffix(".0").unwrap_or(&text).to_owned()
    };
    if seconds < 0.001 {
        format!("{} µs", tenth(seconds * 1e6))
    } else if seconds < 1.0 {
        format!("{} ms", tenth(seconds * 1e3))
    } else {
        format!("{} s", tenth(seconds))
    }
}

/// The picture in the README: a minute of a shop with customers, an outage in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes docs/cache-page.png: CONTRIBUTING.md says how"]
async fn a_picture() {
    let mut browser = Browser::start().expect("a browser");
    let service = Service::start("picture").await;
    browser.open(&service.url("/cache"), (1200, 760));
    crate::traffic::customers(&service).await;
    let picture = browser.picture();
    assert!(picture.len() < 150_000, "{}", picture.len());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cache-page.png");
    std::fs::write(path, picture).unwrap();
}
