//! `/`: where everything is.

use leptos::prelude::*;

/// Says what Bonex is and leads on.
#[component]
pub fn HomePage() -> impl IntoView {
    view! {
        <main class="page stack">
            <h1>"Bonex"</h1>
            <p class="muted">"Программа лояльности для магазинов: бонусы за покупки, списание на кассе за секунды."</p>
            <a class="button primary" href="/cash">"Открыть кассу"</a>
            <a class="button" href="/docs">"Документация API"</a>
        </main>
    }
}
