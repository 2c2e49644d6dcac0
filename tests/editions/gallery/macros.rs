//! Functions that come out of `macro_rules!`, with tokens from both sides.

use cached_redis_runtime::{CacheKey, KeyName, cache_aside, cache_invalidate};

use super::body;

// The attribute comes from the macro, the names from the caller.
macro_rules! reader {
    ($name:ident, $key:literal, $ttl:expr, $id:ident: $ty:ty) => {
        #[cache_aside(key = $key, ttl = $ttl)]
        async fn $name($id: $ty) -> u64 {
            body();
            u64::from($id)
        }
    };
}

reader!(small, "small:<id>", 60, id: u8);
reader!(large, "large:<number>", "1h", number: u64);

// The attribute comes from the caller, the function from the macro.
macro_rules! annotated {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty $body:block) => {
        $(#[$meta])*
        $vis async fn $name($($arg: $ty),*) -> $ret {
            body();
            $body
        }
    };
}

annotated! {
    /// Documented by the caller.
    #[cache_aside(key = "by-caller:<id>:<name>", ttl = "1m", skip(db))]
    pub(super) fn by_caller(id: u64, name: &str, db: u64) -> Result<Option<String>, String> {
        Ok((id != db).then(|| name.to_owned()))
    }
}

// Everything but one name comes from the macro.
macro_rules! repository {
    ($repo:ident { $($field:ident: $ty:ty),* }) => {
        struct $repo {
            tenant: u64,
            $($field: $ty),*
        }

        impl $repo {
            #[cache_aside(key = "repo:<self.tenant>:<id>", ttl = 60, skip(db))]
            async fn find(&self, id: u64, db: u32) -> u64 {
                body();
                self.tenant + id + u64::from(db)
            }

            #[cache_invalidate(keys("repo:<self.tenant>:<id>", "made:<id>:<ret>"))]
            async fn update(&self, id: u64) -> u64 {
                body();
                self.tenant + id
            }
        }
    };
}

repository!(Repo { size: usize });

// The template comes from the caller, the parameter that it names from the macro.
macro_rules! named_by_caller {
    ($name:ident, $key:literal) => {
        #[cache_aside(key = $key, ttl = 60)]
        async fn $name(user: (u64, u64)) -> u64 {
            body();
            user.0 + user.1
        }
    };
}

named_by_caller!(named_by_caller, "named:<user.0>:<user.1>");

macro_rules! newtype {
    ($name:ident($inner:ty)) => {
        #[derive(CacheKey, KeyName)]
        struct $name($inner);
    };
}

newtype!(UserId(u64));

// The caller's body can say `self` only if the caller also gives the word.
macro_rules! methods {
    ($repo:ident { $(fn $name:ident(&$this:ident, $arg:ident: $ty:ty) -> $ret:ty = $key:literal $body:block)+ }) => {
        impl $repo {
            $(
                #[cache_aside(key = $key, ttl = 60)]
                async fn $name(&$this, $arg: $ty) -> $ret {
                    body();
                    $body
                }
            )+
        }
    };
}

methods! {
    Repo {
        fn own(&self, id: u64) -> u64 = "own:<self.tenant>:<id>" { self.tenant + id }
        fn named(&self, name: &str) -> Option<usize> = "own-named:<self.tenant>:<name>" { Some(name.len() + self.size) }
    }
}

#[cache_aside(key = "user:<T>:<id>", ttl = 60)]
async fn user<T: KeyName>(id: UserId) -> u64 {
    body();
    id.0
}

pub(crate) mod facade {
    pub(crate) use cached_redis_runtime as runtime;

    // A crate that hides the dependency from its users.
    macro_rules! through_a_facade {
        ($name:ident) => {
            #[$crate::gallery::macros::facade::runtime::cache_aside(
                                                    key = "through:<id>",
                                                    ttl = 60,
                                                    crate = $crate::gallery::macros::facade::runtime
                                                )]
            async fn $name(id: u64) -> u64 {
                $crate::gallery::body();
                id
            }
        };
    }
    pub(crate) use through_a_facade;
}

facade::through_a_facade!(through_a_facade);

// A macro that makes a macro's worth of functions.
macro_rules! tables {
    ($($table:ident => $row:ty, $ttl:literal;)+) => {$(
        mod $table {
            use super::*;

            #[cache_aside(key = "tables:<name>:<id>", ttl = $ttl, skip(_verbose))]
            pub(super) async fn load(name: &str, id: u32, _verbose: bool) -> Option<$row> {
                body();
                let _ = (name, id);
                Some(<$row>::default())
            }
        }
    )+};
}

tables! {
    orders => (u64, String), "5m";
    teams => Vec<u8>, 30;
}

// A pattern and a type as whole fragments.
macro_rules! with_pattern {
    ($name:ident($pat:pat => $ty:ty) $body:expr) => {
        #[cache_aside(key = "pattern:<a>:<b>", ttl = 60)]
        async fn $name($pat: $ty) -> u64 {
            body();
            $body
        }
    };
}

with_pattern!(with_pattern((a, b) => (u64, u64)) a + b);

shapes! {
    attribute_from_the_macro { hit!(small(1)); hit!(large(1)); }
    attribute_from_the_caller { apart!(by_caller(1, "a", 2), by_caller(2, "a", 1)); }
    whole_impl { hit!(Repo { tenant: 1, size: 0 }.find(1, 2)); }
    self_from_the_caller {
        hit!(Repo { tenant: 1, size: 0 }.own(1));
        hit!(Repo { tenant: 1, size: 0 }.named("a"));
    }
    write_in_an_impl {
        let repo = Repo { tenant: 1, size: 0 };
        invalidates!(repo.update(1), repo.find(1, 2));
        assert_eq!(repo.size, 0);
    }
    template_from_the_caller { hit!(named_by_caller((1, 2))); }
    derived_in_a_macro { hit!(user::<UserId>(UserId(1))); }
    through_a_facade { hit!(through_a_facade(1)); }
    repeated { hit!(orders::load("a", 1, true)); hit!(teams::load("b", 1, true)); }
    with_pattern { hit!(with_pattern((1, 2))); }
}
