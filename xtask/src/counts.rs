//! Counting tests in what the test programs print.

/// Tests that passed and failed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
}

impl Counts {
    /// Adds what one line of `cargo test` or Playwright tells.
    pub fn read(&mut self, line: &str) {
        if let Some(figures) = line.trim().strip_prefix("test result: ") {
            self.passed += number_before(figures, " passed");
            self.failed += number_before(figures, " failed");
        } else if is_playwright(line) {
            self.passed += number_before(line, " passed");
            self.failed += number_before(line, " failed");
        }
    }
}

/// Playwright's summary lines are a number and a word: `  3 failed`, `  12 passed (8.1s)`.
fn is_playwright(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next().is_some_and(|number| number.parse::<u64>().is_ok())
        && words
            .next()
            .is_some_and(|word| matches!(word, "passed" | "failed"))
}

fn number_before(text: &str, word: &str) -> u64 {
    text.find(word)
        .and_then(|end| text[..end].rsplit(|c: char| !c.is_ascii_digit()).next())
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_what_cargo_and_playwright_print() {
        let mut counts = Counts::default();
        for line in [
            "test result: ok. 64 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 4.45s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s",
            "  1 failed",
            "  12 passed (8.1s)",
            "test sales::r_sale_20_golden_figures::sqlite ... ok",
            "nobody passed here",
        ] {
            counts.read(line);
        }
        assert_eq!(
            counts,
            Counts {
                passed: 79,
                failed: 3
            }
        );
    }
}
