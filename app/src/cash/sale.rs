//! The sale: receipt, bonuses to spend, and what it comes to, computed here by the rules that decide it there. A sale
//! whose outcome is not known has the same screen, locked: another sum would be another sale.

use leptos::either::Either;
use leptos::prelude::*;
use loyalty::model::{Bonus, Money};
use loyalty::rules::preview::{Preview, preview};

use super::api::Card;
use super::device;
use super::till::{Screen, Till};
use super::unanswered::UnansweredSale;
use crate::ui::{Field, Notice, Tone, bonus, phone, signed, sum};

/// Which sale.
#[derive(Clone)]
pub enum Of {
    /// A new one of this client.
    Client(Card),
    /// The very same one again.
    Asked(UnansweredSale),
}

/// A client and his receipt.
#[component]
pub fn SaleScreen(till: Till, of: Of) -> impl IntoView {
    let (total, redeem, minimum) = match &of {
        Of::Client(card) => (String::new(), String::new(), card.terms.min_purchase_amount),
        Of::Asked(sale) => (sum(sale.total), bonus(sale.redeem), Money::ZERO),
    };
    let is_asked = matches!(of, Of::Asked(_));
    let (total, redeem) = (RwSignal::new(total), RwSignal::new(redeem));
    let sum = move || Money::parse(&total.get()).unwrap_or_default();
    let sale = StoredValue::new(of.clone());
    let figures = Memo::new(move |_| {
        sale.with_value(|of| match of {
            Of::Client(card) => preview(
                &card.terms,
                sum(),
                Bonus::parse(&redeem.get()).unwrap_or_default(),
            ),
            Of::Asked(sale) => sale.figures(),
        })
    });
    let is_off = move || {
        till.busy.get() || till.waits.get() && is_asked || !sum().is_positive() || figures.get().below_minimum
    };
    let sell = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !is_off() {
            let asked = sale.with_value(|of| match of {
                Of::Client(card) => {
                    UnansweredSale::new(device::uuid(), card, sum(), figures.get(), device::now())
                }
                Of::Asked(sale) => sale.clone(),
            });
            till.sell(asked, is_asked);
        }
    };
    let label = till.text(|texts| texts.sell);
    let button = move || match (till.busy.get(), is_asked) {
        (true, _) => till.texts().selling.to_owned(),
        (false, true) => till.texts().repeat.to_owned(),
        (false, false) => label.get(),
    };
    view! {
        <form class="screen" on:submit=sell>
            <ClientHead till=till of=of />
            <Field
                label=till.text(|texts| texts.receipt_sum)
                value=total
                id="receipt-sum"
                inputmode="decimal"
                focused=!is_asked
                disabled=is_asked
            />
            <RedeemChoice till=till redeem=redeem figures=figures disabled=is_asked />
            <Figures till=till figures=figures minimum=minimum />
            {is_asked.then(|| view! { <Notice tone=Tone::Info text=till.text(|texts| texts.unsure) /> })}
            <div class="foot">
                <button class="button primary" prop:disabled=is_off>
                    {button}
                </button>
            </div>
        </form>
    }
}

/// Name, tier and balances (R-LOOKUP-10); of a sale that was asked for, name and when.
#[component]
fn ClientHead(till: Till, of: Of) -> impl IntoView {
    let (name, line, tier, card) = match of {
        Of::Client(card) => {
            let (shown, tier) = (phone(&card.phone), card.tier.clone());
            match card.full_name.clone() {
                Some(name) => (name, Some(shown), tier, Some(card)),
                None => (shown, None, tier, Some(card)),
            }
        }
        Of::Asked(sale) => (sale.who, Some(device::moment(sale.asked_at)), String::new(), None),
    };
    let line = match line {
        Some(line) => Either::Right(view! { <p class="muted number">{line}</p> }),
        None => {
            let phone = card.as_ref().map(|card| card.phone.clone()).unwrap_or_default();
            Either::Left(view! {
                <button
                    type="button"
                    class="quiet name"
                    on:click=move |_| till.show(Screen::Enrol(phone.clone(), false))
                >
                    {till.text(|texts| texts.add_name)}
                </button>
            })
        }
    };
    let balances = card.map(|card| {
        let held = card.held;
        view! {
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
    });
    view! {
        <div class="client">
            <button
                type="button"
                class="quiet back"
                aria-label=till.text(|texts| texts.back)
                on:click=move |_| till.find()
            >
                "‹"
            </button>
            <div class="who">
                <h1>{name}</h1>
                {line}
            </div>
            <span class="chip">{tier}</span>
        </div>
        {balances}
    }
}

/// How much to spend: nothing, a sum of one's own, or all that is allowed.
#[component]
fn RedeemChoice(
    till: Till,
    redeem: RwSignal<String>,
    figures: Memo<Preview>,
    disabled: bool,
) -> impl IntoView {
    let most = move || figures.get().redeem_max;
    view! {
        <Field label=till.text(|texts| texts.redeem) value=redeem id="redeem" inputmode="decimal" disabled=disabled />
        <div class=if disabled { "gone" } else { "choices" }>
            <button type="button" class="button" on:click=move |_| redeem.set(String::new())>
                {till.text(|texts| texts.redeem_none)}
            </button>
            <button
                type="button"
                class="button"
                prop:disabled=move || !most().is_positive()
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
