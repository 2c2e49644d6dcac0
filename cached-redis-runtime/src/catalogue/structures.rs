//! The structures that were made while the program ran. A program makes one for each request, so what is kept is kept by place
//! in the source, and not by structure.

use core::panic::Location;
use core::time::Duration;
use std::collections::HashMap;

use super::registration::{Attribute, Registration};
use super::written;
use crate::site::Site;
use crate::sync::Mutex;

/// Where one is made, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Structure {
    pub(crate) kind: Attribute,
    pub(crate) template: &'static str,
    /// The name of the type of what is in it, where it has one.
    pub(crate) of: Option<&'static str>,
    pub(crate) at: &'static Location<'static>,
}

/// Of one place. A life that is reckoned out, such as until midnight, is another one each time.
const MOST_LIVES: usize = 8;

/// The lives that those of one place were given.
struct Lives {
    site: &'static Site,
    /// Each with how many there are of it: one that is given another life leaves this one.
    known: Vec<(Duration, &'static Registration, usize)>,
    /// In place of all that were too many.
    varies: Option<&'static Registration>,
}

/// `None` until there is one.
static MADE: Mutex<Option<HashMap<Structure, Lives>>> = Mutex::new(None);

pub(crate) fn made(structure: Structure, life: Duration) {
    let mut made = MADE.lock();
    let lives = made
        .get_or_insert_default()
        .entry(structure)
        .or_insert_with(|| Lives::of(structure));
    if let Some((_, _, count)) = lives.known.iter_mut().find(|(one, ..)| *one == life) {
        *count += 1;
    } else if lives.known.len() < MOST_LIVES {
        let registration = structure.register(lives.site, &written::life(life));
        lives.known.push((life, registration, 1));
    } else if lives.varies.is_none() {
        lives.varies = Some(structure.register(lives.site, "varies"));
    }
}

/// One of them has another life by now.
pub(crate) fn left(structure: Structure, life: Duration) {
    let mut made = MADE.lock();
    let lives = made.as_mut().and_then(|made| made.get_mut(&structure));
    let mut known = lives.into_iter().flat_map(|lives| &mut lives.known);
    if let Some((_, _, count)) = known.find(|(one, ..)| *one == life) {
        *count = count.saturating_sub(1);
    }
}

pub(super) fn all() -> Vec<&'static Registration> {
    let made = MADE.lock();
    let lives = made.iter().flat_map(HashMap::values);
    let all = lives.flat_map(|lives| {
        let known = lives.known.iter().filter(|(_, _, count)| *count > 0);
        known.map(|(_, one, _)| *one).chain(lives.varies)
    });
    all.collect()
}

impl Lives {
    /// The site is leaked, as are the registrations: entries refer to them for as long as the program.
    fn of(structure: Structure) -> Self {
        let template = structure.template;
        Self {
            // No function has a name here, and no family a module.
            site: Box::leak(Box::new(Site::cache_aside(template, template, &[]))),
            known: Vec::new(),
            varies: None,
        }
    }
}

impl Structure {
    fn register(self, site: &'static Site, ttl: &str) -> &'static Registration {
        let leak = |text: &str| -> &'static str { Box::leak(text.into()) };
        let registration = Registration::structure(site, self.kind)
            .ttl(leak(ttl))
            .at(self.at.file(), self.at.line());
        Box::leak(Box::new(match self.of {
            Some(of) => registration.value(leak(&written::without_modules(of))),
            None => registration,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Entry;

    fn lives(template: &str) -> Vec<&'static str> {
        let entries = all().into_iter().map(Entry::new);
        let entries = entries.filter(|entry| entry.templates() == [template]);
        entries.map(|entry| entry.ttl().unwrap()).collect()
    }

    #[test]
    fn a_place_is_listed_once_and_its_lives_are_bounded() {
        let structure = Structure {
            kind: Attribute::Counter,
            template: "listed:<once>",
            of: None,
            at: Location::caller(),
        };
        let minute = Duration::from_secs(60);
        for _ in 0..3 {
            made(structure, Duration::MAX);
            left(structure, Duration::MAX);
            made(structure, minute);
        }
        assert_eq!(lives("listed:<once>"), ["60s"]);
        for seconds in 1..100 {
            made(structure, Duration::from_secs(seconds));
        }
        let lives = lives("listed:<once>");
        assert_eq!(lives.len(), MOST_LIVES, "{lives:?}");
        assert_eq!(lives.last(), Some(&"varies"));
    }
}
