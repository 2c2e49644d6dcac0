//! The catalogue: every annotated function is in it, wherever it stands and whether or not somebody calls it.

use cached_redis_runtime::catalogue::{Attribute, Entry};
use cached_redis_runtime::{Catalogue, catalogue};

/// The entries of one module here.
fn of(module: &str) -> Catalogue {
    let module = format!("{}::{module}::", module_path!());
    catalogue().filter(move |entry| entry.path().starts_with(&module))
}

/// Nobody calls any of these.
mod places {
    #![allow(dead_code, reason = "that nobody calls them is the point")]

    use cached_redis_runtime::{Cache, CacheKey, KeyName, cache_aside, cache_invalidate};
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Serialize, Deserialize)]
    struct User;

    type DbResult<T> = Result<T, std::io::Error>;

    const TTL: std::time::Duration = std::time::Duration::from_secs(60);

    #[cache_aside(key = "free:<id>", ttl = TTL, none_ttl = "30s", version = 2, codec = json)]
    async fn free(id: u64) -> DbResult<Option<User>> {
        Ok((id == 0).then_some(User))
    }

    struct Generic<T>(T, Cache);

    impl<T: CacheKey + Sync> Generic<T> {
        #[cache_aside(key = "method:<self.0>:<U>", ttl = 60, cache = self.1)]
        async fn method<U: KeyName>(&self) -> Vec<User> {
            vec![]
        }

        #[cache_invalidate(keys("method:<self.0>:user", "free:<ret>"))]
        #[cache_invalidate(key = "nested:<id>")]
        async fn write(&self, id: u64) -> u64 {
            id
        }
    }

    trait Repository {
        #[cache_aside(key = "default", ttl = forever)]
        async fn default_method(&self) -> u64 {
            7
        }
    }

    #[async_trait::async_trait]
    trait Boxed {
        async fn boxed(&self, id: u64) -> Option<std::sync::Arc<User>>;
    }

    #[async_trait::async_trait]
    impl Boxed for User {
        #[cache_aside(key = "boxed:<id>", ttl = 1)]
        async fn boxed(&self, id: u64) -> Option<std::sync::Arc<User>> {
            (id == 0).then(|| std::sync::Arc::new(User))
        }
    }

    fn outer() {
        #[cache_aside(key = "nested:<id>", ttl = 60)]
        async fn nested(id: u64) -> u64 {
            id
        }

        #[cache_aside(key = "lives:<id>", ttl = |seconds| *seconds, none_ttl = 5)]
        async fn lives(id: u64) -> Option<u64> {
            Some(id)
        }
    }

    macro_rules! reader {
        ($name:ident, $template:literal, $ty:ty) => {
            #[cache_aside(key = $template, ttl = 60)]
            async fn $name(id: $ty) -> $ty {
                id
            }
        };
    }
    reader!(one, "by-macro-1:<id>", u64);
    reader!(two, "by-macro-2:<id>", String);
}

#[test]
fn every_place_where_a_function_can_stand() {
    let table = of("places").to_string();
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(
        lines,
        [
            "key                   attribute         value      ttl                 format   function",
            "boxed:<id>            cache_aside       User       1s                           catalogue::places::boxed",
            "by-macro-1:<id>       cache_aside       u64        1m                           catalogue::places::one",
            "by-macro-2:<id>       cache_aside       String     1m                           catalogue::places::two",
            "default               cache_aside       u64        forever                      catalogue::places::default_method",
            "free:<id>             cache_aside       User       TTL, none 30s       json v2  catalogue::places::free",
            "free:<ret>            cache_invalidate                                          catalogue::places::write",
            "lives:<id>            cache_aside       u64        per value, none 5s           catalogue::places::lives",
            "method:<self.0>:<U>   cache_aside       Vec<User>  1m                           catalogue::places::method",
            "method:<self.0>:user  cache_invalidate                                          catalogue::places::write",
            "nested:<id>           cache_aside       u64        1m                           catalogue::places::nested",
            "nested:<id>           cache_invalidate                                          catalogue::places::write",
        ]
    );
    of("places").check().unwrap();
}

#[test]
fn an_entry_says_where_its_attribute_is() {
    let free = of("places");
    let free: Vec<&Entry> = free
        .iter()
        .filter(|entry| entry.path().ends_with("::free"))
        .collect();
    let [free] = free[..] else {
        panic!("one entry: {free:?}")
    };
    assert_eq!(free.file(), file!());
    let source = include_str!("catalogue.rs");
    let line = source.lines().nth(free.line() as usize - 1).unwrap();
    assert!(line.contains("#[cache_aside(key = \"free:<id>\""), "{line}");
    assert_eq!(free.attribute(), Attribute::CacheAside);
    assert_eq!(
        free.to_string(),
        format!(
            "cache_aside catalogue::places::free ({}:{})",
            file!(),
            free.line()
        )
    );
}

#[test]
fn json_for_a_comparison_of_two_releases() {
    let entries = of("places")
        .filter(|entry| entry.path().ends_with("::free") || entry.path().ends_with("::write"));
    let json = serde_json::to_value(&entries).unwrap();
    assert_eq!(
        json,
        serde_json::json!([
            {
                "function": "catalogue::places::free", "attribute": "cache_aside", "templates": ["free:<id>"],
                "value": "User", "ttl": "TTL", "none_ttl": "30s", "format": "json", "version": 2,
            },
            {
                "function": "catalogue::places::write", "attribute": "cache_invalidate",
                "templates": ["method:<self.0>:user", "free:<ret>"],
            },
            {
                "function": "catalogue::places::write", "attribute": "cache_invalidate", "templates": ["nested:<id>"],
            },
        ])
    );
}

mod mistakes {
    #![allow(dead_code, reason = "only their attributes matter")]

    use cached_redis_runtime::{cache_aside, cache_invalidate};

    #[cache_aside(key = "user:<id>", ttl = 60)]
    async fn find(id: u64) -> Option<String> {
        (id == 0).then(String::new)
    }

    #[cache_aside(key = "user:<uid>", ttl = 60)]
    async fn find_all(uid: u64) -> Vec<String> {
        vec![uid.to_string()]
    }

    #[cache_aside(key = "team:<name>", ttl = 60)]
    async fn team(name: &str) -> String {
        name.to_owned()
    }

    #[cache_aside(key = "team:all", ttl = 60)]
    async fn teams() -> String {
        String::new()
    }

    /// The parameter is an integer: no overlap.
    #[cache_aside(key = "user:all", ttl = 60)]
    async fn users() -> Vec<String> {
        vec![]
    }

    #[cache_invalidate(key = "users:<id>")]
    async fn update(id: u64) -> u64 {
        id
    }
}

#[test]
fn mistakes_that_no_function_shows_by_itself() {
    let errors = of("mistakes").check().unwrap_err();
    let titles: Vec<_> = errors
        .iter()
        .filter_map(|error| error.to_string().lines().next().map(str::to_owned))
        .collect();
    assert_eq!(
        titles,
        [
            "no annotated function reads `users:<id>`, which is cleared by",
            "`user:<id>` is read as two types",
            "`team:<name>` and `team:all` can be the same key",
        ]
    );
    assert!(
        errors.to_string().contains("did it mean `user:<id>`?"),
        "{errors}"
    );
}

/// Families, and functions for several rows.
mod shared {
    #![allow(dead_code, reason = "that nobody calls them is the point")]

    use std::collections::HashMap;

    use cached_redis_runtime::{cache_aside, cache_invalidate, key_family};

    key_family! {
        NameById(id: u64) -> String = "name:<id>";
        Tagged(tag: str) -> String = "tagged:<tag>";
    }

    #[cache_aside(key = NameById(id), ttl = 60)]
    async fn name(id: u64) -> Option<String> {
        (id == 0).then(String::new)
    }

    // Another type, by its text; rustc knows better.
    type Name = String;

    #[cache_aside(key = NameById(ids), each = ids, ttl = 60)]
    async fn names(ids: &[u64]) -> Result<HashMap<u64, Name>, String> {
        Ok(ids.iter().map(|id| (*id, String::new())).collect())
    }

    // No overlap: an id is an integer.
    #[cache_aside(key = "name:all", ttl = 60)]
    async fn all() -> Vec<String> {
        vec![]
    }

    #[cache_aside(key = "user:<id>", ttl = 60)]
    async fn user(id: u64) -> u8 {
        u8::try_from(id).unwrap_or_default()
    }

    #[cache_aside(key = "user:<ids>", each = ids, ttl = 60)]
    async fn users(ids: Vec<u64>) -> HashMap<u64, u8> {
        ids.into_iter().map(|id| (id, 1)).collect()
    }

    #[cache_aside(key = "user:all", ttl = 60)]
    async fn all_users() -> Vec<u8> {
        vec![]
    }

    #[cache_invalidate(keys(NameById(ids), "user:<ids>", "user:all"), each = ids)]
    async fn clear(ids: &[u64]) {
        let _ = ids;
    }
}

#[test]
fn families_and_rows_are_checked_as_one_template() {
    let shared = of("shared");
    shared.check().unwrap();
    let clear = shared
        .clone()
        .filter(|entry| entry.path().ends_with("clear"));
    let templates: Vec<_> = clear.iter().map(|entry| entry.templates()).collect();
    assert_eq!(templates, [["name:<id>", "user:<ids>", "user:all"]]);
    let users = shared.filter(|entry| entry.path().ends_with("::users"));
    let types: Vec<_> = users.iter().map(|entry| entry.value_type()).collect();
    assert_eq!(types, [Some("u8")]);
}

/// What two readers of one template must agree on holds for rows as well.
mod shared_badly {
    #![allow(dead_code, reason = "that nobody calls them is the point")]

    use std::collections::HashMap;

    use cached_redis_runtime::{cache_aside, key_family};

    key_family! {
        Tagged(tag: str) -> String = "tagged:<tag>";
    }

    #[cache_aside(key = "user:<id>", ttl = 60)]
    async fn user(id: u64) -> u8 {
        u8::try_from(id).unwrap_or_default()
    }

    #[cache_aside(key = "user:<ids>", each = ids, ttl = 60)]
    async fn users(ids: Vec<u64>) -> HashMap<u64, u16> {
        ids.into_iter().map(|id| (id, 1)).collect()
    }

    #[cache_aside(key = Tagged(tag), ttl = 60)]
    async fn tagged(tag: &str) -> String {
        tag.to_owned()
    }

    #[cache_aside(key = "tagged:all", ttl = 60)]
    async fn all() -> Vec<String> {
        vec![]
    }
}

#[test]
fn families_and_rows_that_disagree_are_found() {
    let errors = of("shared_badly").check().unwrap_err().to_string();
    assert!(errors.contains("2 errors"), "{errors}");
    assert!(errors.contains("read as two types"), "{errors}");
    assert!(
        errors.contains("`tagged:<tag>` and `tagged:all` can be the same key"),
        "{errors}"
    );
}

mod tags {
    #![allow(dead_code, reason = "that nobody calls them is the point")]

    use cached_redis_runtime::{cache_aside, cache_invalidate, key_family};

    key_family! {
        Team(id: u32) -> () = "team:<id>";
    }

    #[cache_aside(key = "tagged:<id>", ttl = 60, tags(Team(team), "all"), skip(team))]
    async fn find(id: u64, team: u32) -> u64 {
        id + u64::from(team)
    }

    #[cache_invalidate(tags("team:<ret>"))]
    async fn rename(name: &str) -> usize {
        name.len()
    }

    #[cache_invalidate(key = "tagged:<id>", tags("al"))]
    async fn clear(id: u64) {
        let _ = id;
    }
}

#[test]
fn tags_are_listed_and_checked() {
    let tags = of("tags");
    let json = serde_json::to_value(&tags).unwrap();
    let listed: Vec<_> = json.as_array().unwrap().iter().collect();
    let listed: Vec<_> = listed
        .iter()
        .map(|entry| (&entry["function"], &entry["templates"], &entry["tags"]))
        .collect();
    assert_eq!(
        listed,
        [
            (
                &"catalogue::tags::clear".into(),
                &serde_json::json!(["tagged:<id>"]),
                &serde_json::json!(["al"])
            ),
            (
                &"catalogue::tags::find".into(),
                &serde_json::json!(["tagged:<id>"]),
                &serde_json::json!(["team:<id>", "all"])
            ),
            (
                &"catalogue::tags::rename".into(),
                &serde_json::json!([]),
                &serde_json::json!(["team:<ret>"])
            ),
        ]
    );
    let errors = tags.check().unwrap_err().to_string();
    assert!(errors.contains("1 error\n"), "{errors}");
    assert!(errors.contains("no entry has the tag `al`"), "{errors}");
    assert!(errors.contains("did it mean `all`?"), "{errors}");
}

/// No attribute says that a loader reads a family, so the linker does not know.
mod loaders {
    #![allow(
        dead_code,
        reason = "a write that nobody calls is in the catalogue as well"
    )]

    use std::time::Duration;

    use cached_redis_runtime::{Cache, cache_invalidate, key_family};

    key_family! {
        pub(super) Name(id: u64) -> String = "loaded:<id>";
        pub(super) Place(of: &str) -> Vec<String> = "place:<of>";
    }

    #[cache_invalidate(key = Name(id))]
    async fn rename(id: u64) {
        let _ = id;
    }

    pub(super) fn make(cache: &Cache) {
        let minute = Duration::from_secs(60);
        // As often as a program may do it, with the settings that come one by one.
        for _ in 0..3 {
            let names = cache
                .read_through(Name, minute, async |id| Some(id.to_string()))
                .version(2)
                .ttl_of(|name| name.len() as u64)
                .none_ttl(Duration::from_millis(1500));
            drop(names.clone());
        }
        let places = cache.read_through(Place, Duration::MAX, async |of| vec![of]);
        drop(places);
    }
}

#[tokio::test]
async fn a_loader_is_a_reader_once_it_is_made() {
    let before = of("loaders").check().unwrap_err().to_string();
    assert!(
        before.contains("no annotated function reads `loaded:<id>`"),
        "{before}"
    );

    loaders::make(
        &cached_redis_runtime::Cache::connect("memory://")
            .await
            .unwrap(),
    );
    let made = of("loaders");
    made.check().unwrap();
    let readers = made.filter(|entry| entry.attribute() == Attribute::ReadThrough);
    let readers: Vec<_> = readers.iter().copied().collect();
    let [name, place] = readers[..] else {
        panic!("{readers:?}");
    };
    assert!(name.path().ends_with("::loaders::Name"));
    assert!(name.file().ends_with("catalogue.rs"));
    assert_eq!(name.templates(), ["loaded:<id>"]);
    assert_eq!(
        (name.value_type(), name.version()),
        (Some("String"), Some(2))
    );
    let lives = (Some("per value, 60s at most"), Some("1.5s"));
    assert_eq!((name.ttl(), name.none_ttl()), lives);
    assert_eq!(
        (place.value_type(), place.ttl()),
        (Some("Vec<String>"), Some("forever"))
    );
}

/// Nor is a structure anywhere that a linker looks.
mod structures {
    #![allow(dead_code, reason = "what nobody calls is in the catalogue as well")]

    use std::convert::Infallible;
    use std::time::Duration;

    use cached_redis_runtime::structures::{Counter, Feed, Ranking, RateLimit, Uniques};
    use cached_redis_runtime::{Cache, cache_aside, cache_invalidate, key};

    const HOUR: Duration = Duration::from_secs(3600);

    #[cache_aside(key = "made:score:<player>", ttl = 60)]
    async fn score(player: u64) -> u64 {
        player
    }

    #[cache_invalidate(keys("made:board:<game>", "made:views:<page>"))]
    async fn close(game: u32, page: u64) {
        let _ = (game, page);
    }

    /// As a program does it that makes one per request.
    pub(super) async fn make(cache: &Cache) {
        for number in 0..3_u32 {
            let board = Ranking::new(cache, key!("made:board:<number>"), HOUR, || async {
                Ok::<Vec<(String, f64)>, Infallible>(vec![])
            });
            drop(board);
            let feed = Feed::new(
                cache,
                key!("made:feed:<number>"),
                Duration::MAX,
                10,
                |_| async { Ok::<Vec<Option<u8>>, Infallible>(vec![]) },
            );
            drop(feed);
            let views = Counter::new(cache, key!("made:views:<number>"));
            drop(views.clone().ttl(HOUR));
            drop(views.ttl(HOUR));
            drop(Counter::new(cache, key!("made:orders")));
            drop(Uniques::approximate(
                cache,
                key!("made:readers:<number>"),
                HOUR,
            ));
            let tries = RateLimit::new(cache, 5, HOUR / 60);
            assert!(tries.check(key!("made:tries:<number>")).await.is_allowed());
        }
    }

    /// It takes the place of what `score` stores.
    pub(super) fn make_wrong(cache: &Cache) {
        let player = 7;
        drop(Counter::new(cache, key!("made:score:<player>")));
    }
}

#[tokio::test]
async fn a_structure_is_listed_once_it_is_made() {
    let is_ours = |template: &&str| template.starts_with("made:");
    let made = || catalogue().filter(|entry| entry.templates().first().is_some_and(is_ours));
    let before = made().check().unwrap_err().to_string();
    assert!(before.contains("reads `made:board:<game>`"), "{before}");

    let cache = cached_redis_runtime::Cache::connect("memory://")
        .await
        .unwrap();
    structures::make(&cache).await;
    made().check().unwrap();
    let list = made();
    let list = list
        .iter()
        .filter(|entry| entry.path().starts_with("made:"));
    let rows: Vec<_> = list
        .map(|entry| {
            assert!(entry.file().ends_with("catalogue.rs") && entry.line() > 400);
            assert_eq!(
                (entry.templates(), entry.version()),
                (&[entry.path()][..], None)
            );
            (
                entry.attribute(),
                entry.path(),
                entry.value_type(),
                entry.ttl().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            (
                Attribute::Ranking,
                "made:board:<number>",
                Some("String"),
                "3600s"
            ),
            (
                Attribute::Feed,
                "made:feed:<number>",
                Some("Option<u8>"),
                "forever"
            ),
            (Attribute::Counter, "made:orders", None, "forever"),
            (Attribute::Uniques, "made:readers:<number>", None, "3600s"),
            (Attribute::RateLimit, "made:tries:<number>", None, "60s"),
            (Attribute::Counter, "made:views:<number>", None, "3600s"),
        ]
    );

    structures::make_wrong(&cache);
    let errors = made().check().unwrap_err().to_string();
    assert!(errors.contains("1 error\n"), "{errors}");
    for line in [
        "`made:score:<player>` is read in two layouts",
        "    counter: counter made:score:<player> (",
        "    layout = string: cache_aside ",
    ] {
        assert!(errors.contains(line), "{line} in {errors}");
    }
}
