//! What was typed after `bench`.

use anyhow::{Context, Result, bail};

/// What is measured, and beside what.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// `sale`, `lookup`, `api`, `doors`, `expiry` or `ledger`.
    pub what: String,
    /// Of expiry how many open lots, of the ledger how many clients.
    pub size: Option<String>,
    /// The commit to compare with.
    pub against: Option<String>,
    /// How often each side is measured.
    pub rounds: usize,
    /// The ratio below which the command fails, once the noise is taken off.
    pub at_least: Option<f64>,
    /// How both sides are built.
    pub profile: String,
}

/// Sales and look-ups are measured in rounds of three seconds.
const SHORT_ROUNDS: usize = 15;
/// Everything else runs whole in each round.
const LONG_ROUNDS: usize = 3;

impl Request {
    /// Reads the words.
    pub fn parse(words: &[&str]) -> Result<Self> {
        let (mut plain, mut words) = (Vec::new(), words.iter().copied());
        let (mut against, mut rounds, mut at_least, mut profile) = (None, None, None, None);
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} takes a value"));
            match word {
                "--against" => against = Some(value()?.to_owned()),
                "--rounds" => rounds = Some(value()?.parse::<usize>().context("how many rounds?")?),
                "--at-least" => at_least = Some(value()?.parse().context("--at-least 0.98")?),
                "--profile" => profile = Some(value()?.to_owned()),
                _ if word.starts_with('-') => bail!("{word} is not known to bench"),
                _ => plain.push(word),
            }
        }
        let (what, size) = match plain.as_slice() {
            [what @ ("sale" | "lookup" | "api" | "doors" | "expiry")] => (*what, None),
            [what @ "ledger", size @ ..] if size.len() <= 1 && against.is_none() => {
                (*what, size.first().map(|size| (*size).to_owned()))
            }
            ["expiry", lots] => ("expiry", Some((*lots).to_owned())),
            _ => bail!(
                "which one? cargo xtask bench sale|lookup|api|doors|expiry|ledger; ledger stands beside no other commit"
            ),
        };
        if against.is_none() && (rounds.is_some() || at_least.is_some() || profile.is_some()) {
            bail!("--rounds, --at-least and --profile go with --against <commit>");
        }
        let usual = match what {
            "sale" | "lookup" => SHORT_ROUNDS,
            _ => LONG_ROUNDS,
        };
        Ok(Self {
            what: what.to_owned(),
            size,
            against,
            rounds: rounds.unwrap_or(usual).max(1),
            at_least,
            profile: profile.unwrap_or_else(|| "bench".to_owned()),
        })
    }

    /// Whether servers are measured in turn under one load; otherwise each side runs its own benchmark whole.
    pub fn is_of_servers(&self) -> bool {
        matches!(self.what.as_str(), "sale" | "lookup")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_stand_anywhere() {
        let words = [
            "--against",
            "9d9eeef",
            "sale",
            "--rounds",
            "5",
            "--at-least",
            "0.98",
        ];
        let request = Request::parse(&words).unwrap();
        assert_eq!(
            (request.what.as_str(), request.against.as_deref()),
            ("sale", Some("9d9eeef"))
        );
        assert_eq!((request.rounds, request.at_least), (5, Some(0.98)));
        assert_eq!(request.profile, "bench");
        let request = Request::parse(&["expiry", "1000", "--against", "main"]).unwrap();
        assert_eq!(
            (request.size.as_deref(), request.rounds),
            (Some("1000"), LONG_ROUNDS)
        );
        assert_eq!(Request::parse(&["lookup"]).unwrap().against, None);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for words in [
            &[][..],
            &["all"],
            &["sale", "1000"],
            &["sale", "--against"],
            &["sale", "--rounds", "5"],
            &["sale", "--fast"],
            &["sale", "--against", "main", "--rounds", "few"],
        ] {
            assert!(Request::parse(words).is_err(), "{words:?}");
        }
    }
}
