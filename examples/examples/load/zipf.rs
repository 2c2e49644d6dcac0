//! Keys as people draw them.

/// Draws `n` with a probability in proportion to `1 / (n + 1)^skew`.
#[derive(Debug)]
pub(crate) struct Zipf {
    /// How likely each key or one before it is.
    up_to: Vec<f64>,
}

impl Zipf {
    pub(crate) fn new(keys: u64, skew: f64) -> Self {
        let mut sum = 0.0;
        let mut up_to: Vec<f64> = Vec::new();
        let mut rank = 0.0_f64;
        for _ in 0..keys {
            rank += 1.0;
            sum += rank.powf(-skew);
            up_to.push(sum);
        }
        for one in &mut up_to {
            *one /= sum;
        }
        Self { up_to }
    }

    pub(crate) fn draw(&self, random: &mut Random) -> u64 {
        let at = random.share();
        let place = self.up_to.partition_point(|up_to| *up_to < at);
        place.min(self.up_to.len() - 1) as u64
    }
}

/// `SplitMix64`.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn of(seed: u64, process: u64, task: u64) -> Self {
        let mut random = Self(seed);
        for part in [process, task] {
            random.0 = random.next() ^ part;
        }
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to less than 1.
    fn share(&mut self) -> f64 {
        let bits = u32::try_from(self.next() >> 32).unwrap_or_default();
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }

    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_two_keys_is_drawn_twice_as_often() {
        let mut random = Random::of(1, 0, 0);
        let zipf = Zipf::new(2, 1.0);
        let first = (0..30_000).filter(|_| zipf.draw(&mut random) == 0).count();
        assert!((19_500..20_500).contains(&first), "{first}");
        let flat = Zipf::new(4, 0.0);
        let mut counts = [0; 4];
        for _ in 0..40_000 {
            counts[usize::try_from(flat.draw(&mut random)).unwrap()] += 1;
        }
        assert!(
            counts.iter().all(|count| (9500..10_500).contains(count)),
            "{counts:?}"
        );
    }
}
