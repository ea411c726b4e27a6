//! Whether a programme makes sense, and what a new version changes.

use serde_json::Value;

use crate::model::{BirthdayTerms, Bonus, Money, Percent, Programme, trimmed};

/// What is wrong with a programme: the field and, in Russian, what to do.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Поле {field}: {problem}")]
pub struct ProgrammeError {
    /// As in the document: `tiers.1.spent_min`.
    pub field: String,
    /// In Russian.
    pub problem: &'static str,
}

/// One field that a new version changed.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgrammeChange {
    /// As in the document.
    pub field: String,
    /// As the document had it; none: it was not there.
    pub before: Option<Value>,
    /// As it has it now.
    pub after: Option<Value>,
}

/// Ten years: more is a slip of the finger.
const DAYS_MAX: i64 = 3650;

impl Programme {
    /// Checks every field.
    ///
    /// # Errors
    /// The first that makes no sense.
    pub fn check(&self) -> Result<(), ProgrammeError> {
        percent("bonus_percent", self.bonus_percent)?;
        percent("max_redeem_percent", self.max_redeem_percent)?;
        ensure(
            "redeem_hold_seconds",
            "от 0 секунд до 3650 дней.",
            || (0..=DAYS_MAX * 86_400).contains(&self.redeem_hold_seconds),
        )?;
        days("bonus_expiry_days", self.bonus_expiry_days)?;
        days("welcome_expiry_days", self.welcome_expiry_days)?;
        ensure("bonus_expiry_reminder_days", "от 0 до 365 дней.", || {
            (0..=365).contains(&self.bonus_expiry_reminder_days)
        })?;
        ensure(
            "redeem_hold_seconds",
            "бонусы сгорят раньше, чем станут доступны.",
            || {
                let lives = self.bonus_expiry_days.map(|days| days * 86_400);
                lives.is_none_or(|lives| lives > self.redeem_hold_seconds)
            },
        )?;
        money("min_purchase_amount", self.min_purchase_amount)?;
        money("welcome_min_redeem_amount", self.welcome_min_redeem_amount)?;
        bonus("welcome_bonus", self.welcome_bonus)?;
        bonus("referral_inviter_bonus", self.referral_inviter_bonus)?;
        bonus("referral_invitee_bonus", self.referral_invitee_bonus)?;
        ensure("referral_inviter_max", "не меньше 1.", || {
            self.referral_inviter_max.is_none_or(|most| most >= 1)
        })?;
        ensure("late_sale_days", "от 0 до 30 дней.", || {
            (0..=Self::LATE_SALE_DAYS_MAX).contains(&self.late_sale_days)
        })?;
        self.check_gifts()?;
        self.check_tiers()
    }

    fn check_gifts(&self) -> Result<(), ProgrammeError> {
        if let Some(terms) = self.birthday {
            bonus("birthday.bonus", terms.bonus)?;
            days("birthday.expiry_days", terms.expiry_days)?;
            ensure("birthday.days_before", "от 0 до 60 дней.", || {
                (0..=BirthdayTerms::DAYS_BEFORE_MAX).contains(&terms.days_before)
            })?;
        }
        if let Some(terms) = self.second_purchase {
            bonus("second_purchase.bonus", terms.bonus)?;
            days("second_purchase.within_days", Some(terms.within_days))?;
        }
        if let Some(terms) = self.reactivation {
            bonus("reactivation.bonus", terms.bonus)?;
            days("reactivation.silence_days", Some(terms.silence_days))?;
        }
        Ok(())
    }

    fn check_tiers(&self) -> Result<(), ProgrammeError> {
        for (place, tier) in self.tiers.iter().enumerate() {
            let named = |field: &str| format!("tiers.{place}.{field}");
            let before = &self.tiers[..place];
            ensure(
                named("id"),
                "номера уровней — разные, от 1.",
                || tier.id >= 1 && before.iter().all(|other| other.id != tier.id),
            )?;
            ensure(named("name"), "от 1 до 60 символов.", || {
                (1..=60).contains(&trimmed(&tier.name).chars().count())
            })?;
            ensure(named("color"), "цвет в виде #0E7C66.", || {
                is_color(&tier.color)
            })?;
            money(named("spent_min"), tier.spent_min)?;
            ensure(
                named("spent_min"),
                "каждый следующий уровень — с большей суммы.",
                || before.last().is_none_or(|below| below.spent_min < tier.spent_min),
            )?;
            percent(named("bonus_percent"), tier.bonus_percent)?;
            if let Some(own) = tier.max_redeem_percent {
                percent(named("max_redeem_percent"), own)?;
            }
        }
        ensure("tiers", "не больше 20 уровней.", || {
            self.tiers.len() <= 20
        })
    }

    /// What differs in `after`, field by field; the version itself left out.
    pub fn changes(&self, after: &Self) -> Vec<ProgrammeChange> {
        let (before, after) = (document(self), document(after));
        let mut fields: Vec<&String> = before.keys().chain(after.keys()).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
            .into_iter()
            .filter(|field| *field != "version" && before.get(*field) != after.get(*field))
            .map(|field| ProgrammeChange {
                field: field.clone(),
                before: before.get(field).cloned(),
                after: after.get(field).cloned(),
            })
            .collect()
    }
}

fn document(programme: &Programme) -> serde_json::Map<String, Value> {
    match serde_json::to_value(programme) {
        Ok(Value::Object(document)) => document,
        _ => serde_json::Map::new(),
    }
}

fn ensure(
    field: impl Into<String>,
    problem: &'static str,
    holds: impl FnOnce() -> bool,
) -> Result<(), ProgrammeError> {
    match holds() {
        true => Ok(()),
        false => Err(ProgrammeError {
            field: field.into(),
            problem,
        }),
    }
}

fn percent(field: impl Into<String>, percent: Percent) -> Result<(), ProgrammeError> {
    ensure(field, "от 0 до 100 %.", || {
        (0..=10_000).contains(&percent.basis_points())
    })
}

fn money(field: impl Into<String>, sum: Money) -> Result<(), ProgrammeError> {
    ensure(field, "от 0 до 999999999.99.", || {
        (Money::ZERO..=Money::MAX).contains(&sum)
    })
}

fn bonus(field: &str, sum: Bonus) -> Result<(), ProgrammeError> {
    money(field, sum.worth())
}

fn days(field: &str, days: Option<i64>) -> Result<(), ProgrammeError> {
    ensure(field, "от 1 до 3650 дней.", || {
        days.is_none_or(|days| (1..=DAYS_MAX).contains(&days))
    })
}

fn is_color(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Tier;

    fn tier(id: i64, spent_min: i64) -> Tier {
        Tier {
            id,
            name: "Gold".to_owned(),
            color: "#C9A227".to_owned(),
            spent_min: Money::whole(spent_min),
            bonus_percent: Percent::whole(5),
            max_redeem_percent: None,
        }
    }

    #[test]
    fn nonsense_is_named() {
        let right = Programme::plain();
        assert_eq!(right.check(), Ok(()));
        let with = |change: &dyn Fn(&mut Programme)| {
            let mut programme = right.clone();
            change(&mut programme);
            programme.check().map_err(|error| error.field)
        };
        let wrong = |field: &str| Err(field.to_owned());
        assert_eq!(
            with(&|p| p.bonus_percent = Percent::whole(101)),
            wrong("bonus_percent")
        );
        assert_eq!(
            with(&|p| p.bonus_expiry_days = Some(0)),
            wrong("bonus_expiry_days")
        );
        assert_eq!(
            with(&|p| p.tiers = vec![tier(1, 0), tier(1, 5)]),
            wrong("tiers.1.id")
        );
        assert_eq!(
            with(&|p| p.tiers = vec![tier(1, 5), tier(2, 5)]),
            wrong("tiers.1.spent_min")
        );
        assert_eq!(with(&|p| p.tiers = vec![tier(1, 0), tier(2, 5)]), Ok(()));
        assert_eq!(
            with(&|p| p.welcome_bonus = -Bonus::whole(1)),
            wrong("welcome_bonus")
        );
        assert_eq!(with(&|p| p.late_sale_days = 31), wrong("late_sale_days"));
        assert_eq!(with(&|p| p.late_sale_days = -1), wrong("late_sale_days"));
        assert_eq!(with(&|p| p.late_sale_days = 0), Ok(()));
        let hold = |p: &mut Programme| {
            p.redeem_hold_seconds = 86_400;
            p.bonus_expiry_days = Some(1);
        };
        assert_eq!(with(&hold), wrong("redeem_hold_seconds"));
    }

    #[test]
    fn ruling_12_a_shop_that_has_not_said_takes_sales_of_seven_days() {
        let mut document = document(&Programme::plain());
        document.remove("late_sale_days");
        let read: Programme = serde_json::from_value(Value::Object(document)).unwrap();
        assert_eq!(read, Programme::plain());
        assert_eq!(read.late_sale_days, 7);
    }

    #[test]
    fn a_version_tells_what_it_changed() {
        let before = Programme::plain();
        let mut after = before.clone();
        assert_eq!(before.changes(&after), []);
        after.version = 2;
        after.bonus_percent = Percent::whole(7);
        after.birthday = Some(BirthdayTerms {
            bonus: Bonus::whole(50),
            days_before: 3,
            expiry_days: None,
        });
        let changes = before.changes(&after);
        let fields: Vec<_> = changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["birthday", "bonus_percent"]);
        assert_eq!(changes[1].before, Some(500.into()));
        assert_eq!(changes[1].after, Some(700.into()));
    }
}
