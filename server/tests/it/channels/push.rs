//! Push messages.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use server::channels::{Channels, Push, Sent, ServiceAccount};
use tokio::task::JoinSet;

use super::{IMPATIENT, accepted, channels, keeps_secrets, later, reason};
use crate::fakes::Google;
use crate::fakes::google::{Answer, SERVICE_ACCOUNT, TokenAnswer};

const NOW: i64 = 1_781_265_600;
const PHONE: &str = "phone-registration-token";

async fn start() -> (Google, Channels) {
    let google = Google::start().await;
    let channels = channels(None, Some(&google.url), None);
    (google, channels)
}

fn account() -> ServiceAccount {
    serde_json::from_str(SERVICE_ACCOUNT).unwrap()
}

/// The account with another value in its file.
fn account_with(field: &str, value: &str) -> ServiceAccount {
    let mut file: Value = serde_json::from_str(SERVICE_ACCOUNT).unwrap();
    file[field] = json!(value);
    serde_json::from_value(file).unwrap()
}

async fn send_from(channels: &Channels, account: &ServiceAccount, now_seconds: i64) -> Sent {
    let data = BTreeMap::from([("page".to_owned(), "history".to_owned())]);
    let push = Push {
        token: PHONE,
        title: "Бонусы",
        body: "Начислено 12,50",
        data: &data,
        tag: Some("message-42"),
    };
    let sent = channels.push(account, &push, now_seconds).await;
    if !matches!(sent, Sent::Accepted { .. }) {
        keeps_secrets(&sent, &[PHONE, "ya29", "bonex-demo"]);
    }
    sent
}

async fn send(channels: &Channels) -> Sent {
    send_from(channels, &account(), NOW).await
}

#[tokio::test]
async fn a_push_arrives_whole() {
    let (google, channels) = start().await;
    assert_eq!(
        send(&channels).await,
        accepted("projects/bonex-demo/messages/0:1")
    );
    google.arrived().await;
    assert_eq!(google.received().len(), 1);
    let expected = json!({
        "token": PHONE,
        "notification": { "title": "Бонусы", "body": "Начислено 12,50" },
        "data": { "page": "history" },
        "android": { "priority": "HIGH", "notification": { "tag": "message-42" } },
        "apns": { "headers": { "apns-collapse-id": "message-42" } },
    });
    assert_eq!(google.pushes(PHONE), [expected]);
    let claims = google.tokens().take();
    assert_eq!(
        (&claims[0]["iat"], &claims[0]["exp"]),
        (&json!(NOW), &json!(NOW + 3600))
    );
}

#[tokio::test]
async fn a_long_text_is_cut_within_fcms_limit() {
    let (google, channels) = start().await;
    let data = BTreeMap::new();
    let push = Push {
        token: PHONE,
        title: "Бонусы",
        body: &"Скоро \"сгорят\"\n".repeat(500),
        data: &data,
        tag: None,
    };
    assert!(matches!(
        channels.push(&account(), &push, NOW).await,
        Sent::Accepted { .. }
    ));
    assert_eq!(google.received().len(), 1);
    let body = google.pushes(PHONE)[0]["notification"]["body"].clone();
    assert!(body.as_str().unwrap().ends_with('…'));
}

#[tokio::test]
async fn ruling_36_lost_phones_are_forgotten_and_strange_ones_are_not() {
    let (google, channels) = start().await;
    google.answer(&[
        Answer::Unregistered,
        Answer::BadToken,
        Answer::BadTokenField,
        Answer::SenderIdMismatch,
    ]);
    assert!(matches!(send(&channels).await, Sent::DeadAddress(_)));
    for _ in 0..3 {
        let sent = send(&channels).await;
        assert!(matches!(sent, Sent::Stranger(_)), "{sent:?}");
    }
    google.unregister(PHONE);
    assert!(matches!(send(&channels).await, Sent::DeadAddress(_)));
    assert_eq!(google.received().len(), 5);
}

#[tokio::test]
async fn a_bad_message_is_refused_and_the_address_is_kept() {
    let (google, channels) = start().await;
    google.answer(&[Answer::BadPayload]);
    assert!(matches!(send(&channels).await, Sent::Refused(_)));
    let data = BTreeMap::from([("page".to_owned(), "x".repeat(5000))]);
    let push = Push {
        token: PHONE,
        title: "Бонусы",
        body: "Текст",
        data: &data,
        tag: None,
    };
    assert!(matches!(
        channels.push(&account(), &push, NOW).await,
        Sent::Refused(_)
    ));
    assert_eq!(google.received().len(), 1);
}

#[tokio::test]
async fn the_channel_pauses_for_as_long_as_google_says() {
    let (google, channels) = start().await;
    for (answer, expected) in [
        (Answer::QuotaExceeded(Some(90)), (Some(90), true)),
        (Answer::QuotaExceeded(None), (Some(60), true)),
        (Answer::Unavailable(Some(5)), (Some(5), true)),
        (Answer::Unavailable(None), (None, true)),
        (Answer::Internal, (None, false)),
        (Answer::PermissionDenied, (None, true)),
        (Answer::ThirdPartyAuth, (None, false)),
        (Answer::Status(502), (None, true)),
        (Answer::Status(404), (None, false)),
    ] {
        google.answer(&[answer]);
        assert_eq!(later(&send(&channels).await), Some(expected), "{answer:?}");
    }
    assert_eq!(google.tokens().received().len(), 1);
    assert!(google.pushes(PHONE).is_empty());
}

#[tokio::test]
async fn silence_ends_with_patience() {
    let (google, channels) = start().await;
    // The access token comes in good time.
    send(&channels).await;
    google.answer(&[Answer::Hang]);
    let channels = channels.with_timeout(IMPATIENT);
    let sent = send(&channels).await;
    assert_eq!(later(&sent), Some((None, true)));
    assert_eq!(reason(&sent), "Firebase не ответил вовремя.");
}

/// FCM has no names for messages, but phones have: the second shows in the place of the first.
#[tokio::test]
async fn a_lost_answer_means_another_push_of_the_same_name() {
    let (google, channels) = start().await;
    google.answer(&[Answer::TakeThenBreak]);
    let sent = send(&channels).await;
    assert_eq!(later(&sent), Some((None, false)));
    assert_eq!(reason(&sent), "Соединение с Firebase оборвалось.");
    assert_eq!(
        send(&channels).await,
        accepted("projects/bonex-demo/messages/0:2")
    );
    let pushes = google.pushes(PHONE);
    assert_eq!(pushes.len(), 2);
    assert_eq!(pushes[0], pushes[1]);
}

#[tokio::test]
async fn an_access_token_serves_until_shortly_before_its_end() {
    let (google, channels) = start().await;
    let account = account();
    let mut at_once = JoinSet::new();
    for _ in 0..20 {
        let (channels, account) = (channels.clone(), account.clone());
        at_once.spawn(async move { send_from(&channels, &account, NOW).await });
    }
    for sent in at_once.join_all().await {
        assert!(matches!(sent, Sent::Accepted { .. }));
    }
    assert_eq!(google.tokens().take().len(), 1);
    send_from(&channels.clone(), &account, NOW + 3298).await;
    assert_eq!(google.tokens().take().len(), 0);
    send_from(&channels, &account, NOW + 3299).await;
    assert_eq!(google.tokens().take().len(), 1);
}

#[tokio::test]
async fn a_withdrawn_access_token_is_replaced_once() {
    let (google, channels) = start().await;
    send(&channels).await;
    google.withdraw_tokens();
    assert_eq!(
        send(&channels).await,
        accepted("projects/bonex-demo/messages/0:2")
    );
    assert_eq!(google.tokens().take().len(), 2);
    google.always(Some(Answer::Unauthenticated));
    assert_eq!(later(&send(&channels).await), Some((None, true)));
    // The old one, a fresh one; then it gives up.
    assert_eq!(google.received().len(), 5);
    assert_eq!(google.tokens().take().len(), 1);
}

#[tokio::test]
async fn without_an_access_token_the_channel_waits() {
    let (google, channels) = start().await;
    for (answer, word) in [
        (TokenAnswer::InvalidGrant, "загрузите новый файл"),
        (TokenAnswer::Status(503), "не работает"),
        (TokenAnswer::Status(404), "непонятно"),
    ] {
        google.tokens().answer(&[answer]);
        let sent = send(&channels).await;
        assert_eq!(later(&sent), Some((None, true)), "{answer:?}");
        assert!(reason(&sent).contains(word), "{sent:?}");
    }
    google.tokens().answer(&[TokenAnswer::Hang]);
    let sent = send(&channels.clone().with_timeout(IMPATIENT)).await;
    assert_eq!(later(&sent), Some((None, true)));
    assert_eq!(reason(&sent), "Google не ответил вовремя.");
    assert!(google.received().is_empty());
    assert!(matches!(send(&channels).await, Sent::Accepted { .. }));
}

#[tokio::test]
async fn a_spoilt_key_is_told_apart() {
    let (google, channels) = start().await;
    let spoilt = account_with(
        "private_key",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    );
    let sent = send_from(&channels, &spoilt, NOW).await;
    assert_eq!(later(&sent), Some((None, true)));
    assert!(reason(&sent).contains("испорчен"), "{sent:?}");
    let unknown = account_with("client_email", "other@bonex-demo.iam.gserviceaccount.com");
    let sent = send_from(&channels, &unknown, NOW).await;
    assert!(reason(&sent).contains("загрузите новый файл"), "{sent:?}");
    assert!(google.received().is_empty());
}

/// Names in a file are no secret; its key is.
#[tokio::test]
async fn another_shops_access_token_is_out_of_reach() {
    let (google, channels) = start().await;
    send(&channels).await;
    let file: Value = serde_json::from_str(SERVICE_ACCOUNT).unwrap();
    let other_key = file["private_key"].as_str().unwrap().replacen("MII", "MIJ", 1);
    let sent = send_from(&channels, &account_with("private_key", &other_key), NOW).await;
    assert_eq!(later(&sent), Some((None, true)));
    assert_eq!(google.received().len(), 1);
}

#[tokio::test]
async fn another_project_is_not_ours() {
    let (google, channels) = start().await;
    for project in ["other-project", "../../bonex-demo", "bonex-demo/messages:send?x="] {
        let sent = send_from(&channels, &account_with("project_id", project), NOW).await;
        assert!(later(&sent).is_some(), "{project}: {sent:?}");
    }
    assert!(google.pushes(PHONE).is_empty());
}
