//! Both tokens (R-WEBCASH-4).

use leptos::prelude::*;

use super::device;
use super::till::Till;
use crate::ui::Field;

/// Asks for the tokens and signs in.
#[component]
pub fn LoginScreen(till: Till) -> impl IntoView {
    let (tenant, cashier) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let enter = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (tenant, cashier) = (tenant.get(), cashier.get());
        if !tenant.trim().is_empty() && !cashier.trim().is_empty() {
            device::save(tenant.trim(), cashier.trim());
            till.open_session();
        }
    };
    view! {
        <form class="screen" on:submit=enter>
            <h1>{till.text(|texts| texts.login_title)}</h1>
            <p class="muted">{till.text(|texts| texts.login_hint)}</p>
            <Field label=till.text(|texts| texts.tenant_token) value=tenant id="tenant-token" focused=true />
            <Field label=till.text(|texts| texts.cashier_token) value=cashier id="cashier-token" />
            <div class="foot">
                <button class="button primary" prop:disabled=till.busy>
                    {till.text(|texts| texts.save_and_enter)}
                </button>
            </div>
        </form>
    }
}
