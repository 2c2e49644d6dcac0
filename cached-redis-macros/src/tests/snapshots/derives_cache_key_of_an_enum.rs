#[automatically_derived]
impl facade::__rt::CacheKey for Kind {
    fn write_key(&self, __out: &mut facade::__rt::KeyWriter<'_>) {
        facade::__rt::KeyWriter::text(
            __out,
            match *self {
                Self::Small => "Small",
                Self::r#Large => "Large",
            },
        );
    }
}
