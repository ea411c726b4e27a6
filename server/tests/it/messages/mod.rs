//! Messages to clients, from the sale to the phone: the shop of the tests has all three services in reach.
//!
//! * [`choice`]: by which channel, to whom, when (ruling 36).
//! * [`failures`]: what a service refuses or can't do now.
//! * [`workers`]: many of them, and their deaths.
//! * [`words`]: what a message says.
//! * [`codes`]: codes that log in (ruling 33).
//! * [`reports`]: what became of them.

mod choice;
mod codes;
mod failures;
mod reports;
mod words;
mod workers;

use loyalty::model::{Audience, CampaignDraft, CampaignTexts};
use loyalty::usecase::{self, MessageRules, SentMessage};
use serde_json::{Value, json};
use server::workers::messages::Messages;
use server::workers::shop_work::ShopWorker;

use crate::api::{Answer, Api};
use crate::auth::by_contact;
use crate::fakes::Services;

/// The demo shop with all three services in reach, and nothing waiting.
struct Outlets<'a> {
    api: &'a Api,
    services: Services,
    worker: ShopWorker<Messages>,
    codes: ShopWorker<Messages>,
}

impl<'a> Outlets<'a> {
    async fn open(api: &'a Api) -> Self {
        // What the demo clients were told when they were made.
        api.execute("DELETE FROM outbox").await;
        let services = Services::start().await;
        let worker = Messages::worker(api.loyalty.clone(), services.channels());
        let codes = Messages::codes(api.loyalty.clone(), services.channels());
        Self {
            api,
            services,
            worker,
            codes,
        }
    }

    /// Sends what is due; how many attempts were made.
    async fn send(&self) -> usize {
        self.codes.do_due().await.unwrap() + self.worker.do_due().await.unwrap()
    }

    /// Ends what channels have asked for: pauses go by the machine's clock.
    async fn end_pauses(&self) {
        self.api.execute("UPDATE channels SET paused_until = 0").await;
    }

    /// The demo client installs the shop's app.
    async fn install_app(&self, number: usize) {
        self.install(number, &app(number)).await;
    }

    /// As many phones as one likes.
    async fn install(&self, number: usize, token: &str) {
        // Between two codes to one phone.
        self.api.clock.pass(60);
        let bearer = self.api.log_in(number).await;
        let body = json!({ "token": token, "platform": "android" });
        let answer = self
            .api
            .app("POST", "/client/device-token", Some(&bearer), body)
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// The demo client opens the shop's Mini App and shares the contact.
    async fn link_telegram(&self, number: usize) {
        let (status, body) = by_contact(self.api, chat(number), self.api.phone(number), None).await;
        assert_eq!(status, 200, "{body}");
    }

    /// The demo client buys for 200.
    async fn buy(&self, number: usize) -> Answer {
        self.buy_for(number, 200).await
    }

    async fn buy_for(&self, number: usize, total: i64) -> Answer {
        let body = json!({ "client_phone": self.api.phone(number), "total_amount": total });
        let answer = self.api.post("/cashier/sale", body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer
    }

    /// Texts that the client's phone showed in the app, in the chat with the bot, and as SMS. Fails when anything broke a
    /// service's protocol.
    fn got(&self, number: usize) -> [Vec<String>; 3] {
        let Services {
            telegram,
            google,
            osonsms,
        } = &self.services;
        google.received();
        telegram.received();
        osonsms.received();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let pushes = google.pushes(&app(number));
        let phone = self.api.phone(number).trim_start_matches('+');
        [
            pushes
                .iter()
                .map(|push| text(&push["notification"]["body"]))
                .collect(),
            telegram
                .messages(chat(number))
                .iter()
                .map(|call| text(&call["text"]))
                .collect(),
            osonsms
                .messages(phone)
                .iter()
                .map(|sms| sms["msg"].clone())
                .collect(),
        ]
    }

    /// How many of each.
    fn counts(&self, number: usize) -> [usize; 3] {
        self.got(number).map(|texts| texts.len())
    }

    /// How often each service was asked at all.
    fn asked(&self) -> [usize; 3] {
        let Services {
            telegram,
            google,
            osonsms,
        } = &self.services;
        [
            google.received().len(),
            telegram.received().len(),
            osonsms.received().len(),
        ]
    }

    /// What the shop sees of the client's messages, the newest first.
    async fn history(&self, number: usize) -> Vec<SentMessage> {
        let shop = self.api.shop().await;
        let page = usecase::client_messages(&self.api.loyalty, &shop, number as i64, 1, 50).await;
        page.unwrap().items
    }

    async fn last(&self, number: usize) -> SentMessage {
        self.history(number).await.swap_remove(0)
    }

    async fn set_rules(&self, rules: MessageRules) {
        let shop = self.api.shop().await;
        usecase::set_message_rules(&self.api.loyalty, &shop, rules)
            .await
            .unwrap();
    }

    async fn send_to_all_channels(&self) {
        self.set_rules(MessageRules {
            to_all: true,
            quiet: None,
        })
        .await;
    }
}

/// The registration token of a client's app.
fn app(number: usize) -> String {
    format!("app-of-{number}")
}

/// The client's chat with the shop's bot, which is the client's Telegram account.
fn chat(number: usize) -> i64 {
    700_000 + number as i64
}

/// The shop writes to all its clients.
async fn write_campaign(api: &Api) {
    let shop = api.shop().await;
    let draft = CampaignDraft {
        request_key: None,
        name: "Скидки".to_owned(),
        audience: Audience::default(),
        texts: CampaignTexts {
            ru: "Скидки!".to_owned(),
            ..CampaignTexts::default()
        },
        goods: Vec::new(),
        hold_out_percent: 0,
        portion_size: 50,
        portion_pause_seconds: 0,
        attribution_days: 7,
    };
    usecase::start_campaign(&api.loyalty, &shop, "test", &draft)
        .await
        .unwrap();
    usecase::send_portion(&api.loyalty, &shop, api.loyalty.now())
        .await
        .unwrap();
}
