//! What is given beside the accrual, and taken back with it.

use super::*;

fn amounts(kind: EntryKind, posting: &Posting) -> Vec<String> {
    let of_kind = posting.entries.iter().filter(|entry| entry.kind == kind);
    of_kind.map(|entry| entry.amount.to_string()).collect()
}

#[test]
fn ruling_31_a_first_purchase_by_invitation_rewards_both_once() {
    let (mut client, now) = (Client::of(generous(), Some(9)), Timestamp::from_millis(0));
    let context = SaleContext::plain(&client.programme, Zone::UTC);
    let posting = decide_sale(
        &client.account,
        &context,
        &sale(Money::whole(100), Bonus::ZERO),
        now,
    )
    .unwrap();
    assert_eq!(amounts(EntryKind::ReferralInvitee, &posting), ["10"]);
    assert_eq!(
        posting.sale.as_ref().unwrap().accrued,
        Bonus::whole(5),
        "ruling 30: apart from the accrual"
    );
    assert_eq!(posting.sale.as_ref().unwrap().balance_after, Bonus::whole(35));
    client.sell(Money::whole(100), Bonus::ZERO, now).unwrap();
    client
        .sell(Money::whole(100), Bonus::ZERO, now.plus_seconds(1))
        .unwrap();
    let rewards: Vec<_> = client
        .follow_ups
        .iter()
        .map(|follow_up| (follow_up.client_id, follow_up.task))
        .collect();
    let reward = Task::RewardInviter {
        invitee_id: 1,
        bonus: Bonus::whole(20),
        expiry_days: Some(1),
        most: None,
    };
    assert_eq!(rewards, [(9, reward)]);
}

#[test]
fn ruling_30_gifts_go_when_the_purchase_that_earned_them_comes_back_whole() {
    let (mut client, now) = (Client::of(generous(), Some(9)), Timestamp::from_millis(0));
    let before = client.account.balance;
    client.sell(Money::whole(100), Bonus::ZERO, now).unwrap();
    client.give_back(0, Money::whole(40), false, now).unwrap();
    assert_eq!(
        client.account.balance,
        before + Bonus::whole(13),
        "three of five, and the ten"
    );
    client.give_back(0, Money::whole(60), false, now).unwrap();
    assert_eq!(client.account.balance, before);
    assert_eq!(client.follow_ups[1].task, Task::RevokeInviter { invitee_id: 1 });
}

#[test]
fn ruling_28_the_shortage_counts_the_gifts_that_go() {
    let (mut client, now) = (Client::of(generous(), Some(9)), Timestamp::from_millis(0));
    client.sell(Money::whole(100), Bonus::ZERO, now).unwrap();
    // Left: the five of the receipt. The ten of the invitation were spent.
    let take = AdjustmentRequest {
        amount: Bonus::whole(5) - client.account.balance,
        reason: "test".to_owned(),
    };
    let posting = decide_adjustment(&client.account, &client.programme, &take, now).unwrap();
    client.apply(posting);
    let order = client.orders[0].clone();
    for (amount, shortage) in [(None, 10), (Some(100), 10), (Some(99), 0)] {
        let told = calculate_return(&client.account, Some(&order), amount.map(Money::whole), None).unwrap();
        assert_eq!(told.shortage, Bonus::whole(shortage), "{amount:?}");
    }
    let refused = client.give_back(0, Money::whole(100), false, now).unwrap_err();
    assert!(matches!(refused, Refusal::ShortageNotSettled(_)));
    client.give_back(0, Money::whole(100), true, now).unwrap();
    assert_eq!(client.account.balance, Bonus::ZERO);
}

#[test]
fn ruling_32_second_purchase_and_reactivation() {
    let now = Timestamp::from_millis(0);
    for (days, second, reactivated) in [(1, 1, 0), (2, 1, 1), (3, 1, 1), (4, 0, 1)] {
        let mut client = Client::of(generous(), None);
        client.sell(Money::whole(100), Bonus::ZERO, now).unwrap();
        let context = SaleContext::plain(&client.programme, Zone::UTC);
        let later = now.plus_days(days);
        let posting = decide_sale(
            &client.account,
            &context,
            &sale(Money::whole(100), Bonus::ZERO),
            later,
        )
        .unwrap();
        let count = |kind| amounts(kind, &posting).len();
        assert_eq!(
            (count(EntryKind::SecondPurchase), count(EntryKind::Reactivation)),
            (second, reactivated),
            "{days}"
        );
    }
}
