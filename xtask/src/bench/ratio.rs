//! How far apart two sides are, and how sure that is.

use std::fmt;

/// The median of the rounds' ratios, with the interval that holds the true median nineteen times in twenty, or as nearly
/// as so few rounds can say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Ratio {
    /// Of figures that were measured in pairs, each pair in its round. None without pairs, or of figures that are
    /// nothing.
    pub fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let mut ratios: Vec<f64> = pairs.iter().map(|(ours, its)| ours / its).collect();
        if ratios.iter().any(|ratio| !ratio.is_finite() || *ratio <= 0.0) {
            return None;
        }
        ratios.sort_by(f64::total_cmp);
        let last = ratios.len().checked_sub(1)?;
        let left_out = left_out(ratios.len());
        Some(Self {
            median: (ratios[last / 2] + ratios[ratios.len() / 2]) / 2.0,
            low: ratios[left_out],
            high: ratios[last - left_out],
        })
    }

    /// Half of how wide the interval is: what a ratio may be off by without meaning anything.
    pub fn noise(self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Whether nothing speaks against both sides being equal.
    pub fn holds_one(self) -> bool {
        self.low <= 1.0 && self.high >= 1.0
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2}–{:.2})", self.median, self.low, self.high)
    }
}

/// How many of the smallest and of the largest may be left out so that the rest holds the median in 95 of 100 cases: the
/// sign test, which asks nothing of how the ratios are spread. Of fewer than six none may.
fn left_out(count: usize) -> usize {
    let (mut chance, mut tail) = (0.5_f64.powi(count.try_into().unwrap_or(i32::MAX)), 0.0);
    let mut left_out = 0;
    // `tail`: the chance that at most so many of the rounds lie below the true median.
    for below in 0..count {
        tail += chance;
        if tail > 0.025 {
            break;
        }
        left_out = below;
        chance *= (count - below) as f64 / (below + 1) as f64;
    }
    left_out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_the_sign_test() {
        // From tables: for fifteen the fourth smallest and the fourth largest, for six the extremes.
        let known = [
            (1, 0),
            (5, 0),
            (6, 0),
            (8, 0),
            (9, 1),
            (12, 2),
            (15, 3),
            (20, 5),
            (30, 9),
        ];
        for (count, expected) in known {
            assert_eq!(left_out(count), expected, "{count}");
        }
    }

    #[test]
    fn a_ratio_is_paired_round_by_round() {
        // The machine got twice as slow in the middle; each pair felt it alike.
        let pairs: Vec<(f64, f64)> = (0..16)
            .map(|round| if round < 8 { (98.0, 100.0) } else { (49.0, 50.0) })
            .collect();
        let ratio = Ratio::of(&pairs).unwrap();
        assert_eq!(ratio.to_string(), "0.98 (0.98–0.98)");
        assert!(!ratio.holds_one());
    }

    #[test]
    fn one_bad_round_moves_nothing() {
        let mut pairs = vec![(100.0, 100.0); 15];
        pairs[3] = (10.0, 100.0);
        assert_eq!(Ratio::of(&pairs).unwrap().to_string(), "1.00 (1.00–1.00)");
    }

    #[test]
    fn the_spread_is_told() {
        let pairs: Vec<(f64, f64)> = (0..15).map(|round| (93.0 + f64::from(round), 100.0)).collect();
        let ratio = Ratio::of(&pairs).unwrap();
        assert_eq!(ratio.to_string(), "1.00 (0.96–1.04)");
        assert!((ratio.noise() - 0.04).abs() < 1e-9);
        assert!(ratio.holds_one());
    }

    #[test]
    fn of_few_rounds_the_whole_range_is_told() {
        let ratio = Ratio::of(&[(90.0, 100.0), (110.0, 100.0)]).unwrap();
        assert_eq!(ratio.to_string(), "1.00 (0.90–1.10)");
        assert_eq!(Ratio::of(&[]), None);
        assert_eq!(Ratio::of(&[(1.0, 0.0)]), None);
    }
}
