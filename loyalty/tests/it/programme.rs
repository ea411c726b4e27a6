//! The programme at work: versions, promotions with their limits, gifts, tiers by the spending of a year, simulation.

use loyalty::ledger::{Line, ReturnRequest, SaleRequest};
use loyalty::model::{
    Bonus, Condition, Explanation, Factor, Identifier, Limits, Money, Percent, Phone, Programme, Promotion,
    ReactivationTerms, Reward, SecondPurchaseTerms, Tenant, Tier, TierBasis,
};
use loyalty::usecase::{self, EnrolmentRequest, Error, Once};
use tokio::task::JoinSet;

use crate::on_both_engines;
use crate::shop::{Shop, fresh, sale};

/// ×3 on everything.
fn triple(limits: Limits) -> Promotion {
    Promotion {
        id: 0,
        name: "Втрое".to_owned(),
        description: None,
        condition: Condition::default(),
        reward: Reward::Multiplier(Factor::from_hundredths(300)),
        limits,
        starts_at: None,
        ends_at: None,
        combinable: false,
        segment: None,
        enabled: true,
        used: 0,
    }
}

fn dairy(total: i64, dairy: i64) -> SaleRequest {
    let line = |category: &str, sum: i64| Line {
        category_code: Some(category.to_owned()),
        line_amount: Some(Money::whole(sum)),
        ..Line::default()
    };
    SaleRequest {
        lines: vec![line("DAIRY", dairy), line("BREAD", total - dairy)],
        ..sale(Money::whole(total), Bonus::ZERO, None)
    }
}

impl Shop {
    /// The demo shop with the rules in force now.
    pub async fn tenant(&self) -> Tenant {
        (*self.register(1).await.tenant).clone()
    }

    /// Changes the rules.
    pub async fn change(&self, change: impl FnOnce(&mut Programme)) -> i64 {
        let tenant = self.tenant().await;
        let mut programme = (*tenant.programme).clone();
        change(&mut programme);
        let expected = tenant.programme.version;
        usecase::change_programme(&self.loyalty, &tenant, "владелец", expected, &programme)
            .await
            .unwrap()
    }

    /// Enrols somebody new, perhaps invited.
    pub async fn enrol(&self, phone: &str, invited_by: Option<i64>) -> Identifier {
        let request = EnrolmentRequest {
            phone: Phone::parse(phone).unwrap(),
            full_name: None,
            invited_by,
        };
        let once = Once::unnamed();
        let register = self.register(1).await;
        let made = usecase::enrol(&self.loyalty, &register, &request, once).await;
        Identifier::Client(fresh(made.unwrap()).card.id)
    }

    /// Goods worth so much of a sale come back.
    pub async fn give_back(&self, client: &Identifier, sale: &str, whole: i64) {
        let request = ReturnRequest {
            amount: Money::whole(whole),
            cash_refund: None,
            to_revoke: None,
            shortage_settled: true,
            external_id: format!("return of {sale} {whole}"),
        };
        let once = Once::unnamed();
        let register = self.register(1).await;
        let made = usecase::return_goods(&self.loyalty, &register, client, sale, &request, once).await;
        fresh(made.unwrap());
    }
}

on_both_engines! {
    async fn a_change_of_rules_is_a_version_that_tells_who_and_what(shop: Shop) {
        let client = shop.client(1);
        let before = shop.sell(&client, &sale(Money::whole(100), Bonus::ZERO, None)).await.unwrap();
        assert_eq!(shop.change(|rules| rules.tiers[0].bonus_percent = Percent::whole(8)).await, 2);
        let after = shop.sell(&client, &sale(Money::whole(100), Bonus::ZERO, None)).await.unwrap();
        assert_eq!((before.accrued, after.accrued), (Bonus::whole(5), Bonus::whole(8)));
        let tenant = shop.tenant().await;
        let versions = usecase::programme_versions(&shop.loyalty, &tenant, 2, 10).await.unwrap();
        assert_eq!(versions.len(), 2);
        assert_eq!(versions[0].author, "владелец");
        assert_eq!(versions[0].changes.iter().map(|change| change.field.as_str()).collect::<Vec<_>>(), ["tiers"]);
        let stale = usecase::change_programme(&shop.loyalty, &tenant, "другой", 1, &tenant.programme).await;
        assert!(matches!(stale, Err(Error::ProgrammeMoved)), "{stale:?}");
        let same = usecase::change_programme(&shop.loyalty, &tenant, "другой", 2, &tenant.programme).await;
        assert_eq!(same.unwrap(), 2, "nothing changed, no version");
        let mut wrong = (*tenant.programme).clone();
        wrong.bonus_percent = Percent::whole(101);
        let wrong = usecase::change_programme(&shop.loyalty, &tenant, "другой", 2, &wrong).await;
        assert!(matches!(wrong, Err(Error::Programme(_))), "{wrong:?}");
        let stored = shop.numbers("SELECT programme_version FROM sales ORDER BY id").await;
        assert_eq!(stored, [1, 2], "a sale is explained by the version in force at its time");
    }

    async fn ruling_26_the_demo_shop_doubles_dairy_line_by_line(shop: Shop) {
        let made = shop.sell(&shop.client(1), &dairy(100, 40)).await.unwrap();
        assert_eq!(made.accrued, Bonus::whole(7), "5 of the receipt and 2 of dairy");
        let Explanation::Accrual { promotions, .. } = &made.why[0].explanation else { panic!("{:?}", made.why) };
        assert_eq!((promotions[0].extra, promotions[0].lines[0].line), (Bonus::whole(2), Some(0)));
    }

    async fn ruling_27_a_return_takes_its_share_of_a_promotion_too(shop: Shop) {
        let client = shop.client(1);
        let request = SaleRequest { external_id: Some("sale".to_owned()), ..dairy(100, 40) };
        let made = shop.sell(&client, &request).await.unwrap();
        shop.give_back(&client, "sale", 50).await;
        assert_eq!(shop.balance(&client).await, made.new_balance - Bonus::from_hundredths(350));
        shop.give_back(&client, "sale", 50 - 1).await;
        shop.give_back(&client, "sale", 1).await;
        assert_eq!(shop.balance(&client).await, made.new_balance - Bonus::whole(7));
    }

    async fn a_shop_that_reaches_nobody_writes_no_messages(shop: Shop) {
        let count = async || shop.numbers("SELECT COUNT(*) FROM outbox WHERE kind = 'sale'").await[0];
        for (reaches, written) in [(true, 1), (false, 1), (true, 2)] {
            usecase::set_demo_reach(&shop.loyalty, reaches).await.unwrap();
            shop.sell(&shop.client(1), &sale(Money::whole(20), Bonus::ZERO, None)).await.unwrap();
            assert_eq!(count().await, written, "{reaches}");
        }
    }

    async fn a_promotion_limited_in_all_is_never_had_once_more(shop: Shop) {
        let tenant = shop.tenant().await;
        let limits = Limits { per_client: None, in_all: Some(5) };
        usecase::put_promotion(&shop.loyalty, &tenant, "владелец", &triple(limits)).await.unwrap();
        let mut clients = Vec::new();
        for number in 0..16 {
            clients.push(shop.enrol(&format!("+9929311110{number:02}"), None).await);
        }
        let mut registers = Vec::new();
        for id in 1..=4 {
            registers.push(shop.register(id).await);
        }
        let mut tasks = JoinSet::new();
        for (task, client) in clients.into_iter().enumerate() {
            let (loyalty, register) = (shop.loyalty.clone(), registers[task % 4].clone());
            tasks.spawn(async move {
                let once = Once::unnamed();
                let request = sale(Money::whole(100), Bonus::ZERO, None);
                fresh(usecase::sell(&loyalty, &register, &client, &request, once).await.unwrap()).accrued
            });
        }
        let earned = tasks.join_all().await;
        let had = earned.iter().filter(|accrued| **accrued == Bonus::whole(15)).count();
        let plain = earned.iter().filter(|accrued| **accrued == Bonus::whole(5)).count();
        // A register that believed the old count for a moment may leave one out, but never give one too many.
        assert!(had <= 5 && had + plain == 16, "{earned:?}");
        assert!(had >= 1);
        let used = shop.numbers("SELECT used FROM promotions WHERE id = 2").await;
        assert_eq!(used, [had as i64]);
    }

    async fn ruling_12_a_sale_sent_late_has_the_promotions_of_its_own_time_for_so_many_days(shop: Shop) {
        let (tenant, now) = (shop.tenant().await, shop.loyalty.now());
        let over = Promotion { ends_at: Some(now.plus_seconds(3600)), ..triple(Limits::default()) };
        usecase::put_promotion(&shop.loyalty, &tenant, "владелец", &over).await.unwrap();
        let client = shop.enrol("+992931112233", None).await;
        let earned_at = async |sale_at| {
            let request = SaleRequest { sale_at, ..sale(Money::whole(100), Bonus::ZERO, None) };
            shop.sell(&client, &request).await.unwrap().accrued.to_string()
        };
        let until = async |days: i64, seconds: i64| {
            let passed = (shop.loyalty.now().millis() - now.millis()) / 1000;
            shop.wait_seconds(days * 86_400 + seconds - passed);
            [Some(now), Some(now.plus_seconds(3601)), None].map(&earned_at)
        };
        for (days, seconds, of_its_time) in [(2, 0, "15"), (7, 0, "15"), (7, 3600, "5"), (30, 0, "5"), (200, 0, "5")] {
            let mut earned = Vec::new();
            for sale in until(days, seconds).await {
                earned.push(sale.await);
            }
            assert_eq!(earned, [of_its_time, "5", "5"], "{days} days and {seconds} seconds later");
        }
    }

    async fn ruling_12_a_shop_says_how_many_days_late_a_sale_may_come(shop: Shop) {
        let (tenant, now) = (shop.tenant().await, shop.loyalty.now());
        usecase::put_promotion(&shop.loyalty, &tenant, "владелец", &triple(Limits::default())).await.unwrap();
        let client = shop.enrol("+992931112233", None).await;
        shop.wait_seconds(40 * 86_400);
        let now = now.plus_days(40);
        let earned_before = async |seconds: i64| {
            let sale_at = Some(now.plus_seconds(-seconds));
            let request = SaleRequest { sale_at, ..sale(Money::whole(100), Bonus::ZERO, None) };
            shop.sell(&client, &request).await.unwrap().accrued.to_string()
        };
        let (hour, day) = (3600, 86_400);
        shop.change(|rules| rules.late_sale_days = 30).await;
        assert_eq!([earned_before(30 * day).await, earned_before(30 * day + hour).await], ["15", "5"]);
        shop.change(|rules| rules.late_sale_days = 0).await;
        // The clocks of a till and ours may differ by some minutes.
        assert_eq!([earned_before(240).await, earned_before(hour).await], ["15", "5"]);
    }

    async fn a_promotion_limited_per_client_is_had_so_often(shop: Shop) {
        let tenant = shop.tenant().await;
        let limits = Limits { per_client: Some(2), in_all: None };
        usecase::put_promotion(&shop.loyalty, &tenant, "владелец", &triple(limits)).await.unwrap();
        let (one, other) = (shop.client(1), shop.client(2));
        let mut earned = Vec::new();
        for client in [&one, &one, &one, &other] {
            let made = shop.sell(client, &sale(Money::whole(100), Bonus::ZERO, None)).await.unwrap();
            earned.push(made.accrued.to_string());
        }
        assert_eq!(earned, ["15", "15", "5", "15"]);
    }

    async fn ruling_31_and_30_an_invitation_rewards_both_and_a_full_return_undoes_it(shop: Shop) {
        let inviter = shop.client(3);
        let before = shop.balance(&inviter).await;
        let invited = shop.enrol("+992931112233", Some(3)).await;
        let made = shop.sell(&invited, &sale(Money::whole(100), Bonus::ZERO, Some("first"))).await.unwrap();
        assert_eq!((made.accrued, made.new_balance), (Bonus::whole(5), Bonus::whole(25)), "10 welcome, 5, 10 invited");
        assert_eq!(usecase::shops_with_follow_ups(&shop.loyalty).await.unwrap(), [1]);
        let (one, two) = tokio::join!(usecase::follow_up(&shop.loyalty, 1), usecase::follow_up(&shop.loyalty, 1));
        one.unwrap();
        two.unwrap();
        assert_eq!(shop.balance(&inviter).await, before + Bonus::whole(20));
        shop.sell(&invited, &sale(Money::whole(100), Bonus::ZERO, None)).await.unwrap();
        usecase::follow_up(&shop.loyalty, 1).await.unwrap();
        assert_eq!(shop.balance(&inviter).await, before + Bonus::whole(20), "once");
        shop.give_back(&invited, "first", 99).await;
        usecase::follow_up(&shop.loyalty, 1).await.unwrap();
        assert_eq!(shop.balance(&inviter).await, before + Bonus::whole(20), "not returned in full yet");
        shop.give_back(&invited, "first", 1).await;
        usecase::follow_up(&shop.loyalty, 1).await.unwrap();
        assert_eq!(shop.balance(&inviter).await, before);
        assert_eq!(shop.balance(&invited).await, Bonus::whole(15), "welcome and the second sale");
    }

    async fn an_inviter_is_rewarded_for_so_many_and_never_for_oneself(shop: Shop) {
        shop.change(|rules| rules.referral_inviter_max = Some(2)).await;
        let inviter = shop.client(3);
        let before = shop.balance(&inviter).await;
        for number in 0..3 {
            let invited = shop.enrol(&format!("+99293111223{number}"), Some(3)).await;
            shop.sell(&invited, &sale(Money::whole(100), Bonus::ZERO, None)).await.unwrap();
        }
        usecase::follow_up(&shop.loyalty, 1).await.unwrap();
        assert_eq!(shop.balance(&inviter).await, before + Bonus::whole(40));
        assert_eq!(usecase::shops_with_follow_ups(&shop.loyalty).await.unwrap(), Vec::<i64>::new());
    }

    async fn ruling_32_a_second_purchase_and_one_after_a_silence(shop: Shop) {
        shop.change(|rules| {
            rules.second_purchase = Some(SecondPurchaseTerms { bonus: Bonus::whole(7), within_days: 10 });
            rules.reactivation = Some(ReactivationTerms { bonus: Bonus::whole(9), silence_days: 60 });
        }).await;
        let client = shop.enrol("+992931112233", None).await;
        let mut gifts = Vec::new();
        for days in [0, 10, 59, 60] {
            shop.wait_seconds(days * 86_400);
            let before = shop.balance(&client).await;
            let made = shop.sell(&client, &sale(Money::whole(100), Bonus::ZERO, None)).await.unwrap();
            gifts.push((made.new_balance - before - made.accrued).to_string());
        }
        assert_eq!(gifts, ["0", "7", "0", "9"]);
    }

    async fn tiers_by_twelve_months_rise_at_once_and_fall_when_purchases_leave_the_year(shop: Shop) {
        shop.change(|rules| {
            rules.tier_basis = TierBasis::TwelveMonths;
            rules.tiers = [(1, 0, 5), (2, 1000, 10)].map(|(id, spent_min, percent)| Tier {
                id,
                name: format!("уровень {id}"),
                color: "#C9A227".to_owned(),
                spent_min: Money::whole(spent_min),
                bonus_percent: Percent::whole(percent),
                max_redeem_percent: None,
            }).to_vec();
        }).await;
        let client = shop.enrol("+992931112233", None).await;
        let tier = async || shop.card(&client).await.tier.id;
        shop.sell(&client, &sale(Money::whole(700), Bonus::ZERO, Some("old"))).await.unwrap();
        shop.wait_seconds(200 * 86_400);
        assert_eq!(tier().await, 1);
        shop.sell(&client, &sale(Money::whole(300), Bonus::ZERO, None)).await.unwrap();
        assert_eq!(tier().await, 2, "at once");
        shop.run_due_jobs().await;
        assert_eq!(tier().await, 2);
        shop.wait_seconds(166 * 86_400);
        shop.run_due_jobs().await;
        assert_eq!(tier().await, 1, "the first purchase is more than a year old");
        assert_eq!(shop.card(&client).await.total_spent, Money::whole(1000));
        // What has left the year can't leave it again with a return.
        shop.give_back(&client, "old", 700).await;
        shop.sell(&client, &sale(Money::whole(700), Bonus::ZERO, None)).await.unwrap();
        assert_eq!(tier().await, 2);
    }

    async fn a_simulation_of_the_rules_in_force_gives_what_was_given(shop: Shop) {
        let clients = [shop.client(1), shop.client(2), shop.enrol("+992931112233", Some(1)).await];
        for (number, client) in clients.iter().enumerate() {
            for step in 0..3 {
                shop.wait_seconds(86_400);
                let redeem = if number < 2 { Bonus::whole(step) } else { Bonus::ZERO };
                let name = format!("{number} {step}");
                let request = SaleRequest { redeem, external_id: Some(name), ..dairy(100 + step * 10, 30) };
                shop.sell(client, &request).await.unwrap();
            }
        }
        shop.give_back(&clients[0], "0 1", 55).await;
        let (tenant, promotions) = (shop.tenant().await, usecase::all_promotions(&shop.loyalty, &shop.tenant().await).await.unwrap());
        let before = shop.numbers("SELECT COUNT(*) FROM entries").await;
        let same = usecase::simulate(&shop.loyalty, &tenant, &tenant.programme, &promotions, 90).await.unwrap();
        assert_eq!((same.sales, same.refused), (9, 0));
        let of = |rule: &str| same.rules.iter().filter(|one| one.rule == rule).map(|one| one.given).sum::<Bonus>();
        assert_eq!(of("base") + of("promotion"), same.earned_in_fact);
        // Five demo clients and one enrolled within the time.
        assert_eq!((of("welcome"), of("referral_invitee"), of("referral_inviter")), (Bonus::whole(60), Bonus::whole(10), Bonus::whole(20)));
        let mut double = (*tenant.programme).clone();
        double.tiers[0].bonus_percent = Percent::whole(10);
        let richer = usecase::simulate(&shop.loyalty, &tenant, &double, &[], 90).await.unwrap();
        let base = |simulation: &loyalty::ledger::Simulation| {
            simulation.rules.iter().find(|one| one.rule == "base").map(|one| one.given.hundredths()).unwrap()
        };
        // Shares of what was returned are rounded once in each.
        assert!((base(&richer) - 2 * base(&same)).abs() <= 1, "{richer:?}");
        assert_eq!(shop.numbers("SELECT COUNT(*) FROM entries").await, before, "nothing is written");
        let late = usecase::simulate(&shop.loyalty, &tenant, &tenant.programme, &promotions, 1).await.unwrap();
        assert_eq!(late.sales, 2, "the newest is a moment old, the one before exactly a day");
    }
}
