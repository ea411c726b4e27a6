//! Why a balance changed, as a Russian sentence: for the client, the cashier and whoever answers the phone.

use crate::model::{
    AppliedPromotion, Bonus, EntryKind, Explanation, Money, Percent, Reward, Timestamp, Zone,
};

/// Explains an entry of the history that changed the balance by `amount`.
pub fn sentence(amount: Bonus, explanation: &Explanation, zone: Zone) -> String {
    let given = |what: &str, expires_at: Timestamp, paid_debt: Bonus| {
        format!(
            "{what}: +{}.{}{}",
            bonus(amount),
            burns(expires_at, zone),
            debt(paid_debt)
        )
    };
    match explanation {
        Explanation::Accrual {
            of,
            percent: share,
            tier,
            available_at,
            expires_at,
            paid_debt,
            promotions,
            ..
        } => {
            let plain = amount - promotions.iter().map(|applied| applied.extra).sum();
            let mut text = format!(
                "{} от {} — {} (уровень «{tier}»).",
                percent(*share),
                money(*of),
                bonus(plain)
            );
            for applied in promotions {
                text += &promotion(applied);
            }
            text += &format!(" Можно тратить с {}.", available_at.in_words(zone));
            text + &burns(*expires_at, zone) + &debt(*paid_debt)
        }
        Explanation::Redemption {
            of,
            percent: share,
            limit,
        } => format!(
            "Списано {}: чек {} можно было оплатить бонусами до {} ({}).",
            bonus(-amount),
            money(*of),
            bonus(*limit),
            percent(*share)
        ),
        Explanation::Revocation {
            accrued,
            returned,
            of,
            named_by_register,
        } => format!(
            "Возврат: из {} возвращено {}, из {} начисленных снято {}{}.",
            money(*of),
            money(*returned),
            bonus(*accrued),
            bonus(-amount),
            if *named_by_register {
                " (сумму указала касса)"
            } else {
                ""
            }
        ),
        Explanation::Settlement { shortage } => {
            format!(
                "Не хватило {} бонусов: их удержали из денег при возврате.",
                bonus(*shortage)
            )
        }
        Explanation::Restoration {
            redeemed,
            returned,
            of,
            paid_debt,
        } => format!(
            "Возврат: из {} возвращено {}, из {} списанных вернулось {}.{}",
            money(*of),
            money(*returned),
            bonus(*redeemed),
            bonus(amount),
            debt(*paid_debt)
        ),
        Explanation::Adjustment { reason, paid_debt } => format!("{}{}", ended(reason), debt(*paid_debt)),
        Explanation::Welcome {
            receipt_min,
            expires_at,
        } => {
            let mut text = given("Приветственные бонусы", *expires_at, Bonus::ZERO);
            if receipt_min.is_positive() {
                text += &format!(" Ими можно оплатить чек от {}.", money(*receipt_min));
            }
            text
        }
        Explanation::Birthday {
            year,
            expires_at,
            paid_debt,
        } => given(
            &format!("Подарок ко дню рождения {year} года"),
            *expires_at,
            *paid_debt,
        ),
        Explanation::ReferralInviter {
            expires_at,
            paid_debt,
            ..
        } => given("Приглашённый друг сделал первую покупку", *expires_at, *paid_debt),
        Explanation::ReferralInvitee {
            expires_at,
            paid_debt,
            ..
        } => given("Первая покупка по приглашению", *expires_at, *paid_debt),
        Explanation::SecondPurchase {
            within_days,
            expires_at,
            paid_debt,
        } => given(
            &format!("Вторая покупка не позже чем через {within_days} дн. после первой"),
            *expires_at,
            *paid_debt,
        ),
        Explanation::Reactivation {
            silence_days,
            expires_at,
            paid_debt,
        } => given(
            &format!("Покупка после перерыва от {silence_days} дн."),
            *expires_at,
            *paid_debt,
        ),
        Explanation::Expiration { until, .. } => format!(
            "Сгорело {}: срок вышел к {}.",
            bonus(-amount),
            until.in_words(zone)
        ),
        Explanation::GiftRevocation { gift, given } => format!(
            "{}: покупку, за которую начислили {}, вернули целиком, {} снято.",
            gift_name(*gift),
            bonus(*given),
            bonus(-amount)
        ),
    }
}

/// What a promotion promises: `×2`, `+5 %`.
pub fn reward(reward: Reward) -> String {
    match reward {
        Reward::Multiplier(factor) => {
            format!(
                "×{}",
                decimal(&Bonus::from_hundredths(factor.hundredths()).to_string())
            )
        }
        Reward::ExtraPercent(extra) => format!("+{}", percent(extra)),
        Reward::Bonus(sum) => format!("+{} за чек", bonus(sum)),
        Reward::BonusPerUnit(sum) => format!("+{} за штуку", bonus(sum)),
    }
}

fn promotion(applied: &AppliedPromotion) -> String {
    let places: Vec<String> = applied
        .lines
        .iter()
        .filter_map(|line| line.line.map(|place| (place + 1).to_string()))
        .collect();
    let on_lines = match places.as_slice() {
        [] => String::new(),
        [one] => format!(", строка {one}"),
        many => format!(", строки {}", many.join(", ")),
    };
    format!(
        " Акция «{}» ({}{on_lines}): +{}.",
        applied.name,
        reward(applied.reward),
        bonus(applied.extra)
    )
}

fn burns(expires_at: Timestamp, zone: Zone) -> String {
    match expires_at < Timestamp::NEVER {
        true => format!(" Сгорят {}.", expires_at.in_words(zone)),
        false => String::new(),
    }
}

fn debt(paid: Bonus) -> String {
    match paid.is_positive() {
        true => format!(" Из них {} погасили долг.", bonus(paid)),
        false => String::new(),
    }
}

fn gift_name(gift: EntryKind) -> &'static str {
    match gift {
        EntryKind::ReferralInviter | EntryKind::ReferralInvitee => "Бонусы за приглашение",
        EntryKind::SecondPurchase => "Бонусы за вторую покупку",
        EntryKind::Reactivation => "Бонусы за возвращение",
        _ => "Бонусы",
    }
}

fn ended(text: &str) -> String {
    let text = text.trim();
    match text.ends_with(['.', '!', '?']) {
        true => text.to_owned(),
        false => format!("{text}."),
    }
}

fn percent(percent: Percent) -> String {
    format!("{}\u{a0}%", decimal(&percent.to_string()))
}

/// `1 234,50`, with no-break spaces.
pub fn bonus(sum: Bonus) -> String {
    let hundredths = sum.hundredths().unsigned_abs();
    let (units, rest) = ((hundredths / 100).to_string(), hundredths % 100);
    let mut grouped = String::new();
    for (place, digit) in units.chars().enumerate() {
        if place > 0 && (units.len() - place).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    let sign = if sum.hundredths() < 0 { "−" } else { "" };
    format!("{sign}{grouped},{rest:02}")
}

fn money(sum: Money) -> String {
    bonus(sum.in_bonuses())
}

fn decimal(text: &str) -> String {
    text.replace('.', ",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccrualBase, AppliedLine, Factor};

    const AT: Timestamp = Timestamp::from_millis(1_780_651_800_000);

    fn words(amount: i64, explanation: &Explanation) -> String {
        sentence(Bonus::from_hundredths(amount), explanation, Zone::DUSHANBE)
    }

    #[test]
    fn an_accrual_with_a_promotion_is_told_whole() {
        let double = AppliedPromotion {
            id: 1,
            name: "Двойной кэшбэк".to_owned(),
            reward: Reward::Multiplier(Factor::from_hundredths(200)),
            extra: Bonus::whole(18),
            lines: vec![AppliedLine {
                line: Some(0),
                extra: Bonus::whole(18),
            }],
        };
        let explanation = Explanation::Accrual {
            base: AccrualBase::NetCash,
            of: Money::whole(955),
            percent: Percent::whole(5),
            tier: "Bronze".to_owned(),
            available_at: AT,
            expires_at: AT.plus_days(180),
            paid_debt: Bonus::whole(2),
            promotions: vec![double],
        };
        assert_eq!(
            words(6575, &explanation).replace('\u{a0}', " "),
            "5 % от 955,00 — 47,75 (уровень «Bronze»). Акция «Двойной кэшбэк» (×2, строка 1): +18,00. \
             Можно тратить с 05.06.2026 14:30. Сгорят 02.12.2026 14:30. Из них 2,00 погасили долг."
        );
    }

    #[test]
    fn every_rule_has_words() {
        let limit = Explanation::Redemption {
            of: Money::whole(1000),
            percent: Percent::whole(30),
            limit: Bonus::whole(300),
        };
        assert_eq!(
            words(-4500, &limit).replace(['\u{a0}', '\u{202f}'], " "),
            "Списано 45,00: чек 1 000,00 можно было оплатить бонусами до 300,00 (30 %)."
        );
        let expired = Explanation::Expiration { lots: 2, until: AT };
        assert_eq!(
            words(-700, &expired),
            "Сгорело 7,00: срок вышел к 05.06.2026 14:30."
        );
        let reason = Explanation::Adjustment {
            reason: "Ошибка кассы".to_owned(),
            paid_debt: Bonus::ZERO,
        };
        assert_eq!(words(100, &reason), "Ошибка кассы.");
        let birthday = Explanation::Birthday {
            year: 2026,
            expires_at: Timestamp::NEVER,
            paid_debt: Bonus::ZERO,
        };
        assert_eq!(
            words(2500, &birthday),
            "Подарок ко дню рождения 2026 года: +25,00."
        );
        let gone = Explanation::GiftRevocation {
            gift: EntryKind::SecondPurchase,
            given: Bonus::whole(5),
        };
        assert_eq!(
            words(-500, &gone),
            "Бонусы за вторую покупку: покупку, за которую начислили 5,00, вернули целиком, 5,00 снято."
        );
    }
}
