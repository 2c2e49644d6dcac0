#[automatically_derived]
impl facade::__rt::KeyName for Kind {
    const KEY_NAME: &'static str = "Kind";
}
