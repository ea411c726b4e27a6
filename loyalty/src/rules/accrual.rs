//! What a purchase earns (R-SALE-6 to R-SALE-9, ruling 18).

use crate::model::{AccrualBase, Bonus, Money, Percent, RedeemMode, Rounding};

/// A receipt as rules see it.
#[derive(Clone, Copy, Debug)]
pub struct Receipt {
    /// As the register sent it: whole in `payment_type`, after the discount in `discount`.
    pub total: Money,
    /// Before bonuses, as the register sent it; looked at in `discount` only (ruling 19).
    pub gross: Option<Money>,
    /// All bonuses spent on it.
    pub redeemed: Bonus,
    /// How the register books them.
    pub mode: RedeemMode,
}

impl Receipt {
    /// The sum before bonuses: what limits and the minimum purchase look at.
    pub fn before_bonuses(&self) -> Money {
        match self.mode {
            RedeemMode::PaymentType => self.total,
            RedeemMode::Discount => self.gross.unwrap_or(self.total + self.redeemed.worth()),
        }
    }

    /// The sum paid in money.
    pub fn in_money(&self) -> Money {
        match self.mode {
            RedeemMode::PaymentType => (self.total - self.redeemed.worth()).or_zero(),
            RedeemMode::Discount => self.total,
        }
    }

    /// True when a sent gross sum differs from total + redeemed by more than 1.00 (ruling 19).
    pub fn gross_disagrees(&self) -> bool {
        let expected = self.total + self.redeemed.worth();
        match (self.mode, self.gross) {
            (RedeemMode::Discount, Some(gross)) => (gross - expected).hundredths().abs() > 100,
            _ => false,
        }
    }

    /// What accrual is counted from.
    pub fn accrual_base(&self, base: AccrualBase) -> Money {
        match base {
            AccrualBase::NetCash => self.in_money(),
            AccrualBase::Gross => self.before_bonuses(),
        }
    }
}

/// `percent` of `base`, rounded once.
pub fn accrue(base: Money, percent: Percent, rounding: Rounding) -> Bonus {
    let basis_points = i128::from(base.hundredths().max(0)) * i128::from(percent.basis_points());
    rounding.round(basis_points * (Rounding::PARTS / 10_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(total: i64, gross: Option<i64>, redeemed: i64, mode: RedeemMode) -> Receipt {
        Receipt {
            total: Money::whole(total),
            gross: gross.map(Money::whole),
            redeemed: Bonus::whole(redeemed),
            mode,
        }
    }

    fn earned(receipt: Receipt, base: AccrualBase) -> String {
        accrue(
            receipt.accrual_base(base),
            Percent::whole(5),
            Rounding::Hundredths,
        )
        .to_string()
    }

    #[test]
    fn r_sale_7_and_8_golden_figures() {
        let payment = receipt(1000, None, 45, RedeemMode::PaymentType);
        let discount = receipt(955, Some(1000), 45, RedeemMode::Discount);
        assert_eq!(earned(payment, AccrualBase::NetCash), "47.75");
        assert_eq!(earned(discount, AccrualBase::NetCash), "47.75");
        assert_eq!(earned(payment, AccrualBase::Gross), "50");
        assert_eq!(earned(discount, AccrualBase::Gross), "50");
    }

    #[test]
    fn r_sale_5_gross_is_worked_out_when_absent() {
        assert_eq!(
            receipt(955, None, 45, RedeemMode::Discount).before_bonuses(),
            Money::whole(1000)
        );
    }

    #[test]
    fn ruling_19_gross_may_differ_by_one() {
        for (gross, disagrees) in [(999, false), (1001, false), (998, true), (1002, true)] {
            assert_eq!(
                receipt(955, Some(gross), 45, RedeemMode::Discount).gross_disagrees(),
                disagrees
            );
            assert!(!receipt(955, Some(gross), 45, RedeemMode::PaymentType).gross_disagrees());
        }
    }
}
