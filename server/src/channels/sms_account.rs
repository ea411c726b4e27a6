//! A shop's account at OsonSMS.

use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::Channels;

/// An account at OsonSMS. Not `Debug`: it holds a secret.
#[derive(Clone, Deserialize, Serialize)]
pub struct SmsAccount {
    /// The account's name.
    pub login: String,
    /// The registered name that people see as the sender.
    pub sender: String,
    /// How the account is proven.
    pub auth: SmsAuth,
}

/// Which of both an account has depends on its contract.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsAuth {
    /// A token: the interface since version 2.
    Bearer(String),
    /// The hash of the password, with which every request is signed: the interface before.
    Hash(String),
}

impl Channels {
    /// A request with the account's proof; `signed` are the values that the old interface signs, in its order.
    pub(super) fn sms_request(&self, account: &SmsAccount, mut url: Url, signed: &[&str]) -> RequestBuilder {
        if let SmsAuth::Hash(pass_hash) = &account.auth {
            url.query_pairs_mut()
                .append_pair("str_hash", &signature(signed, pass_hash));
        }
        let request = self.client.get(url).timeout(self.sms_timeout);
        match &account.auth {
            SmsAuth::Bearer(token) => request.bearer_auth(token),
            SmsAuth::Hash(_) => request,
        }
    }
}

fn signature(signed: &[&str], pass_hash: &str) -> String {
    let text = format!("{};{pass_hash}", signed.join(";"));
    let digest = Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn signatures_are_those_of_the_vectors() {
        for (signed, signature_hex) in [
            (
                &["bonex-1-42", "demo", "Bonex", "992901234567"][..],
                "9cdd637fb033bff38c23d2617dc275b8c29d7764b10d8fb4851f2383d26c2c5e",
            ),
            (
                &["bonex-1-42", "demo"],
                "f864db0d9f5ef78167344bdd79e06ef75bdcd797d85213ef09b6f552ffb65fb3",
            ),
            (
                &["demo", "bonex-1-42"],
                "aa524f27a752c7eba446298711d5a927d8840a1ba5320b5a3fcfacf8032661b4",
            ),
        ] {
            assert_eq!(signature(signed, "PASSHASH"), signature_hex);
        }
    }

    #[test]
    fn accounts_are_kept_as_json() {
        for auth in [json!({ "bearer": "token" }), json!({ "hash": "PASSHASH" })] {
            let kept = json!({ "login": "demo", "sender": "Bonex", "auth": auth });
            let account: SmsAccount = serde_json::from_value(kept.clone()).unwrap();
            assert_eq!(serde_json::to_value(&account).unwrap(), kept);
        }
    }
}
