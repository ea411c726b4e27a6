//! The demo shop: made once, the same every time.

use serde::Serialize;

use crate::ledger::AdjustmentRequest;
use crate::model::{
    BirthdayTerms, Bonus, Channel, Condition, Factor, Limits, Money, Percent, Phone, Programme, Promotion,
    Reward, ShopCode, Tenant, Tier,
};
use crate::sealed::Field;
use crate::secret::hash;
use crate::store::platform::tenant::{self, NewRegister, NewTenant, SealedSecrets};
use crate::usecase::clients::enrol::{EnrolmentRequest, find_or_insert};
use crate::usecase::{Error, adjust, all_promotions, channels, put_channel, put_promotion};
use crate::{Failure, Loyalty};

/// The demo shop's credentials, as `bonex provision-demo --json` prints them.
#[derive(Clone, Debug, Serialize)]
pub struct Demo {
    /// Where the site is.
    pub base_url: String,
    /// The shop.
    pub tenant: DemoTenant,
    /// Its shops.
    pub branches: Vec<DemoBranch>,
    /// Its registers, none bound to a device.
    pub cashier_nodes: Vec<DemoRegister>,
    /// Its clients.
    pub clients: Vec<DemoClient>,
}

/// The shop itself.
#[derive(Clone, Debug, Serialize)]
pub struct DemoTenant {
    /// Small number.
    pub id: i64,
    /// `demo`.
    pub code: String,
    /// Shown to people.
    pub name: String,
    /// 64 characters.
    pub token: String,
    /// Signs a partner's requests.
    pub partner_secret: String,
    /// Of a bot that does not exist.
    pub telegram_bot_token: String,
}

/// A shop of the chain.
#[derive(Clone, Debug, Serialize)]
pub struct DemoBranch {
    /// Small number.
    pub id: i64,
    /// Shown to people.
    pub name: String,
    /// Shown to people.
    pub address: String,
}

/// A register.
#[derive(Clone, Debug, Serialize)]
pub struct DemoRegister {
    /// «ID кассы».
    pub id: i64,
    /// Shown to people.
    pub name: String,
    /// Where it stands.
    pub branch_id: i64,
    /// `X-Cashier-Token`.
    pub token: String,
}

/// A client.
#[derive(Clone, Debug, Serialize)]
pub struct DemoClient {
    /// Number within the shop.
    pub id: i64,
    /// In international form.
    pub phone: String,
    /// The code that logs this client in.
    pub otp: String,
}

const AUTHOR: &str = "демо";
const BOT: &str = "bonex_demo_bot";
/// Of a Firebase project that does not exist: the key opens nothing.
const SERVICE_ACCOUNT: &str = include_str!("demo_service_account.json");
/// Nobody's.
const SMS_ACCOUNT: &str = r#"{"login":"demo","sender":"Bonex","auth":{"bearer":"osonsms-token"}}"#;
/// Works for the demo clients' phones alone.
const OTP: &str = "123456";
const NAME: &str = "Сеть «Хорошо»";
const BRANCHES: [(&str, &str); 2] = [("Рудаки", "пр. Рудаки, 12"), ("Сомони", "ул. Исмоили Сомони, 5")];
/// Name and branch of each register.
const REGISTERS: [(&str, i64); 4] = [("РМК-1", 1), ("РМК-2", 1), ("РМК-3", 2), ("Телефон", 2)];
/// Phone, name and what the client is given beside the welcome bonus.
const CLIENTS: [(&str, &str, i64); 5] = [
    ("+992900000500", "Парвиз Солиев", 150),
    ("+992900000501", "Мадина Рахимова", 40),
    ("+992900000502", "Фаррух Назаров", 0),
    ("+992900000503", "Ситора Абдуллоева", 1250),
    ("+992900000504", "Абдурахмон Мирзоалиевич Ходжаев-Бободжонов", 5),
];

/// Makes the demo shop if it is not there, and tells its credentials; the same values every time, since they are
/// derived from the installation's key.
///
/// # Errors
/// The database refuses.
pub async fn provision_demo(loyalty: &Loyalty, base_url: &str) -> Result<Demo, Error> {
    let token = loyalty.key().derive("demo tenant token");
    let partner_secret = loyalty.key().derive("demo partner secret");
    let telegram_bot_token = bot_token(loyalty);
    let tenant = make_shop(loyalty, &token, &partner_secret, &telegram_bot_token).await?;
    if all_promotions(loyalty, &tenant).await?.is_empty() {
        put_promotion(loyalty, &tenant, AUTHOR, &dairy()).await?;
    }
    for card in channels(loyalty, &tenant)
        .await?
        .iter()
        .filter(|card| !card.is_configured)
    {
        let account = match card.channel {
            Channel::Push => SERVICE_ACCOUNT,
            Channel::Sms => SMS_ACCOUNT,
            Channel::Telegram => continue,
        };
        put_channel(loyalty, &tenant, card.channel, true, Some(account)).await?;
    }
    let mut clients = Vec::new();
    for (phone, full_name, given) in CLIENTS {
        let phone = Phone::parse(phone).map_err(Failure::new)?;
        clients.push(make_client(loyalty, &tenant, phone, full_name, Bonus::whole(given)).await?);
    }
    let ids = 1_i64..;
    Ok(Demo {
        base_url: base_url.to_owned(),
        tenant: DemoTenant {
            id: tenant.id,
            code: tenant.code,
            name: NAME.to_owned(),
            token,
            partner_secret,
            telegram_bot_token,
        },
        branches: ids
            .clone()
            .zip(BRANCHES)
            .map(|(id, (name, address))| DemoBranch {
                id,
                name: name.to_owned(),
                address: address.to_owned(),
            })
            .collect(),
        cashier_nodes: ids
            .zip(REGISTERS)
            .map(|(id, (name, branch_id))| DemoRegister {
                id,
                name: name.to_owned(),
                branch_id,
                token: register_token(loyalty, id),
            })
            .collect(),
        clients,
    })
}

/// Whether the demo shop, where there is one, reaches anybody: with services that are real it says nothing to them, and
/// then its sales write no messages either.
///
/// # Errors
/// The database refuses.
pub async fn set_demo_reach(loyalty: &Loyalty, reaches: bool) -> Result<(), Error> {
    let Some(shop) = tenant::demo(&mut loyalty.db().global()).await? else {
        return Ok(());
    };
    if shop.has_channels != reaches {
        let mut tx = loyalty.db().begin().await?;
        tenant::set_has_channels(&mut tx.tenant(shop.id), reaches).await?;
        tx.commit().await?;
        loyalty.forget_identities();
    }
    Ok(())
}

/// The code that a demo client's phone always gets; none for every other phone and shop.
pub(in crate::usecase) fn code_for(tenant: &Tenant, phone: &Phone) -> Option<&'static str> {
    let is_demo = tenant.is_demo && CLIENTS.iter().any(|(demo, ..)| *demo == phone.as_str());
    is_demo.then_some(OTP)
}

/// 5 %, at most 30 % of a receipt, hold 1 second, 180 days, a reminder 7 days before; three tiers of which the first
/// has 5 %.
fn programme() -> Programme {
    let tier = |id, name: &str, color: &str, spent_min, percent| Tier {
        id,
        name: name.to_owned(),
        color: color.to_owned(),
        spent_min: Money::whole(spent_min),
        bonus_percent: Percent::whole(percent),
        max_redeem_percent: None,
    };
    Programme {
        redeem_hold_seconds: 1,
        min_purchase_amount: Money::whole(10),
        welcome_bonus: Bonus::whole(10),
        welcome_min_redeem_amount: Money::whole(50),
        birthday: Some(BirthdayTerms {
            bonus: Bonus::whole(25),
            days_before: 0,
            expiry_days: Some(30),
        }),
        referral_inviter_bonus: Bonus::whole(20),
        referral_invitee_bonus: Bonus::whole(10),
        partner_redemption: true,
        tiers: vec![
            tier(1, "Bronze", "#A9714B", 0, 5),
            tier(2, "Silver", "#8A94A6", 5_000, 7),
            tier(3, "Gold", "#C9A227", 20_000, 10),
        ],
        ..Programme::plain()
    }
}

/// ×2 on dairy, for everybody.
fn dairy() -> Promotion {
    Promotion {
        id: 0,
        name: "Двойной кэшбэк на молочное".to_owned(),
        description: Some("За молочные продукты — вдвое больше бонусов.".to_owned()),
        condition: Condition {
            categories: vec!["DAIRY".to_owned()],
            ..Condition::default()
        },
        reward: Reward::Multiplier(Factor::from_hundredths(200)),
        limits: Limits::default(),
        starts_at: None,
        ends_at: None,
        combinable: false,
        segment: None,
        enabled: true,
        used: 0,
    }
}

async fn make_shop(
    loyalty: &Loyalty,
    token: &str,
    partner_secret: &str,
    bot_token: &str,
) -> Result<Tenant, Error> {
    let mut tx = loyalty.db().begin().await?;
    if let Some(known) = tenant::demo(&mut tx.global()).await? {
        return Ok(known);
    }
    let shop = NewTenant {
        code: &ShopCode::of_demo(),
        is_demo: true,
        name: NAME,
        token_hash: &hash(token.as_bytes()),
        currency: "TJS",
        bonus_unit: "бонус",
        zone: "Asia/Dushanbe",
        at: loyalty.now(),
    };
    if let Some(tenant_id) = tenant::insert(&mut tx.global(), &shop, &programme()).await? {
        let safe = |field| loyalty.key().at(tenant_id, field);
        let secrets = SealedSecrets {
            token: safe(Field::TenantToken).seal(token)?,
            partner_secret: Some(safe(Field::PartnerSecret).seal(partner_secret)?),
            telegram_bot_token: Some(safe(Field::BotToken).seal(bot_token)?),
        };
        tenant::set_secrets(&mut tx.tenant(tenant_id), &secrets, Some(BOT)).await?;
        let mut scope = tx.tenant(tenant_id);
        for (id, (name, address)) in (1_i64..).zip(BRANCHES) {
            tenant::insert_branch(&mut scope, id, name, Some(address)).await?;
        }
        for (id, (name, branch_id)) in (1_i64..).zip(REGISTERS) {
            let token = register_token(loyalty, id);
            let register = NewRegister {
                id,
                branch_id,
                name,
                token_hash: &hash(token.as_bytes()),
                token_sealed: &safe(Field::RegisterToken).seal(&token)?,
            };
            tenant::insert_register(&mut scope, &register).await?;
        }
        tx.commit().await?;
    }
    let found = tenant::demo(&mut loyalty.db().global()).await?;
    let taken =
        || Failure::new("the demo shop was not made: another shop has the code `demo`, give it another one");
    Ok(found.ok_or_else(taken)?)
}

/// Enrols a demo client once; the gift comes with the enrolment, so it comes once as well.
async fn make_client(
    loyalty: &Loyalty,
    tenant: &Tenant,
    phone: Phone,
    full_name: &str,
    given: Bonus,
) -> Result<DemoClient, Error> {
    let request = EnrolmentRequest {
        phone: phone.clone(),
        full_name: Some(full_name.to_owned()),
        invited_by: None,
    };
    let (now, ids) = (loyalty.now(), loyalty.ids(0).await?);
    let mut tx = loyalty.db().begin().await?;
    let (row, _) = find_or_insert(&mut tx, tenant, None, &request, now, ids).await?;
    tx.commit().await?;
    let id = row.account.client_id;
    // Entry 1 is the welcome bonus, entry 2 the gift: a run that was cut short between them is finished here.
    if given.is_positive() && row.account.entry_number < 2 {
        let request = AdjustmentRequest {
            amount: given,
            reason: "Стартовый баланс демо-магазина".to_owned(),
        };
        adjust(loyalty, tenant, id, &request).await?;
    }
    Ok(DemoClient {
        id,
        phone: phone.as_str().to_owned(),
        otp: OTP.to_owned(),
    })
}

/// In the form that Telegram gives them.
fn bot_token(loyalty: &Loyalty) -> String {
    let secret = loyalty.key().derive("demo telegram bot token");
    format!("7000000001:{}", &secret[..35])
}

fn register_token(loyalty: &Loyalty, id: i64) -> String {
    loyalty.key().derive(&format!("demo register token {id}"))
}
