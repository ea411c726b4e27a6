//! SMS by OsonSMS, Tajikistan.

use super::answer::{Answer, ask};
use super::{Channels, Sent, SmsAccount};

pub(super) const SERVICE: &str = "OsonSMS";

/// A message to one phone. Not `Debug`: it may hold a code.
#[derive(Clone, Copy)]
pub struct Sms<'a> {
    /// `+992…`; no other country is served.
    pub phone: &'a str,
    /// What it says.
    pub text: &'a str,
    /// Our own name of the message, the same at every attempt: so it is sent once.
    pub txn_id: &'a str,
    /// It holds a code, which OsonSMS is asked not to show in its reports.
    pub is_confidential: bool,
}

impl Channels {
    /// Sends a message under the shop's sender name. May be repeated: what was taken before is accepted again, then
    /// without OsonSMS' id of it.
    pub async fn sms(&self, account: &SmsAccount, sms: &Sms<'_>) -> Sent {
        let Some(phone) = tajik(sms.phone) else {
            return Sent::Refused("SMS уходят только на номера Таджикистана (+992).".to_owned());
        };
        let mut url = self.addresses.osonsms(&["sendsms_v1.php"]);
        url.query_pairs_mut()
            .append_pair("login", &account.login)
            .append_pair("from", &account.sender)
            .append_pair("phone_number", phone)
            .append_pair("msg", sms.text)
            .append_pair("txn_id", sms.txn_id);
        if sms.is_confidential {
            url.query_pairs_mut().append_pair("is_confidential", "true");
        }
        let signed = [sms.txn_id, &account.login, &account.sender, phone];
        match ask(SERVICE, self.sms_request(account, url, &signed)).await {
            Ok(answer) => judge(&answer),
            Err(later) => later,
        }
    }
}

/// The code of OsonSMS' error, where its answer holds one.
pub(super) fn error_code(answer: &Answer) -> Option<i64> {
    let code = &answer.body["error"]["code"];
    code.as_i64().or_else(|| code.as_str()?.trim().parse().ok())
}

/// What no message of this account gets past, in the words of its owner.
pub(super) fn account_trouble(code: Option<i64>) -> Option<&'static str> {
    match code? {
        103 => Some("OsonSMS не знает такого логина."),
        105 => Some("Аккаунт OsonSMS не активен."),
        106 => Some("OsonSMS не принял ключ доступа: проверьте логин и токен."),
        113 => Some("OsonSMS временно не работает."),
        114 => Some("OsonSMS не пускает наш сервер: внесите его адрес в разрешённые."),
        119 => Some("На счёте OsonSMS не хватает денег."),
        _ => None,
    }
}

/// Digits alone, of a Tajik number alone.
fn tajik(phone: &str) -> Option<&str> {
    let digits = phone.strip_prefix('+').unwrap_or(phone);
    let is_tajik =
        digits.len() == 12 && digits.starts_with("992") && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_tajik.then_some(digits)
}

fn judge(answer: &Answer) -> Sent {
    let code = error_code(answer);
    if let Some(reason) = account_trouble(code) {
        return Sent::pause(answer.retry_after, reason);
    }
    match (code, answer.status) {
        (Some(100), _) => {
            Sent::Refused("OsonSMS не хватило данных: проверьте имя отправителя и текст.".to_owned())
        }
        (Some(107), _) => Sent::Refused("OsonSMS не знает такого имени отправителя.".to_owned()),
        // An attempt before this one came through.
        (Some(108), _) | (None, 409) => Sent::Accepted { remote_id: None },
        (Some(109 | 112), _) => Sent::later("OsonSMS не смог отправить сообщение."),
        (_, 422) => Sent::Refused("OsonSMS не обслуживает этот номер.".to_owned()),
        (None, 200..300) => accepted(answer),
        (_, 401 | 403) => Sent::pause(None, "OsonSMS не принял ключ доступа: проверьте логин и токен."),
        (_, 429 | 500..) => answer.by_status(SERVICE),
        (Some(code), _) => Sent::later(format!("OsonSMS не отправил сообщение (код {code}).")),
        (None, _) => answer.by_status(SERVICE),
    }
}

/// 201 as documented and 200 as it was before, if the body agrees.
fn accepted(answer: &Answer) -> Sent {
    let id = &answer.body["msg_id"];
    let remote_id = id.as_i64().map(|id| id.to_string());
    let remote_id = remote_id.or_else(|| id.as_str().map(str::to_owned));
    match remote_id.is_some() || answer.body["status"] == "ok" {
        true => Sent::Accepted { remote_id },
        false => answer.by_status(SERVICE),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn judged(status: u16, body: Value) -> Sent {
        judge(&Answer {
            status,
            retry_after: None,
            body,
        })
    }

    fn error(status: u16, code: i64) -> Sent {
        judged(
            status,
            json!({ "error": { "code": code, "msg": "…", "timestamp": "2026-06-12 12:00:00" } }),
        )
    }

    #[test]
    fn only_tajik_numbers_are_served() {
        assert_eq!(tajik("+992901234567"), Some("992901234567"));
        assert_eq!(tajik("992901234567"), Some("992901234567"));
        for phone in [
            "+79161234567",
            "+99290123456",
            "+9929012345678",
            "++992901234567",
            "+992 90123456",
            "",
        ] {
            assert_eq!(tajik(phone), None, "{phone}");
        }
    }

    #[test]
    fn every_code_has_its_meaning() {
        for code in [103, 105, 106, 113, 114, 119] {
            assert!(
                matches!(
                    error(400, code),
                    Sent::Later {
                        whole_channel: true,
                        ..
                    }
                ),
                "{code}"
            );
        }
        for code in [109, 112, 999] {
            assert!(
                matches!(
                    error(400, code),
                    Sent::Later {
                        whole_channel: false,
                        ..
                    }
                ),
                "{code}"
            );
        }
        for code in [100, 107] {
            assert!(matches!(error(400, code), Sent::Refused(_)), "{code}");
        }
        assert!(matches!(error(422, 999), Sent::Refused(_)));
        assert!(matches!(judged(422, Value::Null), Sent::Refused(_)));
        assert!(matches!(
            judged(403, Value::Null),
            Sent::Later {
                whole_channel: true,
                ..
            }
        ));
        assert!(matches!(
            judged(302, Value::Null),
            Sent::Later {
                whole_channel: false,
                ..
            }
        ));
    }

    #[test]
    fn what_was_taken_before_is_accepted() {
        let accepted = Sent::Accepted { remote_id: None };
        for sent in [error(409, 108), error(200, 108), judged(409, Value::Null)] {
            assert_eq!(sent, accepted);
        }
    }

    #[test]
    fn both_successes_are_one() {
        for (status, id) in [(201, json!(77)), (200, json!("77"))] {
            let remote_id = Some("77".to_owned());
            assert_eq!(
                judged(status, json!({ "status": "ok", "msg_id": id })),
                Sent::Accepted { remote_id }
            );
        }
        assert!(matches!(
            judged(200, Value::Null),
            Sent::Later {
                whole_channel: false,
                ..
            }
        ));
    }
}
