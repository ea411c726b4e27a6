//! A new client (R-CREG).

use leptos::prelude::*;

use super::till::{Screen, Till};
use super::{api, device};
use crate::ui::Field;

/// Nobody has this phone: a name, if they like, and they are in.
#[component]
pub fn EnrolScreen(till: Till, phone: String) -> impl IntoView {
    let full_name = RwSignal::new(String::new());
    // One key for this client, so that a lost answer never enrols anybody twice.
    let key = device::uuid();
    let shown = crate::ui::phone(&phone);
    let enrol = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let name = Some(full_name.get()).filter(|name| !name.trim().is_empty());
        // The name is part of what the key stands for.
        let key = format!("{key}-{}", name.as_ref().map_or(0, String::len));
        till.ask(Some(key), api::enrol_client(phone.clone(), name), move |card| {
            till.show(Screen::Sale(card))
        });
    };
    view! {
        <form class="screen" on:submit=enrol>
            <h1>{till.text(|texts| texts.unknown_title)}</h1>
            <p class="muted">{till.text(|texts| texts.unknown_hint)}</p>
            <p class="big-number">{shown}</p>
            <Field label=till.text(|texts| texts.full_name) value=full_name id="full-name" focused=true />
            <div class="foot">
                <button class="button primary" prop:disabled=till.busy>{till.text(|texts| texts.enrol)}</button>
                <button type="button" class="button" on:click=move |_| till.show(Screen::Find)>
                    {till.text(|texts| texts.back)}
                </button>
            </div>
        </form>
    }
}
