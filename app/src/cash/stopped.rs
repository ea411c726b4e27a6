//! The till can't work now: why, and what to do.

use leptos::prelude::*;

use super::stop::Stop;
use super::till::Till;
use crate::i18n::CashTexts;

/// One word of the language.
type Word = fn(&CashTexts) -> &'static str;

/// Explains, and lets the cashier try again.
#[component]
pub fn StoppedScreen(till: Till, stop: Stop) -> impl IntoView {
    let (title, why, again): (Word, Word, Word) = match stop {
        Stop::OtherDevice => (
            |texts| texts.other_device_title,
            |texts| texts.other_device,
            |texts| texts.try_again,
        ),
        Stop::Unreachable => (|texts| texts.unopened_title, |_| "", |texts| texts.repeat),
    };
    view! {
        <div class="screen">
            <h1>{till.text(title)}</h1>
            <p role="alert">{till.text(why)}</p>
            <div class="foot">
                <button
                    type="button"
                    class="button primary"
                    prop:disabled=till.busy
                    on:click=move |_| till.open_session()
                >
                    {till.text(again)}
                </button>
                <button type="button" class="button" on:click=move |_| till.leave()>
                    {till.text(|texts| texts.leave)}
                </button>
            </div>
        </div>
    }
}
