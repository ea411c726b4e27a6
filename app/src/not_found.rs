//! What an unknown address shows, in the same look.

use leptos::prelude::*;

/// 404.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <main class="page stack">
            <h1>"Страница не найдена"</h1>
            <p class="muted">"Проверьте адрес или начните сначала."</p>
            <a class="button primary" href="/">"На главную"</a>
        </main>
    }
}
