//! What the server renders for `/cash`: complete before any script.

use leptos::prelude::*;
use leptos_meta::Title;

use super::island::CashApp;

/// `/cash`.
#[component]
pub fn CashPage() -> impl IntoView {
    view! {
        <Title text="Касса · Bonex" />
        <noscript>
            <p class="notice danger">
                "Касса работает в браузере с включённым JavaScript. Включите его в настройках браузера и обновите страницу."
            </p>
        </noscript>
        <CashApp />
    }
}
