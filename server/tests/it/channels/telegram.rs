//! Messages from the shop's bot.

use serde_json::json;
use server::channels::{Channels, Sent, TelegramMessage, WebAppButton};

use super::{IMPATIENT, accepted, channels, keeps_secrets, later, reason};
use crate::fakes::Telegram;
use crate::fakes::telegram::Answer;

const BOT: &str = "7000000001:AAF-demo_bot_token";
const CHAT: i64 = 700_500;

async fn start() -> (Telegram, Channels) {
    let telegram = Telegram::start().await;
    let channels = channels(Some(&telegram.url), None, None);
    (telegram, channels)
}

async fn send(channels: &Channels, text: &str) -> Sent {
    let message = TelegramMessage {
        chat_id: CHAT,
        text,
        button: None,
    };
    let sent = channels.telegram(BOT, &message).await;
    if !matches!(sent, Sent::Accepted { .. }) {
        keeps_secrets(&sent, &[BOT, "700500"]);
    }
    sent
}

#[tokio::test]
async fn a_message_arrives_with_its_button() {
    let (telegram, channels) = start().await;
    let message = TelegramMessage {
        chat_id: CHAT,
        text: "Начислено 12,50 бонуса & <спасибо>",
        button: Some(WebAppButton {
            text: "Открыть",
            url: "https://bonex.example/miniapp/demo",
        }),
    };
    assert_eq!(channels.telegram(BOT, &message).await, accepted("1"));
    telegram.arrived().await;
    let calls = telegram.take();
    assert_eq!(
        (calls.len(), calls[0].token.as_str(), calls[0].method.as_str()),
        (1, BOT, "sendMessage")
    );
    let button = json!({ "text": "Открыть", "web_app": { "url": "https://bonex.example/miniapp/demo" } });
    let expected = json!({
        "chat_id": CHAT,
        "text": "Начислено 12,50 бонуса & <спасибо>",
        "reply_markup": { "inline_keyboard": [[button]] },
    });
    assert_eq!(calls[0].body, expected);
    assert_eq!(telegram.messages(CHAT), [expected]);
}

#[tokio::test]
async fn a_long_text_is_cut_within_telegrams_limit() {
    let (telegram, channels) = start().await;
    assert_eq!(send(&channels, &"😀".repeat(3000)).await, accepted("1"));
    assert_eq!(send(&channels, &"ж".repeat(4096)).await, accepted("2"));
    assert_eq!(telegram.received().len(), 2);
    let messages = telegram.messages(CHAT);
    let text = |index: usize| messages[index]["text"].as_str().unwrap().to_owned();
    assert_eq!(text(0), "😀".repeat(2047) + "…");
    assert_eq!(text(1), "ж".repeat(4096));
}

#[tokio::test]
async fn people_who_left_are_forgotten() {
    let (telegram, channels) = start().await;
    telegram.answer(&[Answer::Blocked, Answer::ChatNotFound]);
    for _ in 0..2 {
        assert!(matches!(send(&channels, "Текст").await, Sent::DeadAddress(_)));
    }
    assert_eq!(send(&channels, "Текст").await, accepted("1"));
    telegram.block(CHAT);
    assert!(matches!(send(&channels, "Текст").await, Sent::DeadAddress(_)));
}

#[tokio::test]
async fn a_bad_message_is_refused_and_the_address_is_kept() {
    let (telegram, channels) = start().await;
    assert!(matches!(send(&channels, " ").await, Sent::Refused(_)));
    telegram.answer(&[Answer::BadRequest(
        "Bad Request: can't parse entities at https://secret.example/",
    )]);
    assert!(matches!(send(&channels, "Текст").await, Sent::Refused(_)));
    let message = TelegramMessage {
        chat_id: CHAT,
        text: "Текст",
        button: Some(WebAppButton {
            text: "Открыть",
            url: "http://bonex.example/miniapp/demo",
        }),
    };
    let sent = channels.telegram(BOT, &message).await;
    assert!(
        matches!(&sent, Sent::Refused(reason) if reason.contains("https")),
        "{sent:?}"
    );
    assert!(telegram.messages(CHAT).is_empty());
}

#[tokio::test]
async fn the_channel_pauses_for_as_long_as_telegram_says() {
    let (telegram, channels) = start().await;
    telegram.answer(&[Answer::TooMany(17), Answer::Status(502), Answer::Unauthorized]);
    assert_eq!(later(&send(&channels, "Текст").await), Some((Some(17), true)));
    assert_eq!(later(&send(&channels, "Текст").await), Some((None, true)));
    let sent = send(&channels, "Текст").await;
    assert_eq!(later(&sent), Some((None, true)));
    assert!(reason(&sent).contains("токен"), "{sent:?}");
    assert!(telegram.messages(CHAT).is_empty());
}

#[tokio::test]
async fn a_firewall_costs_nobody_an_address() {
    let (telegram, channels) = start().await;
    telegram.always(Some(Answer::Status(403)));
    assert_eq!(later(&send(&channels, "Текст").await), Some((None, false)));
    telegram.always(Some(Answer::Status(302)));
    assert_eq!(later(&send(&channels, "Текст").await), Some((None, false)));
    telegram.always(None);
    assert_eq!(send(&channels, "Текст").await, accepted("1"));
}

#[tokio::test]
async fn silence_ends_with_patience() {
    let (telegram, channels) = start().await;
    let channels = channels.with_timeout(IMPATIENT);
    telegram.answer(&[Answer::Hang]);
    let sent = send(&channels, "Текст").await;
    assert_eq!(later(&sent), Some((None, true)));
    assert_eq!(reason(&sent), "Telegram не ответил вовремя.");
    assert!(telegram.messages(CHAT).is_empty());
}

#[tokio::test]
async fn nobody_at_home_is_a_pause() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let sent = send(&channels(Some(&url), None, None), "Текст").await;
    assert_eq!(later(&sent), Some((None, true)));
    assert_eq!(reason(&sent), "Соединиться с Telegram не удалось.");
}

/// Telegram has no names for messages: better twice than never.
#[tokio::test]
async fn a_lost_answer_means_another_message() {
    let (telegram, channels) = start().await;
    telegram.answer(&[Answer::TakeThenBreak]);
    let sent = send(&channels, "Текст").await;
    assert_eq!(later(&sent), Some((None, false)));
    assert_eq!(reason(&sent), "Соединение с Telegram оборвалось.");
    assert_eq!(send(&channels, "Текст").await, accepted("2"));
    assert_eq!(telegram.messages(CHAT).len(), 2);
    assert_eq!(telegram.received().len(), 2);
}

#[tokio::test]
async fn a_token_that_is_none_leads_nowhere_else() {
    let (telegram, channels) = start().await;
    let message = TelegramMessage {
        chat_id: CHAT,
        text: "Текст",
        button: None,
    };
    for token in ["", "1:a/../../bot2:b", "1:a?x=", "1:a#"] {
        let sent = channels.telegram(token, &message).await;
        assert_eq!(later(&sent), Some((None, true)), "{token}");
    }
    assert!(telegram.messages(CHAT).is_empty());
}

#[tokio::test]
async fn a_webhook_is_set_and_may_be_set_again() {
    let (telegram, channels) = start().await;
    let url = "https://bonex.example/telegram/demo";
    for _ in 0..2 {
        assert_eq!(
            channels.set_telegram_webhook(BOT, url, "secret_1-A").await,
            Ok(())
        );
    }
    assert_eq!(telegram.received().len(), 2);
    let expected = json!({
        "url": url,
        "secret_token": "secret_1-A",
        "allowed_updates": ["message"],
        "drop_pending_updates": false,
    });
    assert_eq!(telegram.webhook(BOT), Some(expected));
    let refused = channels
        .set_telegram_webhook(BOT, "http://bonex.example/telegram/demo", "secret_1-A")
        .await;
    assert!(
        matches!(&refused, Err(Sent::Refused(reason)) if reason.contains("https")),
        "{refused:?}"
    );
    telegram.answer(&[Answer::Unauthorized]);
    let refused = channels.set_telegram_webhook(BOT, url, "secret_1-A").await;
    assert!(refused.is_err_and(|sent| later(&sent) == Some((None, true))));
}
