//! SMS.

use server::channels::{Channels, Sent, Sms, SmsAccount, SmsAuth, SmsState};

use super::{IMPATIENT, accepted, channels, keeps_secrets, later, reason};
use crate::fakes::OsonSms;
use crate::fakes::osonsms::{Answer, LOGIN, PASS_HASH, SENDER, TOKEN, Version};

const PHONE: &str = "992901234567";

async fn start() -> (OsonSms, Channels) {
    let osonsms = OsonSms::start().await;
    let channels = channels(None, None, Some(&osonsms.url));
    (osonsms, channels)
}

fn account(auth: SmsAuth) -> SmsAccount {
    SmsAccount {
        login: LOGIN.to_owned(),
        sender: SENDER.to_owned(),
        auth,
    }
}

fn bearer() -> SmsAccount {
    account(SmsAuth::Bearer(TOKEN.to_owned()))
}

fn hash() -> SmsAccount {
    account(SmsAuth::Hash(PASS_HASH.to_owned()))
}

async fn send_from(channels: &Channels, account: &SmsAccount, phone: &str, txn_id: &str) -> Sent {
    let sms = Sms {
        phone,
        text: "Ваш код: 4812 & 50% + «бонус»",
        txn_id,
        is_confidential: true,
    };
    let sent = channels.sms(account, &sms).await;
    if !matches!(sent, Sent::Accepted { .. }) {
        keeps_secrets(&sent, &[TOKEN, PASS_HASH, PHONE, "4812"]);
    }
    sent
}

async fn send(channels: &Channels, txn_id: &str) -> Sent {
    send_from(channels, &bearer(), "+992901234567", txn_id).await
}

#[tokio::test]
async fn a_message_arrives_by_both_interfaces() {
    let (osonsms, channels) = start().await;
    assert_eq!(
        send_from(&channels, &bearer(), "+992901234567", "bonex-1-1").await,
        accepted("1")
    );
    assert_eq!(
        send_from(&channels, &hash(), "+992901234567", "bonex-1-2").await,
        accepted("2")
    );
    osonsms.arrived().await;
    assert_eq!(osonsms.take().len(), 2);
    let messages = osonsms.messages(PHONE);
    assert_eq!(messages.len(), 2);
    for message in messages {
        assert_eq!(message["msg"], "Ваш код: 4812 & 50% + «бонус»");
        assert_eq!(
            (message["from"].as_str(), message["is_confidential"].as_str()),
            (SENDER, "true")
        );
    }
}

#[tokio::test]
async fn signatures_are_those_of_the_vectors() {
    let (osonsms, channels) = start().await;
    send_from(&channels, &hash(), "+992901234567", "bonex-1-42").await;
    let signature = "9cdd637fb033bff38c23d2617dc275b8c29d7764b10d8fb4851f2383d26c2c5e";
    assert_eq!(osonsms.received()[0].get("str_hash"), signature);
}

#[tokio::test]
async fn other_countries_are_refused_unasked() {
    let (osonsms, channels) = start().await;
    for phone in ["+79161234567", "+99290123456", "901234567"] {
        let sent = send_from(&channels, &bearer(), phone, "bonex-1-1").await;
        assert!(
            matches!(&sent, Sent::Refused(reason) if reason.contains("+992")),
            "{sent:?}"
        );
    }
    assert!(osonsms.received().is_empty());
}

#[tokio::test]
async fn a_bad_message_is_refused() {
    let (osonsms, channels) = start().await;
    osonsms.answer(&[Answer::Error(422, 100), Answer::Status(422)]);
    for _ in 0..2 {
        assert!(matches!(send(&channels, "bonex-1-1").await, Sent::Refused(_)));
    }
    let other = SmsAccount {
        sender: "Other".to_owned(),
        ..bearer()
    };
    let sent = send_from(&channels, &other, "+992901234567", "bonex-1-1").await;
    assert!(
        matches!(&sent, Sent::Refused(reason) if reason.contains("отправителя")),
        "{sent:?}"
    );
    assert!(osonsms.messages(PHONE).is_empty());
}

#[tokio::test]
async fn troubles_of_the_account_pause_the_channel() {
    let (osonsms, channels) = start().await;
    for answer in [
        Answer::Error(403, 105),
        Answer::Error(401, 106),
        Answer::Error(503, 113),
        Answer::Error(403, 114),
        Answer::Error(400, 119),
        Answer::Status(401),
        Answer::Status(429),
        Answer::Status(500),
    ] {
        osonsms.answer(&[answer]);
        let sent = send(&channels, "bonex-1-1").await;
        assert_eq!(later(&sent), Some((None, true)), "{answer:?}: {sent:?}");
    }
    osonsms.set_balance(0.0);
    let sent = send(&channels, "bonex-1-1").await;
    assert!(reason(&sent).contains("не хватает денег"), "{sent:?}");
    for auth in [
        SmsAuth::Bearer("wrong".to_owned()),
        SmsAuth::Hash("wrong".to_owned()),
    ] {
        let sent = send_from(&channels, &account(auth), "+992901234567", "bonex-1-1").await;
        assert!(reason(&sent).contains("проверьте логин"), "{sent:?}");
    }
    let sent = send_from(
        &channels,
        &account(SmsAuth::Bearer("a\nb".to_owned())),
        "+992901234567",
        "bonex-1-1",
    )
    .await;
    assert!(reason(&sent).contains("недопустимые знаки"), "{sent:?}");
    assert!(osonsms.messages(PHONE).is_empty());
}

#[tokio::test]
async fn a_passing_trouble_delays_one_message() {
    let (osonsms, channels) = start().await;
    osonsms.answer(&[
        Answer::Error(500, 109),
        Answer::Error(500, 112),
        Answer::Status(302),
    ]);
    for _ in 0..3 {
        assert_eq!(later(&send(&channels, "bonex-1-1").await), Some((None, false)));
    }
    assert_eq!(send(&channels, "bonex-1-1").await, accepted("1"));
}

#[tokio::test]
async fn silence_ends_with_patience() {
    let (osonsms, channels) = start().await;
    let channels = channels.with_timeout(IMPATIENT);
    osonsms.answer(&[Answer::Hang]);
    let sent = send(&channels, "bonex-1-1").await;
    assert_eq!(later(&sent), Some((None, true)));
    assert_eq!(reason(&sent), "OsonSMS не ответил вовремя.");
}

#[tokio::test]
async fn a_lost_answer_sends_no_second_message() {
    let (osonsms, channels) = start().await;
    osonsms.answer(&[Answer::TakeThenBreak]);
    let sent = send(&channels, "bonex-1-1").await;
    assert_eq!(later(&sent), Some((None, false)));
    assert_eq!(
        send(&channels, "bonex-1-1").await,
        Sent::Accepted { remote_id: None }
    );
    assert_eq!(osonsms.messages(PHONE).len(), 1);
    assert_eq!(osonsms.received().len(), 2);
}

#[tokio::test]
async fn the_balance_is_told() {
    let (osonsms, channels) = start().await;
    osonsms.set_balance(41.25);
    assert_eq!(channels.sms_balance(&bearer(), "balance-1").await, Ok(41.25));
    assert_eq!(channels.sms_balance(&hash(), "balance-2").await, Ok(41.25));
    osonsms.answer(&[Answer::Error(401, 106), Answer::Status(500), Answer::Hang]);
    for word in ["проверьте логин", "не работает"] {
        let balance = channels.sms_balance(&bearer(), "balance-3").await;
        assert!(balance.is_err_and(|reason| reason.contains(word)), "{word}");
    }
    let impatient = channels.with_timeout(IMPATIENT);
    let balance = impatient.sms_balance(&bearer(), "balance-4").await;
    assert_eq!(balance, Err("OsonSMS не ответил вовремя.".to_owned()));
    assert_eq!(osonsms.received().len(), 5);
}

#[tokio::test]
async fn delivery_states_are_read_in_both_shapes() {
    let (osonsms, channels) = start().await;
    assert_eq!(send(&channels, "bonex-1-1").await, accepted("1"));
    for (word, state) in [
        ("ENROUTE", SmsState::Enroute),
        ("ACCEPTED", SmsState::Accepted),
        ("DELIVERED", SmsState::Delivered),
        ("EXPIRED", SmsState::Expired),
        ("UNDELIVERABLE", SmsState::Undeliverable),
        ("DELETED", SmsState::Deleted),
        ("REJECTED", SmsState::Rejected),
        ("UNKNOWN", SmsState::Unknown),
    ] {
        for (version, account) in [(Version::Old, hash()), (Version::New, bearer())] {
            osonsms.set_state(version, word);
            assert_eq!(
                channels.sms_status(&account, "bonex-1-1", "1").await,
                Ok(state),
                "{word}"
            );
        }
    }
    let unknown = channels.sms_status(&bearer(), "bonex-1-1", "7").await;
    assert_eq!(unknown, Err("OsonSMS не знает такого сообщения.".to_owned()));
    assert_eq!(osonsms.received().len(), 18);
}
