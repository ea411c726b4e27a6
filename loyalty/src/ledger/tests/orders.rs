//! Sales, redemptions and returns of one order.

use super::*;

#[test]
fn r_return_7_a_settled_shortage_ends_where_it_began() {
    let (mut client, now) = (Client::new(), Timestamp::from_millis(0));
    // 1000 at 5 % earns 50; everything is then taken away by hand.
    client.sell(Money::whole(1000), Bonus::ZERO, now).unwrap();
    let take_all = AdjustmentRequest {
        amount: -client.account.balance,
        reason: "test".to_owned(),
    };
    let posting = decide_adjustment(&client.account, &programme(), &take_all, now).unwrap();
    client.apply(posting);
    let refused = client.give_back(0, Money::whole(1000), false, now).unwrap_err();
    let Refusal::ShortageNotSettled(figures) = &refused else {
        panic!("{refused:?}")
    };
    assert_eq!(
        (figures.available, figures.to_revoke, figures.shortage),
        (Bonus::ZERO, Bonus::whole(50), Bonus::whole(50))
    );
    client.give_back(0, Money::whole(1000), true, now).unwrap();
    assert_eq!(client.account.balance, Bonus::ZERO);
}

#[test]
fn ruling_29_a_burnt_lot_lives_thirty_days_more() {
    let (mut client, now) = (Client::new(), Timestamp::from_millis(0));
    client.sell(Money::whole(1000), Bonus::whole(20), now).unwrap();
    let two_days_later = now.plus_days(2);
    client
        .give_back(0, Money::whole(1000), true, two_days_later)
        .unwrap();
    let old = client.lot(client.orders[0].spent[0].lot.id);
    assert_eq!((old.remaining, old.expires_at), (Bonus::ZERO, now.plus_days(1)));
    let open = &client.account.lots[0];
    assert_eq!(
        (open.kind, open.remaining, open.expires_at),
        (LotKind::Welcome, Bonus::whole(20), two_days_later.plus_days(30))
    );
}

/// Two lots of ten: one burns on day 5, the other on day 20.
fn two_lots() -> (Client, Timestamp) {
    let now = Timestamp::from_millis(0);
    let rules = |days| Programme {
        welcome_bonus: Bonus::ZERO,
        bonus_expiry_days: Some(days),
        ..programme()
    };
    let mut client = Client::empty(rules(200), None);
    let give = AdjustmentRequest {
        amount: Bonus::whole(10),
        reason: "test".to_owned(),
    };
    for days in [5, 20] {
        let posting = decide_adjustment(&client.account, &rules(days), &give, now).unwrap();
        client.apply(posting);
    }
    (client, now)
}

#[test]
fn ruling_29_a_return_after_a_date_has_passed_goes_to_the_lots_that_have_room() {
    let (mut client, now) = two_lots();
    client
        .sell(Money::whole(100), Bonus::whole(20), now.plus_days(1))
        .unwrap();
    let (a, b) = (client.orders[0].spent[0].lot.id, client.orders[0].spent[1].lot.id);
    client
        .give_back(0, Money::whole(65), true, now.plus_days(10))
        .unwrap();
    assert_eq!(
        (client.lot(a).remaining, client.lot(b).remaining),
        (Bonus::ZERO, Bonus::whole(10))
    );
    client
        .give_back(0, Money::whole(35), true, now.plus_days(11))
        .unwrap();
    assert_eq!(
        (client.lot(a).remaining, client.lot(b).remaining),
        (Bonus::ZERO, Bonus::whole(10))
    );
    let revived: Vec<_> = client
        .account
        .lots
        .iter()
        .filter(|lot| lot.id > b && lot.kind == LotKind::Manual)
        .map(|lot| (lot.remaining, lot.expires_at))
        .collect();
    assert_eq!(
        revived,
        [
            (Bonus::whole(3), now.plus_days(40)),
            (Bonus::whole(7), now.plus_days(41))
        ]
    );
}

#[test]
fn ruling_29_what_else_is_left_in_a_lot_past_its_date_burns_as_ever() {
    let (mut client, now) = two_lots();
    client
        .sell(Money::whole(100), Bonus::whole(1), now.plus_days(1))
        .unwrap();
    let later = now.plus_days(6);
    client.give_back(0, Money::whole(1), true, later).unwrap();
    let posting = decide_expiry(&client.account, later, later).unwrap();
    assert_eq!(
        posting.entries[0].amount,
        -Bonus::whole(9),
        "a hundredth that came back revives no more"
    );
    client.apply(posting);
    assert!(
        client
            .account
            .lots
            .iter()
            .any(|lot| lot.remaining == Bonus::from_hundredths(1))
    );
}

#[test]
fn r_sale_17_welcome_bonuses_need_a_receipt_of_their_size() {
    let (mut client, now) = (Client::new(), Timestamp::from_millis(0));
    let refused = client.sell(Money::whole(99), Bonus::whole(1), now).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Приветственные бонусы можно списать при чеке от 100."
    );
    client.sell(Money::whole(100), Bonus::whole(20), now).unwrap();
}

#[test]
fn a_redemption_before_the_sale_is_one_order() {
    let (mut client, now) = (Client::new(), Timestamp::from_millis(0));
    let give = AdjustmentRequest {
        amount: Bonus::whole(150),
        reason: "test".to_owned(),
    };
    let posting = decide_adjustment(&client.account, &programme(), &give, now).unwrap();
    client.apply(posting);
    let rules = programme();
    let context = SaleContext {
        already_redeemed: Bonus::whole(50),
        ..SaleContext::plain(&rules, Zone::UTC)
    };
    let posting = decide_sale(
        &client.account,
        &context,
        &sale(Money::whole(200), Bonus::ZERO),
        now,
    )
    .unwrap();
    assert_eq!(
        posting.sale.unwrap().accrued.to_string(),
        "7.5",
        "ruling 16: accrued on the rest"
    );
    let over = decide_sale(
        &client.account,
        &context,
        &sale(Money::whole(200), Bonus::whole(11)),
        now,
    );
    assert_eq!(
        over.unwrap_err().to_string(),
        "Списать можно не больше 30% чека: 10."
    );
}
