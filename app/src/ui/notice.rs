//! A message that says what happened and what to do.

use leptos::prelude::*;

/// How serious it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tone {
    /// Something to know.
    Info,
    /// Something went wrong.
    Danger,
}

/// A message, read aloud when it appears.
#[component]
pub fn Notice(
    /// How serious it is.
    tone: Tone,
    /// What happened and what to do.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let (class, mark) = match tone {
        Tone::Info => ("notice info", "i"),
        Tone::Danger => ("notice danger", "!"),
    };
    view! {
        <p class=class role="alert">
            <span class="mark" aria-hidden="true">{mark}</span>
            <span>{text}</span>
        </p>
    }
}
