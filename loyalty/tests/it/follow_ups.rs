//! What a purchase brings to the one who invited: not lost on anybody's way, and counted as it is given (rulings 30, 31,
//! 46, 63).

use loyalty::model::{Bonus, Client, Identifier, Money};
use loyalty::usecase;

use crate::on_both_engines;
use crate::raw::Raw;
use crate::shop::{Shop, sale};

/// Demo client 3 invites.
const INVITER: usize = 3;
const REWARD: Bonus = Bonus::whole(20);

impl Shop {
    /// A friend enrolled by the inviter's code buys for the first time.
    async fn friend_buys(&self, number: usize) -> Identifier {
        let invited_by = Some(INVITER as i64);
        let friend = self.enrol(&format!("+99293111224{number}"), invited_by).await;
        let name = format!("first of {number}");
        self.sell(&friend, &sale(Money::whole(100), Bonus::ZERO, Some(&name)))
            .await
            .unwrap();
        friend
    }

    /// Makes what is due, as the worker does; how many were finished.
    async fn follow_up(&self) -> usize {
        usecase::follow_up(&self.loyalty, 1).await.unwrap()
    }

    /// The follow-ups of the next `minutes`, looked for once a minute.
    async fn follow_up_for(&self, minutes: i64) -> usize {
        let mut finished = 0;
        for _ in 0..minutes {
            self.wait_seconds(60);
            finished += self.follow_up().await;
        }
        finished
    }

    /// What the inviter has earned by inviting: rewards in the history, less those taken back.
    async fn rewards(&self) -> Vec<String> {
        self.texts(
            "SELECT kind || ' ' || amount FROM entries
              WHERE client_id = 3 AND (kind = 'referral_inviter' OR cause LIKE 'referral % undone') ORDER BY number",
        )
        .await
    }

    /// Friends invited, friends completed, and bonuses earned, as the inviter's app shows them.
    async fn referral_figures(&self) -> (i64, i64, Bonus) {
        let client = Client {
            tenant: self.register(1).await.tenant,
            id: INVITER as i64,
            token_id: 0,
        };
        let figures = usecase::referral(&self.loyalty, &client).await.unwrap();
        (figures.invited, figures.completed, figures.earned)
    }

    async fn waiting(&self) -> i64 {
        let raw = Raw::of(self).await;
        raw.number("SELECT COUNT(*) FROM follow_ups WHERE done_at IS NULL")
            .await
    }
}

const BLOCK: &str = "UPDATE clients SET is_blocked = TRUE WHERE id = 3";
const UNBLOCK: &str = "UPDATE clients SET is_blocked = FALSE WHERE id = 3";

on_both_engines! {
    async fn ruling_46_friends_are_completed_when_their_reward_is_given_and_not_before(shop: Shop) {
        let friend = shop.friend_buys(0).await;
        assert_eq!(shop.referral_figures().await, (1, 0, Bonus::ZERO), "the reward is still on its way");
        shop.follow_up().await;
        assert_eq!(shop.referral_figures().await, (1, 1, REWARD));
        shop.give_back(&friend, "first of 0", 100).await;
        assert_eq!(shop.referral_figures().await, (1, 1, REWARD), "as its revocation");
        shop.follow_up().await;
        assert_eq!(shop.referral_figures().await, (1, 0, Bonus::ZERO), "ruling 63");
        // A second purchase is not the first.
        shop.sell(&friend, &sale(Money::whole(100), Bonus::ZERO, None)).await.unwrap();
        shop.follow_up().await;
        assert_eq!(shop.referral_figures().await, (1, 0, Bonus::ZERO));
    }

    async fn ruling_46_a_friend_beyond_the_shops_limit_is_not_completed_and_a_revoked_one_frees_a_place(shop: Shop) {
        shop.change(|rules| rules.referral_inviter_max = Some(1)).await;
        let first = shop.friend_buys(0).await;
        shop.friend_buys(1).await;
        shop.follow_up_for(1).await;
        assert_eq!(shop.referral_figures().await, (2, 1, REWARD));
        shop.give_back(&first, "first of 0", 100).await;
        shop.friend_buys(2).await;
        shop.follow_up_for(1).await;
        assert_eq!(shop.referral_figures().await, (3, 1, REWARD));
        assert_eq!(shop.rewards().await, ["referral_inviter 2000", "revocation -2000", "referral_inviter 2000"]);
    }

    async fn an_inviter_who_is_blocked_at_that_moment_gets_the_reward_when_that_ends(shop: Shop) {
        let before = shop.balance(&Identifier::Client(3)).await;
        shop.execute(BLOCK).await;
        for number in 0..3 {
            shop.friend_buys(number).await;
        }
        assert_eq!(shop.follow_up_for(200).await, 0);
        assert_eq!(shop.rewards().await, Vec::<String>::new());
        assert_eq!(shop.waiting().await, 3);
        let due = usecase::shops_with_follow_ups(&shop.loyalty).await.unwrap();
        assert_eq!(due, Vec::<i64>::new(), "nobody is busy with those that wait");
        shop.execute(UNBLOCK).await;
        assert_eq!(shop.follow_up_for(15).await, 3);
        assert_eq!(shop.balance(&Identifier::Client(3)).await, before + REWARD + REWARD + REWARD);
        assert_eq!(shop.referral_figures().await, (3, 3, REWARD + REWARD + REWARD));
        assert_eq!(shop.waiting().await, 0);
    }

    async fn those_that_wait_for_a_blocked_inviter_are_looked_at_some_times_an_hour(shop: Shop) {
        shop.execute(BLOCK).await;
        for number in 0..4 {
            shop.friend_buys(number).await;
        }
        shop.follow_up_for(60).await;
        let raw = Raw::of(shop).await;
        let most = raw.number("SELECT MAX(attempts) FROM follow_ups").await;
        assert!((4..=20).contains(&most), "{most} times in an hour");
    }

    async fn a_blocked_inviter_does_not_hold_up_others(shop: Shop) {
        shop.execute(BLOCK).await;
        shop.friend_buys(0).await;
        let other = shop.enrol("+992931112255", Some(2)).await;
        let before = shop.balance(&Identifier::Client(2)).await;
        shop.sell(&other, &sale(Money::whole(100), Bonus::ZERO, None)).await.unwrap();
        assert_eq!(shop.follow_up().await, 1);
        assert_eq!(shop.balance(&Identifier::Client(2)).await, before + REWARD);
    }

    async fn a_reward_that_waited_is_not_given_for_goods_brought_back_meanwhile(shop: Shop) {
        shop.execute(BLOCK).await;
        let friend = shop.friend_buys(0).await;
        shop.follow_up().await;
        shop.give_back(&friend, "first of 0", 60).await;
        shop.give_back(&friend, "first of 0", 40).await;
        let kept = shop.friend_buys(1).await;
        shop.give_back(&kept, "first of 1", 99).await;
        shop.execute(UNBLOCK).await;
        shop.follow_up_for(30).await;
        assert_eq!(shop.rewards().await, ["referral_inviter 2000"], "the second friend's, who kept something");
        assert_eq!(shop.waiting().await, 0);
    }

    async fn what_cannot_be_read_is_set_aside_and_others_go_on(shop: Shop) {
        shop.friend_buys(0).await;
        shop.execute("UPDATE follow_ups SET task = '{\"of_tomorrow\":' || task || '}'").await;
        shop.friend_buys(1).await;
        shop.friend_buys(2).await;
        assert_eq!(shop.follow_up().await, 2, "at once, those of the same account");
        assert_eq!(shop.rewards().await, ["referral_inviter 2000", "referral_inviter 2000"]);
        assert_eq!(shop.waiting().await, 1, "it is kept");
        let errors = shop.texts("SELECT error FROM follow_ups WHERE done_at IS NULL").await;
        assert!(!errors[0].is_empty(), "with its error");
        // A newer program can read it.
        shop.execute("UPDATE follow_ups SET task = substr(task, 16, length(task) - 16) WHERE done_at IS NULL").await;
        assert_eq!(shop.follow_up_for(180).await, 1);
        assert_eq!(shop.referral_figures().await, (3, 3, REWARD + REWARD + REWARD));
    }

    async fn of_one_account_the_older_is_made_first(shop: Shop) {
        shop.friend_buys(0).await;
        // As after a failure.
        let raw = Raw::of(shop).await;
        let due = shop.loyalty.now().plus_seconds(600).millis();
        raw.execute(&format!("UPDATE follow_ups SET due_at = {due}")).await;
        shop.friend_buys(1).await;
        assert_eq!(shop.follow_up_for(9).await, 0);
        assert_eq!(shop.follow_up_for(2).await, 2);
        let causes = shop.texts("SELECT cause FROM entries WHERE client_id = 3 AND cause IS NOT NULL ORDER BY number").await;
        assert_eq!(causes, ["referral 6", "referral 7"]);
    }

    async fn a_follow_up_that_ends_in_a_panic_is_tried_later_and_holds_up_no_other(shop: Shop) {
        shop.friend_buys(0).await;
        shop.friend_buys(1).await;
        let taken = usecase::take_follow_ups(&shop.loyalty, 1).await.unwrap().unwrap();
        // As the worker does when making the first of them panics.
        usecase::break_follow_ups(&shop.loyalty, &taken).await.unwrap();
        assert_eq!(shop.follow_up().await, 1, "the other one is made at once");
        assert_eq!((shop.rewards().await.len(), shop.waiting().await), (1, 1));
        let told = shop.texts("SELECT error FROM follow_ups WHERE done_at IS NULL").await;
        assert_eq!(told, ["making it ended in a panic"]);
        assert_eq!(shop.follow_up_for(1).await, 1, "and this one later");
        assert_eq!((shop.rewards().await.len(), shop.waiting().await), (2, 0));
    }
}
