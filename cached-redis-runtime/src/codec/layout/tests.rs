use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::num::NonZero;
use std::time::{Duration, SystemTime};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::of;

/// One type per module, so that two layouts may have one name.
macro_rules! layouts {
    ($($module:ident { $($item:item)* })*) => {$(
        #[allow(dead_code, reason = "only the layout counts")]
        mod $module {
            use super::*;
            $(#[derive(Deserialize)] $item)*
        }
    )*};
}

/// Refuses each plain value.
struct Picky;

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "picky" => Ok(Self),
            _ => Err(D::Error::custom("not picky")),
        }
    }
}

layouts! {
    base { pub(super) struct T { a: u8, b: u8, c: Option<String> } }
    swapped { pub(super) struct T { b: u8, a: u8, c: Option<String> } }
    renamed { pub(super) struct T { a: u8, d: u8, c: Option<String> } }
    retyped { pub(super) struct T { a: u8, b: i8, c: Option<String> } }
    deeper { pub(super) struct T { a: u8, b: u8, c: Option<u32> } }
    longer { pub(super) struct T { a: u8, b: u8, c: Option<String>, d: () } }

    variants { pub(super) enum T { A, B(u8), C { x: u8 } } }
    variants_swapped { pub(super) enum T { B(u8), A, C { x: u8 } } }
    variant_retyped { pub(super) enum T { A, B(u16), C { x: u8 } } }
    variant_field { pub(super) enum T { A, B(u8), C { y: u8 } } }
    variant_tuple { pub(super) enum T { A, B(u8, u8), C { x: u8 } } }

    inner { pub(super) struct T { all: Vec<BTreeMap<String, U>> } pub(super) enum U { P, Q(V) } pub(super) enum V { R(u8), S(u8) } }
    inner_changed { pub(super) struct T { all: Vec<BTreeMap<String, U>> } pub(super) enum U { P, Q(V) } pub(super) enum V { R(u8), S(i8) } }

    picky { pub(super) struct T { a: u8, url: Picky, b: Option<Picky>, c: u8, d: Vec<Picky>, e: u8 } }
    picky_changed { pub(super) struct T { a: u8, url: Picky, b: Option<Picky>, c: u8, d: Vec<Picky>, e: i8 } }

    expr { pub(super) enum T { Add(Box<T>, Box<T>), Neg(Box<T>), Lit(u8), If { then: Box<T>, otherwise: Option<u8> } } }
    expr_changed { pub(super) enum T { Add(Box<T>, Box<T>), Neg(Box<T>), Lit(u8), If { then: Box<T>, otherwise: Option<i8> } } }

    tree { pub(super) struct T { left: Option<Box<T>>, right: Option<Box<T>>, many: Vec<T>, leaf: u8 } }
    tree_changed { pub(super) struct T { left: Option<Box<T>>, right: Option<Box<T>>, many: Vec<T>, leaf: i8 } }

    endless { pub(super) struct T { a: u8, next: Box<T> } }
}

#[test]
fn a_layout_stays_the_same() {
    assert_eq!(of::<base::T>(), of::<base::T>());
    assert_eq!(of::<inner::T>(), of::<inner::T>());
    assert_eq!(
        of::<HashMap<String, expr::T>>(),
        of::<HashMap<String, expr::T>>()
    );
}

#[test]
fn each_change_of_a_struct_shows() {
    let all = [
        of::<base::T>(),
        of::<swapped::T>(),
        of::<renamed::T>(),
        of::<retyped::T>(),
        of::<deeper::T>(),
        of::<longer::T>(),
    ];
    for (index, layout) in all.iter().enumerate() {
        assert!(!all[..index].contains(layout), "layout {index}");
    }
}

#[test]
fn each_change_of_an_enum_shows() {
    let all = [
        of::<variants::T>(),
        of::<variants_swapped::T>(),
        of::<variant_retyped::T>(),
        of::<variant_field::T>(),
        of::<variant_tuple::T>(),
    ];
    for (index, layout) in all.iter().enumerate() {
        assert!(!all[..index].contains(layout), "layout {index}");
    }
}

#[test]
fn a_change_deep_inside_shows() {
    assert_ne!(of::<inner::T>(), of::<inner_changed::T>());
}

#[test]
fn a_change_after_a_field_that_refuses_plain_values_shows() {
    assert_ne!(of::<picky::T>(), of::<picky_changed::T>());
}

#[test]
fn a_type_inside_itself_ends_and_its_changes_show() {
    assert_ne!(of::<expr::T>(), of::<expr_changed::T>());
    assert_ne!(of::<tree::T>(), of::<tree_changed::T>());
    // No value of this type exists, but asking for its layout must end.
    let _ = of::<endless::T>();
}

#[test]
fn other_peoples_types_show_what_they_are() {
    let all = [
        of::<u64>(),
        of::<NonZero<u32>>(),
        of::<String>(),
        of::<Duration>(),
        of::<SystemTime>(),
        of::<IpAddr>(),
        of::<Result<u8, String>>(),
        of::<Result<String, u8>>(),
        of::<(u8, u8)>(),
        of::<[u8; 3]>(),
        of::<BTreeMap<u8, u16>>(),
        of::<BTreeMap<u16, u8>>(),
        of::<Vec<()>>(),
    ];
    for (index, layout) in all.iter().enumerate() {
        assert!(!all[..index].contains(layout), "layout {index}");
    }
}

struct Bomb;

impl<'de> Deserialize<'de> for Bomb {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("a plain value is more than it can take")
    }
}

#[test]
fn a_panic_stays_inside() {
    assert_eq!(of::<(u8, Bomb)>(), of::<(u8, Bomb)>());
    assert_ne!(of::<(u8, Bomb)>(), of::<(i8, Bomb)>());
}
