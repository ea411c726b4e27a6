//! What has to hold after the simulated year.

use std::collections::HashSet;

use loyalty::Loyalty;
use loyalty::model::{Date, Job, Percent, Timestamp};
use loyalty::usecase;
use sqlx::PgPool;

use super::Size;
use super::shops::register;
use crate::fakes::{OsonSms, Telegram};

pub async fn check(loyalty: &Loyalty, pool: &PgPool, size: Size, (begin, now): (Timestamp, Timestamp)) {
    assert_eq!(usecase::check_ledger(loyalty).await.unwrap(), []);
    let number = async |sql: &'static str| -> i64 { sqlx::query_scalar(sql).fetch_one(pool).await.unwrap() };
    let sales = number("SELECT COUNT(*) FROM sales WHERE kind = 'sale'").await;
    assert!(sales > 100 * size.shops, "{sales} sales are no year");
    // Every job once per shop and day: the key forbids twice, and here no day is missing.
    for shop in 2..=size.shops + 1 {
        let tenant = register(loyalty, shop).await.tenant;
        let campaign = usecase::campaign_result(loyalty, &tenant, 1)
            .await
            .unwrap()
            .unwrap();
        let members = campaign.sent.clients + campaign.held_out.clients;
        assert!(
            campaign.is_final && members == size.clients_of_shop,
            "{campaign:?}"
        );
        let runs: Vec<(String, String)> =
            sqlx::query_as("SELECT job, day FROM job_runs WHERE tenant_id = $1 ORDER BY day")
                .bind(shop)
                .fetch_all(pool)
                .await
                .unwrap();
        for (job, minute) in Job::ALL
            .into_iter()
            .filter_map(|job| Some((job, job.at_minute()?)))
        {
            let days = runs.iter().filter(|(name, _)| name == job.as_str());
            let days: Vec<&str> = days.map(|(_, day)| day.as_str()).collect();
            let mut expected = Vec::new();
            let mut day = Date::at(begin, tenant.zone);
            while day.at_minute(minute, tenant.zone) <= now {
                if day.at_minute(minute, tenant.zone) > begin {
                    expected.push(day.to_string());
                }
                day = day.plus_days(1);
            }
            assert_eq!(days, expected, "{job:?} of shop {shop}");
        }
    }
    let nothing = [
        ("follow-ups wait", "SELECT COUNT(*) FROM follow_ups WHERE done_at IS NULL"),
        (
            "burnt without a reminder",
            "SELECT COUNT(*) FROM entries AS e
               JOIN entry_lots AS t ON t.tenant_id = e.tenant_id AND t.client_id = e.client_id AND t.number = e.number
               JOIN lots AS l ON l.tenant_id = t.tenant_id AND l.id = t.lot_id
              WHERE e.kind = 'expiration' AND e.tenant_id > 1 AND l.reminded_at IS NULL",
        ),
        (
            "invited and bought, but nobody was thanked or told why not",
            "SELECT COUNT(*) FROM clients AS c
              WHERE c.invited_by IS NOT NULL AND c.sales_count > 0
                AND NOT EXISTS (SELECT 1 FROM follow_ups AS f WHERE f.tenant_id = c.tenant_id
                                  AND f.client_id = c.invited_by AND f.task LIKE '%\"invitee_id\":' || c.id || ',%')",
        ),
        (
            "a promotion beyond its limit",
            "SELECT COUNT(*) FROM promotions WHERE tenant_id > 1 AND used > 200",
        ),
        (
            "a campaign not sent",
            "SELECT COUNT(*) FROM campaigns WHERE tenant_id > 1 AND status <> 'sent'",
        ),
        (
            "a member of a campaign without its message, or one held out with it",
            "SELECT COUNT(*) FROM campaign_members AS m
              WHERE (SELECT COUNT(*) FROM outbox AS o WHERE o.tenant_id = m.tenant_id AND o.client_id = m.client_id
                        AND o.campaign_id = m.campaign_id) <> (CASE WHEN m.held_out THEN 0 ELSE 1 END)",
        ),
        (
            "a birthday without its gift",
            "SELECT COUNT(*) FROM clients AS c
              WHERE c.tenant_id > 1 AND NOT EXISTS (SELECT 1 FROM entries AS e
                     WHERE e.tenant_id = c.tenant_id AND e.client_id = c.id AND e.kind = 'birthday')",
        ),
    ];
    for (what, sql) in nothing {
        assert_eq!(number(sql).await, 0, "{what}");
    }
    for kind in [
        "expiration",
        "birthday",
        "referral_inviter",
        "second_purchase",
        "reactivation",
    ] {
        let sql = format!("SELECT COUNT(*) FROM entries WHERE kind = '{kind}' AND tenant_id > 1");
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(pool)
            .await
            .unwrap();
        assert!(count > 0, "no {kind} in a whole year");
    }
    assert!(number("SELECT used FROM promotions WHERE tenant_id = 2").await > 0);
    let percent: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT explanation::json ->> 'percent' FROM entries WHERE kind = 'accrual'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(
        percent.len() > 1,
        "nobody changed tiers: {percent:?} {:?}",
        Percent::whole(5)
    );
}

pub async fn check_messages(pool: &PgPool, telegram: &Telegram, sms: &OsonSms) {
    let rows =
        async |sql: &'static str| -> Vec<i64> { sqlx::query_scalar(sql).fetch_all(pool).await.unwrap() };
    let open = rows("SELECT id FROM outbox WHERE status = 'waiting' AND tenant_id > 1").await;
    assert_eq!(open, Vec::<i64>::new(), "every message is accounted for");
    let untold = rows(
        "SELECT s.id FROM sales AS s
          WHERE s.tenant_id > 1 AND (SELECT COUNT(*) FROM outbox AS o WHERE o.tenant_id = s.tenant_id
                  AND o.client_id = s.client_id AND o.created_at = s.created_at AND o.kind IN ('sale', 'redemption')) = 0",
    )
    .await;
    assert_eq!(untold, Vec::<i64>::new(), "every sale was told of");
    let unexplained =
        rows("SELECT id FROM outbox WHERE status <> 'sent' AND reason IS NULL AND tenant_id > 1").await;
    assert_eq!(unexplained, Vec::<i64>::new(), "what was not sent says why");
    // By SMS exactly once: as many as were sent, each under its own name.
    let sent =
        rows("SELECT id FROM outbox WHERE status = 'sent' AND channels = 'sms' AND tenant_id > 1").await;
    let taken: HashSet<String> = sms
        .received()
        .iter()
        .filter(|asked| !asked.get("txn_id").is_empty())
        .map(|asked| asked.get("txn_id").to_owned())
        .collect();
    let names: HashSet<String> = taken
        .iter()
        .filter_map(|name| name.rsplit('-').next())
        .map(str::to_owned)
        .collect();
    let lost: Vec<&i64> = sent
        .iter()
        .filter(|id| !names.contains(&id.to_string()))
        .collect();
    assert!(lost.is_empty() && !sent.is_empty(), "never arrived: {lost:?}");
    // By Telegram at least once.
    let sent: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT o.tenant_id, o.client_id, COUNT(*) FROM outbox AS o
          WHERE o.status = 'sent' AND o.channels = 'telegram' AND o.tenant_id > 1 GROUP BY 1, 2",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(!sent.is_empty());
    for (shop, client, count) in sent {
        let arrived = telegram.messages(shop * 100_000 + client).len() as i64;
        assert!(
            arrived >= count,
            "client {client} of shop {shop}: {arrived} of {count}"
        );
    }
}

/// What happened in that year.
pub async fn summary(pool: &PgPool) -> String {
    let sql = "SELECT (SELECT COUNT(*) FROM sales) || ' sales and redemptions, ' || (SELECT COUNT(*) FROM returns) || ' returns, '
                   || (SELECT COUNT(*) FROM job_runs) || ' runs of jobs, ' || (SELECT COUNT(*) FROM entries) || ' entries; messages: '
                   || (SELECT STRING_AGG(status || ' ' || many, ', ')
                         FROM (SELECT status, COUNT(*) AS many FROM outbox GROUP BY status ORDER BY status) AS by_status)";
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}
