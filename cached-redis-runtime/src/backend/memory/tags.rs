//! Which keys are under which tag. Here a key leaves its tags with its entry, so there is nothing to expire.

use std::collections::{HashMap, HashSet};

use crate::sync::Arc;

/// What a member costs: its place in the tag's set and in the entry's list.
const OVERHEAD: usize = 64;

pub(super) fn cost(tag: &str, key: &str) -> usize {
    tag.len() + key.len() + OVERHEAD
}

/// The members of each tag; none is empty.
#[derive(Debug, Default)]
pub(super) struct Tags(HashMap<Arc<str>, HashSet<String>>);

impl Tags {
    /// Puts a key under a tag; `None` if it is there already.
    pub(super) fn add(&mut self, tag: &str, key: &str) -> Option<Arc<str>> {
        let known = self.0.get_key_value(tag).map(|(tag, _)| Arc::clone(tag));
        let tag = known.unwrap_or_else(|| Arc::from(tag));
        let members = self.0.entry(Arc::clone(&tag)).or_default();
        members.insert(key.to_owned()).then_some(tag)
    }

    pub(super) fn forget(&mut self, key: &str, tags: &[Arc<str>]) {
        for tag in tags {
            if let Some(members) = self.0.get_mut(tag) {
                members.remove(key);
                if members.is_empty() {
                    self.0.remove(tag);
                }
            }
        }
    }

    pub(super) fn members(&self, tag: &str) -> Vec<String> {
        let members = self.0.get(tag).into_iter().flatten();
        members.cloned().collect()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.values().map(HashSet::len).sum()
    }
}
