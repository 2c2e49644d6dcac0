//! Other attributes on the same function, above and below.

use cached_redis_runtime::{cache_aside, cache_invalidate};
use tracing::instrument;

use super::body;

#[instrument(skip(name))]
#[cache_aside(key = "instrument-above:<id>:<name>", ttl = 60)]
async fn instrument_above(id: u32, name: &str) -> usize {
    body();
    name.len() + id as usize
}

#[cache_aside(key = "instrument-below:<id>", ttl = 60)]
#[instrument(level = "debug", fields(tenant = 7), ret)]
async fn instrument_below(id: u32) -> u32 {
    body();
    id
}

#[instrument(err, skip_all)]
#[cache_aside(key = "instrument-err-above:<id>", ttl = 60)]
async fn instrument_err_above(id: &str) -> Result<u64, std::num::ParseIntError> {
    body();
    let id = id.parse()?;
    Ok(id)
}

#[cache_aside(key = "instrument-err-below:<id>", ttl = 60)]
#[tracing::instrument(err(Debug), name = "find", skip(id))]
async fn instrument_err_below(id: &str) -> Result<u64, std::num::ParseIntError> {
    body();
    id.parse::<u64>()
}

struct Repo {
    tenant: u64,
}

impl Repo {
    #[instrument(skip(self))]
    #[cache_aside(key = "method-above:<self.tenant>:<id>", ttl = 60)]
    async fn above(&self, id: u32) -> u64 {
        body();
        self.tenant + u64::from(id)
    }

    #[cache_aside(key = "method-below:<self.tenant>:<id>", ttl = 60)]
    #[instrument(skip(self), fields(self.tenant))]
    async fn below(&mut self, id: u32) -> u64 {
        body();
        self.tenant += u64::from(id);
        self.tenant
    }

    #[cache_invalidate(key = "method-above:<self.tenant>:<id>")]
    #[instrument(err, skip_all)]
    #[cache_invalidate(key = "method-below:<self.tenant>:<id>")]
    async fn between(&self, id: u32) -> Result<u64, std::fmt::Error> {
        body();
        Ok(self.tenant + u64::from(id))
    }
}

/// Has a doc comment, and
#[doc = "an attribute as well."]
#[must_use = "reading is all it does"]
#[cache_aside(key = "must-use:<id>", ttl = 60)]
async fn must_use(id: u32) -> u32 {
    body();
    id
}

#[cache_aside(key = "deprecated:<id>", ttl = 60)]
#[deprecated(since = "0.1.0", note = "use another")]
async fn deprecated(id: u32) -> u32 {
    body();
    id
}

#[inline]
#[cold]
#[cache_aside(key = "inline:<id>", ttl = 60)]
async fn inline(id: u32) -> u32 {
    body();
    id
}

#[allow(
    clippy::many_single_char_names,
    clippy::too_many_arguments,
    unused_variables,
    reason = "said by the user, above"
)]
#[cache_aside(key = "allow:<a>:<b>:<c>:<d>:<e>:<f>:<g>:<h>", ttl = 60)]
async fn allow(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> u8 {
    body();
    let unused = a;
    b
}

#[cache_aside(key = "expect:<id>", ttl = 60)]
#[expect(unused_variables, reason = "an expectation that the body fulfils")]
async fn expect(id: u32) -> u32 {
    body();
    let unused = 1;
    id
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "an expectation that the body fulfils under clippy"
)]
#[cache_aside(key = "expect-clippy:<id>", ttl = 60)]
async fn expect_of_clippy(id: u64) -> u8 {
    body();
    id as u8
}

#[cfg_attr(test, cache_aside(key = "cfg-attr:<id>", ttl = 60))]
#[cfg_attr(not(test), no_such_attribute)]
async fn cfg_attr(id: u32) -> u32 {
    body();
    id
}

#[cfg(test)]
#[cache_aside(key = "cfg:<id>", ttl = 60)]
async fn cfg(id: u32) -> u32 {
    body();
    id
}

#[cfg(not(test))]
#[cache_aside(not even looked at)]
fn cfg(id: u32) {}

pub(crate) mod visible {
    use super::{body, cache_aside};

    #[cache_aside(key = "visible:<id>", ttl = 60)]
    pub(in crate::gallery::attributes) async fn restricted(id: u32) -> u32 {
        body();
        id
    }
}

#[::cached_redis_runtime::cache_aside(key = "qualified:<id>", ttl = 60)]
async fn qualified(id: u32) -> u32 {
    body();
    id
}

#[cache_invalidate(key = "must-use:<id>")]
#[cache_invalidate(keys("inline:<id>", "cfg:<id>"))]
#[cache_invalidate(key = "qualified:<ret>")]
async fn several_writes(id: u32) -> u32 {
    body();
    id
}

shapes! {
    instrument_above { hit!(instrument_above(1, "a")); }
    instrument_below { hit!(instrument_below(1)); }
    instrument_err_above { hit!(instrument_err_above("7")).unwrap(); }
    instrument_err_below { hit!(instrument_err_below("7")).unwrap(); }
    instrument_above_a_method { hit!(Repo { tenant: 1 }.above(2)); }
    instrument_below_a_method { hit!(Repo { tenant: 1 }.below(2)); }
    instrument_between_writes {
        let repo = Repo { tenant: 1 };
        invalidates!(repo.between(2), repo.above(2)).unwrap();
        invalidates!(repo.between(2), Repo { tenant: 1 }.below(2)).unwrap();
    }
    must_use { hit!(must_use(1)); }
    must_use_is_kept {
        #[expect(unused_must_use, reason = "fulfilled only if the attribute is still there")]
        { must_use(1).await; }
    }
    deprecated_is_kept {
        #[expect(deprecated, reason = "fulfilled only if the attribute is still there")]
        { hit!(deprecated(1)); }
    }
    inline { hit!(inline(1)); }
    allow { hit!(allow(1, 2, 3, 4, 5, 6, 7, 8)); }
    expect { hit!(expect(1)); }
    expect_of_clippy { hit!(expect_of_clippy(1)); }
    cfg_attr { hit!(cfg_attr(1)); }
    cfg { hit!(cfg(1)); }
    visibility { hit!(visible::restricted(1)); }
    qualified { hit!(qualified(1)); }
    several_writes {
        invalidates!(several_writes(1), must_use(1));
        invalidates!(several_writes(1), inline(1));
        invalidates!(several_writes(1), cfg(1));
        invalidates!(several_writes(1), qualified(1));
    }
}
