//! The closed list of rules that say no, with the contract's own words.

use serde::{Deserialize, Serialize};

use crate::model::{Bonus, Money, Percent};

/// A business rule said no; nothing was changed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// R-LOOKUP-9.
    #[error("Клиент не найден в программе лояльности.")]
    ClientNotFound,
    /// R-LOOKUP-9.
    #[error("Клиент заблокирован.")]
    ClientBlocked,
    /// R-SALE-14.
    #[error("Сумма покупки меньше минимальной: {0}.")]
    BelowMinimumPurchase(Money),
    /// R-SALE-15.
    #[error("Недостаточно бонусов: доступно к списанию {0}.")]
    NotEnoughBonuses(Bonus),
    /// R-SALE-16.
    #[error("Списать можно не больше {percent}% чека: {limit}.")]
    OverPercentLimit {
        /// The limit's percentage.
        percent: Percent,
        /// The limit in bonuses.
        limit: Bonus,
    },
    /// R-SALE-17.
    #[error("Приветственные бонусы можно списать при чеке от {0}.")]
    WelcomeNeedsReceipt(Money),
    /// Ruling 19.
    #[error("Поле gross_amount расходится с total_amount + bonus_redeem_amount больше чем на 1.00.")]
    GrossDisagrees,
    /// Ruling 27: unknown, or another client's.
    #[error("Исходная продажа не найдена.")]
    SaleNotFound,
    /// Ruling 27.
    #[error("Поле return_amount больше невозвращённого остатка продажи: {0}.")]
    ReturnExceedsSale(Money),
    /// More than the sale earned and has left.
    #[error("Поле bonus_to_revoke больше неаннулированного начисления продажи: {0}.")]
    RevocationExceedsAccrual(Bonus),
    /// R-RETURN-9.
    #[error("Недостаточно бонусов для аннулирования при возврате.")]
    ShortageNotSettled(ReturnCalculation),
    /// A correction below zero.
    #[error("Списать можно не больше баланса: {0}.")]
    AdjustmentExceedsBalance(Bonus),
}

/// What a return would revoke (R-RETURN-3, R-RETURN-4).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ReturnCalculation {
    /// The whole balance, holds included.
    pub available: Bonus,
    /// Bonuses to take back.
    pub to_revoke: Bonus,
    /// What the balance lacks.
    pub shortage: Bonus,
}
