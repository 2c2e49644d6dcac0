//! Keys as people draw them.

/// Draws numbers with given probabilities.
#[derive(Debug, Clone)]
pub struct Choice {
    /// How likely each number or one before it is.
    up_to: Vec<f64>,
}

impl Choice {
    /// Draws `n` below `numbers` with a probability in proportion to `1 / (n + 1)^skew`.
    #[must_use]
    pub fn zipf(numbers: u64, skew: f64) -> Self {
        let mut rank = 0.0_f64;
        Self::weighted((0..numbers).map(|_| {
            rank += 1.0;
            rank.powf(-skew)
        }))
    }

    /// Draws each number with a probability in proportion to its weight.
    #[must_use]
    pub fn weighted(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        let mut up_to: Vec<f64> = Vec::new();
        for weight in weights {
            sum += weight;
            up_to.push(sum);
        }
        for one in &mut up_to {
            *one /= sum;
        }
        Self { up_to }
    }

    /// One number.
    pub fn draw(&self, random: &mut Random) -> usize {
        let at = random.share();
        let place = self.up_to.partition_point(|up_to| *up_to < at);
        place.min(self.up_to.len() - 1)
    }
}

/// `SplitMix64`.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The same numbers for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The numbers of one of many tasks in one of many processes.
    #[must_use]
    pub fn of(seed: u64, process: u64, task: u64) -> Self {
        let mut random = Self(seed);
        for part in [process, task] {
            random.0 = random.number() ^ part;
        }
        random
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to less than 1.
    fn share(&mut self) -> f64 {
        let bits = u32::try_from(self.number() >> 32).unwrap_or_default();
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }

    /// Whether something happens that happens so often.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.number() % 100 < chance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_two_keys_is_drawn_twice_as_often() {
        let mut random = Random::of(1, 0, 0);
        let zipf = Choice::zipf(2, 1.0);
        let first = (0..30_000).filter(|_| zipf.draw(&mut random) == 0).count();
        assert!((19_500..20_500).contains(&first), "{first}");
        let flat = Choice::zipf(4, 0.0);
        let mut counts = [0; 4];
        for _ in 0..40_000 {
            counts[flat.draw(&mut random)] += 1;
        }
        assert!(
            counts.iter().all(|count| (9500..10_500).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn a_weight_of_nothing_is_never_drawn() {
        let mut random = Random::new(1);
        let choice = Choice::weighted([0.0, 3.0, 1.0]);
        let mut counts = [0; 3];
        for _ in 0..40_000 {
            counts[choice.draw(&mut random)] += 1;
        }
        assert_eq!(counts[0], 0);
        assert!((29_000..31_000).contains(&counts[1]), "{counts:?}");
    }
}
