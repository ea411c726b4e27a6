//! What Firebase Cloud Messaging answers when it does not send.

use axum::response::Response;
use serde_json::{Value, json};

use super::desk::{broken, hang, html_answer, json_answer, with_retry_after};

const FCM_ERROR: &str = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";

/// What to answer to a message instead of the truth.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// 404: the app is gone from the phone.
    Unregistered,
    /// 400: that is no registration token, as FCM words it.
    BadToken,
    /// 400: the same as a violation of the field.
    BadTokenField,
    /// 400: the message is wrong, the token may be good.
    BadPayload,
    /// 403: the phone belongs to another project.
    SenderIdMismatch,
    /// 403: Cloud Messaging is not switched on.
    PermissionDenied,
    /// 429, with so many seconds or none.
    QuotaExceeded(Option<u64>),
    /// 503, with so many seconds or none.
    Unavailable(Option<u64>),
    /// 500.
    Internal,
    /// 401: the access token is not taken.
    Unauthenticated,
    /// 401: Apple turns the project away.
    ThirdPartyAuth,
    /// Any status, with a page in HTML.
    Status(u16),
    /// Nothing, ever; the message is not taken.
    Hang,
    /// Takes the message, and breaks the connection before it says so.
    TakeThenBreak,
}

/// The answer, as FCM words it.
pub async fn told(answer: Answer) -> Response {
    let of_fcm = |code: &str| json!([{ "@type": FCM_ERROR, "errorCode": code }]);
    let violation = |field: &str| json!({ "@type": BAD_REQUEST, "fieldViolations": [{ "field": field }] });
    match answer {
        Answer::Unregistered => {
            let message = "Requested entity was not found.";
            error(404, message, "NOT_FOUND", of_fcm("UNREGISTERED"))
        }
        Answer::BadToken => {
            let message = "The registration token is not a valid FCM registration token";
            error(400, message, "INVALID_ARGUMENT", of_fcm("INVALID_ARGUMENT"))
        }
        Answer::BadTokenField => {
            let mut details = of_fcm("INVALID_ARGUMENT");
            details.as_array_mut().unwrap().push(violation("message.token"));
            error(
                400,
                "Request contains an invalid argument.",
                "INVALID_ARGUMENT",
                details,
            )
        }
        Answer::BadPayload => {
            let message = "Invalid value at 'message.data[0].value' (TYPE_STRING), 12";
            let details = json!([violation("message.data[0].value")]);
            error(400, message, "INVALID_ARGUMENT", details)
        }
        Answer::SenderIdMismatch => error(
            403,
            "SenderId mismatch",
            "PERMISSION_DENIED",
            of_fcm("SENDER_ID_MISMATCH"),
        ),
        Answer::PermissionDenied => {
            let message = "Permission 'cloudmessaging.messages.create' denied on resource";
            error(
                403,
                message,
                "PERMISSION_DENIED",
                json!([{ "reason": "IAM_PERMISSION_DENIED" }]),
            )
        }
        Answer::QuotaExceeded(seconds) => {
            let answer = error(
                429,
                "Quota exceeded.",
                "RESOURCE_EXHAUSTED",
                of_fcm("QUOTA_EXCEEDED"),
            );
            with_retry_after(answer, seconds)
        }
        Answer::Unavailable(seconds) => {
            let answer = error(
                503,
                "The service is currently unavailable.",
                "UNAVAILABLE",
                of_fcm("UNAVAILABLE"),
            );
            with_retry_after(answer, seconds)
        }
        Answer::Internal => error(500, "Internal error encountered.", "INTERNAL", of_fcm("INTERNAL")),
        Answer::Unauthenticated => {
            let message = "Request had invalid authentication credentials.";
            error(401, message, "UNAUTHENTICATED", json!([]))
        }
        Answer::ThirdPartyAuth => {
            let message = "Auth error from APNS or Web Push Service";
            error(401, message, "UNAUTHENTICATED", of_fcm("THIRD_PARTY_AUTH_ERROR"))
        }
        Answer::Status(status) => html_answer(status),
        Answer::Hang => hang().await,
        Answer::TakeThenBreak => broken(),
    }
}

fn error(status: u16, message: &str, name: &str, details: Value) -> Response {
    let error = json!({ "code": status, "message": message, "status": name, "details": details });
    json_answer(status, &json!({ "error": error }))
}
