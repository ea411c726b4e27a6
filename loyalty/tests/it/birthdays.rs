//! Gifts for birthdays when the shop changes how early they come.

use loyalty::model::{Bonus, Programme};

use crate::on_both_engines;
use crate::shop::Shop;

fn days_before(days: i64) -> impl FnOnce(&mut Programme) {
    move |rules| rules.birthday.as_mut().unwrap().days_before = days
}

impl Shop {
    /// The jobs of these days alone; those between are left out: without its jobs the shop is as new.
    async fn only(&self, days: &[&str]) {
        self.execute("DELETE FROM tenant_jobs").await;
        self.execute("DELETE FROM job_runs").await;
        for day in days {
            self.set(&format!("{day}T08:00:00"));
            self.run_due_jobs().await;
            self.set(&format!("{day}T12:00:00"));
            self.run_due_jobs().await;
        }
    }

    async fn birthday_causes(&self) -> Vec<String> {
        self.texts("SELECT cause FROM entries WHERE kind = 'birthday' ORDER BY id")
            .await
    }
}

on_both_engines! {
    async fn days_before_lowered_around_the_new_year_give_one_gift_for_one_birthday(shop: Shop) {
        shop.change(days_before(30)).await;
        shop.born(1, "1990-01-05").await;
        shop.only(&["2026-12-05", "2026-12-06", "2026-12-07"]).await;
        assert_eq!(shop.birthday_causes().await, ["birthday 2026"]);
        shop.change(days_before(3)).await;
        shop.only(&["2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03", "2027-01-04", "2027-01-05"]).await;
        assert_eq!(shop.birthday_causes().await, ["birthday 2026"], "the gift for 5 January came on 6 December");
        shop.only(&["2028-01-02", "2028-01-05"]).await;
        assert_eq!(shop.birthday_causes().await, ["birthday 2026", "birthday 2028"], "the next birthday has its own");
    }

    async fn days_before_raised_after_the_gift_give_no_other_in_its_year(shop: Shop) {
        shop.change(days_before(0)).await;
        shop.born(1, "1990-01-05").await;
        shop.only(&["2027-01-05"]).await;
        shop.change(days_before(60)).await;
        shop.only(&["2027-11-06", "2027-12-30", "2027-12-31"]).await;
        assert_eq!(shop.birthday_causes().await, ["birthday 2027"], "one a calendar year");
        shop.only(&["2028-01-01", "2028-01-02", "2028-01-05"]).await;
        assert_eq!(shop.birthday_causes().await, ["birthday 2027", "birthday 2028"], "and the next birthday has its own");
        assert_eq!(shop.balance(&shop.client(1)).await, Bonus::whole(25));
    }
}
