//! A simulation beside other work: a client with very many sales holds nobody up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use loyalty::Clock;
use loyalty::model::{Bonus, Money, Percent, Tier, TierBasis};
use loyalty::usecase;

use crate::raw::Raw;
use crate::shop::{Engine, Shop, run_unchecked};

/// Sales of the house card, 10 each.
const SALES: i64 = 20_000;
/// The most work in one piece that others of the same thread wait for, as time of the processor.
const PIECE_MAX_NANOS: u64 = 400_000_000;

/// What this thread has used of its processor: time in which others wanted the machine does not count.
fn used_nanos() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

/// Twenty thousand purchases of one client within the last days, past all selling.
async fn fill_house_card(shop: &Shop) {
    let begin = shop.clock.now().plus_days(-80).millis();
    let sql = format!(
        "INSERT INTO sales (tenant_id, id, client_id, number, kind, total, gross, redeemed, accrued, mode, sale_at,
                lines, balance_after, entry_first, entry_last, created_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {SALES})
         SELECT t.id, i, 1, i, 'sale', 1000, 1000, 0, 50, 'payment_type', {begin} + i * 1000,
                '[{{\"category_code\":\"BREAD\",\"line_amount\":1000}}]', 0, 0, 0, {begin} + i * 1000
           FROM n CROSS JOIN tenants AS t"
    );
    Raw::of(shop).await.execute(&sql).await;
}

/// Twelve months, and a tier that the hundredth sale reaches.
async fn of_house_card(shop: &Shop) -> loyalty::ledger::Simulation {
    let tenant = shop.tenant().await;
    let mut rules = (*tenant.programme).clone();
    rules.tier_basis = TierBasis::TwelveMonths;
    rules.tiers = [(1, 0, 5), (2, 1000, 10)]
        .map(|(id, spent_min, percent)| Tier {
            id,
            name: format!("уровень {id}"),
            color: "#C9A227".to_owned(),
            spent_min: Money::whole(spent_min),
            bonus_percent: Percent::whole(percent),
            max_redeem_percent: None,
        })
        .to_vec();
    usecase::simulate(&shop.loyalty, &tenant, &rules, &[], 90)
        .await
        .unwrap()
}

/// Somebody else on the same thread has a turn again and again, never after a long piece of work.
async fn a_client_with_very_many_sales_holds_nobody_up(engine: Engine) {
    run_unchecked(engine, async |shop| {
        fill_house_card(shop).await;
        let (is_over, longest) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let neighbour = tokio::spawn({
            let (is_over, longest) = (Arc::clone(&is_over), Arc::clone(&longest));
            async move {
                let mut turns = 0_u64;
                while !is_over.load(Ordering::SeqCst) {
                    let before = used_nanos();
                    tokio::task::yield_now().await;
                    longest.fetch_max(used_nanos() - before, Ordering::SeqCst);
                    turns += 1;
                }
                turns
            }
        });
        let found = of_house_card(shop).await;
        is_over.store(true, Ordering::SeqCst);
        assert!(neighbour.await.unwrap() > 0);
        assert_eq!((found.sales, found.refused), (SALES, 0));
        // 5 % until 1000 are spent, 10 % from then on: the parts of a client's sales know of each other.
        let base: Bonus = found
            .rules
            .iter()
            .filter(|rule| rule.rule == "base")
            .map(|rule| rule.given)
            .sum();
        assert_eq!(base, Bonus::from_hundredths(100 * 50 + (SALES - 100) * 100));
        let longest = longest.load(Ordering::SeqCst);
        assert!(longest < PIECE_MAX_NANOS, "{longest} ns of work in one piece");
    })
    .await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_client_with_very_many_sales_holds_nobody_up_on_sqlite() {
    a_client_with_very_many_sales_holds_nobody_up(Engine::Sqlite).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_client_with_very_many_sales_holds_nobody_up_on_postgres() {
    a_client_with_very_many_sales_holds_nobody_up(Engine::Postgres).await;
}
