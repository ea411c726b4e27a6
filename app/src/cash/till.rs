//! The state of the till: which screen, who works, what went wrong.

use leptos::prelude::*;

use super::api::{self, Card, Session, Sold};
use super::client::carry;
use super::device;
use super::error::CashError;
use crate::i18n::{CashTexts, Lang};

/// What is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Screen {
    /// Until the script runs.
    Loading,
    /// Both tokens are asked for.
    Login,
    /// The register is bound elsewhere.
    OtherDevice,
    /// Who is the client?
    Find,
    /// Nobody has this phone.
    Enrol(String),
    /// A client is found: the sale.
    Sale(Card),
    /// The sale is made.
    Done(Card, Sold),
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

    /// Asks who works, then shows the first screen.
    pub fn open_session(self) {
        self.ask(None, api::open_session(), move |session| {
            self.session.set(Some(session));
            self.show(Screen::Find);
        });
    }

    /// Signs out; the device id stays.
    pub fn leave(self) {
        device::forget();
        self.session.set(None);
        self.show(Screen::Login);
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
        otherwise: impl FnOnce(&CashError) + 'static,
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
            self.busy.set(false);
            let is_lost = answer.as_ref().is_err_and(|error| error.is_lost);
            self.line.set(if is_lost { Line::Offline } else { Line::Online });
            match answer {
                Ok(answer) => then(answer),
                Err(error) => {
                    self.explain(&error);
                    otherwise(&error);
                }
            }
        });
    }

    fn explain(self, error: &CashError) {
        if error.is_other_device() {
            return self.show(Screen::OtherDevice);
        }
        let words = if error.is_lost {
            self.texts().no_connection.to_owned()
        } else {
            error.error.clone()
        };
        if self.session.with_untracked(Option::is_none) {
            self.screen.set(Screen::Login);
        }
        self.trouble.set(Some(words));
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
