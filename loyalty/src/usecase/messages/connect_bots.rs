//! The shops' Telegram bots: whose update this is, and which of them Telegram has to be told of.

use subtle::ConstantTimeEq;

use crate::Loyalty;
use crate::model::Tenant;
use crate::sealed::Field;
use crate::store::platform::tenant;
use crate::usecase::Error;

/// A bot whose updates Telegram does not send to the right place yet. Not `Debug`: it holds secrets.
#[derive(Clone)]
pub struct BotToConnect {
    /// Which shop's.
    pub tenant_id: i64,
    /// Whether it is the demo shop's.
    pub is_demo: bool,
    /// The bot's token.
    pub bot_token: String,
    /// Where its updates belong.
    pub url: String,
    /// What Telegram is to show with each of them.
    pub secret: String,
}

/// The shop whose bot Telegram speaks for; none when the shop, its bot or the secret is wrong.
///
/// # Errors
/// The database refuses.
pub async fn identify_bot(loyalty: &Loyalty, code: &str, secret: &str) -> Result<Option<Tenant>, Error> {
    let Some(shop) = tenant::find(&mut loyalty.db().global(), code).await? else {
        return Ok(None);
    };
    let sealed = tenant::telegram_bot_token(&mut loyalty.db().tenant(shop.id)).await?;
    let Some(sealed) = sealed else { return Ok(None) };
    let bot_token = loyalty.key().at(shop.id, Field::BotToken).open(&sealed)?;
    let right = self::secret(loyalty, shop.id, &bot_token);
    let is_right: bool = right.as_bytes().ct_eq(secret.as_bytes()).into();
    Ok(is_right.then_some(shop))
}

/// The bots whose updates do not go to `base_url` yet: `https://…/telegram/<shop code>`. One whose token can't be read is
/// left out.
///
/// # Errors
/// The database refuses.
pub async fn bots_to_connect(loyalty: &Loyalty, base_url: &str) -> Result<Vec<BotToConnect>, Error> {
    let mut bots = Vec::new();
    for row in tenant::bots(&mut loyalty.db().global()).await? {
        let url = format!("{base_url}/telegram/{}", row.code);
        if row.webhook_url.as_deref() == Some(url.as_str()) {
            continue;
        }
        let safe = loyalty.key().at(row.tenant_id, Field::BotToken);
        let bot_token = match safe.open(&row.bot_token_sealed) {
            Ok(bot_token) => bot_token,
            Err(error) => {
                tracing::error!(%error, tenant = row.tenant_id, "the token of a bot can't be read");
                continue;
            }
        };
        bots.push(BotToConnect {
            tenant_id: row.tenant_id,
            secret: secret(loyalty, row.tenant_id, &bot_token),
            is_demo: row.is_demo,
            bot_token,
            url,
        });
    }
    Ok(bots)
}

/// Telegram sends the bot's updates to its url now.
///
/// # Errors
/// The database refuses.
pub async fn note_connected(loyalty: &Loyalty, bot: &BotToConnect) -> Result<(), Error> {
    Ok(tenant::set_webhook_url(&mut loyalty.db().tenant(bot.tenant_id), &bot.url).await?)
}

/// Derived, so that it need not be stored, and another one for another bot.
fn secret(loyalty: &Loyalty, tenant_id: i64, bot_token: &str) -> String {
    loyalty
        .key()
        .derive(&format!("telegram webhook {tenant_id} {bot_token}"))
}
