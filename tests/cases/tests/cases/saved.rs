//! How often each story asks its source, computed from its requests.

use std::collections::{HashMap, HashSet};

use cached_redis_tests::Server;

use super::{
    Savings, assert_source, at, catalogue_page, feature_flags, home_feed, leaderboard, play,
    profile_edit, row, sessions, shared_loader, third_party_api, view_counters,
};

macro_rules! on_both_stores {
    ($($(#[$doc:meta])* fn $name:ident($savings:ident of $story:path) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$doc])*
            fn check($savings: &Savings) $body

            #[tokio::test]
            async fn memory() {
                check(&play("memory://", $story).await);
            }

            #[tokio::test]
            async fn redis() {
                let server = Server::start();
                check(&play(&at(&server), $story).await);
            }
        }
    )*};
}

on_both_stores! {
    /// A page once, and again after what it shows has changed. The cards of a page are read in one batch, if any is missing.
    fn catalogue(savings of catalogue_page::story) {
        let requests = catalogue_page::requests();
        let destinations = destinations();
        let (mut pages, mut cards) = (HashSet::new(), HashSet::new());
        let (mut plain, mut cached) = (0, 0);
        for request in &requests {
            match request {
                catalogue_page::Request::Rename(code, _) => {
                    pages.remove(code);
                    cards.remove(*code);
                    (plain, cached) = (plain + 1, cached + 1);
                }
                catalogue_page::Request::NewTimetable => {
                    pages.clear();
                    (plain, cached) = (plain + 1, cached + 1);
                }
                catalogue_page::Request::Look(code) => {
                    plain += 2;
                    cached += u64::from(pages.insert(code));
                    let shown = destinations(code);
                    let missing = shown.into_iter().filter(|code| cards.insert(*code)).count();
                    cached += u64::from(missing > 0);
                }
            }
        }
        assert_source(savings, "plain", plain);
        assert_source(savings, "cache_aside", cached);
        assert!(cached * 3 < plain, "{cached} of {plain}");
    }

    /// Who renames himself is read anew; what `write_through` wrote is there.
    fn profile(savings of profile_edit::story) {
        use profile_edit::Request;
        let requests = profile_edit::requests();
        let mut there = HashSet::new();
        let (mut plain, mut cached) = (0, 0);
        for request in &requests {
            let (id, changes) = match request {
                Request::Look(id) => (id, 0),
                Request::Rename(id, _) => {
                    there.remove(id);
                    (id, 1)
                }
                Request::SetMotto(id, _) => {
                    there.insert(id);
                    (id, 1)
                }
            };
            plain += changes + 1;
            cached += changes + u64::from(there.insert(id));
        }
        assert_source(savings, "plain", plain);
        assert_source(savings, "cached", cached);
        assert!(cached * 3 < plain, "{cached} of {plain}");
    }

    /// Once per ten views of a page. (That none is lost, and that visitors are counted closely, the story itself makes sure of.)
    fn views(savings of view_counters::story) {
        let requests = view_counters::requests();
        let mut views = HashMap::new();
        for view in &requests {
            *views.entry(view.code).or_insert(0) += 1;
        }
        let batches: u64 = views.values().map(|count| count / view_counters::BATCH.cast_unsigned()).sum();
        assert_source(savings, "plain", 2 * requests.len() as u64);
        assert_source(savings, "Counter", batches);
        assert!(batches >= 40, "{batches}");
    }

    /// Once for all players, and once for each score.
    fn board(savings of leaderboard::story) {
        let requests = leaderboard::requests();
        let score = |one: &&_| matches!(one, leaderboard::Request::Score(..));
        let scores = requests.iter().filter(score).count() as u64;
        assert_source(savings, "plain", requests.len() as u64);
        assert_source(savings, "Ranking", 1 + scores);
    }

    /// Once per visitor; who has logged out and tries again is looked for each time.
    fn session(savings of sessions::story) {
        use sessions::Request;
        let requests = sessions::requests();
        let (mut there, mut gone) = (HashSet::new(), HashSet::new());
        let mut cached = 0;
        for request in &requests {
            match request {
                Request::Click(token) if gone.contains(token) => cached += 1,
                Request::Click(token) => cached += u64::from(there.insert(token)),
                Request::LogOut(token) => {
                    gone.insert(token);
                    cached += 1;
                }
            }
        }
        assert_source(savings, "plain", requests.len() as u64);
        assert_source(savings, "sliding", cached);
        assert!(gone.len() == 8 && cached < 70, "{cached}");
    }

    /// Each feed once per half of a TTL, which may be a tenth shorter, and once more; each reload by itself.
    fn feed(savings of home_feed::story) {
        let plain = row(savings, "plain");
        assert_source(savings, "plain", plain.calls as u64);
        for (way, percent) in [("ttl alone", 90), ("refresh_ahead", 45)] {
            let row = row(savings, way);
            let shortest = home_feed::TTL * percent / 100;
            let periods = row.took.as_millis() / shortest.as_millis() + 1;
            let most = periods * u128::from(home_feed::READERS);
            assert_eq!(row.failed, 0, "{savings}");
            assert!(u128::from(row.source) <= most, "{way}: at most {most}:\n{savings}");
        }
        // It lasts for several TTLs, so everybody's feed was loaded anew.
        assert!(row(savings, "refresh_ahead").source >= home_feed::READERS, "{savings}");
    }

    /// Once per airport, whichever service asks first; those that a batch misses come together.
    fn loader(savings of shared_loader::story) {
        let requests = shared_loader::requests();
        let mut there = HashSet::new();
        let mut cached = 0;
        for stops in &requests {
            let missing = stops.iter().filter(|code| there.insert(*code)).count();
            cached += u64::from(missing > 0);
        }
        assert_source(savings, "plain", requests.len() as u64);
        assert_source(savings, "read_through", cached);
        assert!(cached * 3 < requests.len() as u64, "{cached}");
    }

    /// Once per day and TTL; when it fails nobody notices. (That no more than `max_loads` requests were under way at once, the
    /// story itself makes sure of.)
    fn api(savings of third_party_api::story) {
        let requests = third_party_api::requests();
        let days = requests.iter().collect::<HashSet<_>>().len() as u64;
        for way in ["a good day, plain", "a slow day, plain"] {
            assert_source(savings, way, row(savings, way).calls as u64);
        }
        let bad = row(savings, "a bad day, plain");
        assert_eq!((bad.failed, bad.calls), (requests.len(), requests.len()));
        for way in ["a good day, cached", "a slow day, cached", "a bad day, cached"] {
            let row = row(savings, way);
            let periods = row.took.as_millis() / third_party_api::TTL.as_millis() + 1;
            assert_eq!(row.failed, 0, "{way}:\n{savings}");
            assert!(u128::from(row.source) <= u128::from(days) * periods, "{way}:\n{savings}");
        }
        let good = row(savings, "a good day, cached");
        assert!(good.source >= days, "each day is asked for at least once:\n{savings}");
    }

    /// Once per flag, and once after each switch. What was answered is compared by the story, so each switch was
    /// seen by the next call.
    fn flags(savings of feature_flags::story) {
        use feature_flags::Request;
        let requests = feature_flags::requests();
        let (mut there, mut cached) = (HashSet::new(), 0);
        let mut switched = false;
        for request in &requests {
            match request {
                Request::Ask(name) => cached += u64::from(there.insert(name)),
                Request::Switch(name, _) => {
                    switched |= there.remove(name);
                    cached += 1;
                }
            }
        }
        assert!(switched, "a flag that was in the cache was switched");
        assert_source(savings, "plain", requests.len() as u64);
        assert_source(savings, "cached", cached);
    }
}

/// The five places to which most flights from an airport go.
fn destinations() -> impl Fn(&str) -> Vec<&'static str> {
    let routes = cached_redis_examples::airports::routes();
    move |code| {
        let from = routes.iter().filter(|route| route.0 == code);
        let mut from: Vec<_> = from.map(|route| (route.2, route.1)).collect();
        from.sort_by_key(|(flights, code)| (std::cmp::Reverse(*flights), *code));
        from.into_iter().take(5).map(|(_, code)| code).collect()
    }
}
