//! What Firebase Cloud Messaging answers.

use serde_json::Value;

use super::Sent;
use super::answer::Answer;

pub(super) const SERVICE: &str = "Firebase";
/// Where FCM advises to begin when it names no pause itself, in seconds.
const QUOTA_PAUSE: i64 = 60;

/// Our token is turned away. A phone maker's quarrel with the project has the same status, and a fresh token is no help.
pub(super) fn is_unauthenticated(answer: &Answer) -> bool {
    answer.status == 401 && code(&answer.body) != "THIRD_PARTY_AUTH_ERROR"
}

/// What FCM's answer means.
pub(super) fn judge(answer: &Answer) -> Sent {
    let body = &answer.body;
    if let (true, Some(name)) = (answer.is_success(), body["name"].as_str()) {
        return Sent::Accepted {
            remote_id: Some(name.to_owned()),
        };
    }
    match code(body) {
        "UNREGISTERED" => Sent::DeadAddress("Приложение удалено с телефона.".to_owned()),
        // A key of another project does all of these to every phone (ruling 36).
        "SENDER_ID_MISMATCH" => Sent::Stranger("Телефон подписан на другой проект Firebase.".to_owned()),
        "NOT_FOUND" => Sent::Stranger("Firebase не знает такого телефона.".to_owned()),
        "INVALID_ARGUMENT" if is_bad_token(body) => {
            Sent::Stranger("Firebase не знает такого телефона.".to_owned())
        }
        "INVALID_ARGUMENT" => Sent::Refused("Firebase не принял уведомление.".to_owned()),
        "QUOTA_EXCEEDED" | "RESOURCE_EXHAUSTED" => Sent::pause(
            answer.retry_after.or(Some(QUOTA_PAUSE)),
            "Firebase просит отправлять уведомления реже.",
        ),
        "UNAVAILABLE" => Sent::silence(answer.retry_after, "Firebase временно не работает."),
        // Of this message alone, as far as FCM tells.
        "INTERNAL" => Sent::later("Firebase не справился с уведомлением."),
        "THIRD_PARTY_AUTH_ERROR" => {
            Sent::later("Firebase не пускают на телефоны Apple: обновите ключ APNs в консоли Firebase.")
        }
        "PERMISSION_DENIED" => Sent::pause(
            None,
            "Google не разрешает отправку: включите Cloud Messaging и проверьте права сервисного аккаунта.",
        ),
        "UNAUTHENTICATED" => Sent::pause(None, "Firebase не принял ключ доступа."),
        _ if answer.status == 401 => Sent::pause(None, "Firebase не принял ключ доступа."),
        _ => answer.by_status(SERVICE),
    }
}

/// FCM's own code, or the status that all of Google's interfaces give.
fn code(body: &Value) -> &str {
    let error = &body["error"];
    let of_fcm = fcm_error(error).and_then(|detail| detail["errorCode"].as_str());
    of_fcm.or(error["status"].as_str()).unwrap_or_default()
}

fn fcm_error(error: &Value) -> Option<&Value> {
    let is_fcm = |detail: &&Value| {
        let kind = detail["@type"].as_str().unwrap_or_default();
        kind.ends_with("google.firebase.fcm.v1.FcmError")
    };
    error["details"].as_array()?.iter().find(is_fcm)
}

/// Whether an invalid argument is the phone's token. FCM says so in the message, in a violation of a field, or in both.
fn is_bad_token(body: &Value) -> bool {
    let error = &body["error"];
    let message = error["message"].as_str().unwrap_or_default().to_lowercase();
    let is_named = fcm_error(error).is_some() && message.contains("registration token");
    let details = error["details"].as_array().into_iter().flatten();
    let mut violations = details
        .filter_map(|detail| detail["fieldViolations"].as_array())
        .flatten();
    is_named || violations.any(|violation| violation["field"] == "message.token")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(status: u16, body: Value) -> Sent {
        judge(&Answer {
            status,
            retry_after: None,
            body,
        })
    }

    /// An error as FCM words it, with its own code among the details.
    fn error(status: u16, google: &str, fcm: &str) -> Sent {
        let detail =
            json!({ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": fcm });
        let error = json!({ "code": status, "message": "", "status": google, "details": [detail] });
        judged(status, json!({ "error": error }))
    }

    #[test]
    fn ruling_36_only_a_phone_without_the_app_is_a_dead_address() {
        let sent = error(404, "NOT_FOUND", "UNREGISTERED");
        assert!(matches!(sent, Sent::DeadAddress(_)), "{sent:?}");
        for sent in [
            error(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
            judged(404, json!({ "error": { "code": 404, "status": "NOT_FOUND" } })),
        ] {
            assert!(matches!(sent, Sent::Stranger(_)), "{sent:?}");
        }
    }

    #[test]
    fn quarrels_of_the_project_cost_nobody_an_address() {
        for (sent, whole) in [
            (
                judged(
                    403,
                    json!({ "error": { "code": 403, "status": "PERMISSION_DENIED" } }),
                ),
                true,
            ),
            (
                judged(
                    401,
                    json!({ "error": { "code": 401, "status": "UNAUTHENTICATED" } }),
                ),
                true,
            ),
            (judged(401, Value::Null), true),
            (judged(503, Value::Null), true),
            (error(503, "UNAVAILABLE", "UNAVAILABLE"), true),
            (error(500, "INTERNAL", "INTERNAL"), false),
            (error(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), false),
            (error(418, "UNKNOWN", "UNSPECIFIED_ERROR"), false),
            (judged(404, Value::Null), false),
            (judged(200, json!({})), false),
        ] {
            assert!(
                matches!(sent, Sent::Later { whole_channel, .. } if whole_channel == whole),
                "{sent:?}"
            );
        }
    }

    #[test]
    fn without_a_pause_a_quota_begins_with_a_minute() {
        let sent = error(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED");
        assert!(matches!(
            sent,
            Sent::Later {
                after_seconds: Some(60),
                whole_channel: true,
                ..
            }
        ));
    }
}
