//! Shop, branch, register, and how the server answers (R-WEBCASH-6).

use leptos::prelude::*;

use super::device;
use super::till::{Line, Till};
use crate::i18n::Lang;

/// The line above every screen.
#[component]
pub fn Header(till: Till) -> impl IntoView {
    let place = move || {
        till.session.with(|session| {
            session
                .as_ref()
                .map(|s| format!("{} · {} · {}", s.store, s.branch, s.register))
                .unwrap_or("Bonex".into())
        })
    };
    let dot = move || match till.line.get() {
        Line::Online => "dot online",
        Line::Slow => "dot slow",
        Line::Offline => "dot offline",
    };
    let line = move || match till.line.get() {
        Line::Online => till.texts().online,
        Line::Slow => till.texts().slow,
        Line::Offline => till.texts().offline,
    };
    view! {
        <header class="bar">
            <span class="place">{place}</span>
            <span class="line" role="status">
                <span class=dot aria-hidden="true"></span>
                <span class="line-text">{line}</span>
            </span>
            {move || {
                till.session.with(Option::is_some).then(|| {
                    view! {
                        <button type="button" class="quiet" on:click=move |_| till.leave()>
                            {till.text(|texts| texts.leave)}
                        </button>
                    }
                })
            }}
        </header>
    }
}

/// The switch of languages, under every screen.
#[component]
pub fn Languages(till: Till) -> impl IntoView {
    let languages = Lang::ALL.map(|lang| {
        let choose = move |_| {
            device::save_language(lang.code());
            till.lang.set(lang);
        };
        view! {
            <button type="button" class="quiet" aria-pressed=move || (till.lang.get() == lang).to_string() on:click=choose>
                {lang.code()}
            </button>
        }
    });
    view! {
        <footer>
            <div class="languages" role="group" aria-label=till.text(|texts| texts.language)>
                {languages.into_iter().collect_view()}
            </div>
        </footer>
    }
}
