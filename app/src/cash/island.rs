//! The app inside the shell.

use leptos::either::EitherOf7;
use leptos::prelude::*;

use super::done::DoneScreen;
use super::enrol::EnrolScreen;
use super::find::FindScreen;
use super::header::{Header, Languages};
use super::login::LoginScreen;
use super::sale::{Of, SaleScreen};
use super::stopped::StoppedScreen;
use super::till::{Screen, Till};
use crate::ui::{Notice, Tone};

/// The web cashier.
#[island]
pub fn CashApp() -> impl IntoView {
    let till = Till::new();
    Effect::new(move || till.begin());
    Effect::new(move || tell_document(till));
    let sale = move |of| view! { <SaleScreen till=till of=of /> };
    let trouble = Signal::derive(move || till.trouble.get().unwrap_or_default());
    view! {
        <Header till=till />
        <main class="till" aria-busy=move || till.busy.get().to_string()>
            {move || till.trouble.with(Option::is_some).then(|| view! { <Notice tone=Tone::Danger text=trouble /> })}
            {move || match till.screen.get() {
                Screen::Loading => EitherOf7::A(view! { <LoadingScreen till=till /> }),
                Screen::Login => EitherOf7::B(view! { <LoginScreen till=till /> }),
                Screen::Stopped(stop) => EitherOf7::C(view! { <StoppedScreen till=till stop=stop /> }),
                Screen::Find => EitherOf7::D(view! { <FindScreen till=till /> }),
                Screen::Enrol(phone, is_new) => {
                    EitherOf7::E(view! { <EnrolScreen till=till phone=phone is_new=is_new /> })
                }
                Screen::Sale(card) => EitherOf7::F(sale(Of::Client(card))),
                Screen::Done(who, sold) => EitherOf7::G(view! { <DoneScreen till=till who=who sold=sold /> }),
                Screen::Repeat(asked) => EitherOf7::F(sale(Of::Asked(asked))),
            }}
        </main>
        <Languages till=till />
    }
}

/// Stands where the first screen will stand, in its size.
#[component]
fn LoadingScreen(till: Till) -> impl IntoView {
    view! {
        <div class="screen" role="status">
            <h1>{till.text(|texts| texts.loading)}</h1>
            <div class="skeleton" aria-hidden="true"></div>
            <div class="skeleton tall" aria-hidden="true"></div>
        </div>
    }
}

/// The document follows the language and the shop's colour.
fn tell_document(till: Till) {
    let (lang, color) = (
        till.lang.get(),
        till.session
            .with(|session| session.as_ref()?.primary_color.clone()),
    );
    #[cfg(feature = "hydrate")]
    {
        use leptos::wasm_bindgen::JsCast;
        let root = web_sys::window()
            .and_then(|window| window.document())
            .and_then(|page| page.document_element());
        let Some(root) = root.and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok()) else {
            return;
        };
        root.set_lang(lang.code());
        if let Some(color) = color {
            // An unreadable colour leaves the default.
            let _set = root.style().set_property("--brand", &color);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _unused_on_the_server = (lang, color);
}
