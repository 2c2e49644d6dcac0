//! What goes when there is no more room.

use super::State;

impl State {
    pub(super) fn evict(&mut self, capacity: usize) {
        while self.bytes > capacity && self.evict_one() {}
    }

    /// Moves the hand by one place. `false` when there is nothing left.
    fn evict_one(&mut self) -> bool {
        let Some((key, arrival)) = self.clock.pop_front() else {
            return false;
        };
        if let Some(slot) = self.entries.get_mut(&key)
            && slot.arrival == arrival
        {
            if slot.read && !slot.is_expired() {
                slot.read = false;
                self.clock.push_back((key, arrival));
            } else {
                self.remove(&key);
            }
        }
        true
    }

    /// Keys that were deleted or replaced leave their old places behind: they go before they outnumber the rest.
    pub(super) fn tidy(&mut self) {
        if self.clock.len() > 2 * self.entries.len() + 64 {
            let entries = &self.entries;
            self.clock.retain(|(key, arrival)| {
                entries
                    .get(key)
                    .is_some_and(|slot| slot.arrival == *arrival)
            });
        }
    }
}
