#[automatically_derived]
impl<'a, A, B, M> ::cached_redis_runtime::__rt::CacheKey for Pair<'a, A, B, M>
where
    A: ::cached_redis_runtime::__rt::CacheKey,
    B: ::cached_redis_runtime::__rt::CacheKey,
{
    fn write_key(&self, __out: &mut ::cached_redis_runtime::__rt::KeyWriter<'_>) {
        ::cached_redis_runtime::__rt::KeyWriter::tuple(
            __out,
            &[
                ::cached_redis_runtime::__rt::segment::<A>(&self.0),
                ::cached_redis_runtime::__rt::segment::<&'a [B]>(&self.1),
            ],
        );
    }
}
