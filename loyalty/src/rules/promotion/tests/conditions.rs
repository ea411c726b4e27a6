//! When a promotion applies, and when not.

use super::*;

#[test]
fn every_condition_can_refuse() {
    let receipt = receipt(1000, 0, RedeemMode::PaymentType);
    let basket = Basket::new(&receipt, AccrualBase::NetCash, Vec::new());
    let applies = |condition| !give(&[promotion(1, condition, times(200))], &basket).is_empty();
    let plain = Condition::default;
    assert!(applies(plain()));
    let window = |days_before, days_after| {
        Some(BirthdayWindow {
            days_before,
            days_after,
        })
    };
    let hours = |from, to| Some(Hours { from, to });
    for (condition, expected) in [
        (
            Condition {
                branches: vec![1, 2],
                ..plain()
            },
            true,
        ),
        (
            Condition {
                branches: vec![2],
                ..plain()
            },
            false,
        ),
        (
            Condition {
                registers: vec![4],
                ..plain()
            },
            true,
        ),
        (
            Condition {
                registers: vec![5],
                ..plain()
            },
            false,
        ),
        (
            Condition {
                weekdays: vec![5],
                ..plain()
            },
            true,
        ),
        (
            Condition {
                weekdays: vec![6, 7],
                ..plain()
            },
            false,
        ),
        (
            Condition {
                hours: hours(870, 871),
                ..plain()
            },
            true,
        ),
        (
            Condition {
                hours: hours(600, 870),
                ..plain()
            },
            false,
        ),
        (
            Condition {
                receipt_min: Some(Money::whole(1000)),
                ..plain()
            },
            true,
        ),
        (
            Condition {
                receipt_min: Some(Money::whole(1001)),
                ..plain()
            },
            false,
        ),
        (
            Condition {
                tiers: vec![2],
                ..plain()
            },
            true,
        ),
        (
            Condition {
                tiers: vec![1, 3],
                ..plain()
            },
            false,
        ),
        (
            Condition {
                first_purchase: true,
                ..plain()
            },
            false,
        ),
        (
            Condition {
                birthday: window(2, 0),
                ..plain()
            },
            true,
        ),
        (
            Condition {
                birthday: window(1, 9),
                ..plain()
            },
            false,
        ),
        (
            Condition {
                segment: Some(Segment::Active { days: 10 }),
                ..plain()
            },
            true,
        ),
        (
            Condition {
                segment: Some(Segment::Inactive { days: 10 }),
                ..plain()
            },
            false,
        ),
        (
            Condition {
                skus: vec!["sku".to_owned()],
                ..plain()
            },
            false,
        ),
    ] {
        assert_eq!(applies(condition.clone()), expected, "{condition:?}");
    }
}

#[test]
fn periods_and_limits() {
    let receipt = receipt(1000, 0, RedeemMode::PaymentType);
    let basket = Basket::new(&receipt, AccrualBase::NetCash, Vec::new());
    let plain = promotion(1, Condition::default(), times(200));
    let applies = |promotion: Promotion, had: i64| {
        !give_to(&[promotion], &basket, &shopper(), &HashMap::from([(1, had)])).is_empty()
    };
    let later = AT.plus_seconds(1);
    for (starts_at, ends_at, expected) in [
        (Some(AT), Some(later), true),
        (Some(later), None, false),
        (None, Some(AT), false),
    ] {
        assert_eq!(
            applies(
                Promotion {
                    starts_at,
                    ends_at,
                    ..plain.clone()
                },
                0
            ),
            expected
        );
    }
    let limits = Limits {
        per_client: Some(2),
        in_all: Some(10),
    };
    let limited = |used| Promotion {
        limits,
        used,
        ..plain.clone()
    };
    assert!(applies(limited(9), 1));
    assert!(!applies(limited(9), 2) && !applies(limited(10), 1));
    assert!(!applies(
        Promotion {
            enabled: false,
            ..plain.clone()
        },
        0
    ));
    let personal = Promotion {
        segment: Some(Segment::Newcomers),
        ..plain
    };
    assert!(!applies(personal, 0));
}

proptest! {
    #[test]
    fn ruling_12_a_receipt_has_the_promotions_of_its_time_for_so_many_days(
        made_at in 0_i64..4_000_000_000_000,
        late_seconds in -300_i64..50 * 86_400,
        days in 0_i64..=30,
    ) {
        let made_at = Timestamp::from_millis(made_at);
        let is_in_time = |days| is_in_time(made_at, made_at.plus_seconds(late_seconds), days);
        prop_assert!(!is_in_time(days) || late_seconds <= days * 86_400 + 300);
        prop_assert!(is_in_time(days) || late_seconds > days * 86_400);
        prop_assert!(is_in_time(days + 1) || !is_in_time(days), "a longer limit takes no fewer");
        prop_assert!(late_seconds > 0 || is_in_time(0), "what is sent at once is never late");
    }
}
