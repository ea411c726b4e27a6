//! Time-boxed extra rules (R-PROMO-2, ruling 26): a condition, a reward, limits.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{Bonus, Goods, Money, Percent, Segment, Timestamp, trimmed};

/// A promotion as the shop made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Promotion {
    /// Number within the tenant.
    pub id: i64,
    /// Shown to people.
    pub name: String,
    /// Shown to people.
    pub description: Option<String>,
    /// When it applies.
    pub condition: Condition,
    /// What it gives.
    pub reward: Reward,
    /// How often.
    pub limits: Limits,
    /// From then on; none: since ever.
    pub starts_at: Option<Timestamp>,
    /// Until then; none: for ever.
    pub ends_at: Option<Timestamp>,
    /// Gives its extra beside others; else the best one wins for a line.
    pub combinable: bool,
    /// For these clients alone; none: for everybody.
    pub segment: Option<Segment>,
    /// Switched on.
    pub enabled: bool,
    /// Receipts it was applied to; counted where it is limited in all.
    pub used: i64,
}

/// When a promotion applies: everything that is given has to hold. What is empty asks nothing.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Condition {
    /// Lines of these categories.
    #[serde(
        rename = "category_code",
        with = "one_or_many",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub categories: Vec<String>,
    /// Lines of these articles.
    #[serde(rename = "sku", with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub skus: Vec<String>,
    /// Receipts of these branches.
    #[serde(
        rename = "branch_id",
        with = "one_or_many",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub branches: Vec<i64>,
    /// Receipts of these registers.
    #[serde(
        rename = "register_id",
        with = "one_or_many",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub registers: Vec<i64>,
    /// On these days of the week: 1 is Monday, 7 is Sunday.
    #[serde(with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<u32>,
    /// At this time of day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// Receipts of at least this, before bonuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt_min: Option<Money>,
    /// Clients of these tiers.
    #[serde(
        rename = "tier_id",
        with = "one_or_many",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub tiers: Vec<i64>,
    /// Clients of this segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<Segment>,
    /// The client's first purchase alone.
    #[serde(skip_serializing_if = "is_false")]
    pub first_purchase: bool,
    /// Around the client's birthday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<BirthdayWindow>,
}

/// A time of day of the shop, from the first minute up to the last; it may go over midnight.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Hours {
    /// `17:30`.
    #[serde(with = "time_of_day")]
    pub from: u32,
    /// `20:00`: not any more.
    #[serde(with = "time_of_day")]
    pub to: u32,
}

/// Days around a birthday.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct BirthdayWindow {
    /// Days before it.
    pub days_before: i64,
    /// Days after it.
    pub days_after: i64,
}

/// What a promotion gives beside the plain accrual.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reward {
    /// So many times the plain accrual of a line, that one included.
    Multiplier(Factor),
    /// So many per cent of a line more.
    ExtraPercent(#[serde(with = "percent_number")] Percent),
    /// So much for a receipt.
    Bonus(Bonus),
    /// So much for each piece of a line.
    BonusPerUnit(Bonus),
}

/// A multiplier in hundredths: 150 is ×1.5.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Factor(i64);

/// How often a promotion may be had; none: no limit.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Limits {
    /// Receipts of one client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_client: Option<i64>,
    /// Receipts of all together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_all: Option<i64>,
}

/// What a promotion gave on one receipt: kept with the entry, shown to whoever asks.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct AppliedPromotion {
    /// Which one.
    pub id: i64,
    /// As it was named then.
    pub name: String,
    /// What it promised.
    pub reward: Reward,
    /// What it gave, rounded once.
    pub extra: Bonus,
    /// On which lines; none for a sum per receipt.
    #[serde(default)]
    pub lines: Vec<AppliedLine>,
}

/// What a promotion gave on one line.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AppliedLine {
    /// Place in the receipt, from 0; none: what the lines do not cover.
    pub line: Option<usize>,
    /// What it gave there; together exactly the whole.
    pub extra: Bonus,
}

/// What is wrong with a promotion, in Russian.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct PromotionError(pub &'static str);

impl Factor {
    /// A multiplier of so many hundredths.
    pub const fn from_hundredths(hundredths: i64) -> Self {
        Self(hundredths)
    }

    /// This multiplier in hundredths.
    pub const fn hundredths(self) -> i64 {
        self.0
    }
}

impl Hours {
    /// Whether a minute of the day (0 to 1439) is within.
    pub fn contain(self, minute: u32) -> bool {
        match self.from <= self.to {
            true if self.from == self.to => true,
            true => (self.from..self.to).contains(&minute),
            false => minute >= self.from || minute < self.to,
        }
    }
}

impl Promotion {
    /// The contract's `type`: what it looks at and what it gives, `category_multiplier`.
    pub fn kind(&self) -> String {
        let subject = match (
            self.condition.skus.is_empty(),
            self.condition.categories.is_empty(),
        ) {
            (false, _) => "sku",
            (true, false) => "category",
            (true, true) => "receipt",
        };
        let gift = match self.reward {
            Reward::Multiplier(_) => "multiplier",
            Reward::ExtraPercent(_) => "extra_percent",
            Reward::Bonus(_) => "bonus",
            Reward::BonusPerUnit(_) => "bonus_per_unit",
        };
        format!("{subject}_{gift}")
    }

    /// Switched on, and `at` is within its period.
    pub fn runs_at(&self, at: Timestamp) -> bool {
        let has_begun = self.starts_at.is_none_or(|starts| starts <= at);
        let has_ended = self.ends_at.is_some_and(|ends| ends <= at);
        self.enabled && has_begun && !has_ended
    }

    /// The goods that its segments ask about.
    pub fn goods(&self) -> impl Iterator<Item = &Goods> {
        let segments = [self.segment.as_ref(), self.condition.segment.as_ref()];
        segments.into_iter().flatten().filter_map(Segment::goods)
    }

    /// Checks every field.
    ///
    /// # Errors
    /// The first that makes no sense.
    pub fn check(&self) -> Result<(), PromotionError> {
        let ensure = |holds: bool, problem| {
            if holds {
                Ok(())
            } else {
                Err(PromotionError(problem))
            }
        };
        let condition = &self.condition;
        let name = trimmed(&self.name).chars().count();
        ensure((1..=255).contains(&name), "Назовите акцию: от 1 до 255 символов.")?;
        let is_sum = |sum: Bonus| sum.is_positive() && sum <= Bonus::MAX;
        match self.reward {
            Reward::Multiplier(factor) => ensure(
                (101..=10_000).contains(&factor.hundredths()),
                "Множитель: больше 1 и не больше 100.",
            )?,
            Reward::ExtraPercent(percent) => ensure(
                (1..=10_000).contains(&percent.basis_points()),
                "Дополнительный процент: больше 0 и не больше 100.",
            )?,
            Reward::Bonus(sum) | Reward::BonusPerUnit(sum) => {
                ensure(is_sum(sum), "Бонусы акции: больше 0 и не больше 999999999.99.")?;
            }
        }
        ensure(
            condition.weekdays.iter().all(|day| (1..=7).contains(day)),
            "Дни недели: от 1 (понедельник) до 7 (воскресенье).",
        )?;
        ensure(
            condition
                .receipt_min
                .is_none_or(|least| least >= Money::ZERO && least <= Money::MAX),
            "Сумма чека: от 0 до 999999999.99.",
        )?;
        let is_window = |days: i64| (0..=60).contains(&days);
        ensure(
            condition
                .birthday
                .is_none_or(|window| is_window(window.days_before) && is_window(window.days_after)),
            "Дни вокруг дня рождения: от 0 до 60.",
        )?;
        ensure(
            [self.limits.per_client, self.limits.in_all]
                .iter()
                .all(|most| most.is_none_or(|most| most >= 1)),
            "Ограничение: не меньше 1.",
        )?;
        let is_forward = match (self.starts_at, self.ends_at) {
            (Some(starts), Some(ends)) => starts < ends,
            _ => true,
        };
        ensure(is_forward, "Акция кончается раньше, чем начинается.")
    }
}

impl Serialize for Factor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Bonus::from_hundredths(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Factor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Bonus::deserialize(deserializer).map(|number| Self(number.hundredths()))
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// `"DAIRY"` or `["DAIRY", "MEAT"]`.
mod one_or_many {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany<T> {
        Many(Vec<T>),
        One(T),
    }

    pub fn serialize<T: Serialize, S: Serializer>(all: &[T], serializer: S) -> Result<S::Ok, S::Error> {
        match all {
            [one] => one.serialize(serializer),
            many => many.serialize(serializer),
        }
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<T>, D::Error> {
        Ok(match OneOrMany::deserialize(deserializer)? {
            OneOrMany::Many(many) => many,
            OneOrMany::One(one) => vec![one],
        })
    }
}

/// 5 for 5 %.
mod percent_number {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::model::{Bonus, Percent};

    pub fn serialize<S: Serializer>(percent: &Percent, serializer: S) -> Result<S::Ok, S::Error> {
        Bonus::from_hundredths(percent.basis_points()).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Percent, D::Error> {
        let number = Bonus::deserialize(deserializer)?;
        Ok(Percent::from_basis_points(number.hundredths()))
    }
}

/// Minutes of the day as `17:30`; the end of the day is `24:00`.
mod time_of_day {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(minutes: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:02}:{:02}", minutes / 60, minutes % 60))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parts = text.split_once(':').and_then(|(hours, minutes)| {
            let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
            (minutes < 60 && hours * 60 + minutes <= 1440).then_some(hours * 60 + minutes)
        });
        parts.ok_or_else(|| D::Error::custom("a time of day looks like 17:30"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_promo_2_the_contracts_own_sample_is_read_and_written() {
        let condition: Condition = serde_json::from_str(r#"{"category_code":"DAIRY"}"#).unwrap();
        let reward: Reward = serde_json::from_str(r#"{"multiplier":2}"#).unwrap();
        assert_eq!(condition.categories, ["DAIRY"]);
        assert_eq!(reward, Reward::Multiplier(Factor::from_hundredths(200)));
        assert_eq!(
            serde_json::to_string(&condition).unwrap(),
            r#"{"category_code":"DAIRY"}"#
        );
        assert_eq!(serde_json::to_string(&reward).unwrap(), r#"{"multiplier":2}"#);
    }

    #[test]
    fn every_condition_survives_being_stored() {
        let text = r#"{"category_code":["DAIRY","MEAT"],"sku":"A-1","branch_id":1,"register_id":[1,2],"weekdays":[6,7],
            "hours":{"from":"22:30","to":"02:00"},"receipt_min":100.5,"tier_id":3,
            "segment":{"kind":"not_bought","goods":{"by":"category","name":"DAIRY"},"days":30},
            "first_purchase":true,"birthday":{"days_before":3,"days_after":0}}"#;
        let condition: Condition = serde_json::from_str(text).unwrap();
        let again = serde_json::from_str(&serde_json::to_string(&condition).unwrap()).unwrap();
        assert_eq!(condition, again);
        let reward: Reward = serde_json::from_str(r#"{"extra_percent":2.5}"#).unwrap();
        assert_eq!(reward, Reward::ExtraPercent(Percent::from_basis_points(250)));
        assert!(serde_json::from_str::<Hours>(r#"{"from":"25:00","to":"02:00"}"#).is_err());
    }

    #[test]
    fn hours_may_go_over_midnight() {
        let evening = Hours { from: 1350, to: 120 };
        let at = |minute| evening.contain(minute);
        assert_eq!(
            [at(1349), at(1350), at(1439), at(0), at(119), at(120)],
            [false, true, true, true, true, false]
        );
        assert!(Hours { from: 600, to: 600 }.contain(3), "the whole day");
    }
}
