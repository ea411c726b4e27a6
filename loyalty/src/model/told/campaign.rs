//! What a shop tells many clients at once, and whom (R-INVENTORY-4).

use serde::{Deserialize, Serialize};

use crate::model::{Goods, Segment, trimmed};

/// Whom a campaign is for: everybody but for what is set. Those who are blocked or want no campaigns never are.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Audience {
    /// Those who bought such goods.
    #[serde(default)]
    pub bought: Option<RecentPurchase>,
    /// Those of a segment.
    #[serde(default)]
    pub segment: Option<Segment>,
}

/// Goods bought lately.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RecentPurchase {
    /// Any of these.
    pub goods: Vec<Goods>,
    /// In the last so many days, of 24 hours.
    pub days: i64,
}

/// A campaign as somebody asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignDraft {
    /// The caller's name for this one request: the same one again is the same campaign.
    pub request_key: Option<String>,
    /// Shown to the shop's staff.
    pub name: String,
    /// Whom it is for.
    pub audience: Audience,
    /// What it says.
    pub texts: CampaignTexts,
    /// What it advertises: purchases of these are counted.
    pub goods: Vec<Goods>,
    /// How many of a hundred members get nothing, to be compared with: 0 to 50.
    pub hold_out_percent: i64,
    /// Messages of one portion: 1 to 2000.
    pub portion_size: i64,
    /// Seconds between portions: 0 to 86 400.
    pub portion_pause_seconds: i64,
    /// How many days, of 24 hours, after its message a purchase counts: 1 to 90.
    pub attribution_days: i64,
}

/// The words of a campaign.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct CampaignTexts {
    /// Russian: what everybody reads who has no text of their own.
    pub ru: String,
    /// Tajik.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tg: Option<String>,
    /// English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

/// How far a campaign is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CampaignStatus {
    /// Its members are being written down.
    Gathering,
    /// Its messages go out in portions.
    Running,
    /// All its messages are written.
    Sent,
    /// Somebody stopped it.
    Stopped,
}

/// What is wrong with a draft.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct CampaignError(pub &'static str);

impl CampaignDraft {
    /// Checks every field.
    ///
    /// # Errors
    /// The first that makes no sense.
    pub fn check(&self) -> Result<(), CampaignError> {
        let ensure = |holds: bool, problem| match holds {
            true => Ok(()),
            false => Err(CampaignError(problem)),
        };
        let is_text = |text: &str, most: usize| !trimmed(text).is_empty() && text.chars().count() <= most;
        ensure(
            is_text(&self.name, 255),
            "Назовите рассылку: от 1 до 255 символов.",
        )?;
        let texts = &self.texts;
        ensure(
            is_text(&texts.ru, 1000),
            "Текст на русском: от 1 до 1000 символов.",
        )?;
        let others = [&texts.tg, &texts.en];
        ensure(
            others.into_iter().flatten().all(|text| is_text(text, 1000)),
            "Текст на другом языке: от 1 до 1000 символов, или уберите его.",
        )?;
        ensure(
            (0..=50).contains(&self.hold_out_percent),
            "Контрольная группа: от 0 до 50 процентов.",
        )?;
        ensure(
            (1..=2000).contains(&self.portion_size),
            "Порция: от 1 до 2000 сообщений.",
        )?;
        ensure(
            (0..=86_400).contains(&self.portion_pause_seconds),
            "Пауза между порциями: не больше суток.",
        )?;
        ensure(
            (1..=90).contains(&self.attribution_days),
            "Покупки засчитываются от 1 до 90 дней.",
        )?;
        ensure(self.goods.len() <= 50, "Не больше 50 товаров в рассылке.")?;
        if let Some(bought) = &self.audience.bought {
            ensure(
                (1..=50).contains(&bought.goods.len()),
                "Выберите от 1 до 50 товаров, которые клиенты покупали.",
            )?;
            ensure(
                (1..=3650).contains(&bought.days),
                "Срок покупки: от 1 до 3650 дней.",
            )?;
        }
        Ok(())
    }
}

impl CampaignStatus {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gathering => "gathering",
            Self::Running => "running",
            Self::Sent => "sent",
            Self::Stopped => "stopped",
        }
    }

    /// The one of this stored name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Gathering, Self::Running, Self::Sent, Self::Stopped]
            .into_iter()
            .find(|status| status.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> CampaignDraft {
        CampaignDraft {
            request_key: None,
            name: "Молоко".to_owned(),
            audience: Audience::default(),
            texts: CampaignTexts {
                ru: "Молоко дешевле".to_owned(),
                ..CampaignTexts::default()
            },
            goods: Vec::new(),
            hold_out_percent: 10,
            portion_size: 100,
            portion_pause_seconds: 60,
            attribution_days: 14,
        }
    }

    #[test]
    fn every_field_is_checked() {
        assert_eq!(draft().check(), Ok(()));
        let wrong: [fn(&mut CampaignDraft); 9] = [
            |draft| draft.name = " ".to_owned(),
            |draft| draft.texts.ru = String::new(),
            |draft| draft.texts.tg = Some("а".repeat(1001)),
            |draft| draft.hold_out_percent = 51,
            |draft| draft.portion_size = 0,
            |draft| draft.portion_pause_seconds = -1,
            |draft| draft.attribution_days = 91,
            |draft| draft.goods = vec![Goods::Sku("a".to_owned()); 51],
            |draft| {
                draft.audience.bought = Some(RecentPurchase {
                    goods: Vec::new(),
                    days: 1,
                });
            },
        ];
        for (number, wrong) in wrong.into_iter().enumerate() {
            let mut draft = draft();
            wrong(&mut draft);
            assert!(draft.check().is_err(), "{number}");
        }
    }
}
