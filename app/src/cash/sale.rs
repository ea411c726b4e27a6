//! The sale: receipt, bonuses to spend, and what it comes to, computed here by the rules that decide it there.

use leptos::prelude::*;
use loyalty::model::{Bonus, Money};
use loyalty::rules::preview::{Preview, preview};

use super::api::{self, Card};
use super::device;
use super::till::{Screen, Till};
use crate::ui::{Field, Notice, Tone, bonus, phone, signed};

/// A client and his receipt.
#[component]
pub fn SaleScreen(till: Till, card: Card) -> impl IntoView {
    let (total, redeem) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    // An answer was lost: the very same sale is asked for again until it is known.
    let unsure = RwSignal::new(false);
    let key = StoredValue::new(None::<(String, String)>);
    let terms = card.terms;
    let sum = move || Money::parse(&total.get()).unwrap_or_default();
    let figures = Memo::new(move |_| preview(&terms, sum(), Bonus::parse(&redeem.get()).unwrap_or_default()));
    let client = card.clone();
    let sell = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (total, redeemed) = (sum(), figures.get().redeemed);
        if total.is_positive() {
            let key = one_key(key, format!("{total} {redeemed}"));
            let (card, request) = (
                client.clone(),
                api::make_sale(client.phone.clone(), total, redeemed),
            );
            let done = move |sold| till.show(Screen::Done(card, sold));
            till.ask_or(Some(key), request, done, move |error| {
                unsure.set(error.is_lost);
                if error.is_lost {
                    // The notice in the form says it better.
                    till.trouble.set(None);
                }
            });
        }
    };
    let label = till.text(|texts| texts.sell);
    let button = move || match (till.busy.get(), unsure.get()) {
        (true, _) => till.texts().selling.to_owned(),
        (false, true) => till.texts().repeat.to_owned(),
        (false, false) => label.get(),
    };
    view! {
        <form class="screen" on:submit=sell>
            <ClientHead till=till card=card />
            <Field
                label=till.text(|texts| texts.receipt_sum)
                value=total
                id="receipt-sum"
                inputmode="decimal"
                focused=true
                disabled=unsure
            />
            <RedeemChoice till=till redeem=redeem figures=figures disabled=unsure />
            <Figures till=till figures=figures minimum=terms.min_purchase_amount />
            {move || {
                unsure.get().then(|| view! { <Notice tone=Tone::Info text=till.text(|texts| texts.unsure) /> })
            }}
            <div class="foot">
                <button
                    class="button primary"
                    prop:disabled=move || till.busy.get() || !sum().is_positive() || figures.get().below_minimum
                >
                    {button}
                </button>
            </div>
        </form>
    }
}

/// One key per sale: the same figures keep it, so that a second tap or a lost answer never sells twice.
fn one_key(kept: StoredValue<Option<(String, String)>>, figures: String) -> String {
    if let Some((_, key)) = kept.get_value().filter(|(same, _)| *same == figures) {
        return key;
    }
    let key = device::uuid();
    kept.set_value(Some((figures, key.clone())));
    key
}

/// Name, tier and balances (R-LOOKUP-10).
#[component]
fn ClientHead(till: Till, card: Card) -> impl IntoView {
    let held = card.held;
    let name = card.full_name.clone().unwrap_or_else(|| phone(&card.phone));
    view! {
        <div class="client">
            <button
                type="button"
                class="quiet back"
                aria-label=till.text(|texts| texts.back)
                on:click=move |_| till.show(Screen::Find)
            >
                "‹"
            </button>
            <div class="who">
                <h1>{name}</h1>
                <p class="muted number">{phone(&card.phone)}</p>
            </div>
            <span class="chip">{card.tier.clone()}</span>
        </div>
        <p class="balance">
            <strong class="sum">{bonus(card.redeemable)}</strong>
            " "
            {till.text(|texts| texts.available)}
        </p>
        <p class="muted">
            {bonus(card.balance)} " " {till.text(|texts| texts.total)}
            {move || held.is_positive().then(|| format!(" · {} {}", bonus(held), till.texts().held))}
        </p>
    }
}

/// How much to spend: nothing, a sum of one's own, or all that is allowed.
#[component]
fn RedeemChoice(
    till: Till,
    redeem: RwSignal<String>,
    figures: Memo<Preview>,
    #[prop(into)] disabled: Signal<bool>,
) -> impl IntoView {
    let most = move || figures.get().redeem_max;
    view! {
        <Field label=till.text(|texts| texts.redeem) value=redeem id="redeem" inputmode="decimal" disabled=disabled />
        <div class="choices">
            <button type="button" class="button" prop:disabled=disabled on:click=move |_| redeem.set(String::new())>
                {till.text(|texts| texts.redeem_none)}
            </button>
            <button
                type="button"
                class="button"
                prop:disabled=move || disabled.get() || !most().is_positive()
                on:click=move |_| redeem.set(most().to_string().replace('.', ","))
            >
                {till.text(|texts| texts.redeem_max)}
                " "
                {move || bonus(most())}
            </button>
        </div>
    }
}

/// What the sale comes to, as it is typed.
#[component]
fn Figures(till: Till, figures: Memo<Preview>, minimum: Money) -> impl IntoView {
    let too_small = move || figures.get().below_minimum;
    view! {
        <dl class="figures" aria-live="polite">
            <div class="main">
                <dt>{till.text(|texts| texts.to_pay)}</dt>
                <dd>{move || till.money(figures.get().to_pay)}</dd>
            </div>
            <div>
                <dt>{till.text(|texts| texts.spent)}</dt>
                <dd>{move || signed(-figures.get().redeemed)}</dd>
            </div>
            <div>
                <dt>{till.text(|texts| texts.earned)}</dt>
                <dd class="earned">{move || signed(figures.get().accrued)}</dd>
            </div>
        </dl>
        {move || {
            too_small().then(|| {
                view! { <p class="muted">{till.text(|texts| texts.below_minimum)} " " {till.money(minimum)}</p> }
            })
        }}
    }
}
