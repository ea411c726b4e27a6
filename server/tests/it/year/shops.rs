//! The shops of the simulated year, with everything switched on.

use std::sync::Arc;

use futures::{StreamExt, stream};
use loyalty::Loyalty;
use loyalty::model::{
    Audience, BirthdayTerms, Bonus, CampaignDraft, CampaignTexts, Client, Date, Goods, Limits, Money, Phone,
    Programme, Promotion, ReactivationTerms, Register, SecondPurchaseTerms, TierBasis,
};
use loyalty::usecase::{self, EnrolmentRequest, Once, ProfileChange, Reply};
use sqlx::PgPool;

use super::Size;
use crate::api::{open, seal};

/// Shops that are filled with clients at once.
const FILLED_AT_ONCE: usize = 4;

fn token(shop: i64) -> String {
    format!("{shop:064}")
}

fn phone(shop: i64, client: i64) -> Phone {
    Phone::parse(&format!("+9929{:03}{:05}", shop, client)).unwrap()
}

/// Everything that a programme can do.
fn rules(before: &Programme) -> Programme {
    let mut rules = Programme {
        bonus_expiry_days: Some(60),
        welcome_expiry_days: Some(30),
        birthday: Some(BirthdayTerms {
            bonus: Bonus::whole(25),
            days_before: 2,
            expiry_days: Some(14),
        }),
        referral_inviter_max: Some(3),
        second_purchase: Some(SecondPurchaseTerms {
            bonus: Bonus::whole(5),
            within_days: 20,
        }),
        reactivation: Some(ReactivationTerms {
            bonus: Bonus::whole(7),
            silence_days: 30,
        }),
        tier_basis: TierBasis::TwelveMonths,
        ..before.clone()
    };
    for (tier, spent_min) in rules.tiers.iter_mut().zip([0, 500, 2000]) {
        tier.spent_min = Money::whole(spent_min);
    }
    rules
}

/// The shops, copies of the demo shop, with their clients.
pub async fn fill(loyalty: &Loyalty, pool: &PgPool, size: Size) {
    usecase::provision_demo(loyalty, "http://127.0.0.1")
        .await
        .unwrap();
    let mut promotion = usecase::all_promotions(loyalty, &demo(loyalty).await)
        .await
        .unwrap()
        .remove(0);
    promotion.id = 0;
    promotion.limits = Limits {
        per_client: Some(20),
        in_all: Some(200),
    };
    let shops = stream::iter(2..=size.shops + 1);
    shops
        .for_each_concurrent(FILLED_AT_ONCE, |shop| {
            fill_shop(loyalty, pool, shop, size.clients_of_shop, &promotion)
        })
        .await;
}

/// What the demo shop has sealed, in the form that opens at any shop's.
async fn sealed_for_any(pool: &PgPool, field: &str, sql: &'static str) -> String {
    let sealed: String = sqlx::query_scalar(sql).fetch_one(pool).await.unwrap();
    seal(&open(1, field, &sealed))
}

async fn fill_shop(loyalty: &Loyalty, pool: &PgPool, shop: i64, clients: i64, promotion: &Promotion) {
    let hash = sha256(&token(shop));
    let bot = "SELECT telegram_bot_token_sealed FROM tenants WHERE id = 1";
    let bot = sealed_for_any(pool, "bot token", bot).await;
    let sms = "SELECT config_sealed FROM channels WHERE tenant_id = 1 AND kind = 'sms'";
    let sms = sealed_for_any(pool, "sms account", sms).await;
    for sql in [
        format!(
            "INSERT INTO tenants (id, code, name, token_hash, token_sealed, status, currency, bonus_unit, zone,
                    programme_version, clients_count, cards_count, created_at, telegram_bot_token_sealed,
                    has_channels, quiet_from, quiet_to)
             SELECT {shop}, 'shop{shop}', name, '{hash}', '', 'active', currency, bonus_unit,
                    CASE WHEN {shop} % 2 = 0 THEN 'Asia/Dushanbe' ELSE 'Europe/Berlin' END, 1, 0, 0, created_at,
                    '{bot}', TRUE, 1320, 480
               FROM tenants WHERE id = 1"
        ),
        format!(
            "INSERT INTO programmes (tenant_id, version, document, created_at)
             SELECT {shop}, 1, document, created_at FROM programmes WHERE tenant_id = 1 AND version = 1"
        ),
        format!("INSERT INTO branches (tenant_id, id, name) VALUES ({shop}, 1, 'Главный')"),
        format!(
            "INSERT INTO registers (tenant_id, id, branch_id, name, token_hash, token_sealed, device_mismatch_count)
             VALUES ({shop}, 1, 1, 'Касса', '{}', '', 0)",
            sha256(&format!("register {shop}"))
        ),
        format!(
            "INSERT INTO channels (tenant_id, kind, enabled, config_sealed, paused_until, updated_at)
             VALUES ({shop}, 'sms', TRUE, '{sms}', 0, 0)"
        ),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
    }
    let register = register(loyalty, shop).await;
    let rules = rules(&register.tenant.programme);
    usecase::change_programme(loyalty, &register.tenant, "год", 1, &rules)
        .await
        .unwrap();
    usecase::put_promotion(loyalty, &register.tenant, "год", promotion)
        .await
        .unwrap();
    for number in 1..=clients {
        enrol(loyalty, &register, shop, number).await;
    }
    // Every other client is reached by Telegram, the rest by SMS.
    let sql = format!(
        "UPDATE clients SET telegram_user_id = {shop} * 100000 + id WHERE tenant_id = {shop} AND id % 2 = 0"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
    usecase::start_campaign(loyalty, &register.tenant, "год", &campaign())
        .await
        .unwrap();
}

/// For everybody, five at a time.
fn campaign() -> CampaignDraft {
    CampaignDraft {
        request_key: None,
        name: "Хлеб".to_owned(),
        audience: Audience::default(),
        texts: CampaignTexts {
            ru: "Свежий хлеб с утра".to_owned(),
            ..CampaignTexts::default()
        },
        goods: vec![Goods::Category("BREAD".to_owned())],
        hold_out_percent: 20,
        portion_size: 5,
        portion_pause_seconds: 3600,
        attribution_days: 30,
    }
}

async fn demo(loyalty: &Loyalty) -> loyalty::model::Tenant {
    let demo = usecase::provision_demo(loyalty, "http://127.0.0.1")
        .await
        .unwrap();
    let shop = usecase::identify_tenant(loyalty, Some(&demo.tenant.token))
        .await
        .unwrap();
    (*shop).clone()
}

pub async fn register(loyalty: &Loyalty, shop: i64) -> Register {
    let (tenant, cashier) = (token(shop), format!("register {shop}"));
    usecase::identify_register(loyalty, Some(&tenant), Some(&cashier), Some(b"year"))
        .await
        .unwrap()
}

async fn enrol(loyalty: &Loyalty, register: &Register, shop: i64, number: i64) {
    let once = Once::unnamed();
    let request = EnrolmentRequest {
        phone: phone(shop, number),
        full_name: None,
        // Every third was invited by the one before.
        invited_by: (number > 1 && number % 3 == 0).then_some(number - 1),
    };
    usecase::enrol(loyalty, register, &request, once).await.unwrap();
    let client = Client {
        tenant: Arc::clone(&register.tenant),
        id: number,
        token_id: 0,
    };
    let day = Date::parse(&format!("1990-{:02}-{:02}", number % 12 + 1, number % 28 + 1)).unwrap();
    let change = ProfileChange {
        birth_date: Some(Some(day)),
        ..ProfileChange::default()
    };
    usecase::update_profile(loyalty, &client, &change).await.unwrap();
}

pub fn no_reply() -> Reply {
    Reply {
        status: 200,
        body: String::new(),
    }
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
