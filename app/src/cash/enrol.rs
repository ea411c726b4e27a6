//! A new client (R-CREG), and the name of one who has none (ruling 59).

use leptos::prelude::*;

use super::till::Till;
use super::{api, device};
use crate::ui::Field;

/// Nobody has this phone: a name, if they like, and they are in. Or somebody has it and told no name yet.
#[component]
pub fn EnrolScreen(till: Till, phone: String, is_new: bool) -> impl IntoView {
    let full_name = RwSignal::new(String::new());
    let shown = crate::ui::phone(&phone);
    let enrol = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let name = Some(full_name.get().trim().to_owned()).filter(|name| !name.is_empty());
        if is_new || name.is_some() {
            send(till, phone.clone(), name);
        }
    };
    view! {
        <form class="screen" on:submit=enrol>
            <h1>{till.text(if is_new { |texts| texts.unknown_title } else { |texts| texts.add_name })}</h1>
            <p class="muted">{till.text(if is_new { |texts| texts.unknown_hint } else { |_| "" })}</p>
            <p class="big-number">{shown}</p>
            <Field label=till.text(if is_new { |texts| texts.full_name } else { |texts| texts.name }) value=full_name id="full-name" focused=true />
            <div class="foot">
                <button class="button primary" prop:disabled=till.busy>
                    {till.text(if is_new { |texts| texts.enrol } else { |texts| texts.add_name })}
                </button>
                <button type="button" class="button" on:click=move |_| till.find()>
                    {till.text(|texts| texts.back)}
                </button>
            </div>
        </form>
    }
}

/// A lost answer enrols nobody twice, and another name is another request.
fn send(till: Till, phone: String, name: Option<String>) {
    let key = device::key_of(&[&phone, "\n", name.as_deref().unwrap_or_default()].concat());
    till.ask(Some(key), api::enrol_client(phone, name), move |card| {
        till.found(card)
    });
}
