//! Machines whose clocks are wrong: ids are made by time, and one machine must not spoil it for all.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use loyalty::model::{Bonus, Date, Level, Money, Timestamp};
use loyalty::usecase::{self, Once};
use loyalty::{Clock, Loyalty, Options, SystemClock};

use crate::on_both_engines;
use crate::raw::Raw;
use crate::shop::sale;

/// A machine whose clock is ahead by so many milliseconds.
#[derive(Default)]
struct Ahead(AtomicI64);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        self.machine_now()
    }

    fn machine_now(&self) -> Timestamp {
        Timestamp::from_millis(SystemClock.now().millis() + self.0.load(Ordering::SeqCst))
    }
}

/// The first id of a moment.
fn id_at(moment: Timestamp) -> i64 {
    (moment.millis() - 1_767_225_600_000) << 11
}

on_both_engines! {
    async fn a_machine_whose_clock_is_a_minute_ahead_of_the_databases_posts_nothing(shop: Shop) {
        let clock = Arc::new(Ahead::default());
        let options = Options {
            database_url: shop.url.clone(),
            secret_key: Some("ab".repeat(32)),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
        };
        let machine = Loyalty::connect(options).await.unwrap();
        let (register, client) = (shop.register(1).await, shop.client(2));
        let sell = async || {
            let request = sale(Money::whole(20), Bonus::ZERO, None);
            usecase::sell(&machine, &register, &client, &request, Once::unnamed()).await
        };
        for (ahead, is_refused) in [(90_000, true), (30_000, false), (86_400_000, true), (0, false)] {
            clock.0.store(ahead, Ordering::SeqCst);
            let made = sell().await;
            match is_refused {
                true => {
                    let error = made.unwrap_err();
                    assert!(format!("{error:?}").contains("ahead of the database's"), "{error:?}");
                }
                false => drop(made.unwrap()),
            }
        }
        machine.close().await;
    }

    async fn a_sale_on_an_account_that_is_days_ahead_counts_today_and_takes_no_other_along(shop: Shop) {
        let raw = Raw::of(shop).await;
        let now = shop.clock.now();
        let far = id_at(now.plus_days(10));
        raw.execute(&format!("UPDATE clients SET last_id = {far} WHERE tenant_id = 1 AND id = 2")).await;
        let ahead = shop.sell(&shop.client(2), &sale(Money::whole(100), Bonus::ZERO, None)).await.unwrap();
        let other = shop.sell(&shop.client(3), &sale(Money::whole(50), Bonus::ZERO, None)).await.unwrap();
        assert!(ahead.id > far, "later than everything on the account");
        assert!(other.id < id_at(now.plus_seconds(60)), "by the clock");
        let again = shop.sell(&shop.client(2), &sale(Money::whole(30), Bonus::ZERO, None)).await.unwrap();
        assert!(again.id > ahead.id);
        let tenant = shop.register(1).await.tenant;
        let today = Date::at(now, tenant.zone);
        usecase::refresh_figures(&shop.loyalty, &tenant, today).await.unwrap();
        let days = usecase::figures(&shop.loyalty, &tenant, today, today, Level::Shop).await.unwrap();
        let sum: (i64, Money) = days
            .iter()
            .fold((0, Money::ZERO), |(sales, amount), day| (sales + day.figures.sales, amount + day.figures.sales_amount));
        assert_eq!(sum, (3, Money::whole(180)));
        usecase::refresh_figures(&shop.loyalty, &tenant, today.next()).await.unwrap();
        let days = usecase::figures(&shop.loyalty, &tenant, today.next(), today.next(), Level::Shop).await.unwrap();
        assert!(days.iter().all(|day| day.figures.sales == 0), "nor does it count on the day of its id");
    }
}
