//! Who asks: the shop, its register, its partner and its client, as principals.

use std::sync::Arc;

use crate::model::{Programme, Zone};

/// A shop or chain: the isolation boundary.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Small number.
    pub id: i64,
    /// Short name in addresses: `demo`.
    pub code: String,
    /// Whether it is the shop that `provision-demo` makes, whose clients have a code that everybody knows.
    pub is_demo: bool,
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
    /// The shop's logo, where it has one.
    pub logo_url: Option<String>,
    /// The shop's Telegram bot, without the @.
    pub telegram_bot: Option<String>,
    /// Whether somebody is told of what happens: only then do postings write events.
    pub has_webhooks: bool,
    /// Whether it can reach its clients: only then do postings write messages.
    pub has_channels: bool,
    /// How many clients its tariff allows; none: any number.
    pub clients_max: Option<i64>,
    /// The rules in force.
    pub programme: Arc<Programme>,
}

/// A shop's short name in addresses: 2 to 32 lower-case Latin letters, digits and hyphens between them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ShopCode(String);

/// Why a text is no code for a new shop.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ShopCodeError {
    /// It would not do in an address.
    #[error("Код магазина: от 2 до 32 строчных латинских букв, цифр и дефисов, с буквы или цифры по краям.")]
    Malformed,
    /// It is the demo shop's.
    #[error("Код «demo» занят демо-магазином. Выберите другой.")]
    Reserved,
}

impl ShopCode {
    /// The demo shop's: what `/miniapp/demo` and the like lead to.
    const DEMO: &'static str = "demo";

    /// Reads the code of a shop that somebody makes.
    ///
    /// # Errors
    /// Not fit for an address, or the demo shop's.
    pub fn parse(text: &str) -> Result<Self, ShopCodeError> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = text.as_bytes();
        let is_fit = (2..=32).contains(&bytes.len())
            && bytes.iter().all(|byte| is_plain(*byte) || *byte == b'-')
            && bytes.first().copied().is_some_and(is_plain)
            && bytes.last().copied().is_some_and(is_plain);
        match text {
            Self::DEMO => Err(ShopCodeError::Reserved),
            _ if !is_fit => Err(ShopCodeError::Malformed),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The one code that [`Self::parse`] refuses: for `provision-demo`.
    #[cfg(feature = "store")]
    pub(crate) fn of_demo() -> Self {
        Self(Self::DEMO.to_owned())
    }

    /// As in addresses.
    pub fn as_str(&self) -> &str {
        &self.0
    }
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

/// A partner's server that has proved its signature: the principal of everything under `/partner`.
#[derive(Clone, Debug)]
pub struct Partner {
    /// The shop it works for.
    pub tenant: Arc<Tenant>,
    /// The signature of a request that changes something: the same one twice is one request (ruling 6).
    pub signature: Option<String>,
}

/// A client of the shop who has proved a bearer token: the principal of `/client`.
#[derive(Clone, Debug)]
pub struct Client {
    /// The shop.
    pub tenant: Arc<Tenant>,
    /// Number within the tenant.
    pub id: i64,
    /// The token that was shown.
    pub token_id: i64,
}

/// Who acts for the shop on a client's account.
#[derive(Clone, Copy, Debug)]
pub enum Seller<'a> {
    /// A till.
    Register(&'a Register),
    /// A partner's server.
    Partner(&'a Partner),
}

impl<'a> Seller<'a> {
    /// The shop.
    pub fn tenant(self) -> &'a Arc<Tenant> {
        match self {
            Self::Register(register) => &register.tenant,
            Self::Partner(partner) => &partner.tenant,
        }
    }

    /// «Списание из приложения»: a till always may redeem, a partner only where the shop allows it (R-PARTNER-11).
    pub fn may_redeem(self) -> bool {
        match self {
            Self::Register(_) => true,
            Self::Partner(partner) => partner.tenant.programme.partner_redemption,
        }
    }

    /// The branch, where it is a till.
    pub fn branch_id(self) -> Option<i64> {
        match self {
            Self::Register(register) => Some(register.branch.id),
            Self::Partner(_) => None,
        }
    }

    /// The till, where it is one.
    pub fn register_id(self) -> Option<i64> {
        match self {
            Self::Register(register) => Some(register.id),
            Self::Partner(_) => None,
        }
    }
}

impl<'a> From<&'a Register> for Seller<'a> {
    fn from(register: &'a Register) -> Self {
        Self::Register(register)
    }
}

impl<'a> From<&'a Partner> for Seller<'a> {
    fn from(partner: &'a Partner) -> Self {
        Self::Partner(partner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_shops_code_is_nobody_elses() {
        assert_eq!(ShopCode::parse("demo"), Err(ShopCodeError::Reserved));
        for fit in ["demo2", "x5", "auchan-dushanbe"] {
            assert_eq!(ShopCode::parse(fit).unwrap().as_str(), fit);
        }
        // Neither does anything that only looks like it.
        for odd in [
            "Demo",
            " demo",
            "demo ",
            "dem\u{43e}",
            "-demo",
            "demo-",
            "d",
            "",
            "a/b",
            &"a".repeat(33),
        ] {
            assert_eq!(ShopCode::parse(odd), Err(ShopCodeError::Malformed), "{odd:?}");
        }
    }
}
