const _: () = {
    let __key = ::cached_redis_runtime::__rt::key(
        "user:<self.tenant>:<id>",
        &["user:", ":", ""],
        &[
            ::cached_redis_runtime::__rt::segment(&self.tenant),
            ::cached_redis_runtime::__rt::segment(&id),
        ],
    );
    __key
};
