//! Messages to clients: taken with a lease, sent by the channels that apply, settled.

use std::collections::BTreeMap;

use loyalty::Loyalty;
use loyalty::model::{Channel, MessageKind, MessageQueue};
use loyalty::usecase::{self, DeadAddress, Error, Later, Outgoing, Route, Tried};

use super::shop_work::{ShopWork, ShopWorker};
use crate::channels::{Channels, Push, Sent, ServiceAccount, Sms, SmsAccount, TelegramMessage};

/// Messages under way at once, of all shops together.
const AT_ONCE: usize = 64;
/// Messages of one shop under way at once; Telegram takes some thirty a second from a bot.
const OF_ONE_SHOP: usize = 8;
/// Codes have places of their own: somebody waits for each, whatever else is slow.
const CODES_AT_ONCE: usize = 32;
const CODES_OF_ONE_SHOP: usize = 4;
/// The demo shop's accounts are nobody's: it says nothing to services that are real.
pub fn is_silent(is_demo: bool, is_real: bool) -> bool {
    is_demo && is_real
}

/// Sending. Cheap to clone.
#[derive(Clone)]
pub struct Messages {
    loyalty: Loyalty,
    channels: Channels,
    queue: MessageQueue,
}

impl ShopWork for Messages {
    type Item = Outgoing;
    const NAME: &'static str = "messages";

    async fn called(&self) -> Vec<i64> {
        self.loyalty.message_work(self.queue).await
    }

    async fn shops(&self) -> Result<Vec<i64>, Error> {
        usecase::shops_with_messages(&self.loyalty, self.queue).await
    }

    async fn take(&self, tenant_id: i64, most: i64) -> Result<Vec<Outgoing>, Error> {
        usecase::take_messages(&self.loyalty, tenant_id, self.queue, most).await
    }

    async fn make(&self, message: &Outgoing) {
        let mut message = message.clone();
        let mut tried = Tried {
            served: message.served.clone(),
            ..Tried::default()
        };
        self.keep_demo_silent(&mut message, &mut tried);
        for route in message.routes.clone() {
            let sent = self.by(&message, &route).await;
            if self.heard(&message, &route, sent, &mut tried).await {
                break;
            }
        }
        self.settle(&message, &tried).await;
    }

    async fn broke(&self, message: &Outgoing) {
        let later = message.routes.iter().map(|route| Later {
            channel: route.channel(),
            after_seconds: None,
            whole_channel: false,
        });
        let tried = Tried {
            served: message.served.clone(),
            reasons: vec!["Отправка прервалась из-за ошибки на сервере.".to_owned()],
            later: later.collect(),
            ..Tried::default()
        };
        self.settle(message, &tried).await;
    }
}

impl Messages {
    /// A worker for all messages but codes, that has not begun.
    pub fn worker(loyalty: Loyalty, channels: Channels) -> ShopWorker<Self> {
        let queue = MessageQueue::Others;
        ShopWorker::new(
            Self {
                loyalty,
                channels,
                queue,
            },
            AT_ONCE,
            OF_ONE_SHOP,
        )
    }

    /// A worker for codes, that has not begun.
    pub fn codes(loyalty: Loyalty, channels: Channels) -> ShopWorker<Self> {
        let queue = MessageQueue::Codes;
        let codes = Self {
            loyalty,
            channels,
            queue,
        };
        ShopWorker::new(codes, CODES_AT_ONCE, CODES_OF_ONE_SHOP)
    }

    async fn settle(&self, message: &Outgoing, tried: &Tried) {
        let jitter = rand::random::<f64>();
        let settled = usecase::settle_message(&self.loyalty, message, tried, jitter).await;
        if let Err(error) = settled {
            tracing::warn!(%error, message = message.id, "a message was not noted and will be sent again");
        }
    }

    /// Takes in what a channel said; true when no other is to be tried.
    async fn heard(&self, message: &Outgoing, route: &Route, sent: Sent, tried: &mut Tried) -> bool {
        let channel = route.channel();
        match sent {
            Sent::Accepted { remote_id } => {
                tried.served.push(channel);
                tried.remote_id = remote_id.or(tried.remote_id.take());
                if message.to_all {
                    self.note(message, &tried.served).await;
                }
                !message.to_all
            }
            Sent::DeadAddress(reason) => {
                if let Route::Telegram { chat_id, .. } = route {
                    self.forget(message, &DeadAddress::Telegram(*chat_id)).await;
                }
                tried.reasons.push(reason);
                false
            }
            Sent::Refused(reason) => {
                tried.reasons.push(reason);
                false
            }
            Sent::Stranger(reason) => {
                tried.strangers.push(channel);
                tried.reasons.push(reason);
                false
            }
            Sent::Later {
                after_seconds,
                whole_channel,
                is_sure,
                reason,
            } => {
                tried.reasons.push(reason);
                tried.later.push(Later {
                    channel,
                    after_seconds,
                    whole_channel,
                });
                // Another channel would say the same twice once this one works again, and what can wait, waits.
                let goes_on = whole_channel && is_sure && message.kind.is_urgent();
                !message.to_all && !goes_on
            }
        }
    }

    async fn by(&self, message: &Outgoing, route: &Route) -> Sent {
        match route {
            Route::Push { account, tokens } => self.by_push(message, account, tokens).await,
            Route::Telegram { bot_token, chat_id } => {
                let text = TelegramMessage {
                    chat_id: *chat_id,
                    text: &message.text,
                    button: None,
                };
                self.channels.telegram(bot_token, &text).await
            }
            Route::Sms { account, phone } => {
                let Ok(account) = serde_json::from_str::<SmsAccount>(account) else {
                    return Sent::Refused("Настройки SMS не разобрать: введите их заново.".to_owned());
                };
                let sms = Sms {
                    phone: phone.as_str(),
                    text: &message.text,
                    txn_id: &format!("bonex-{}-{}", message.shop.id, message.id),
                    is_confidential: message.kind == MessageKind::Code,
                };
                self.channels.sms(&account, &sms).await
            }
        }
    }

    /// To every phone of the client; one that takes it is enough.
    async fn by_push(&self, message: &Outgoing, account: &str, tokens: &[String]) -> Sent {
        let Ok(account) = serde_json::from_str::<ServiceAccount>(account) else {
            return Sent::Refused("Ключ Firebase не разобрать: загрузите его заново.".to_owned());
        };
        let data = BTreeMap::from([("kind".to_owned(), message.kind.as_str().to_owned())]);
        let tag = format!("bonex-{}", message.id);
        let now_seconds = self.loyalty.now().millis() / 1000;
        let (mut accepted, mut other) = (None, None);
        for token in tokens {
            let push = Push {
                token,
                title: &message.shop.name,
                body: &message.text,
                data: &data,
                tag: Some(&tag),
            };
            match self.channels.push(&account, &push, now_seconds).await {
                sent @ Sent::Accepted { .. } => accepted = Some(sent),
                Sent::DeadAddress(reason) => {
                    self.forget(message, &DeadAddress::Device(token.clone())).await;
                    other = other.or(Some(Sent::DeadAddress(reason)));
                }
                sent @ Sent::Later { whole_channel, .. } => {
                    // What one phone may have got is not said by another channel.
                    let is_unsure = matches!(&other, Some(Sent::Later { is_sure: false, .. }));
                    if !is_unsure {
                        other = Some(sent);
                    }
                    if whole_channel {
                        break;
                    }
                }
                sent @ (Sent::Refused(_) | Sent::Stranger(_)) => other = other.or(Some(sent)),
            }
        }
        let nothing = || Sent::DeadAddress("У клиента нет приложения.".to_owned());
        accepted.or(other).unwrap_or_else(nothing)
    }

    /// See [`is_silent`].
    fn keep_demo_silent(&self, message: &mut Outgoing, tried: &mut Tried) {
        let (is_demo, addresses) = (message.shop.is_demo, self.channels.addresses());
        let before = message.routes.len();
        message.routes.retain(|route| {
            let is_real = match route.channel() {
                Channel::Push => addresses.is_default_fcm(),
                Channel::Telegram => addresses.is_default_telegram(),
                Channel::Sms => addresses.is_default_osonsms(),
            };
            !is_silent(is_demo, is_real)
        });
        if message.routes.len() < before && message.routes.is_empty() {
            tried
                .reasons
                .push("Демо-магазин ничего не отправляет.".to_owned());
        }
    }

    async fn note(&self, message: &Outgoing, served: &[Channel]) {
        if let Err(error) = usecase::note_served(&self.loyalty, message, served).await {
            tracing::warn!(%error, message = message.id, "a channel was not noted");
        }
    }

    async fn forget(&self, message: &Outgoing, address: &DeadAddress) {
        let forgotten = usecase::forget_address(&self.loyalty, message.shop.id, address).await;
        if let Err(error) = forgotten {
            tracing::warn!(%error, "a dead address is not forgotten yet");
        }
    }
}
