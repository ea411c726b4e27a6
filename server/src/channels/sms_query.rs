//! Questions to OsonSMS about an account and about what was sent.

use reqwest::RequestBuilder;

use super::answer::{Answer, ask};
use super::osonsms::{SERVICE, account_trouble, error_code};
use super::{Channels, Sent, SmsAccount};

/// Where a message is, as OsonSMS tells it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SmsState {
    /// On its way.
    Enroute,
    /// With the operator.
    Accepted,
    /// On the phone.
    Delivered,
    /// The phone was off for too long.
    Expired,
    /// The operator could not deliver it.
    Undeliverable,
    /// Taken back.
    Deleted,
    /// The operator refused it.
    Rejected,
    /// OsonSMS does not know, or says something new.
    Unknown,
}

impl Channels {
    /// What is left on the account, in somoni. `txn_id` names this request alone.
    ///
    /// # Errors
    /// Why it is not known, in the words of the account's owner.
    pub async fn sms_balance(&self, account: &SmsAccount, txn_id: &str) -> Result<f64, String> {
        let mut url = self.addresses.osonsms(&["check_balance.php"]);
        url.query_pairs_mut()
            .append_pair("login", &account.login)
            .append_pair("txn_id", txn_id);
        let answer = query(self.sms_request(account, url, &[txn_id, &account.login])).await?;
        let balance = &answer.body["balance"];
        let number = balance.as_f64().or_else(|| balance.as_str()?.trim().parse().ok());
        number
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| unclear(&answer))
    }

    /// Where a message is. `msg_id` is the id that OsonSMS gave it, `txn_id` our own.
    ///
    /// # Errors
    /// Why it is not known, in the words of the account's owner.
    pub async fn sms_status(
        &self,
        account: &SmsAccount,
        txn_id: &str,
        msg_id: &str,
    ) -> Result<SmsState, String> {
        let mut url = self.addresses.osonsms(&["query_sms.php"]);
        url.query_pairs_mut()
            .append_pair("login", &account.login)
            .append_pair("txn_id", txn_id)
            .append_pair("msg_id", msg_id);
        // Here the old interface signs in another order than everywhere else.
        let answer = query(self.sms_request(account, url, &[&account.login, txn_id])).await?;
        state(&answer).ok_or_else(|| unclear(&answer))
    }
}

async fn query(request: RequestBuilder) -> Result<Answer, String> {
    let answer = ask(SERVICE, request).await.map_err(reason)?;
    let code = error_code(&answer);
    match code {
        _ if let Some(trouble) = account_trouble(code) => Err(trouble.to_owned()),
        Some(107) => Err("OsonSMS не знает такого сообщения.".to_owned()),
        Some(code) => Err(format!("OsonSMS не ответил на вопрос (код {code}).")),
        None if answer.is_success() => Ok(answer),
        None => Err(unclear(&answer)),
    }
}

/// Before version 2.0.2 in `message_state`, since then in `status`.
fn state(answer: &Answer) -> Option<SmsState> {
    let body = &answer.body;
    let word = body["message_state"].as_str().or(body["status"].as_str())?;
    Some(match word.trim().to_ascii_uppercase().as_str() {
        "ENROUTE" => SmsState::Enroute,
        "ACCEPTED" => SmsState::Accepted,
        "DELIVERED" => SmsState::Delivered,
        "EXPIRED" => SmsState::Expired,
        "UNDELIVERABLE" => SmsState::Undeliverable,
        "DELETED" => SmsState::Deleted,
        "REJECTED" => SmsState::Rejected,
        _ => SmsState::Unknown,
    })
}

fn unclear(answer: &Answer) -> String {
    reason(answer.by_status(SERVICE))
}

fn reason(sent: Sent) -> String {
    match sent {
        Sent::Later { reason, .. }
        | Sent::Refused(reason)
        | Sent::Stranger(reason)
        | Sent::DeadAddress(reason) => reason,
        Sent::Accepted { .. } => String::new(),
    }
}
