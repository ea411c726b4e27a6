//! What the programme gives over time: invitations, expiry, reminders; and why a sale earned what it did.

use std::process::Command;

use loyalty::model::{Bonus, Timestamp, Zone};
use loyalty::usecase;
use loyalty::{Clock, Loyalty, SystemClock};
use serde_json::{Value, json};
use server::outgoing::Reach;
use server::workers::schedule::run_due;
use server::workers::webhooks::Webhooks;
use server::workers::{Condition, Crew};

use crate::api::{Answer, Api, Engine, settings};
use crate::auth::by_contact;
use crate::crash::Installation;
use crate::on_both_engines;
use crate::receiver::{Received, Receiver};

const FRIEND: &str = "+992901112233";
const SECOND_FRIEND: &str = "+992901112244";

/// Demo client 1's referral figures.
async fn referral(api: &Api) -> Answer {
    // Between two codes to one phone.
    api.clock.pass(60);
    let bearer = api.log_in(1).await;
    let answer = api
        .app("GET", "/client/referral", Some(&bearer), Value::Null)
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

fn figures(referral: &Answer) -> [f64; 3] {
    ["invited_count", "completed_count", "bonuses_earned"].map(|name| referral.data(name).as_f64().unwrap())
}

/// Demo client 1's code.
async fn referral_code(api: &Api) -> String {
    referral(api).await.data("code").as_str().unwrap().to_owned()
}

/// Somebody new enrols by demo client 1's invitation.
async fn invite(api: &Api, phone: &str) {
    enrol(api, phone, &referral_code(api).await).await;
}

async fn enrol(api: &Api, phone: &str, code: &str) {
    let user_id = phone.trim_start_matches('+').parse().unwrap();
    let (status, body) = by_contact(api, user_id, phone, Some(code)).await;
    assert_eq!(status, 201, "{body}");
}

async fn buy(api: &Api, phone: &str, external_id: &str) -> Answer {
    let body = json!({ "client_phone": phone, "total_amount": 200, "external_sale_id": external_id });
    let answer = api.post("/cashier/sale", body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer
}

async fn bring_back(api: &Api, phone: &str, external_id: &str, amount: i64) {
    let body = json!({
        "client_phone": phone, "return_amount": amount, "original_external_sale_id": external_id,
        "external_return_id": format!("r-{external_id}-{amount}"),
    });
    let answer = api.post("/cashier/return", body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

/// Makes everything that postings have left to do, as the worker does.
async fn follow_up(loyalty: &Loyalty) -> usize {
    let mut finished = 0;
    for tenant_id in usecase::shops_with_follow_ups(loyalty).await.unwrap() {
        finished += usecase::follow_up(loyalty, tenant_id).await.unwrap();
    }
    finished
}

/// Kinds and sums of a client's history, oldest first.
async fn entries(api: &Api, client_id: i64) -> Vec<String> {
    let sql: &'static str = match client_id {
        1 => {
            "SELECT kind || ' ' || amount FROM entries WHERE tenant_id = 1 AND client_id = 1 ORDER BY number"
        }
        _ => {
            "SELECT kind || ' ' || amount FROM entries WHERE tenant_id = 1 AND client_id = 6 ORDER BY number"
        }
    };
    api.texts(sql).await
}

/// A partner's server that hears of these events.
async fn listen(api: &Api, events: &[&str]) -> Receiver {
    let receiver = Receiver::start().await;
    let body = json!({ "url": receiver.url, "events": events });
    assert_eq!(api.partner("POST", "/partner/webhooks", body).await.status, 201);
    receiver
}

/// What was delivered by now.
async fn delivered(api: &Api, receiver: &Receiver) -> Vec<(String, Value)> {
    let worker = Webhooks::worker(api.loyalty.clone(), Reach::Anywhere).unwrap();
    worker.do_due().await.unwrap();
    let word = |received: &Received| (received.kind(), received.json()["data"].clone());
    receiver.take().iter().map(word).collect()
}

on_both_engines! {
    async fn ruling_31_a_first_purchase_by_invitation_rewards_both(api: Api) {
        invite(api, FRIEND).await;
        assert_eq!(figures(&referral(api).await), [1.0, 0.0, 0.0]);
        let before = api.balance(api.phone(1)).await;
        let sale = buy(api, FRIEND, "s").await;
        assert_eq!((sale.data("bonus_accrued"), sale.data("new_balance")), (&json!(10), &json!(30)));
        let why = sale.data("explanation").as_array().unwrap();
        let rules: Vec<(&str, i64)> = why.iter()
            .map(|one| (one["rule"].as_str().unwrap(), one["amount"].as_i64().unwrap()))
            .collect();
        assert_eq!(rules, [("accrual", 10), ("referral_invitee", 10)]);
        assert!(why[1]["text"].as_str().unwrap().starts_with("Первая покупка по приглашению: +10,00."), "{why:?}");
        assert_eq!(api.balance(api.phone(1)).await, before, "the inviter's comes right after");
        assert_eq!(figures(&referral(api).await), [1.0, 0.0, 0.0], "ruling 46: completed when the reward is given");
        assert_eq!(follow_up(&api.loyalty).await, 1);
        assert_eq!(api.balance(api.phone(1)).await, before + 20.0);
        assert_eq!(figures(&referral(api).await), [1.0, 1.0, 20.0]);
        assert_eq!(follow_up(&api.loyalty).await, 0);
        let second = buy(api, FRIEND, "t").await;
        assert_eq!((second.data("bonus_accrued"), second.data("new_balance")), (&json!(10), &json!(40)), "only the first");
        assert_eq!((follow_up(&api.loyalty).await, api.balance(api.phone(1)).await), (0, before + 20.0));
    }

    async fn ruling_31_two_processes_reward_the_inviter_once(api: Api) {
        let (other, code) = (api.beside().await, referral_code(api).await);
        for number in 0..10 {
            let phone = format!("+99290222{number:04}");
            enrol(api, &phone, &code).await;
            buy(api, &phone, &phone).await;
        }
        let before = api.balance(api.phone(1)).await;
        // Whoever meets an older one of the same account lets it go first, for a second.
        while !usecase::shops_with_follow_ups(&api.loyalty).await.unwrap().is_empty() {
            tokio::join!(follow_up(&api.loyalty), follow_up(&other));
            api.clock.pass(60);
        }
        assert_eq!(api.balance(api.phone(1)).await, before + 200.0);
        assert_eq!(figures(&referral(api).await), [10.0, 10.0, 200.0]);
        let left = api.texts("SELECT task FROM follow_ups WHERE done_at IS NULL").await;
        assert_eq!(left, Vec::<String>::new());
        other.close().await;
    }

    async fn ruling_31_the_worker_rewards_the_inviter_by_itself(api: Api) {
        invite(api, FRIEND).await;
        let receiver = listen(api, &["bonus.accrued"]).await;
        let crew = Crew::start(&api.loyalty, &settings(), &Condition::default()).unwrap();
        buy(api, FRIEND, "s").await;
        let mut given = Vec::new();
        while given.len() < 3 {
            receiver.arrived().await;
            given.extend(receiver.take().iter().map(|received| received.json()["data"]["type"].as_str().unwrap().to_owned()));
        }
        crew.stop().await;
        given.sort();
        assert_eq!(given, ["accrual", "referral_invitee", "referral_inviter"]);
        assert_eq!(figures(&referral(api).await), [1.0, 1.0, 20.0]);
    }

    async fn ruling_31_nobody_invites_himself(api: Api) {
        let code = referral_code(api).await;
        assert_eq!(by_contact(api, 1, api.phone(1), Some(&code)).await.0, 200);
        let before = api.balance(api.phone(1)).await;
        let sale = buy(api, api.phone(1), "s").await;
        assert_eq!(sale.data("explanation").as_array().unwrap().len(), 1);
        // Nor when the data say so.
        api.execute("UPDATE clients SET invited_by = id WHERE tenant_id = 1 AND id = 2").await;
        let other = api.balance(api.phone(2)).await;
        let sale = buy(api, api.phone(2), "t").await;
        assert_eq!(sale.data("explanation").as_array().unwrap().len(), 1, "{sale:?}");
        follow_up(&api.loyalty).await;
        assert_eq!(api.balance(api.phone(1)).await, before + 10.0);
        assert_eq!(api.balance(api.phone(2)).await, other + 10.0);
    }

    async fn an_inviter_is_rewarded_for_so_many_friends(api: Api) {
        api.change_programme(|programme| programme.referral_inviter_max = Some(1)).await;
        let code = referral_code(api).await;
        enrol(api, FRIEND, &code).await;
        enrol(api, SECOND_FRIEND, &code).await;
        let before = api.balance(api.phone(1)).await;
        buy(api, FRIEND, "s").await;
        let sale = buy(api, SECOND_FRIEND, "t").await;
        assert_eq!(sale.data("new_balance"), &json!(30), "the friend gets it all the same");
        for _ in 0..2 {
            follow_up(&api.loyalty).await;
            api.clock.pass(2);
        }
        assert_eq!(api.balance(api.phone(1)).await, before + 20.0);
        assert_eq!(figures(&referral(api).await), [2.0, 1.0, 20.0], "ruling 46: no reward, not completed");
        assert_eq!(usecase::shops_with_follow_ups(&api.loyalty).await.unwrap(), Vec::<i64>::new());
    }

    async fn a_blocked_inviter_gets_the_reward_when_unblocked_and_the_friend_gets_all_at_once(api: Api) {
        invite(api, FRIEND).await;
        let before = entries(api, 1).await;
        api.execute("UPDATE clients SET is_blocked = TRUE WHERE tenant_id = 1 AND id = 1").await;
        assert_eq!(buy(api, FRIEND, "s").await.data("new_balance"), &json!(30));
        assert_eq!(follow_up(&api.loyalty).await, 0);
        assert_eq!(entries(api, 1).await, before);
        api.execute("UPDATE clients SET is_blocked = FALSE WHERE tenant_id = 1 AND id = 1").await;
        api.clock.pass(900);
        assert_eq!(follow_up(&api.loyalty).await, 1);
        assert_eq!(figures(&referral(api).await), [1.0, 1.0, 20.0]);
    }

    async fn ruling_30_a_full_return_takes_both_rewards_back(api: Api) {
        invite(api, FRIEND).await;
        let before = api.balance(api.phone(1)).await;
        buy(api, FRIEND, "s").await;
        follow_up(&api.loyalty).await;
        bring_back(api, FRIEND, "s", 150).await;
        assert_eq!((follow_up(&api.loyalty).await, api.balance(api.phone(1)).await), (0, before + 20.0), "not all of it");
        bring_back(api, FRIEND, "s", 50).await;
        assert_eq!(api.balance(FRIEND).await, 10.0, "the welcome bonus is left");
        assert_eq!(follow_up(&api.loyalty).await, 1);
        assert_eq!(api.balance(api.phone(1)).await, before);
        assert_eq!(entries(api, 1).await[2..], ["referral_inviter 2000", "revocation -2000"]);
        let friend = ["welcome 1000", "accrual 1000", "referral_invitee 1000", "revocation -750", "revocation -250",
            "revocation -1000"];
        assert_eq!(entries(api, 6).await, friend);
        assert_eq!(figures(&referral(api).await)[1..], [0.0, 0.0], "ruling 63: what was taken back is not earned");
    }

    async fn ruling_30_a_return_before_the_reward_leaves_nothing_of_it(api: Api) {
        invite(api, FRIEND).await;
        let before = api.balance(api.phone(1)).await;
        buy(api, FRIEND, "s").await;
        bring_back(api, FRIEND, "s", 200).await;
        let other = api.beside().await;
        while !usecase::shops_with_follow_ups(&api.loyalty).await.unwrap().is_empty() {
            tokio::join!(follow_up(&api.loyalty), follow_up(&other));
            api.clock.pass(60);
        }
        assert_eq!(api.balance(api.phone(1)).await, before);
        let history = entries(api, 1).await;
        assert_eq!(history.len(), 2, "nothing was given for what was back already: {history:?}");
        assert_eq!(figures(&referral(api).await)[1..], [0.0, 0.0]);
        buy(api, FRIEND, "t").await;
        follow_up(&api.loyalty).await;
        assert_eq!(api.balance(api.phone(1)).await, before, "the first purchase was the first");
        other.close().await;
    }

    async fn ruling_26_dairy_earns_double_and_the_sale_and_the_history_say_why(api: Api) {
        let lines = json!([
            { "sku": "B-1", "category_code": "BREAD", "name": "Хлеб", "quantity": 2, "unit_price": 25, "line_amount": 50 },
            { "sku": "M-1", "category_code": "DAIRY", "name": "Молоко", "quantity": 5, "unit_price": 20, "line_amount": 100 },
        ]);
        let body = json!({ "client_phone": api.phone(1), "total_amount": 200, "lines": lines });
        let sale = api.post("/cashier/sale", body).await;
        assert_eq!((sale.status, sale.data("bonus_accrued")), (201, &json!(15)), "5 % of 200, and 5 % of 100 once more");
        let why = &sale.data("explanation")[0];
        assert_eq!((&why["rule"], &why["amount"]), (&json!("accrual"), &json!(15)));
        let parts = json!([
            { "rule": "base", "name": "Bronze", "of": 200, "percent": 5.0, "amount": 10 },
            { "rule": "promotion", "name": "Двойной кэшбэк на молочное", "promotion_id": 1, "reward": { "multiplier": 2 },
              "amount": 5, "lines": [{ "line": 1, "amount": 5 }] },
        ]);
        assert_eq!(why["parts"], parts);
        let text = why["text"].as_str().unwrap();
        assert!(text.contains("Акция «Двойной кэшбэк на молочное» (×2, строка 2): +5"), "{text}");
        let bearer = api.log_in(1).await;
        let history = api.app("GET", "/client/transactions", Some(&bearer), Value::Null).await;
        let newest = &history.data("data")[0];
        assert_eq!((&newest["type"], &newest["amount"]), (&json!("accrual"), &json!(15)));
        assert_eq!(&newest["explanation"], why, "the client reads the same");
    }

    async fn r_expire_partners_hear_of_bonuses_that_will_burn_and_that_burnt(api: Api) {
        api.change_programme(|programme| {
            programme.bonus_expiry_days = Some(5);
            programme.bonus_expiry_reminder_days = 2;
        }).await;
        let receiver = listen(api, &["bonus.expiring", "bonus.expired", "referral.completed"]).await;
        invite(api, FRIEND).await;
        let sale = buy(api, FRIEND, "s").await;
        let expected = json!({ "inviter_id": 1, "invitee_id": 6, "sale_id": sale.data("id") });
        assert_eq!(delivered(api, &receiver).await, [("referral.completed".to_owned(), expected)]);
        let other = api.beside().await;
        let a_day_later = async || {
            api.clock.pass(86_400);
            let (one, two) = tokio::join!(run_due(&api.loyalty), run_due(&other));
            one.unwrap();
            two.unwrap();
            delivered(api, &receiver).await
        };
        run_due(&api.loyalty).await.unwrap();
        for day in 1..4 {
            assert_eq!(a_day_later().await, [], "day {day}");
        }
        // At half past nine on day 4, with 5 days after the purchase at half past two within reach.
        let [(kind, data)] = a_day_later().await.try_into().unwrap();
        assert_eq!((kind.as_str(), &data["client_id"], &data["amount"]), ("bonus.expiring", &json!(6), &json!(30)));
        assert_eq!(a_day_later().await, [], "a lot is reminded of once, and burns in the night");
        let [(kind, data)] = a_day_later().await.try_into().unwrap();
        assert_eq!((kind.as_str(), &data["client_id"], &data["type"]), ("bonus.expired", &json!(6), &json!("expire")));
        assert_eq!((&data["amount"], &data["balance_after"]), (&json!(-30), &json!(0)));
        assert_eq!(api.balance(FRIEND).await, 0.0);
        assert_eq!(a_day_later().await, []);
        other.close().await;
    }
}

/// The words of one of `bonex`' commands, and what it printed.
fn run(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ruling_35_commands_burn_and_remind_as_of_any_moment_beside_a_running_server() {
    let installation = Installation::new(Engine::Sqlite).await;
    let demo = installation.demo();
    let mut server = installation.serve().await;
    let phone = demo["clients"][0]["phone"].as_str().unwrap();
    let sale = async |redeem: f64| {
        let body = json!({ "client_phone": phone, "total_amount": 200, "bonus_redeem_amount": redeem });
        server.wire.post(&demo, 1, "/cashier/sale", &body).await.unwrap()
    };
    let (status, body) = sale(0.0).await;
    assert_eq!(
        (status, &body["data"]["new_balance"]),
        (201, &json!(170)),
        "{body}"
    );
    let in_days = |days: i64| -> Timestamp { SystemClock.now().plus_days(days) };
    let run_at = async |words: &'static str, days: i64| {
        let at = in_days(days).to_rfc3339(Zone::DUSHANBE);
        let command = installation.bonex(&[words, "--at", &at]);
        tokio::task::spawn_blocking(move || run(command)).await.unwrap()
    };
    for (days, reminders) in [(172, 0), (174, 5), (174, 0), (175, 0)] {
        let said = run_at("expiring-bonus-reminders", days).await;
        assert_eq!(
            said,
            format!("Queued: {reminders} reminders.\n"),
            "as of day {days}"
        );
    }
    for (days, clients) in [(179, 0), (181, 5), (181, 0)] {
        let said = run_at("expire-bonuses", days).await;
        assert_eq!(
            said,
            format!("Burnt: {clients} clients lost bonuses.\n"),
            "as of day {days}"
        );
    }
    let (status, body) = sale(1.0).await;
    assert_eq!(status, 422, "nothing is left to spend: {body}");
    let (status, body) = sale(0.0).await;
    let expected = Bonus::whole(10);
    assert_eq!(
        (status, &body["data"]["new_balance"]),
        (201, &json!(expected)),
        "the server goes on: {body}"
    );
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    installation.check();
}
