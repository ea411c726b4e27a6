//! Who is the client: phone, card or QR, typed or scanned.

use leptos::prelude::*;
use loyalty::model::{Identifier, IdentifierError, PhoneError};

use super::api;
use super::till::{Screen, Till};

/// The first screen: one field that takes a scan and Enter, and a keypad for one thumb.
#[component]
pub fn FindScreen(till: Till) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let input = NodeRef::<leptos::html::Input>::new();
    // The cursor waits for the scanner.
    Effect::new(move || {
        if let Some(input) = input.get() {
            let _gone = input.focus();
        }
    });
    let find = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        look_up(till, typed.get());
    };
    // The oldest sale whose outcome is not known; the next one has its turn after it.
    let unanswered = till.unanswered().into_iter().next().map(|sale| {
        let (who, total) = (sale.who.as_str(), till.money(sale.total));
        let words = [till.texts().unanswered, ": ", who, " · ", &total].concat();
        view! {
            <button type="button" class="button unanswered" on:click=move |_| till.show(Screen::Repeat(sale.clone()))>
                {words}
            </button>
        }
    });
    let keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "+", "0"].map(|key| {
        view! {
            <button type="button" class="key" on:click=move |_| typed.update(|text| text.push_str(key))>
                {key}
            </button>
        }
    });
    view! {
        <form class="screen" on:submit=find>
            <h1>{till.text(|texts| texts.find_title)}</h1>
            {unanswered}
            <label class="field" for="identifier">
                <span class="label">{till.text(|texts| texts.find_label)}</span>
                <input
                    node_ref=input
                    id="identifier"
                    class="input large"
                    // The keypad below is the keyboard; a scanner and a desk have their own.
                    inputmode="none"
                    autocomplete="off"
                    placeholder="90 123 45 67"
                    prop:value=typed
                    on:input=move |event| typed.set(event_target_value(&event))
                />
            </label>
            <div class="keypad">
                {keys.into_iter().collect_view()}
                <button
                    type="button"
                    class="key"
                    aria-label=till.text(|texts| texts.erase)
                    on:click=move |_| {
                        typed.update(|text| {
                            text.pop();
                        });
                    }
                >
                    "⌫"
                </button>
            </div>
            <div class="foot">
                <button class="button primary" prop:disabled=till.busy>{till.text(|texts| texts.find)}</button>
            </div>
        </form>
    }
}

fn look_up(till: Till, typed: String) {
    let identifier = match Identifier::parse(&typed) {
        Ok(identifier) => identifier,
        Err(IdentifierError::Unreadable) => {
            return till.trouble.set(Some(till.texts().not_readable.to_owned()));
        }
        Err(IdentifierError::WrongCheckDigit) => {
            return till.trouble.set(Some(till.texts().misread.to_owned()));
        }
        Err(IdentifierError::Phone(PhoneError::CodeTwice)) => {
            return till.trouble.set(Some(till.texts().code_twice.to_owned()));
        }
        Err(IdentifierError::Phone(_)) => {
            return till.trouble.set(Some(till.texts().no_country_code.to_owned()));
        }
    };
    till.ask(None, api::find_client(typed), move |found| {
        match (found, identifier) {
            (Some(card), _) => till.found(card),
            (None, Identifier::Phone(phone)) => till.show(Screen::Enrol(phone.as_str().to_owned(), true)),
            (None, _) => till.trouble.set(Some(till.texts().unknown_card.to_owned())),
        }
    });
}
