//! What a sale will come to, before it is made: the cashier's browser runs this.

use serde::{Deserialize, Serialize};

use super::accrual::{Receipt, accrue};
use super::redemption;
use crate::model::{AccrualBase, Bonus, Money, Percent, RedeemMode, Rounding};

/// What a register needs to know of client and programme to preview a sale.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Terms {
    /// The client's accrual, in basis points.
    pub bonus_percent: Percent,
    /// The client's redemption limit, in basis points.
    pub max_redeem_percent: Percent,
    /// What accrual is counted from.
    pub accrual_base: AccrualBase,
    /// How an accrual is rounded.
    pub rounding: Rounding,
    /// The smallest sale that counts.
    pub min_purchase_amount: Money,
    /// The smallest receipt that welcome bonuses may pay.
    pub welcome_min_redeem_amount: Money,
    /// Redeemable now, without welcome bonuses.
    pub plain: Bonus,
    /// Redeemable welcome bonuses.
    pub welcome: Bonus,
}

/// The figures of a sale not made yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Preview {
    /// The most that this receipt lets the client spend.
    pub redeem_max: Bonus,
    /// What would be spent: what was asked for, no more than `redeem_max`.
    pub redeemed: Bonus,
    /// Left to pay in money.
    pub to_pay: Money,
    /// What would be earned.
    pub accrued: Bonus,
    /// True when the receipt is below the minimum purchase, so that the sale would be refused.
    pub below_minimum: bool,
}

/// What a sale of `total` that spends `redeem` bonuses as a payment would come to.
pub fn preview(terms: &Terms, total: Money, redeem: Bonus) -> Preview {
    let available = redemption::Available {
        plain: terms.plain,
        welcome: terms.welcome,
        held: Bonus::ZERO,
    };
    let redeemable = available.redeemable(Some(total), terms.welcome_min_redeem_amount);
    let redeem_max = redemption::redeem_max(total, terms.max_redeem_percent, redeemable);
    let redeemed = redeem.min(redeem_max).or_zero();
    let receipt = Receipt {
        total,
        gross: None,
        redeemed,
        mode: RedeemMode::PaymentType,
    };
    Preview {
        redeem_max,
        redeemed,
        to_pay: receipt.in_money(),
        accrued: accrue(
            receipt.accrual_base(terms.accrual_base),
            terms.bonus_percent,
            terms.rounding,
        ),
        below_minimum: total < terms.min_purchase_amount,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_with_forty_five_spent() {
        let terms = Terms {
            bonus_percent: Percent::whole(5),
            max_redeem_percent: Percent::whole(30),
            accrual_base: AccrualBase::NetCash,
            rounding: Rounding::Hundredths,
            min_purchase_amount: Money::whole(10),
            welcome_min_redeem_amount: Money::whole(100),
            plain: Bonus::whole(45),
            welcome: Bonus::whole(10),
        };
        let figures = preview(&terms, Money::whole(1000), Bonus::whole(45));
        assert_eq!(figures.to_pay, Money::whole(955));
        assert_eq!(figures.accrued.to_string(), "47.75");
        assert_eq!(figures.redeem_max, Bonus::whole(55));
        assert_eq!(
            preview(&terms, Money::whole(50), Bonus::whole(45)).redeemed,
            Bonus::whole(15)
        );
        assert!(preview(&terms, Money::whole(9), Bonus::ZERO).below_minimum);
    }
}
