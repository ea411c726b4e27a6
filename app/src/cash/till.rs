//! The state of the till: which screen, who works, what went wrong.

use leptos::prelude::*;

use super::answer::Failed;
use super::api::{self, Card, Session, Sold};
use super::client::{carry, status};
use super::device;
use super::error::CashError;
use super::stop::Stop;
use super::unanswered::UnansweredSale;
use crate::i18n::{CashTexts, Lang};

/// Whoever says an hour would lock the till: a person may try again sooner.
const LONGEST_WAIT: i64 = 60;

/// What is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Screen {
    /// Until the script runs.
    Loading,
    /// Both tokens are asked for.
    Login,
    /// Nothing can be done here now.
    Stopped(Stop),
    /// Who is the client?
    Find,
    /// Nobody has this phone; or somebody, and only the name is asked for.
    Enrol(String, bool),
    /// A client is found: the sale.
    Sale(Card),
    /// A sale was asked for, and its outcome is not known.
    Repeat(UnansweredSale),
    /// The sale of this client is made.
    Done(String, Sold),
}

/// How the server answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Line {
    /// At once.
    Online,
    /// After more than two seconds.
    Slow,
    /// Not at all.
    Offline,
}

/// The state; copied freely, since it is made of signals.
#[derive(Clone, Copy)]
pub struct Till {
    /// What is shown.
    pub screen: RwSignal<Screen>,
    /// Who works.
    pub session: RwSignal<Option<Session>>,
    /// A request is on its way.
    pub busy: RwSignal<bool>,
    /// What went wrong, in words.
    pub trouble: RwSignal<Option<String>>,
    /// The server asked to wait before asking again.
    pub waits: RwSignal<bool>,
    /// How the server answers.
    pub line: RwSignal<Line>,
    /// The language.
    pub lang: RwSignal<Lang>,
}

impl Till {
    /// As the server renders it.
    pub fn new() -> Self {
        Self {
            screen: RwSignal::new(Screen::Loading),
            session: RwSignal::new(None),
            busy: RwSignal::new(false),
            trouble: RwSignal::new(None),
            waits: RwSignal::new(false),
            line: RwSignal::new(Line::Online),
            lang: RwSignal::new(Lang::default()),
        }
    }

    /// The words of the language now.
    pub fn texts(self) -> &'static CashTexts {
        self.lang.get().cash()
    }

    /// One word, following the language.
    pub fn text(self, pick: fn(&CashTexts) -> &'static str) -> Signal<String> {
        Signal::derive(move || pick(self.texts()).to_owned())
    }

    /// A sum in the shop's currency.
    pub fn money(self, sum: loyalty::model::Money) -> String {
        let currency = self
            .session
            .with(|session| session.as_ref().map(|session| session.currency.clone()));
        crate::ui::money(sum, &currency.unwrap_or_default())
    }

    /// Shows a screen and forgets old trouble.
    pub fn show(self, screen: Screen) {
        self.trouble.set(None);
        self.screen.set(screen);
    }

    /// The first screen.
    pub fn find(self) {
        self.show(Screen::Find);
    }

    /// A client is found: what waits for its outcome comes before a new sale.
    pub fn found(self, card: Card) {
        let waiting = self.unanswered().into_iter().find(|sale| sale.is_of(&card));
        self.show(waiting.map_or(Screen::Sale(card), Screen::Repeat));
    }

    /// Sales of this register whose outcome is not known, the oldest first.
    pub fn unanswered(self) -> Vec<UnansweredSale> {
        device::sales(&self.place())
    }

    /// Begins: with saved tokens at the first client, without them at the login.
    pub fn begin(self) {
        if let Some(lang) = device::language().and_then(|code| Lang::of_code(&code)) {
            self.lang.set(lang);
        }
        match device::saved() {
            None => self.show(Screen::Login),
            Some(_) => self.open_session(),
        }
    }

    /// Asks who works, then shows the first screen, or the sale whose outcome is not known.
    pub fn open_session(self) {
        self.ask(None, api::open_session(), move |session| {
            self.session.set(Some(session));
            let oldest = self.unanswered().into_iter().next();
            self.show(oldest.map_or(Screen::Find, Screen::Repeat));
        });
    }

    /// Signs out; the device id stays.
    pub fn leave(self) {
        device::forget();
        self.session.set(None);
        self.show(Screen::Login);
    }

    /// Asks for a sale, which is kept before the request goes out and until its outcome is known. `asked_before`: what
    /// became of an earlier request for it is not known.
    pub fn sell(self, sale: UnansweredSale, asked_before: bool) {
        if self.busy.get_untracked() || device::saved().is_none() {
            return;
        }
        let place = self.place();
        device::keep_sale(&place, &sale);
        let (key, who, done_place) = (sale.key.clone(), sale.who.clone(), place.clone());
        let done_key = key.clone();
        self.ask_or(
            Some(key),
            api::make_sale(sale.client.clone(), sale.total, sale.redeem),
            move |sold| {
                device::forget_sale(&done_place, &done_key);
                self.show(Screen::Done(who, sold));
            },
            move |failed| {
                let words = self.trouble.get_untracked();
                if failed.proves_nothing_was_done(asked_before) {
                    device::forget_sale(&place, &sale.key);
                    if asked_before {
                        self.find();
                    }
                } else if !failed.error.is_other_device() {
                    self.show(Screen::Repeat(sale));
                }
                // The screen says it better that there was no answer.
                self.trouble.set(words.filter(|_| failed.status.is_some()));
            },
        );
    }

    /// Sends one request, unless one is on its way, and hands its answer on. Refusals are shown where they belong.
    pub fn ask<T: 'static>(
        self,
        key: Option<String>,
        request: impl Future<Output = Result<T, CashError>> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        self.ask_or(key, request, then, |_| {});
    }

    /// Like [`Till::ask`]; `otherwise` learns of a failure as well.
    pub fn ask_or<T: 'static>(
        self,
        key: Option<String>,
        request: impl Future<Output = Result<T, CashError>> + 'static,
        then: impl FnOnce(T) + 'static,
        otherwise: impl FnOnce(Failed) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        let Some(mut headers) = device::saved() else {
            self.show(Screen::Login);
            return;
        };
        headers.key = key;
        self.busy.set(true);
        self.trouble.set(None);
        self.watch_for_slowness();
        leptos::task::spawn_local(async move {
            // In the same step as the first poll of the request, which reads them.
            carry(headers);
            let answer = request.await;
            self.note_line();
            match answer {
                Ok(answer) => then(answer),
                Err(error) => otherwise(self.explain(error)),
            }
        });
    }

    fn note_line(self) {
        self.busy.set(false);
        self.line.set(match status() {
            None => Line::Offline,
            Some(_) => Line::Online,
        });
    }

    /// Shows what went wrong.
    fn explain(self, error: CashError) -> Failed {
        let failed = Failed {
            error,
            status: status(),
        };
        if failed.error.is_other_device() {
            self.show(Screen::Stopped(Stop::OtherDevice));
            return failed;
        }
        if let Some(seconds) = failed.wait() {
            self.wait_for(seconds);
        }
        let texts = self.texts();
        let words = match (failed.status, failed.wait()) {
            (None, _) => texts.no_connection.to_owned(),
            (Some(429), Some(seconds)) => {
                [texts.too_many, " ", seconds, "\u{a0}", texts.seconds, "."].concat()
            }
            // What came is not of our server, or was cut on its way.
            _ if failed.error.is_lost && failed.status != Some(503) => texts.no_connection.to_owned(),
            _ => failed.error.error.clone(),
        };
        if self.session.with_untracked(Option::is_none) {
            self.screen.set(match failed.may_pass() {
                true => Screen::Stopped(Stop::Unreachable),
                false => Screen::Login,
            });
        }
        self.trouble.set(Some(words));
        failed
    }

    /// Which register this is, among all that may work in this browser.
    fn place(self) -> String {
        self.session
            .with_untracked(|session| session.as_ref().map(|session| session.place.clone()))
            .unwrap_or_default()
    }

    /// Asking again is off until the server takes requests again.
    fn wait_for(self, seconds: &str) {
        self.waits.set(true);
        let seconds = seconds.parse().unwrap_or(LONGEST_WAIT).clamp(0, LONGEST_WAIT);
        let over = std::time::Duration::from_secs(seconds.unsigned_abs());
        set_timeout(move || self.waits.set(false), over);
    }

    /// An answer that takes long changes the status dot.
    fn watch_for_slowness(self) {
        let look = move || {
            if self.busy.get_untracked() {
                self.line.set(Line::Slow);
            }
        };
        set_timeout(look, std::time::Duration::from_secs(2));
    }
}
