//! What is to be done with a message now: whether it may go, by which channels, in which words.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::model::{Channel, Consent, Language, MessageKind, Phone, Tenant, Timestamp};
use crate::rules::message::quiet_until;
use crate::sealed::Field;
use crate::store::Scope;
use crate::store::messages::channel::{self, ChannelRow, MessageSettings};
use crate::store::messages::outbox::{Settlement, TakenRow};
use crate::usecase::messages::outgoing::{Outgoing, Route};
use crate::usecase::messages::render_template::render;
use crate::{Failure, Loyalty};

/// How long a paused channel that named no time is left alone.
pub(super) const PAUSE_SECONDS: i64 = 60;
/// After so long without a success a paused channel is waited for no more, where there is another.
pub(super) const BROKEN_SECONDS: i64 = 600;
/// A pause so short is waited for by what is urgent too.
pub(super) const SHORT_PAUSE_SECONDS: i64 = 10;

/// Phone and code, as sealed.
#[derive(Deserialize)]
struct CodeBody {
    phone: Phone,
    code: String,
}

/// What is to be done with a message now.
pub(super) enum Verdict {
    Send(Box<Outgoing>),
    Wait {
        until: Timestamp,
    },
    Never {
        status: &'static str,
        reason: &'static str,
    },
}

impl Verdict {
    /// What is written in a message can't be read, and never will be: the others go on.
    pub(super) fn unreadable(message: i64, error: &Failure) -> Self {
        tracing::error!(%error, message, "a message can't be read");
        Self::Never {
            status: "failed",
            reason: "Сообщение не прочитать.",
        }
    }
}

/// All that deciding on a shop's messages needs.
pub(super) struct Desk {
    shop: Arc<Tenant>,
    settings: MessageSettings,
    channels: Vec<ChannelRow>,
    templates: HashMap<(MessageKind, Language), String>,
    devices: HashMap<i64, Vec<String>>,
}

impl Desk {
    pub(super) async fn read(
        loyalty: &Loyalty,
        scope: &mut Scope<'_>,
        shop: Arc<Tenant>,
        rows: &[TakenRow],
    ) -> Result<Self, Failure> {
        let clients: Vec<i64> = rows.iter().filter_map(|row| row.client_id).collect();
        let mut desk = Self {
            shop,
            settings: channel::settings(scope).await?,
            channels: channel::all(scope).await?,
            templates: channel::templates(scope).await?,
            devices: match clients.is_empty() {
                true => HashMap::new(),
                false => channel::device_tokens(scope, &clients).await?,
            },
        };
        desk.unseal(loyalty, scope).await?;
        Ok(desk)
    }

    /// An account that can't be read is a channel that asks for a pause, and its owner is told: the others go on.
    async fn unseal(&mut self, loyalty: &Loyalty, scope: &mut Scope<'_>) -> Result<(), Failure> {
        let until = loyalty.system_now().plus_seconds(PAUSE_SECONDS);
        let mut unreadable = Vec::new();
        let shop_id = self.shop.id;
        let mut open = |channel: Channel, field: Field, sealed: &mut Option<String>| {
            if let Some(text) = sealed {
                *text = loyalty
                    .key()
                    .at(shop_id, field)
                    .open(text)
                    .unwrap_or_else(|error| {
                        tracing::error!(%error, ?channel, "the account of a channel can't be read");
                        unreadable.push(channel);
                        String::new()
                    });
            }
        };
        for row in &mut self.channels {
            open(
                row.channel,
                Field::ChannelAccount(row.channel),
                &mut row.config_sealed,
            );
        }
        open(
            Channel::Telegram,
            Field::BotToken,
            &mut self.settings.bot_token_sealed,
        );
        for kind in unreadable {
            let why = "Настройки канала не прочитать. Введите их заново.";
            channel::pause(scope, kind, until, why, loyalty.now()).await?;
            match self.channels.iter_mut().find(|row| row.channel == kind) {
                Some(row) => row.paused_until = until,
                None => self.channels.push(ChannelRow::paused(kind, until)),
            }
        }
        Ok(())
    }

    pub(super) fn look_at(
        &self,
        loyalty: &Loyalty,
        row: &TakenRow,
        now: Timestamp,
        clock: Timestamp,
    ) -> Result<Verdict, Failure> {
        let served: Vec<Channel> = row.channels.split(' ').filter_map(Channel::named).collect();
        // What a channel has taken is sent, whatever keeps it from the others.
        let never = |status, reason| {
            let status = if served.is_empty() { status } else { "sent" };
            Ok(Verdict::Never { status, reason })
        };
        let Some(kind) = MessageKind::named(&row.kind) else {
            return never("failed", "Сообщение неизвестного вида.");
        };
        let consent = row
            .consent
            .as_deref()
            .and_then(Consent::named)
            .unwrap_or_default();
        match () {
            () if row.expires_at <= now => return never("failed", "Не успели отправить: уже неактуально."),
            () if row.is_blocked => return never("skipped", "Клиент заблокирован."),
            () if !kind.is_allowed(consent) => {
                return never("skipped", "Клиент отказался от таких сообщений.");
            }
            () => {}
        }
        if let Some(until) = quiet_until(now, self.shop.zone, self.settings.quiet)
            && !kind.is_urgent()
        {
            return Ok(Verdict::Wait { until });
        }
        let (phone, params) = match &row.body_sealed {
            Some(sealed) => {
                let safe = loyalty.key().at(self.shop.id, Field::Code);
                let body: CodeBody = serde_json::from_str(&safe.open(sealed)?)?;
                (Some(body.phone), json!({ "code": body.code }))
            }
            None => (row.phone.clone(), document(row.params.as_deref())?),
        };
        let mut routes = self.routes(kind, row, phone);
        routes.retain(|route| !served.contains(&route.channel()));
        // A channel that has failed for long is left out while another one works.
        if routes.iter().any(|route| !self.is_broken(route, now, clock)) {
            routes.retain(|route| !self.is_broken(route, now, clock));
        }
        if routes.is_empty() && served.is_empty() {
            return never("skipped", "Нет канала: ни приложения, ни Telegram, ни SMS.");
        }
        // One that was tried before may have been taken by the channel that pauses now.
        let goes_around = kind.is_urgent() && row.attempts == 1;
        let (routes, resting_seconds) = self.rested(routes, goes_around, clock);
        if let (true, Some(seconds)) = (routes.is_empty(), resting_seconds) {
            return Ok(Verdict::Wait {
                until: now.plus_seconds(seconds),
            });
        }
        let language = row
            .language
            .as_deref()
            .and_then(Language::named)
            .unwrap_or_default();
        let template = self.templates.get(&(kind, language)).map(String::as_str);
        Ok(Verdict::Send(Box::new(Outgoing {
            text: render(&self.shop, kind, language, template, &params)?,
            shop: Arc::clone(&self.shop),
            id: row.id,
            kind,
            client_id: row.client_id,
            routes,
            served,
            to_all: self.settings.to_all,
            resting_seconds,
            expires_at: row.expires_at,
            attempts: row.attempts,
        })))
    }

    /// Ruling 36; a code goes by SMS alone.
    fn routes(&self, kind: MessageKind, row: &TakenRow, phone: Option<Phone>) -> Vec<Route> {
        let mut routes = Vec::new();
        let is_code = kind == MessageKind::Code;
        if let Some(account) = self.account(Channel::Push)
            && let Some(tokens) = row.client_id.and_then(|id| self.devices.get(&id))
            && !is_code
        {
            routes.push(Route::Push {
                account,
                tokens: tokens.clone(),
            });
        }
        if let (Some(bot_token), Some(chat_id)) = (self.bot_token(), row.telegram_user_id)
            && !is_code
        {
            routes.push(Route::Telegram { bot_token, chat_id });
        }
        if let (Some(account), Some(phone)) = (self.account(Channel::Sms), phone) {
            routes.push(Route::Sms { account, phone });
        }
        routes
    }

    /// Ways that may be used now, and in how many seconds the first of the others may. Where one way is enough, the
    /// first is waited for, unless the message goes around a pause.
    fn rested(&self, routes: Vec<Route>, goes_around: bool, clock: Timestamp) -> (Vec<Route>, Option<i64>) {
        let paused_until = |route: &Route| {
            let row = self.channels.iter().find(|row| row.channel == route.channel());
            row.map_or(Timestamp::default(), |row| row.paused_until)
        };
        let is_paused = |route: &Route| paused_until(route) > clock;
        let seconds = |until: Timestamp| (until.millis() - clock.millis() + 999) / 1000;
        if self.settings.to_all {
            let (paused, rested): (Vec<Route>, Vec<Route>) = routes.into_iter().partition(is_paused);
            return (rested, paused.iter().map(paused_until).min().map(seconds));
        }
        match routes.first().filter(|first| is_paused(first)).map(paused_until) {
            Some(until) if goes_around && seconds(until) > SHORT_PAUSE_SECONDS => {
                let (paused, rested): (Vec<Route>, Vec<Route>) = routes.into_iter().partition(is_paused);
                match rested.is_empty() {
                    true => (rested, paused.iter().map(paused_until).min().map(seconds)),
                    false => (rested, None),
                }
            }
            Some(until) => (Vec::new(), Some(seconds(until))),
            None => (routes, None),
        }
    }

    /// Paused, and for a long time without a success.
    fn is_broken(&self, route: &Route, now: Timestamp, clock: Timestamp) -> bool {
        let row = self.channels.iter().find(|row| row.channel == route.channel());
        row.is_some_and(|row| {
            let since = row.error_at.unwrap_or(now);
            row.paused_until > clock && since.plus_seconds(BROKEN_SECONDS) <= now
        })
    }

    fn account(&self, channel: Channel) -> Option<String> {
        let row = self.channels.iter().find(|row| row.channel == channel)?;
        row.config_sealed.clone().filter(|_| row.enabled)
    }

    /// The bot writes unless the shop has switched that off.
    fn bot_token(&self) -> Option<String> {
        let row = self.channels.iter().find(|row| row.channel == Channel::Telegram);
        let is_on = row.is_none_or(|row| row.enabled);
        self.settings.bot_token_sealed.clone().filter(|_| is_on)
    }
}

impl TakenRow {
    /// Nothing more is tried.
    pub(super) fn never(&self, status: &'static str, now: Timestamp, reason: &str) -> Settlement {
        Settlement {
            status,
            due_at: now,
            channels: self.channels.clone(),
            reason: Some(reason.to_owned()),
            text: self.text.clone(),
            remote_id: self.remote_id.clone(),
            sent_at: (status == "sent").then_some(now),
        }
    }
}

fn document(params: Option<&str>) -> Result<Value, Failure> {
    Ok(serde_json::from_str(params.unwrap_or("{}"))?)
}
