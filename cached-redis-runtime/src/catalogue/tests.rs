#![expect(
    clippy::needless_raw_string_hashes,
    reason = "expect-test writes them so"
)]

use std::fmt::Write as _;

use expect_test::expect;

use super::registration::{Attribute, Registration};
use super::{Catalogue, CatalogueErrors, Entry};
use crate::codec::Format;
use crate::site::Site;

fn site(path: &'static str, template: &'static str) -> Site {
    Site::cache_aside(path, template, &[])
}

/// The expansion's work; a test can leak a few bytes.
fn entry(registration: impl FnOnce(&'static Site) -> Registration, site: Site) -> Entry {
    let registration = registration(Box::leak(Box::new(site)));
    Entry::new(Box::leak(Box::new(registration.at("src/shop.rs", 7))))
}

fn reader(path: &'static str, template: &'static str) -> Entry {
    entry(Registration::reader, site(path, template))
}

fn reader_of(path: &'static str, template: &'static str, ty: &'static str) -> Entry {
    let registration = |site| Registration::reader(site).value(ty).comparable(ty);
    entry(registration, site(path, template))
}

fn writer(path: &'static str, templates: &'static [&'static str]) -> Entry {
    let registration = |site| Registration::writer(site, templates);
    entry(registration, site(path, templates[0]))
}

fn check<const N: usize>(entries: [Entry; N]) -> Result<(), CatalogueErrors> {
    entries.into_iter().collect::<Catalogue>().check()
}

/// The first line of each message.
fn titles<const N: usize>(entries: [Entry; N]) -> String {
    let mut titles = String::new();
    if let Err(errors) = check(entries) {
        for error in &errors {
            let text = error.to_string();
            writeln!(titles, "{}", text.lines().next().unwrap()).unwrap();
        }
    }
    titles
}

#[test]
fn a_sound_catalogue_has_no_errors() {
    check([
        reader_of("shop::find", "user:<id>", "User"),
        reader_of("shop::list", "users:<team>", "Vec<User>"),
        writer("shop::update", &["user:<user.id>", "users:<user.team>"]),
        writer("shop::create", &["user:<ret.id>"]),
    ])
    .unwrap();
    check([]).unwrap();
}

#[test]
fn an_invalidation_that_nothing_reads() {
    let errors = check([
        reader("shop::find", "user:<id>"),
        reader("shop::stock", "product:<id>:stock"),
        writer("shop::update", &["users:<user.id>", "user:<user.id>"]),
        writer("shop::forget", &["session"]),
    ])
    .unwrap_err();
    expect![[r#"
        the catalogue has 2 errors

          no annotated function reads `session`, which is cleared by
            cache_invalidate shop::forget (src/shop.rs:7)

          no annotated function reads `users:<user.id>`, which is cleared by
            cache_invalidate shop::update (src/shop.rs:7)
          did it mean `user:<id>`?
            cache_aside shop::find (src/shop.rs:7)"#]]
    .assert_eq(&errors.to_string());
    assert_eq!(format!("{errors:?}"), errors.to_string(), "for `unwrap`");
}

#[test]
fn an_invalidation_may_be_more_or_less_particular_than_the_reader() {
    check([
        reader("shop::load", "<T>:<id>"),
        writer("shop::update", &["user:<id>"]),
        writer("shop::rename", &["user:7"]),
    ])
    .unwrap();
    // That an id is an integer does not excuse anything here.
    let by_number = |site| Registration::reader(site).integers(1);
    check([
        entry(by_number, site("shop::find", "user:<id>")),
        writer("shop::reset", &["user:all"]),
    ])
    .unwrap();
}

#[cfg(feature = "json")]
#[test]
fn readers_of_one_template_that_disagree() {
    let versioned = site("shop::newer", "user:<id>").version(2);
    let formatted = site("shop::shared", "user:<uid>").format(Format::Json);
    let errors = check([
        reader_of("shop::find", "user:<id>", "User"),
        reader_of("shop::find_team", "user:<team.id>", "Team"),
        entry(Registration::reader, versioned),
        entry(Registration::reader, formatted),
    ])
    .unwrap_err();
    expect![[r#"
        the catalogue has 3 errors

          `user:<id>` is read as two types
            User: cache_aside shop::find (src/shop.rs:7)
            Team: cache_aside shop::find_team (src/shop.rs:7)
          each replaces what the other has stored: agree, or give one of them a key of its own

          `user:<id>` is read in two versions
            version 1: cache_aside shop::find (src/shop.rs:7)
            version 2: cache_aside shop::newer (src/shop.rs:7)
          each replaces what the other has stored: agree, or give one of them a key of its own

          `user:<id>` is read in two formats
            the cache's own: cache_aside shop::find (src/shop.rs:7)
            json: cache_aside shop::shared (src/shop.rs:7)
          each replaces what the other has stored: agree, or give one of them a key of its own"#]]
    .assert_eq(&errors.to_string());
}

#[test]
fn layouts_must_agree_and_a_write_of_one_field_has_no_tags_of_its_own() {
    let hash = |path| site(path, "user:<id>").by_field();
    let whole = |site| Registration::reader(site).ttl("1h");
    let tagged = |site| Registration::reader(site).ttl("1h").tags(&["all"]);
    check([
        entry(tagged, hash("shop::find")),
        entry(Registration::through, hash("shop::rename")),
    ])
    .unwrap();
    let errors = check([
        entry(whole, site("shop::find", "user:<id>")),
        entry(whole, hash("shop::find_hash")),
    ]);
    let errors = errors.unwrap_err().to_string();
    assert!(errors.contains("in two layouts"), "{errors}");
    assert!(
        errors.contains("layout = hash: cache_aside shop::find_hash"),
        "{errors}"
    );
}

#[test]
fn the_default_format_may_be_named() {
    let named = site("shop::b", "user:<id>").format(Format::MessagePack);
    check([
        reader("shop::a", "user:<id>"),
        entry(Registration::reader, named),
    ])
    .unwrap();
}

#[test]
fn a_type_that_the_text_does_not_tell_is_compared_with_nothing() {
    let uncertain = |path| {
        let registration = |site| Registration::reader(site).value("T");
        entry(registration, site(path, "user:<id>"))
    };
    check([
        uncertain("shop::a"),
        reader_of("shop::b", "user:<id>", "User"),
        uncertain("shop::c"),
    ])
    .unwrap();
    let titles = titles([
        uncertain("shop::a"),
        reader_of("shop::b", "user:<id>", "User"),
        reader_of("shop::c", "user:<id>", "Team"),
    ]);
    assert_eq!(titles, "`user:<id>` is read as two types\n");
}

#[test]
fn templates_that_can_be_the_same_key() {
    let errors = check([
        reader("shop::by_name", "user:<name>"),
        reader("shop::all", "user:all"),
        reader("shop::posts", "user:<id>:posts"),
    ])
    .unwrap_err();
    expect![[r#"
        the catalogue has 1 error

          `user:<name>` and `user:all` can be the same key
            cache_aside shop::by_name (src/shop.rs:7)
            cache_aside shop::all (src/shop.rs:7)
          begin one of them with another word, so that no value can turn it into the other"#]]
    .assert_eq(&errors.to_string());

    let by_number = |site| Registration::reader(site).integers(1);
    check([
        entry(by_number, site("shop::by_number", "user:<id>")),
        reader("shop::all", "user:all"),
    ])
    .unwrap();
}

#[test]
fn readers_with_caches_of_their_own_share_no_entries() {
    let own = |path, template, cache, ty| {
        let registration = move |site| Registration::reader(site).cache(cache).comparable(ty);
        entry(registration, site(path, template))
    };
    check([
        own("shop::a", "user:<id>", "self.cache", "User"),
        own("bank::a", "user:<id>", "self.cache", "Client"),
        own("shop::b", "user:all", "self.others", "Vec<User>"),
        reader_of("shop::c", "user:<id>", "Team"),
    ])
    .unwrap();
    let titles = titles([
        own("shop::a", "user:<id>", "self.cache", "User"),
        own("shop::b", "user:<id>", "self.cache", "Team"),
    ]);
    assert_eq!(titles, "`user:<id>` is read as two types\n");
}

#[test]
fn the_table_shows_who_reads_and_who_clears_a_key() {
    let find = |site| {
        Registration::reader(site)
            .value("User")
            .ttl("1h")
            .none_ttl("30s")
    };
    let list = |site| Registration::reader(site).value("Vec<User>").ttl("forever");
    let list_site = site("shop::list", "users:all")
        .version(2)
        .format(Format::MessagePack);
    let catalogue: Catalogue = [
        writer("shop::update", &["users:all", "user:<user.id>"]),
        entry(list, list_site),
        entry(find, site("shop::find", "user:<id>")),
    ]
    .into_iter()
    .collect();
    expect![[r#"
        key             attribute         value      ttl           format      function
        user:<id>       cache_aside       User       1h, none 30s              shop::find
        user:<user.id>  cache_invalidate                                       shop::update
        users:all       cache_aside       Vec<User>  forever       msgpack v2  shop::list
        users:all       cache_invalidate                                       shop::update"#]]
    .assert_eq(&catalogue.to_string());

    let one = catalogue.filter(|entry| entry.path().ends_with("list"));
    assert_eq!(one.iter().count(), 1);
}

fn tagged(path: &'static str, tags: &'static [&'static str]) -> Entry {
    let registration = |site| Registration::reader(site).tags(tags);
    entry(registration, site(path, "user:<id>"))
}

fn invalidates(path: &'static str, tags: &'static [&'static str]) -> Entry {
    let registration = |site| Registration::writer(site, &[]).tags(tags);
    entry(registration, site(path, tags[0]))
}

#[test]
fn an_invalidation_of_a_tag_that_nothing_has() {
    let errors = check([
        tagged("shop::find", &["team:<team>", "users:all"]),
        invalidates("shop::rename", &["teams:<id>", "team:<ret.id>"]),
        invalidates("shop::reset", &["team:7", "products"]),
    ])
    .unwrap_err();
    expect![[r#"
        the catalogue has 2 errors

          no entry has the tag `teams:<id>`, which is invalidated by
            cache_invalidate shop::rename (src/shop.rs:7)
          did it mean `team:<team>`?
            cache_aside shop::find (src/shop.rs:7)

          no entry has the tag `products`, which is invalidated by
            cache_invalidate shop::reset (src/shop.rs:7)"#]]
    .assert_eq(&errors.to_string());
}

#[test]
fn readers_of_one_template_with_different_tags() {
    let errors = check([
        tagged("shop::find", &["team:<team>", "users:all"]),
        tagged("shop::find_many", &["users:all", "team:<team_id>"]),
        tagged("shop::peek", &[]),
    ])
    .unwrap_err();
    expect![[r#"
        the catalogue has 1 error

          `user:<id>` is read with different tags
            `team:<team>`, `users:all`: cache_aside shop::find (src/shop.rs:7)
            none: cache_aside shop::peek (src/shop.rs:7)
          an entry has those of the function that made it: give both the same"#]]
    .assert_eq(&errors.to_string());
}

#[test]
fn the_table_shows_tags_behind_the_keys() {
    let catalogue: Catalogue = [
        invalidates("shop::rename", &["team:<id>"]),
        tagged("shop::find", &["team:<team>", "all"]),
    ]
    .into_iter()
    .collect();
    expect![[r#"
        key              attribute         value  ttl  format  function
        user:<id>        cache_aside                           shop::find
        tag all          cache_aside                           shop::find
        tag team:<team>  cache_aside                           shop::find
        tag team:<id>    cache_invalidate                      shop::rename"#]]
    .assert_eq(&catalogue.to_string());
}

#[test]
fn a_structure_reads_its_key_and_shares_it_with_nothing_else() {
    let structure = |kind: Attribute, template: &'static str| {
        let registration = |site| Registration::structure(site, kind).ttl("forever");
        entry(registration, site(template, template))
    };
    let board = || structure(Attribute::Ranking, "board:<game>");
    check([
        board(),
        structure(Attribute::Ranking, "board:<number>"),
        writer("shop::close", &["board:<game.id>"]),
        // The game may well be a number.
        reader("shop::best", "board:all"),
    ])
    .unwrap();
    let errors = titles([
        board(),
        structure(Attribute::Feed, "board:<game>"),
        reader_of("shop::board", "board:<id>", "Board"),
    ]);
    expect![[r#"
        `board:<game>` is read in two layouts
        `board:<game>` is read in two layouts
    "#]]
    .assert_eq(&errors);
}
