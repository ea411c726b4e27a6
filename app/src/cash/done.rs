//! The sale is made: what to take, the new balance, and why.

use leptos::prelude::*;
use loyalty::model::Percent;

use super::api::{Gift, Sold, Why};
use super::till::Till;
use crate::ui::{bonus, signed};

/// The result, and the way to the next client.
#[component]
pub fn DoneScreen(till: Till, who: String, sold: Sold) -> impl IntoView {
    let next = NodeRef::<leptos::html::Button>::new();
    // Enter goes on.
    Effect::new(move || {
        if let Some(next) = next.get() {
            let _gone = next.focus();
        }
    });
    let (to_pay, why) = (sold.to_pay, sold.why.clone());
    view! {
        <div class="screen done">
            <div role="status">
                <p class="tick" aria-hidden="true">"✓"</p>
                <h1>{till.text(|texts| texts.done)}</h1>
                <p class="muted">{who}</p>
                <p class="sum">{move || till.money(to_pay)}</p>
                <p class="muted">{till.text(|texts| texts.to_pay)}</p>
                <p class="changes">
                    <span class="spent">{signed(-sold.redeemed)}</span>
                    <span class="earned">{signed(sold.accrued)}</span>
                </p>
                <p class="new-balance">{till.text(|texts| texts.balance)} " " <strong>{bonus(sold.new_balance)}</strong></p>
            </div>
            <details class="why">
                <summary>{till.text(|texts| texts.why)}</summary>
                <ul>{why.into_iter().map(|rule| view! { <li>{move || words(till, &rule)}</li> }).collect_view()}</ul>
            </details>
            <div class="foot">
                <button node_ref=next type="button" class="button primary" on:click=move |_| till.find()>
                    {till.text(|texts| texts.next)}
                </button>
            </div>
        </div>
    }
}

fn words(till: Till, rule: &Why) -> String {
    let texts = till.texts();
    let percent = |percent: Percent| percent.to_string().replace('.', ",");
    match rule {
        Why::Accrual {
            of,
            percent: share,
            tier,
        } => {
            format!(
                "{} {} % {} {} ({tier})",
                texts.why_accrual,
                percent(*share),
                texts.of,
                till.money(*of)
            )
        }
        Why::Redemption {
            of,
            percent: share,
            limit,
        } => {
            let (limit, of) = (bonus(*limit), till.money(*of));
            format!(
                "{} {limit}: {} % {} {of}",
                texts.why_redemption,
                percent(*share),
                texts.of
            )
        }
        Why::Promotion { name, amount } => {
            format!("{} «{name}»: {}", texts.why_promotion, signed(*amount))
        }
        Why::Gift { gift, amount } => {
            let gift = match gift {
                Gift::Invitation => texts.why_invitation,
                Gift::SecondPurchase => texts.why_second_purchase,
                Gift::Return => texts.why_return,
            };
            format!("{gift}: {}", signed(*amount))
        }
    }
}
