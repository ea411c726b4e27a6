//! Who asks: the shop, its branch and the register, as principals.

use std::sync::Arc;

use super::{Programme, Zone};

/// A shop or chain: the isolation boundary.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Small number.
    pub id: i64,
    /// Short name in addresses: `demo`.
    pub code: String,
    /// Shown to people.
    pub name: String,
    /// ISO 4217: `TJS`.
    pub currency: String,
    /// What one bonus is called.
    pub bonus_unit: String,
    /// Where its day begins.
    pub zone: Zone,
    /// `#0E7C66`, where the shop chose one.
    pub primary_color: Option<String>,
    /// How many clients its tariff allows; none: any number.
    pub clients_max: Option<i64>,
    /// The rules in force.
    pub programme: Arc<Programme>,
}

/// A shop of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// Small number within the tenant.
    pub id: i64,
    /// Shown to people.
    pub name: String,
    /// Shown to people.
    pub address: Option<String>,
}

/// A till that has proved its token and its device: the principal of everything under `/cashier`.
#[derive(Clone, Debug)]
pub struct Register {
    /// The shop it works for.
    pub tenant: Arc<Tenant>,
    /// «ID кассы»: small number within the tenant (R-CASHIER-5).
    pub id: i64,
    /// `РМК-1`.
    pub name: String,
    /// Where it stands.
    pub branch: Branch,
}
