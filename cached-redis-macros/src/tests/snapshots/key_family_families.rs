/// One member of a team.
/**
Keys: `team:<team.id>:<name>:<team.id>:<as>`*/
pub(crate) struct Member<'k>(
    pub(crate) &'k TeamId,
    pub(crate) &'k str,
    pub(crate) facade::__rt::Ref<'k, Option<&'k Role>>,
);
#[automatically_derived]
impl ::core::clone::Clone for Member<'_> {
    fn clone(&self) -> Self {
        *self
    }
}
#[automatically_derived]
impl ::core::marker::Copy for Member<'_> {}
#[automatically_derived]
impl ::core::fmt::Debug for Member<'_> {
    fn fmt(&self, __out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Formatter::write_str(
            __out,
            "Member(\"team:<team.id>:<name>:<team.id>:<as>\")",
        )
    }
}
impl<'k> Member<'k> {
    #[doc(hidden)]
    pub const KEY_FAMILY: facade::__rt::Family<
        Self,
        fn(&'k TeamId, &'k str, facade::__rt::Ref<'k, Option<&'k Role>>) -> Self,
    > = facade::__rt::Family::new(Self);
    /// The key of this entry.
    #[must_use]
    pub fn key(&self) -> facade::__rt::Key {
        facade::__rt::KeyFamily::key(self)
    }
}
impl facade::__rt::KeyFamily for Member<'_> {
    type Value = Vec<User>;
    const TEMPLATE: &'static ::core::primitive::str = "team:<team.id>:<name>:<team.id>:<as>";
    const LITERALS: &'static [&'static ::core::primitive::str] = &[
        "team:",
        ":",
        ":",
        ":",
        "",
    ];
    type Segments<'__s> = [&'__s dyn facade::__rt::CacheKey; 4usize] where Self: '__s;
    fn segments(&self) -> Self::Segments<'_> {
        [
            facade::__rt::segment(&self.0.id),
            facade::__rt::argument(&self.1),
            facade::__rt::segment(&self.0.id),
            facade::__rt::argument(&self.2),
        ]
    }
}
/**
Keys: `users:all`*/
struct All();
#[automatically_derived]
impl ::core::clone::Clone for All {
    fn clone(&self) -> Self {
        *self
    }
}
#[automatically_derived]
impl ::core::marker::Copy for All {}
#[automatically_derived]
impl ::core::fmt::Debug for All {
    fn fmt(&self, __out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Formatter::write_str(__out, "All(\"users:all\")")
    }
}
impl All {
    #[doc(hidden)]
    pub const KEY_FAMILY: facade::__rt::Family<Self, fn() -> Self> = facade::__rt::Family::new(
        Self,
    );
    /// The key of this entry.
    #[must_use]
    pub fn key(&self) -> facade::__rt::Key {
        facade::__rt::KeyFamily::key(self)
    }
}
impl facade::__rt::KeyFamily for All {
    type Value = User;
    const TEMPLATE: &'static ::core::primitive::str = "users:all";
    const LITERALS: &'static [&'static ::core::primitive::str] = &["users:all"];
    type Segments<'__s> = [&'__s dyn facade::__rt::CacheKey; 0usize] where Self: '__s;
    fn segments(&self) -> Self::Segments<'_> {
        []
    }
}
