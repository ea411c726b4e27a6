//! The wasm entry: brings the islands to life.

// The islands register themselves by being linked in.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's script.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
