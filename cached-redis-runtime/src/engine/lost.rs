//! Deletions that failed. Until one has been made good, this process does not use the cache for its key, and while one
//! of a tag is among them not for any function that has tags: which keys the tag has, only the server knows.

mod line;

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use self::line::Line;
use crate::codec::Nonce;
use crate::sync::Mutex;

/// More keys than this are not remembered one by one: everything is bypassed until the remembered ones are gone.
const CAPACITY: usize = 100_000;

/// Nor are more bytes of them, and of tags.
const BYTES: usize = 16 << 20;

/// More tags than this are treated like more keys than [`CAPACITY`].
const TAGS: usize = 10_000;

/// The keys and tags whose deletion is pending.
///
/// Invariant: `len` is the number of keys and tags, so that the hit path reads one atomic and no lock.
#[derive(Debug, Default)]
pub(crate) struct LostDeletes {
    len: AtomicUsize,
    overflowed: AtomicBool,
    running: AtomicBool,
    keys: Mutex<Keys>,
}

#[derive(Debug, Default)]
struct Keys {
    pending: Line<Lost>,
    tags: Line<Lost>,
    turn: u64,
    /// The length of all of them together.
    bytes: usize,
}

impl Keys {
    /// Remembers one key, unless there are too many.
    fn insert(&mut self, key: &str, token: Option<Nonce>) -> bool {
        let turn = self.turn;
        if let Some(lost) = self.pending.get_mut(key) {
            let token = token.or(lost.token);
            *lost = Lost { turn, token };
            return true;
        }
        let fits = self.pending.len() < CAPACITY && self.bytes + key.len() <= BYTES;
        // The first is taken in any case: with none there would be nothing to wait for.
        if fits || self.pending.is_empty() {
            self.bytes += key.len();
            self.pending.push(key, Lost { turn, token });
            return true;
        }
        false
    }

    /// The same for a tag.
    fn insert_tag(&mut self, tag: &str) -> bool {
        let lost = Lost {
            turn: self.turn,
            token: None,
        };
        if let Some(known) = self.tags.get_mut(tag) {
            *known = lost;
            return true;
        }
        let fits = self.tags.len() < TAGS && self.bytes + tag.len() <= BYTES;
        if fits || self.tags.is_empty() {
            self.bytes += tag.len();
            self.tags.push(tag, lost);
            return true;
        }
        false
    }

    fn remove(&mut self, key: &str) {
        if self.pending.remove(key) {
            self.bytes -= key.len();
        }
    }

    fn remove_tag(&mut self, tag: &str) {
        if self.tags.remove(tag) {
            self.bytes -= tag.len();
        }
    }

    fn len(&self) -> usize {
        self.pending.len() + self.tags.len()
    }
}

#[derive(Clone, Copy, Debug)]
struct Lost {
    /// At which it was added last: a deletion sent before that turn does not cover it.
    turn: u64,
    /// Whom to take out of the key's guard. Of several writers of this process the last one: the others' time there
    /// runs out.
    token: Option<Nonce>,
}

/// Some of the pending keys.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) plain: Vec<String>,
    pub(super) guarded: Vec<(String, Nonce)>,
    /// A deletion sent from now on covers what was added until this turn.
    pub(super) turn: u64,
}

impl LostDeletes {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    /// Whether the cache must not be used for `key`, the key of a function with or without tags.
    pub(super) fn holds(&self, key: &str, is_tagged: bool) -> bool {
        if self.len() == 0 {
            return false;
        }
        let state = self.keys.lock();
        self.overflowed.load(Ordering::Acquire)
            || state.pending.contains(key)
            || (is_tagged && !state.tags.is_empty())
    }

    /// Remembers `keys`, and the writer that stands in their guards. Says whether a task has to be started.
    pub(super) fn add(&self, keys: &[String], token: Option<Nonce>) -> bool {
        let mut state = self.keys.lock();
        state.turn += 1;
        for key in keys {
            if !state.insert(key, token) {
                self.overflowed.store(true, Ordering::Release);
            }
        }
        self.len.store(state.len(), Ordering::Release);
        drop(state);
        self.start()
    }

    /// Remembers tags, as [`add`](Self::add) does keys.
    pub(super) fn add_tags(&self, tags: &[String]) -> bool {
        let mut state = self.keys.lock();
        state.turn += 1;
        for tag in tags {
            if !state.insert_tag(tag) {
                self.overflowed.store(true, Ordering::Release);
            }
        }
        self.len.store(state.len(), Ordering::Release);
        drop(state);
        self.start()
    }

    /// Takes the right to run the task; `false` if it runs already.
    pub(super) fn start(&self) -> bool {
        !self.running.swap(true, Ordering::AcqRel)
    }

    pub(super) fn stop(&self) {
        self.running.store(false, Ordering::Release);
    }

    /// Those that were asked for least recently: a server that is down, or does not allow it, must not stand before others.
    pub(super) fn batch(&self, most: usize) -> Batch {
        let mut state = self.keys.lock();
        let mut batch = Batch {
            plain: Vec::new(),
            guarded: Vec::new(),
            turn: state.turn,
        };
        for (key, lost) in state.pending.next(most) {
            match lost.token {
                None => batch.plain.push(key.to_string()),
                Some(token) => batch.guarded.push((key.to_string(), token)),
            }
        }
        batch
    }

    /// The pending tag that was asked for least recently, and the turn that its invalidation from now on covers.
    pub(super) fn tag(&self) -> Option<(String, u64)> {
        let mut state = self.keys.lock();
        let (tag, _) = state.tags.next(1).pop()?;
        Some((tag.to_string(), state.turn))
    }

    /// Forgets keys whose deletion was executed, unless they were lost again since.
    pub(super) fn done(&self, keys: &[String], turn: u64) {
        let mut state = self.keys.lock();
        for key in keys {
            if state.pending.get(key).is_some_and(|lost| lost.turn <= turn) {
                state.remove(key);
            }
        }
        self.settle(&state);
    }

    /// Forgets a tag whose invalidation was executed, unless it was lost again since.
    pub(super) fn tag_done(&self, tag: &str, turn: u64) {
        let mut state = self.keys.lock();
        if state.tags.get(tag).is_some_and(|lost| lost.turn <= turn) {
            state.remove_tag(tag);
        }
        self.settle(&state);
    }

    fn settle(&self, state: &Keys) {
        if state.len() == 0 {
            self.overflowed.store(false, Ordering::Release);
        }
        self.len.store(state.len(), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_key_lost_again_during_its_deletion_stays() {
        let lost = LostDeletes::new();
        assert!(lost.add(&keys(&["a", "b"]), None));
        let batch = lost.batch(10);
        assert!(!lost.add(&keys(&["a"]), None), "the task runs already");
        lost.done(&batch.plain, batch.turn);
        assert!(lost.holds("a", false));
        assert!(!lost.holds("b", false));
    }

    #[test]
    fn long_keys_are_bounded_by_their_length() {
        let lost = LostDeletes::new();
        let long = |n: usize| format!("{n}{}", "x".repeat(1 << 20));
        lost.add(&(0..20).map(long).collect::<Vec<_>>(), None);
        assert_eq!(lost.len(), 15);
        assert!(lost.holds("never seen", false));
        while lost.len() > 0 {
            let batch = lost.batch(10);
            lost.done(&batch.plain, batch.turn);
        }
        assert_eq!(lost.keys.lock().bytes, 0);
        assert!(!lost.holds("never seen", false));
        lost.add_tags(&(0..20).map(long).collect::<Vec<_>>());
        assert_eq!(lost.len(), 15);
        while let Some((tag, turn)) = lost.tag() {
            assert!(lost.holds("never seen", false));
            lost.tag_done(&tag, turn);
        }
        assert_eq!(lost.keys.lock().bytes, 0);
        assert!(!lost.holds("never seen", true));
        // Longer than all may be together.
        lost.add(&["y".repeat(BYTES + 1)], None);
        assert_eq!(lost.len(), 1);
    }

    #[test]
    fn a_guarded_key_is_left_with_the_last_token_it_was_lost_with() {
        let lost = LostDeletes::new();
        let (first, second) = (Nonce::fresh(), Nonce::fresh());
        for token in [Some(first), Some(second), None] {
            lost.add(&keys(&["a"]), token);
        }
        lost.add(&keys(&["b"]), None);
        let batch = lost.batch(10);
        assert_eq!(batch.guarded, [("a".to_owned(), second)]);
        assert_eq!(batch.plain, ["b"]);
    }

    #[test]
    fn overflow_bypasses_everything_until_the_rest_is_done() {
        let lost = LostDeletes::new();
        let many: Vec<String> = (0..=CAPACITY).map(|n| n.to_string()).collect();
        lost.add(&many, None);
        assert_eq!(lost.len(), CAPACITY);
        assert!(lost.holds("never seen", false));
        while lost.len() > 0 {
            let batch = lost.batch(10_000);
            lost.done(&batch.plain, batch.turn);
        }
        assert!(!lost.holds("never seen", false));
    }

    #[test]
    fn what_cannot_be_deleted_does_not_stand_before_the_rest() {
        let lost = LostDeletes::new();
        let many: Vec<String> = (0..250).map(|n| n.to_string()).collect();
        lost.add(&many, None);
        let mut asked: Vec<String> = (0..3).flat_map(|_| lost.batch(100).plain).collect();
        // The first ones come again only when all have been asked for.
        let again = asked.split_off(250);
        assert_eq!(again, asked[..50]);
        // One that is lost again keeps its place, one that is done gives it up.
        lost.add(&keys(&["60"]), None);
        lost.done(&keys(&["50"]), u64::MAX);
        assert_eq!(lost.batch(2).plain, [asked[51].as_str(), "52"]);
        asked.sort();
        asked.dedup();
        assert_eq!(asked.len(), 250);
        lost.add_tags(&keys(&["a", "b"]));
        let tags: Vec<_> = (0..3)
            .filter_map(|_| lost.tag())
            .map(|(tag, _)| tag)
            .collect();
        assert_eq!(tags, ["a", "b", "a"]);
    }

    #[test]
    fn a_lost_tag_holds_every_key_of_a_function_with_tags() {
        let lost = LostDeletes::new();
        lost.add_tags(&keys(&["%tag:a", "%tag:b"]));
        assert_eq!(lost.len(), 2);
        assert!(lost.holds("any", true));
        assert!(!lost.holds("any", false));
        while let Some((tag, turn)) = lost.tag() {
            assert!(lost.holds("any", true), "{tag}");
            lost.tag_done(&tag, turn);
        }
        assert!(!lost.holds("any", true));
        assert_eq!(lost.len(), 0);
    }

    #[test]
    fn a_tag_lost_again_during_its_invalidation_stays() {
        let lost = LostDeletes::new();
        lost.add_tags(&keys(&["a"]));
        let (tag, turn) = lost.tag().unwrap();
        lost.add_tags(&keys(&["a"]));
        lost.tag_done(&tag, turn);
        assert!(lost.holds("any", true));
    }
}
