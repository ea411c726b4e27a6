//! What happens by the clock: expiry, reminders, birthdays, and each job once per shop and day.

use std::time::Duration;

use loyalty::Loyalty;
use loyalty::model::{Bonus, Client, Date, Identifier, Job, Money, TierBasis, Timestamp, Zone};
use loyalty::usecase::{self, ProfileChange, TakenJob};

use crate::on_both_engines;
use crate::raw::Raw;
use crate::shop::{Shop, connect, sale};

const DAY: i64 = 86_400;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text, Zone::DUSHANBE).unwrap()
}

/// Takes a job that is due.
async fn take_job(loyalty: &Loyalty) -> Option<TakenJob> {
    usecase::plan_jobs(loyalty).await.unwrap();
    for shop in usecase::shops_with_jobs(loyalty).await.unwrap() {
        // Another may be faster.
        if let Some(taken) = usecase::take_jobs(loyalty, shop, 1).await.unwrap().pop() {
            return Some(taken);
        }
    }
    None
}

impl Shop {
    /// Runs everything that is due, one after another.
    pub async fn run_due_jobs(&self) -> usize {
        let mut made = 0;
        while let Some(taken) = take_job(&self.loyalty).await {
            assert!(usecase::run_job(&self.loyalty, &taken).await.unwrap());
            made += 1;
        }
        made
    }

    async fn days_of(&self, job: Job) -> Vec<String> {
        let tenant = self.tenant().await;
        let runs = usecase::job_runs(&self.loyalty, &tenant, 1000).await.unwrap();
        let mut days: Vec<String> = runs
            .into_iter()
            .filter(|run| run.job == job)
            .map(|run| run.day)
            .collect();
        days.reverse();
        days
    }

    /// A client tells the day of birth.
    pub async fn born(&self, client_id: i64, day: &str) {
        let client = Client {
            tenant: self.register(1).await.tenant,
            id: client_id,
            token_id: 0,
        };
        let change = ProfileChange {
            birth_date: Some(Some(Date::parse(day).unwrap())),
            ..ProfileChange::default()
        };
        usecase::update_profile(&self.loyalty, &client, &change)
            .await
            .unwrap();
    }

    /// The clock is set.
    pub fn set(&self, text: &str) {
        let seconds = (at(text).millis() - self.loyalty.now().millis()) / 1000;
        self.wait_seconds(seconds);
    }
}

on_both_engines! {
    async fn r_expire_1_what_is_left_of_a_lot_burns_once(shop: Shop) {
        let client = shop.client(1);
        let begin = shop.balance(&client).await;
        shop.wait_seconds(10 * DAY);
        shop.sell(&client, &sale(Money::whole(100), Bonus::whole(20), None)).await.unwrap();
        shop.wait_seconds(170 * DAY);
        let now = shop.loyalty.now();
        assert_eq!(usecase::expire_bonuses(&shop.loyalty, now.plus_seconds(-1)).await.unwrap(), 0);
        assert_eq!(usecase::expire_bonuses(&shop.loyalty, now).await.unwrap(), 5, "five clients had old bonuses");
        assert_eq!(shop.balance(&client).await, Bonus::whole(4), "5 % of 80");
        assert_eq!(usecase::expire_bonuses(&shop.loyalty, now).await.unwrap(), 0, "once");
        assert_eq!(begin, Bonus::whole(160));
    }

    async fn many_processes_burn_the_same_bonuses_once(shop: Shop) {
        for number in 0..60 {
            let client = shop.enrol(&format!("+9929355500{number:02}"), None).await;
            shop.sell(&client, &sale(Money::whole(100), Bonus::ZERO, None)).await.unwrap();
        }
        shop.wait_seconds(180 * DAY);
        let now = shop.loyalty.now();
        let second = connect(&shop.url, shop.clock.clone()).await;
        let (one, two, three) = tokio::join!(
            usecase::expire_bonuses(&shop.loyalty, now),
            usecase::expire_bonuses(&second, now),
            usecase::expire_bonuses(&second, now),
        );
        assert_eq!(one.unwrap() + two.unwrap() + three.unwrap(), 65);
        let left = shop.numbers("SELECT CAST(SUM(balance) AS BIGINT) FROM clients").await;
        assert_eq!(left, [0]);
        second.close().await;
    }

    async fn sales_go_on_while_bonuses_burn(shop: Shop) {
        let mut clients = Vec::new();
        for number in 0..40 {
            let client = shop.enrol(&format!("+9929355500{number:02}"), None).await;
            shop.sell(&client, &sale(Money::whole(100), Bonus::ZERO, None)).await.unwrap();
            clients.push(client);
        }
        shop.wait_seconds(180 * DAY);
        let now = shop.loyalty.now();
        let selling = async {
            for client in &clients {
                shop.sell(client, &sale(Money::whole(20), Bonus::ZERO, None)).await.unwrap();
            }
        };
        let (burnt, ()) = tokio::join!(usecase::expire_bonuses(&shop.loyalty, now), selling);
        burnt.unwrap();
        usecase::expire_bonuses(&shop.loyalty, now).await.unwrap();
        for client in &clients {
            assert_eq!(shop.balance(client).await, Bonus::whole(1));
        }
    }

    async fn r_expire_2_a_reminder_goes_once_per_lot_inside_its_window(shop: Shop) {
        let count = async || shop.numbers("SELECT COUNT(*) FROM outbox WHERE kind = 'expiring'").await[0];
        let remind = async |days: i64| {
            let at = shop.loyalty.now().plus_days(days);
            usecase::remind_of_expiring(&shop.loyalty, at).await.unwrap()
        };
        assert_eq!(remind(172).await, 0, "the window has not begun");
        assert_eq!(remind(173).await, 5);
        assert_eq!(count().await, 5, "one message for all lots of a client");
        assert_eq!(remind(174).await, 0, "once per lot");
        shop.sell(&shop.client(1), &sale(Money::whole(100), Bonus::ZERO, None)).await.unwrap();
        assert_eq!(remind(174).await, 1, "a new lot is another matter");
        assert_eq!(remind(180).await, 0, "what has burnt is too late");
        let params = shop.texts("SELECT params FROM outbox WHERE kind = 'expiring' AND client_id = 1 ORDER BY id LIMIT 1").await;
        let params: serde_json::Value = serde_json::from_str(&params[0]).unwrap();
        assert_eq!((params["amount"].as_i64(), params["balance"].as_i64()), (Some(160), Some(160)));
    }

    async fn each_job_runs_once_per_shop_and_day_and_missed_days_are_made_up_for(shop: Shop) {
        // The shop was made on 5 June at 14:30: that day's times are over.
        assert_eq!(shop.run_due_jobs().await, 0);
        let daily: Vec<Job> = Job::ALL.into_iter().filter(|job| job.at_minute().is_some()).collect();
        shop.set("2026-06-06T02:59:59");
        shop.run_due_jobs().await;
        assert_eq!(shop.days_of(Job::Expiry).await, Vec::<String>::new());
        shop.set("2026-06-06T03:00:00");
        shop.run_due_jobs().await;
        shop.run_due_jobs().await;
        assert_eq!(shop.days_of(Job::Expiry).await, ["2026-06-06"]);
        assert_eq!(shop.days_of(Job::Reminders).await, Vec::<String>::new());
        // Down for three days.
        shop.set("2026-06-09T12:00:00");
        let second = connect(&shop.url, shop.clock.clone()).await;
        let run = async |loyalty: &Loyalty| {
            let mut made = 0;
            while let Some(taken) = take_job(loyalty).await {
                made += usize::from(usecase::run_job(loyalty, &taken).await.unwrap());
            }
            made
        };
        let (one, two, three) = tokio::join!(run(&shop.loyalty), run(&second), run(&second));
        assert!(one + two + three >= 3 * daily.len(), "{one} {two} {three}");
        shop.run_due_jobs().await;
        for job in daily {
            let days = shop.days_of(job).await;
            assert_eq!(days, ["2026-06-06", "2026-06-07", "2026-06-08", "2026-06-09"], "{job:?}");
        }
        second.close().await;
    }

    async fn a_job_cut_short_goes_on_elsewhere_after_its_lease(shop: Shop) {
        shop.set("2026-06-06T03:00:00");
        let taken = loop {
            let taken = take_job(&shop.loyalty).await.unwrap();
            if taken.job() == Job::Expiry { break taken }
            usecase::run_job(&shop.loyalty, &taken).await.unwrap();
        };
        // Its holder is gone; nobody else gets it while the lease lasts.
        while let Some(other) = take_job(&shop.loyalty).await {
            assert_ne!(other.job(), Job::Expiry);
            usecase::run_job(&shop.loyalty, &other).await.unwrap();
        }
        shop.execute("UPDATE tenant_jobs SET leased_until = 1").await;
        assert!(shop.run_due_jobs().await >= 1);
        // The old holder comes back: its run counts for nothing.
        assert!(!usecase::run_job(&shop.loyalty, &taken).await.unwrap());
        assert_eq!(shop.days_of(Job::Expiry).await, ["2026-06-06"]);
    }

    async fn a_job_stays_its_holders_while_a_batch_takes_long_and_is_cut_short_when_it_does_not(shop: Shop) {
        shop.run_due_jobs().await;
        // So much happened on 5 June that counting it takes a while.
        let posted = shop.loyalty.now().millis();
        let first_id = (posted - 1_767_225_600_000) << 11;
        let raw = Raw::of(shop).await;
        raw.execute(&format!(
            "INSERT INTO receipts (tenant_id, id, register_id, total, receipt_at, created_at)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
             SELECT 1, {first_id} + i, 1, 100, {posted}, {posted} FROM n"
        )).await;
        shop.set("2026-06-06T00:15:00");
        let take = async || {
            loop {
                let taken = take_job(&shop.loyalty).await.unwrap();
                if taken.job() == Job::Figures { break taken.with_heartbeat(Duration::from_millis(1)) }
                usecase::run_job(&shop.loyalty, &taken).await.unwrap();
            }
        };
        let figures = async || shop.numbers("SELECT COUNT(*) FROM daily_figures WHERE posted_day = 20260605").await[0];
        let taken = take().await;
        shop.execute("DELETE FROM daily_figures").await;
        shop.execute("UPDATE tenant_jobs SET attempts = attempts + 1 WHERE job = 'figures'").await;
        assert!(!usecase::run_job(&shop.loyalty, &taken).await.unwrap());
        assert_eq!(figures().await, 0, "its batch was cut short");
        shop.execute("UPDATE tenant_jobs SET leased_until = 0 WHERE job = 'figures'").await;
        let taken = take().await;
        // As if its holder had not been heard of for long: nothing but a heartbeat moves this before the run is made.
        shop.execute("UPDATE tenant_jobs SET leased_until = 1 WHERE job = 'figures'").await;
        let renewed = async {
            while raw.number("SELECT leased_until FROM tenant_jobs WHERE job = 'figures'").await <= 1 {}
        };
        let mut run = std::pin::pin!(usecase::run_job(&shop.loyalty, &taken));
        tokio::select! {
            () = renewed => {}
            ran = &mut run => panic!("the lease was not renewed: {ran:?}"),
        }
        assert!(run.await.unwrap(), "and the run is its holder's");
        assert!(figures().await > 0);
    }

    async fn schedules_follow_each_shops_own_clock_with_summer_time(shop: Shop) {
        shop.execute("UPDATE tenants SET zone = 'Europe/Berlin'").await;
        // 29 March 2026 has 23 hours there, 25 October 25.
        shop.set("2026-10-23T12:00:00");
        shop.run_due_jobs().await;
        shop.set("2026-10-28T12:00:00");
        shop.run_due_jobs().await;
        let tenant = shop.tenant().await;
        let runs = usecase::job_runs(&shop.loyalty, &tenant, 1000).await.unwrap();
        let times: Vec<String> = runs
            .iter()
            .filter(|run| run.job == Job::Expiry && run.day.as_str() >= "2026-10-24")
            .map(|run| run.scheduled_at.to_rfc3339(tenant.zone))
            .collect();
        assert_eq!(times, [
            "2026-10-28T03:00:00+01:00",
            "2026-10-27T03:00:00+01:00",
            "2026-10-26T03:00:00+01:00",
            "2026-10-25T03:00:00+01:00",
            "2026-10-24T03:00:00+02:00",
        ]);
    }

    async fn ruling_32_one_birthday_gift_a_calendar_year_whatever_the_date_is_changed_to(shop: Shop) {
        let client = shop.client(1);
        shop.born(1, "1990-06-07").await;
        let begin = shop.balance(&client).await;
        shop.set("2026-06-07T08:59:59");
        shop.run_due_jobs().await;
        assert_eq!(shop.balance(&client).await, begin);
        shop.set("2026-06-07T09:00:00");
        shop.run_due_jobs().await;
        assert_eq!(shop.balance(&client).await, begin + Bonus::whole(25));
        shop.born(1, "1990-06-09").await;
        shop.set("2026-06-09T09:00:00");
        shop.run_due_jobs().await;
        assert_eq!(shop.balance(&client).await, begin + Bonus::whole(25), "once a year");
        shop.set("2026-07-08T09:00:00");
        shop.run_due_jobs().await;
        assert_eq!(shop.balance(&client).await, begin, "its own terms: 30 days");
        shop.set("2027-06-09T09:00:00");
        shop.run_due_jobs().await;
        assert_eq!(shop.balance(&client).await, Bonus::whole(25), "the next year, and the old ones are gone");
        let words = shop.texts("SELECT explanation FROM entries WHERE kind = 'birthday' ORDER BY id").await;
        assert!(words[0].contains("2026") && words[1].contains("2027"), "{words:?}");
    }

    async fn birthdays_of_the_29th_of_february_and_before_the_new_year(shop: Shop) {
        shop.run_due_jobs().await;
        shop.change(|rules| rules.birthday.as_mut().unwrap().days_before = 3).await;
        shop.born(1, "2000-02-29").await;
        shop.born(2, "2000-01-02").await;
        shop.set("2027-03-01T12:00:00");
        shop.run_due_jobs().await;
        let given = async |id: i64| {
            let sql = "SELECT client_id FROM entries WHERE kind = 'birthday' ORDER BY id";
            shop.numbers(sql).await.into_iter().filter(|client| *client == id).count()
        };
        // 30 December 2026 and 25 February 2027.
        assert_eq!((given(1).await, given(2).await), (1, 1));
        let causes = shop.texts("SELECT cause FROM entries WHERE kind = 'birthday' ORDER BY id").await;
        assert_eq!(causes, ["birthday 2026", "birthday 2027"]);
    }

    async fn a_birthday_told_of_inside_its_days_is_not_missed_and_not_met_twice_around_the_new_year(shop: Shop) {
        shop.change(|rules| rules.birthday.as_mut().unwrap().days_before = 3).await;
        shop.run_due_jobs().await;
        let given = async |id: i64| {
            let sql = "SELECT client_id FROM entries WHERE kind = 'birthday' ORDER BY id";
            shop.numbers(sql).await.into_iter().filter(|client| *client == id).count()
        };
        shop.set("2026-06-08T12:00:00");
        shop.run_due_jobs().await;
        shop.born(1, "1990-06-10").await;
        shop.born(2, "1990-01-02").await;
        shop.set("2026-06-09T12:00:00");
        shop.run_due_jobs().await;
        assert_eq!(given(1).await, 1, "two days ahead were missed, one is left");
        for day in ["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03"] {
            shop.set(&format!("{day}T12:00:00"));
            shop.run_due_jobs().await;
            assert_eq!(given(2).await, 1, "{day}");
        }
        // Down between the two halves of the next one's days. The months before are left out: without its jobs the shop is
        // as new.
        shop.execute("DELETE FROM tenant_jobs").await;
        shop.set("2027-12-30T12:00:00");
        shop.run_due_jobs().await;
        shop.set("2028-01-20T12:00:00");
        shop.run_due_jobs().await;
        assert_eq!(given(2).await, 2);
    }

    async fn purchases_leave_the_last_twelve_months_whatever_tiers_go_by(shop: Shop) {
        let tenant = shop.tenant().await;
        assert_eq!(tenant.programme.tier_basis, TierBasis::TotalSpent);
        shop.sell(&shop.client(1), &sale(Money::whole(100), Bonus::ZERO, None)).await.unwrap();
        let of_year = async || shop.numbers("SELECT year_spent FROM clients WHERE id = 1").await;
        let bought = of_year().await;
        shop.set("2027-06-05T12:00:00");
        shop.run_due_jobs().await;
        assert_eq!(of_year().await, bought, "at the review of 02:30 it was not yet 365 days old");
        shop.set("2027-06-06T12:00:00");
        shop.run_due_jobs().await;
        assert_eq!(bought[0] - of_year().await[0], 10_000, "in hundredths");
    }

    async fn nobody_is_reminded_of_what_burnt_while_the_shop_was_down(shop: Shop) {
        shop.run_due_jobs().await;
        shop.execute("DELETE FROM outbox").await;
        // 180 days after 5 June 14:30 the welcome bonuses are gone; the reminders' days come one after another.
        shop.set("2026-11-20T12:00:00");
        shop.run_due_jobs().await;
        shop.set("2026-12-02T15:00:00");
        shop.run_due_jobs().await;
        assert_eq!(shop.numbers("SELECT COUNT(*) FROM outbox WHERE kind = 'expiring'").await, [0]);
    }

    async fn a_blocked_client_gets_no_gift_and_an_unblocked_one_does(shop: Shop) {
        shop.born(1, "1990-06-07").await;
        shop.born(2, "1990-06-07").await;
        shop.execute("UPDATE clients SET is_blocked = TRUE WHERE id = 1").await;
        shop.set("2026-06-07T09:00:00");
        shop.run_due_jobs().await;
        assert_eq!(shop.numbers("SELECT client_id FROM entries WHERE kind = 'birthday'").await, [2]);
        let other = shop.balance(&Identifier::Client(2)).await;
        assert_eq!(other, Bonus::whole(75));
    }
}
