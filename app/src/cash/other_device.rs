//! The register is bound to another device, and what to do (R-WEBCASH-7, R-WEBCASH-8).

use leptos::prelude::*;

use super::till::Till;

/// Explains, and lets the cashier try again after the reset.
#[component]
pub fn OtherDeviceScreen(till: Till) -> impl IntoView {
    view! {
        <div class="screen">
            <h1>{till.text(|texts| texts.other_device_title)}</h1>
            <p role="alert">{till.text(|texts| texts.other_device)}</p>
            <div class="foot">
                <button type="button" class="button primary" prop:disabled=till.busy on:click=move |_| till.open_session()>
                    {till.text(|texts| texts.try_again)}
                </button>
                <button type="button" class="button" on:click=move |_| till.leave()>
                    {till.text(|texts| texts.leave)}
                </button>
            </div>
        </div>
    }
}
