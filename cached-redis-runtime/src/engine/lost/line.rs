//! Names that wait, and what is known about each.

use std::collections::{BTreeMap, HashMap};

use crate::sync::Arc;

/// Names that are handed out in turn: who has been goes behind all others, so that those for whom nothing can be done at
/// the moment do not stand before the rest.
///
/// Invariant: `places` and `order` say the same of who stands where.
#[derive(Debug)]
pub(super) struct Line<T> {
    places: HashMap<Arc<str>, (u64, T)>,
    order: BTreeMap<u64, Arc<str>>,
    /// The place behind all others.
    end: u64,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self {
            places: HashMap::new(),
            order: BTreeMap::new(),
            end: 0,
        }
    }
}

impl<T: Copy> Line<T> {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.places.get(name).map(|(_, known)| known)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.places.get_mut(name).map(|(_, known)| known)
    }

    /// Puts one who does not stand here at the end.
    pub(super) fn push(&mut self, name: &str, known: T) {
        let name: Arc<str> = Arc::from(name);
        self.order.insert(self.end, Arc::clone(&name));
        self.places.insert(name, (self.end, known));
        self.end += 1;
    }

    pub(super) fn remove(&mut self, name: &str) -> bool {
        let Some((place, _)) = self.places.remove(name) else {
            return false;
        };
        self.order.remove(&place);
        true
    }

    /// Up to so many from the front, who go to the end.
    pub(super) fn next(&mut self, most: usize) -> Vec<(Arc<str>, T)> {
        let count = most.min(self.order.len());
        let mut next = Vec::with_capacity(count);
        for _ in 0..count {
            let Some((_, name)) = self.order.pop_first() else {
                break;
            };
            if let Some((place, known)) = self.places.get_mut(&name) {
                *place = self.end;
                next.push((Arc::clone(&name), *known));
                self.order.insert(self.end, name);
                self.end += 1;
            }
        }
        next
    }
}
