//! One labelled input.

use leptos::prelude::*;

/// A label with its input; the signal is what is typed.
#[component]
pub fn Field(
    /// Shown above.
    #[prop(into)]
    label: Signal<String>,
    /// What is typed.
    value: RwSignal<String>,
    /// Names the input.
    id: &'static str,
    /// Which keyboard a phone shows.
    #[prop(default = "text")]
    inputmode: &'static str,
    /// Gets the cursor when it appears.
    #[prop(optional)]
    focused: bool,
    /// Can't be changed now.
    #[prop(into, default = Signal::stored(false))]
    disabled: Signal<bool>,
) -> impl IntoView {
    let input = NodeRef::<leptos::html::Input>::new();
    Effect::new(move || {
        if let (true, Some(input)) = (focused, input.get()) {
            // An input that is gone again needs no cursor.
            let _gone = input.focus();
        }
    });
    view! {
        <label class="field" for=id>
            <span class="label">{label}</span>
            <input
                node_ref=input
                id=id
                class="input"
                inputmode=inputmode
                autocomplete="off"
                prop:value=value
                prop:disabled=disabled
                on:input=move |event| value.set(event_target_value(&event))
            />
        </label>
    }
}
