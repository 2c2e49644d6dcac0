//! The text of keys, character by character. Other processes, other languages and the next release read and delete
//! by it: a change here is a cold start for every user, and stands in the changelog under "stored formats".

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZero;
use std::rc::Rc;
use std::sync::Arc;

use cached_redis_runtime::{CacheKey, Key, KeyFamily, KeyName, KeyWriter, key, key_family};

#[derive(CacheKey)]
struct UserId(u64);

#[derive(CacheKey)]
struct Page {
    tenant: String,
    number: u32,
    after: Option<UserId>,
}

#[derive(CacheKey)]
struct Everything;

#[derive(CacheKey)]
enum Order {
    Newest,
    r#Oldest,
}

#[derive(CacheKey)]
struct Id<T> {
    value: u64,
    of: PhantomData<T>,
}

#[derive(CacheKey)]
struct Pair<'a, A: ?Sized, B, const N: usize>(&'a A, [B; N])
where
    B: Copy;

#[derive(CacheKey)]
struct Wrapper<T>(Option<T>);

struct Handwritten(Vec<Order>);

impl CacheKey for Handwritten {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        out.list(self.0.iter().map(|order| order as &dyn CacheKey));
    }
}

fn text<T: CacheKey>(value: T) -> String {
    let key = key!("v:<value>");
    key.as_str()
        .strip_prefix("v:")
        .expect("the template's own text")
        .to_owned()
}

#[test]
fn integers() {
    assert_eq!(text(0_u8), "0");
    assert_eq!(text(u16::MAX), "65535");
    assert_eq!(text(u32::MAX), "4294967295");
    assert_eq!(text(u64::MAX), "18446744073709551615");
    assert_eq!(text(u128::MAX), "340282366920938463463374607431768211455");
    assert_eq!(text(7_usize), "7");
    assert_eq!(text(i8::MIN), "-128");
    assert_eq!(text(i16::MIN), "-32768");
    assert_eq!(text(i32::MIN), "-2147483648");
    assert_eq!(text(i64::MIN), "-9223372036854775808");
    assert_eq!(text(i128::MIN), "-170141183460469231731687303715884105728");
    assert_eq!(text(-7_isize), "-7");
    assert_eq!(text(NonZero::<u64>::MIN), "1");
    assert_eq!(text(NonZero::<i8>::MIN), "-128");
}

#[test]
fn trap_13_the_encoding_of_texts_is_frozen() {
    assert_eq!(text("plain-._@+09azAZ"), "plain-._@+09azAZ");
    assert_eq!(text(""), "");
    assert_eq!(text("a b"), "a%20b");
    assert_eq!(text("a:b"), "a%3Ab");
    assert_eq!(text("{tag}"), "%7Btag%7D");
    assert_eq!(text("100%"), "100%25");
    assert_eq!(text("~,()[]"), "%7E%2C%28%29%5B%5D");
    assert_eq!(text("*?\\/<>\"'\0\n"), "%2A%3F%5C%2F%3C%3E%22%27%00%0A");
    assert_eq!(
        text("Zoë 漢字 😀"),
        "Zo%C3%AB%20%E6%BC%A2%E5%AD%97%20%F0%9F%98%80"
    );
    assert_eq!(text(String::from("x")), "x");
    assert_eq!(text('ß'), "%C3%9F");
    assert_eq!(text(true), "true");
    assert_eq!(text(false), "false");
}

#[test]
fn options() {
    assert_eq!(text(None::<u8>), "~");
    assert_eq!(text(Some(1)), "1");
    assert_eq!(text(Some("")), "");
    assert_eq!(text(Some("~")), "%7E");
    assert_eq!(text(Some(None::<u8>)), "~~");
    assert_eq!(text(Some(Some(None::<u8>))), "~~~");
    assert_eq!(text(Some(Some(1))), "1");
    assert_eq!(text(Some((None::<u8>,))), "(~)");
}

#[test]
fn several_values() {
    assert_eq!(text(()), "()");
    assert_eq!(text((1,)), "(1)");
    assert_eq!(text((1, "a")), "(1,a)");
    assert_eq!(text(("", "")), "(,)");
    assert_eq!(text((1, 2, 3, 4, 5, 6, 7, 8)), "(1,2,3,4,5,6,7,8)");
    assert_eq!(text(((1, 2), (3, ()))), "((1,2),(3,()))");
    assert_eq!(text([1, 2, 3]), "[1,2,3]");
    assert_eq!(text(vec!["a", "b,c"]), "[a,b%2Cc]");
    assert_eq!(text(&[1_u8, 2][..]), "[1,2]");
    assert_eq!(text([[1], [2]]), "[[1],[2]]");
}

#[test]
fn ordered_collections() {
    let set = BTreeSet::from(["b", "a", ""]);
    assert_eq!(text(set), "[,a,b]");
    let map = BTreeMap::from([("size", Some(2)), ("page", None)]);
    assert_eq!(text(map), "[(page,~),(size,2)]");
    assert_eq!(text(BTreeMap::<u8, u8>::new()), "[]");
    assert_eq!(text(BTreeSet::from([""])), "[%]");
}

#[test]
fn addresses() {
    assert_eq!(text(Ipv4Addr::LOCALHOST), "127.0.0.1");
    assert_eq!(text(Ipv6Addr::LOCALHOST), "%3A%3A1");
    assert_eq!(
        text(IpAddr::from([0x2001, 0xDB8, 0, 0, 0, 0, 0, 1])),
        "2001%3Adb8%3A%3A1"
    );
    assert_eq!(text(IpAddr::from([10, 0, 0, 1])), "10.0.0.1");
    let mapped = Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped();
    assert_eq!(text(mapped), "%3A%3Affff%3A10.0.0.1");
}

/// One empty text is not no text.
#[test]
fn lists_that_look_empty() {
    assert_eq!(text(Vec::<String>::new()), "[]");
    assert_eq!(text([""]), "[%]");
    assert_eq!(text(["", ""]), "[,]");
    assert_eq!(text([None::<u8>]), "[~]");
    assert_eq!(text([[""; 0]]), "[[]]");
}

#[test]
fn pointers() {
    assert_eq!(text((&&1, &mut 2)), "(1,2)");
    assert_eq!(text(Box::new(1)), "1");
    assert_eq!(text(Rc::new("a b")), "a%20b");
    assert_eq!(text(Arc::<str>::from("a b")), "a%20b");
    assert_eq!(text(Arc::<[u8]>::from([1, 2])), "[1,2]");
    assert_eq!(text(Cow::Borrowed("a b")), "a%20b");
    assert_eq!(text(Cow::<str>::Owned("a b".to_owned())), "a%20b");
}

#[test]
fn derived() {
    assert_eq!(text(UserId(7)), "7");
    let page = |after| Page {
        tenant: "a:b".to_owned(),
        number: 2,
        after,
    };
    assert_eq!(text(page(None)), "(a%3Ab,2,~)");
    assert_eq!(text(page(Some(UserId(7)))), "(a%3Ab,2,7)");
    assert_eq!(text(Everything), "()");
    let id: Id<Vec<f64>> = Id {
        value: 7,
        of: PhantomData,
    };
    assert_eq!(text(id), "7");
    assert_eq!(text(Pair("a:b", [1, 2])), "(a%3Ab,[1,2])");
    assert_eq!(text(Pair(&[Order::Newest][..], [(); 0])), "([Newest],[])");
    assert_eq!(text(Wrapper(Some(Wrapper(None::<u8>)))), "~~");
    assert_eq!(text(Order::Newest), "Newest");
    assert_eq!(text(Order::r#Oldest), "Oldest");
    assert_eq!(
        text(Handwritten(vec![Order::Newest, Order::Oldest])),
        "[Newest,Oldest]"
    );
}

#[test]
fn names_of_types() {
    let names = [
        (<()>::KEY_NAME, "unit"),
        (bool::KEY_NAME, "bool"),
        (char::KEY_NAME, "char"),
        (str::KEY_NAME, "str"),
        (String::KEY_NAME, "String"),
        (u8::KEY_NAME, "u8"),
        (i128::KEY_NAME, "i128"),
        (usize::KEY_NAME, "usize"),
        (f64::KEY_NAME, "f64"),
    ];
    for (name, expected) in names {
        assert_eq!(name, expected);
    }
}

#[test]
fn whole_keys() {
    let (id, name) = (UserId(7), "a/b");
    let whole = |key: Key| key.to_string();
    assert_eq!(whole(key!("user:<id>")), "user:7");
    assert_eq!(
        whole(key!("shop:{<id.0>}:<name>:items")),
        "shop:{7}:a%2Fb:items"
    );
    assert_eq!(whole(key!("<<é>>:<name>")), "<é>:a%2Fb");
    assert_eq!(whole(key!("all")), "all");
}

key_family! {
    ById(id: UserId) -> u64 = "user:<id>";
    Items(shop: UserId, name: &str, after: Option<&str>) -> u64 =
        "shop:{<shop.0>}:<name>:items:<after>:<name>";
    Brackets(name: str) -> u64 = "<<é>>:<name>";
    All() -> u64 = "all";
}

/// A family is another way to write a template, and no other key.
#[test]
fn families_are_their_templates() {
    fn same<F: KeyFamily>(family: F, text: &str, template: &Key) {
        let key = family.key();
        assert_eq!(key.as_str(), text);
        assert_eq!(key, *template);
        assert_eq!(key.template(), F::TEMPLATE);
        assert_eq!(key.template(), template.template());
        assert_eq!(Key::from(family), key);
    }
    let (id, shop, name) = (UserId(7), UserId(7), "a/b");
    same(ById(&id), "user:7", &key!("user:<id>"));
    let after = Some("~");
    same(
        Items(&shop, name, &after),
        "shop:{7}:a%2Fb:items:%7E:a%2Fb",
        &key!("shop:{<shop.0>}:<name>:items:<after>:<name>"),
    );
    same(Brackets(name), "<é>:a%2Fb", &key!("<<é>>:<name>"));
    same(All(), "all", &key!("all"));
}
