//! What makes islands live: the script and the wasm, fetched early, and the few lines that start them.
//!
//! Leptos has a component for this, but it writes the page's nonce into `crossorigin` too, where every style sheet and
//! script may read it.

use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::*;

/// Hints for the browser, and the start. Islands alone are hydrated.
#[component]
pub fn Hydration(options: LeptosOptions) -> impl IntoView {
    if let Some(context) = Owner::current_shared_context() {
        // Outside of islands nothing is hydrated, so nothing is sent for it.
        context.set_is_hydrating(false);
    }
    let file = |ending: &str| format!("/{}/{}.{ending}", options.site_pkg_dir, options.output_name);
    let (script, wasm) = (file("js"), file("wasm"));
    let start = format!("{}({script:?}, {wasm:?});", include_str!("boot.js").trim_end());
    let nonce = use_nonce();
    view! {
        <link rel="modulepreload" href=script crossorigin="anonymous" nonce=nonce.clone() />
        // As `fetch` in the wasm's own script asks: with no other mode would the answer be taken.
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" nonce=nonce.clone() />
        <script type="module" nonce=nonce>
            {start}
        </script>
    }
}
