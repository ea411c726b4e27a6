//! One shop's trouble holds up no other: campaigns that can't be read, jobs that take long.

use std::time::Duration;

use loyalty::model::Job;
use loyalty::model::{Audience, CampaignDraft, CampaignTexts, Tenant};
use loyalty::usecase;
use server::workers::schedule::run_due;
use sqlx::{Connection, Executor, PgConnection};
use tokio::time::timeout;

use crate::api::{Api, Engine, OtherShop, run};
use crate::on_both_engines;

const DAY: i64 = 86_400;
const PATIENCE: Duration = Duration::from_secs(60);

/// The second shop, with one client who has bonuses like those of the first shop's.
async fn second_shop(api: &Api) -> Tenant {
    let OtherShop { token, .. } = api.other_shop().await;
    for sql in [
        "INSERT INTO clients (tenant_id, id, phone, card_number, balance, total_spent, sales_count, entry_number,
                sale_number, last_id, version, is_blocked, created_at)
         SELECT 2, id, phone, card_number, balance, total_spent, sales_count, entry_number, sale_number, last_id,
                version, FALSE, created_at
           FROM clients WHERE tenant_id = 1 AND id = 1",
        "INSERT INTO lots (tenant_id, id, client_id, kind, amount, remaining, available_at, expires_at, open)
         SELECT 2, id, client_id, kind, amount, remaining, available_at, expires_at, open
           FROM lots WHERE tenant_id = 1 AND client_id = 1",
        "INSERT INTO entries (tenant_id, client_id, number, id, kind, amount, balance_after, explanation, created_at)
         SELECT 2, client_id, number, id, kind, amount, balance_after, explanation, created_at
           FROM entries WHERE tenant_id = 1 AND client_id = 1",
        "INSERT INTO entry_lots (tenant_id, client_id, number, lot_id, amount)
         SELECT 2, client_id, number, lot_id, amount FROM entry_lots WHERE tenant_id = 1 AND client_id = 1",
        "UPDATE tenants SET clients_count = 1, cards_count = 1, has_channels = TRUE WHERE id = 2",
    ] {
        api.execute(sql).await;
    }
    let shop = usecase::identify_tenant(&api.loyalty, Some(&token))
        .await
        .unwrap();
    (*shop).clone()
}

fn draft() -> CampaignDraft {
    CampaignDraft {
        request_key: None,
        name: "Молоко".to_owned(),
        audience: Audience::default(),
        texts: CampaignTexts {
            ru: "Молоко дешевле".to_owned(),
            ..CampaignTexts::default()
        },
        goods: Vec::new(),
        hold_out_percent: 0,
        portion_size: 50,
        portion_pause_seconds: 60,
        attribution_days: 7,
    }
}

/// How often the second shop's bonuses have burnt.
async fn burnt_of_second(api: &Api, shop: &Tenant) -> usize {
    let runs = usecase::job_runs(&api.loyalty, shop, 1000).await.unwrap();
    let is_burnt = |run: &&usecase::JobRun| run.job == Job::Expiry && run.counted > 0;
    runs.iter().filter(is_burnt).count()
}

on_both_engines! {
    async fn a_campaign_that_fails_holds_up_no_other_shops(api: Api) {
        let second = second_shop(api).await;
        let first = usecase::identify_tenant(&api.loyalty, Some(&api.demo.tenant.token)).await.unwrap();
        for shop in [&*first, &second] {
            usecase::start_campaign(&api.loyalty, shop, "владелец", &draft()).await.unwrap();
        }
        api.execute("UPDATE campaigns SET audience = '{' WHERE tenant_id = 1").await;
        assert_eq!(usecase::send_portions(&api.loyalty).await.unwrap(), 2);
        let written = "SELECT tenant_id || ' ' || COUNT(*) FROM outbox WHERE kind = 'campaign' GROUP BY tenant_id";
        assert_eq!(api.texts(written).await, ["2 1"]);
    }

    async fn a_job_that_nobody_can_read_holds_up_no_other(api: Api) {
        let second = second_shop(api).await;
        run_due(&api.loyalty).await.unwrap();
        let tomorrow = api.loyalty.now().plus_days(1).millis();
        api.execute(&format!("UPDATE lots SET expires_at = {tomorrow}")).await;
        api.execute(
            "INSERT INTO tenant_jobs (tenant_id, job, day, next_at, leased_until, counted)
             VALUES (1, 'of a later version', '2026-06-05', 0, 0, 0)",
        )
        .await;
        api.clock.pass(2 * DAY);
        run_due(&api.loyalty).await.unwrap();
        assert_eq!(burnt_of_second(api, &second).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_takes_long_holds_up_no_other_shops() {
    run(Engine::Postgres, async |api: &Api| {
        let second = second_shop(api).await;
        run_due(&api.loyalty).await.unwrap();
        let tomorrow = api.loyalty.now().plus_days(1).millis();
        api.execute(&format!("UPDATE lots SET expires_at = {tomorrow}"))
            .await;
        api.clock.pass(2 * DAY);
        // Every job of the first shop that changes an account waits for this.
        let mut busy = PgConnection::connect(&api.url).await.unwrap();
        busy.execute("BEGIN").await.unwrap();
        busy.execute("SELECT 1 FROM clients WHERE tenant_id = 1 FOR UPDATE")
            .await
            .unwrap();
        let seen = async {
            while burnt_of_second(api, &second).await == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            seen = timeout(PATIENCE, seen) => seen.expect("the second shop's bonuses burn meanwhile"),
            done = run_due(&api.loyalty) => panic!("the first shop's jobs did not wait: {done:?}"),
        }
        busy.execute("ROLLBACK").await.unwrap();
        // What was cut short here is another's when its lease ends.
        api.execute("UPDATE tenant_jobs SET leased_until = 0").await;
        run_due(&api.loyalty).await.unwrap();
        assert_eq!(usecase::check_ledger(&api.loyalty).await.unwrap(), []);
    })
    .await;
}
