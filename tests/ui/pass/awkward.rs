#![deny(warnings)]

//! Shapes that broke other cache attributes, or nearly broke this one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cached_redis_runtime::{Cache, CacheKey, KeyName, cache_aside, cache_invalidate, key};

// The body, the attribute's arguments and the types all come out of one macro.
macro_rules! cached {
    ($(#[$meta:meta])* $vis:vis $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty $body:block) => {
        $(#[$meta])*
        $vis async fn $name($($arg: $ty),*) -> $ret $body
    };
}

cached! {
    #[cache_aside(key = "by-meta:<id>:<name>", ttl = "1m", skip(db))]
    pub(crate) by_meta(id: u64, name: &str, db: u64) -> Result<Option<String>, std::fmt::Error> {
        Ok((id != db).then(|| name.to_owned()))
    }
}

mod facade {
    pub(crate) use cached_redis_runtime as rt;

    macro_rules! through_crate {
        ($name:ident) => {
            #[$crate::facade::rt::cache_aside(key = "through:<id>", ttl = 60, crate = $crate::facade::rt)]
            async fn $name(id: u64) -> u64 {
                id
            }
        };
    }
    pub(crate) use through_crate;
}

facade::through_crate!(through_crate);

// Names that the expansion itself uses.
#[allow(non_snake_case)]
#[cache_aside(key = "names:<__call>:<__shape>:<__ret>:<__site>:<__SITE>", ttl = 60)]
async fn names(__call: u64, __shape: u64, __ret: u64, __site: u64, __SITE: u64) -> u64 {
    __call + __shape + __ret + __site + __SITE
}

#[cache_invalidate(key = "names:<__part0>:<__keys>:<ret.0>")]
async fn names_of_a_write(__part0: String, __keys: Vec<u64>, __call: u64) -> (u64, String) {
    drop(__keys);
    (__call, __part0)
}

#[async_trait]
trait Generic<T: Send + 'static>: Send {
    async fn get(&mut self, id: T, mut names: Vec<String>, suffix: impl Display + Send) -> String
    where
        T: CacheKey + Sync;
}

struct Repo {
    cache: Cache,
    tenant: Option<(u8, String)>,
}

#[async_trait]
impl<T: Send + 'static> Generic<T> for Repo {
    #[cache_aside(key = "generic:<id>:<names>", ttl = 60, skip(suffix), cache = self.cache.clone(), when = self.tenant.is_some())]
    async fn get(&mut self, id: T, mut names: Vec<String>, suffix: impl Display + Send) -> String
    where
        T: CacheKey + Sync,
    {
        drop(id);
        names.push(suffix.to_string());
        self.tenant = None;
        names.concat()
    }
}

trait Provided: Sync {
    fn id(&self) -> u64;

    #[cache_aside(key = "provided:<offset>", ttl = 60)]
    async fn provided(&self, offset: u64) -> u64
    where
        Self: Sized,
    {
        self.id() + offset
    }

    #[cache_invalidate(key = "provided:<offset>")]
    fn forget(&self, offset: u64) -> impl Future<Output = ()> + Send {
        async move {
            let _ = self.id() + offset;
        }
    }
}

impl Provided for Repo {
    fn id(&self) -> u64 {
        1
    }
}

impl Repo {
    /// An early return out of a nested loop, a borrowed argument that the body consumes, and `self` by `Arc`.
    #[cache_aside(key = "walk:<path>:<depth>", ttl = 60, unless = |found: &HashMap<String, usize>| found.is_empty())]
    async fn walk(self: Arc<Self>, path: Cow<'_, str>, depth: &mut usize) -> Option<HashMap<String, usize>> {
        'outer: loop {
            for part in path.split('/') {
                *depth -= 1;
                if *depth == 0 {
                    break 'outer;
                }
                if part.is_empty() {
                    return None;
                }
            }
        }
        let whole = path.into_owned();
        Some(HashMap::from([(whole, *depth)]))
    }

    /// A borrow that serde turns into an owned value, and an alias with a lifetime.
    #[cache_aside(key = "cow:<id>", ttl = 60)]
    async fn cow(&self, id: u64) -> Result<Cow<'_, str>, &'static str> {
        match &self.tenant {
            Some((_, name)) => Ok(Cow::Borrowed(name)),
            None if id == 0 => Err("nobody"),
            None => Ok(Cow::Owned(id.to_string())),
        }
    }

    /// Every kind of expression where an argument takes one.
    #[cache_aside(
        key = "expressions:<id>",
        ttl = if cfg!(test) { Duration::from_secs(1) } else { Duration::from_secs(2) },
        none_ttl = const { Duration::from_millis(1) },
        when = match id { 0 => false, _ => matches!(self.tenant, Some((1..=3, _))) },
        unless = |v: &u64| { let v = *v; v > 7 && v < 9 },
        cache = if id > 1 { self.cache.clone() } else { Cache::clone(&self.cache) },
    )]
    async fn expressions(&self, id: u64) -> Option<u64> {
        Some(id)
    }

    async fn inner_items(&self) -> u64 {
        #[cache_aside(key = "inner:<id>", ttl = 60)]
        async fn inner(id: u64) -> u64 {
            id
        }

        inner(1).await + inner(2).await
    }

    fn keys(&self) -> [cached_redis_runtime::Key; 2] {
        let r#type = Some("a");
        [key!("t:<self.tenant>"), key!("t:<type>")]
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Wrapper<T>(T);

impl<T: KeyName + Clone + Send + Sync> Wrapper<T>
where
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    #[cache_aside(key = "wrapped:<id>", ttl = 60)]
    async fn get(&self, id: u64) -> Result<Self, ()>
    where
        Self: serde::Serialize + serde::de::DeserializeOwned,
    {
        let _ = id;
        Ok(Self(self.0.clone()))
    }
}

async fn call(repo: &mut Repo) -> String {
    repo.get(1_u64, vec![], "suffix").await
}

fn main() {
    let _ = call;
    drop((by_meta(1, "a", 2), through_crate(1), names(1, 2, 3, 4, 5)));
    drop(names_of_a_write(String::new(), vec![], 1));
    let _ = (Repo::cow, Repo::expressions, Repo::walk, Repo::inner_items, Repo::keys);
    let _ = (Repo::provided, Repo::forget);
    let _ = Wrapper::<String>::get;
}
