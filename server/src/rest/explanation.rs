//! «Почему столько?»: which rule gave which figure, for programs and for people.

use loyalty::model::{
    AppliedPromotion, Bonus, EntryKind, Explanation, Money, Percent, Reward, Timestamp, Zone,
};
use loyalty::rules::explain;
use loyalty::usecase::Why;
use serde::Serialize;
use utoipa::ToSchema;

/// Why one entry of the history is what it is.
#[derive(Serialize, ToSchema)]
#[schema(as = Explanation)]
pub struct ExplanationBody {
    /// What the entry is: `accrual`, `redeem`, `birthday`, …
    rule: &'static str,
    /// Signed change of the balance.
    #[schema(value_type = f64)]
    amount: Bonus,
    /// The same as a Russian sentence.
    text: String,
    /// What the amount is made of.
    parts: Vec<ExplanationPart>,
    /// End of the hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    available_at: Option<String>,
    /// When what was given burns.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

/// One rule's part.
#[derive(Default, Serialize, ToSchema)]
pub struct ExplanationPart {
    /// `base` (the level's percentage), `promotion`, `limit` (what could be spent), `share` (of a returned purchase).
    rule: &'static str,
    /// The level or the promotion.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promotion_id: Option<i64>,
    /// What the promotion promised: `{"multiplier": 2}`.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reward: Option<Reward>,
    /// What it was counted from.
    #[schema(value_type = Option<f64>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<f64>,
    /// What it gave, or the limit.
    #[schema(value_type = f64)]
    amount: Bonus,
    /// On which lines of the receipt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<ExplanationLine>,
}

/// What a promotion gave on one line.
#[derive(Serialize, ToSchema)]
pub struct ExplanationLine {
    /// Place among `lines`, from 0; none: what the lines do not cover.
    line: Option<usize>,
    #[schema(value_type = f64)]
    amount: Bonus,
}

/// All explanations of a sale, a redemption or a return.
pub fn explanations(why: &[Why], zone: Zone) -> Vec<ExplanationBody> {
    why.iter()
        .map(|why| ExplanationBody::new(why.kind, why.amount, &why.explanation, zone))
        .collect()
}

impl ExplanationBody {
    /// Words one.
    pub fn new(kind: EntryKind, amount: Bonus, explanation: &Explanation, zone: Zone) -> Self {
        let moment = |at: Timestamp| (at < Timestamp::NEVER).then(|| at.to_rfc3339(zone));
        Self {
            rule: contract_name(kind),
            amount,
            text: explain::sentence(amount, explanation, zone),
            parts: parts(amount, explanation),
            available_at: match explanation {
                Explanation::Accrual { available_at, .. } => moment(*available_at),
                _ => None,
            },
            expires_at: expires_at(explanation).and_then(moment),
        }
    }
}

fn expires_at(explanation: &Explanation) -> Option<Timestamp> {
    match explanation {
        Explanation::Accrual { expires_at, .. }
        | Explanation::Welcome { expires_at, .. }
        | Explanation::Birthday { expires_at, .. }
        | Explanation::ReferralInviter { expires_at, .. }
        | Explanation::ReferralInvitee { expires_at, .. }
        | Explanation::SecondPurchase { expires_at, .. }
        | Explanation::Reactivation { expires_at, .. } => Some(*expires_at),
        _ => None,
    }
}

fn parts(amount: Bonus, explanation: &Explanation) -> Vec<ExplanationPart> {
    let counted = |rule, of: Money, percent: Option<Percent>, amount| ExplanationPart {
        rule,
        of: Some(of),
        percent: percent.map(Percent::as_f64),
        amount,
        ..ExplanationPart::default()
    };
    match explanation {
        Explanation::Accrual {
            of,
            percent,
            tier,
            promotions,
            ..
        } => {
            let extra = promotions.iter().map(|applied| applied.extra).sum();
            let base = ExplanationPart {
                name: Some(tier.clone()),
                ..counted("base", *of, Some(*percent), amount - extra)
            };
            std::iter::once(base)
                .chain(promotions.iter().map(promotion))
                .collect()
        }
        Explanation::Redemption { of, percent, limit } => {
            vec![counted("limit", *of, Some(*percent), *limit)]
        }
        Explanation::Revocation { of, .. } | Explanation::Restoration { of, .. } => {
            vec![counted("share", *of, None, amount)]
        }
        _ => Vec::new(),
    }
}

fn promotion(applied: &AppliedPromotion) -> ExplanationPart {
    ExplanationPart {
        rule: "promotion",
        name: Some(applied.name.clone()),
        promotion_id: Some(applied.id),
        reward: Some(applied.reward),
        amount: applied.extra,
        lines: applied
            .lines
            .iter()
            .map(|line| ExplanationLine {
                line: line.line,
                amount: line.extra,
            })
            .collect(),
        ..ExplanationPart::default()
    }
}

/// R-HIST-3: the contract's names for spending and burning differ from ours.
pub fn contract_name(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Redemption => "redeem",
        EntryKind::Expiration => "expire",
        kind => kind.as_str(),
    }
}
