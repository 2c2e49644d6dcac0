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
impl facade::__rt::Loadable for All {
    type Args = ();
    type Of<'__k> = All;
    fn of(_: &Self::Args) -> Self::Of<'_> {
        All()
    }
}
/**
Keys: `user:<name>`*/
struct ByName<'k>(&'k str);
#[automatically_derived]
impl ::core::clone::Clone for ByName<'_> {
    fn clone(&self) -> Self {
        *self
    }
}
#[automatically_derived]
impl ::core::marker::Copy for ByName<'_> {}
#[automatically_derived]
impl ::core::fmt::Debug for ByName<'_> {
    fn fmt(&self, __out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Formatter::write_str(__out, "ByName(\"user:<name>\")")
    }
}
impl<'k> ByName<'k> {
    #[doc(hidden)]
    pub const KEY_FAMILY: facade::__rt::Family<Self, fn(&'k str) -> Self> = facade::__rt::Family::new(
        Self,
    );
    /// The key of this entry.
    #[must_use]
    pub fn key(&self) -> facade::__rt::Key {
        facade::__rt::KeyFamily::key(self)
    }
}
impl facade::__rt::KeyFamily for ByName<'_> {
    type Value = User;
    const TEMPLATE: &'static ::core::primitive::str = "user:<name>";
    const LITERALS: &'static [&'static ::core::primitive::str] = &["user:", ""];
    type Segments<'__s> = [&'__s dyn facade::__rt::CacheKey; 1usize] where Self: '__s;
    fn segments(&self) -> Self::Segments<'_> {
        [facade::__rt::argument(&self.0)]
    }
}
impl facade::__rt::Loadable for ByName<'_> {
    type Args = str;
    type Of<'__k> = ByName<'__k>;
    fn of(__args: &Self::Args) -> Self::Of<'_> {
        ByName(__args)
    }
}
/**
Keys: `grades:<of>:<name>:<year>`*/
struct Grades<'k>(&'k [u8], &'k str, &'k r#u16);
#[automatically_derived]
impl ::core::clone::Clone for Grades<'_> {
    fn clone(&self) -> Self {
        *self
    }
}
#[automatically_derived]
impl ::core::marker::Copy for Grades<'_> {}
#[automatically_derived]
impl ::core::fmt::Debug for Grades<'_> {
    fn fmt(&self, __out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Formatter::write_str(__out, "Grades(\"grades:<of>:<name>:<year>\")")
    }
}
impl<'k> Grades<'k> {
    #[doc(hidden)]
    pub const KEY_FAMILY: facade::__rt::Family<
        Self,
        fn(&'k [u8], &'k str, &'k r#u16) -> Self,
    > = facade::__rt::Family::new(Self);
    /// The key of this entry.
    #[must_use]
    pub fn key(&self) -> facade::__rt::Key {
        facade::__rt::KeyFamily::key(self)
    }
}
impl facade::__rt::KeyFamily for Grades<'_> {
    type Value = u8;
    const TEMPLATE: &'static ::core::primitive::str = "grades:<of>:<name>:<year>";
    const LITERALS: &'static [&'static ::core::primitive::str] = &[
        "grades:",
        ":",
        ":",
        "",
    ];
    type Segments<'__s> = [&'__s dyn facade::__rt::CacheKey; 3usize] where Self: '__s;
    fn segments(&self) -> Self::Segments<'_> {
        [
            facade::__rt::argument(&self.0),
            facade::__rt::argument(&self.1),
            facade::__rt::argument(&self.2),
        ]
    }
}
impl facade::__rt::Loadable for Grades<'_> {
    type Args = (::std::vec::Vec<u8>, ::std::string::String, r#u16);
    type Of<'__k> = Grades<'__k>;
    fn of(__args: &Self::Args) -> Self::Of<'_> {
        Grades(&__args.0, &__args.1, &__args.2)
    }
}
/**
Keys: `named:<name>:<of>`*/
struct Named<'k>(&'k Cow<'k, str>, &'k str);
#[automatically_derived]
impl ::core::clone::Clone for Named<'_> {
    fn clone(&self) -> Self {
        *self
    }
}
#[automatically_derived]
impl ::core::marker::Copy for Named<'_> {}
#[automatically_derived]
impl ::core::fmt::Debug for Named<'_> {
    fn fmt(&self, __out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Formatter::write_str(__out, "Named(\"named:<name>:<of>\")")
    }
}
impl<'k> Named<'k> {
    #[doc(hidden)]
    pub const KEY_FAMILY: facade::__rt::Family<
        Self,
        fn(&'k Cow<'k, str>, &'k str) -> Self,
    > = facade::__rt::Family::new(Self);
    /// The key of this entry.
    #[must_use]
    pub fn key(&self) -> facade::__rt::Key {
        facade::__rt::KeyFamily::key(self)
    }
}
impl facade::__rt::KeyFamily for Named<'_> {
    type Value = u8;
    const TEMPLATE: &'static ::core::primitive::str = "named:<name>:<of>";
    const LITERALS: &'static [&'static ::core::primitive::str] = &["named:", ":", ""];
    type Segments<'__s> = [&'__s dyn facade::__rt::CacheKey; 2usize] where Self: '__s;
    fn segments(&self) -> Self::Segments<'_> {
        [facade::__rt::argument(&self.0), facade::__rt::argument(&self.1)]
    }
}
