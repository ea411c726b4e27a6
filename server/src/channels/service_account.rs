//! Google's key for a program.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

/// How long a claim to be somebody stands, in seconds; Google takes no more.
const CLAIM_SECONDS: i64 = 3600;

/// A service account of a Firebase project, read from the JSON file that Google gives. Not `Debug`: it holds a secret.
#[derive(Clone, Deserialize)]
pub struct ServiceAccount {
    /// The Firebase project whose app gets the messages.
    pub project_id: String,
    /// Whom the key belongs to.
    pub client_email: String,
    /// Which of its keys this is.
    pub private_key_id: String,
    /// PEM, RSA.
    private_key: String,
    /// Where the key is exchanged for an access token.
    token_uri: String,
}

/// The private key is no RSA key in PEM.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct BadKey;

impl ServiceAccount {
    /// A JWT that proves who we are, good for an hour.
    pub(super) fn assertion(&self, scope: &str, now_seconds: i64) -> Result<String, BadKey> {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": self.private_key_id });
        let claims = json!({
            "iss": self.client_email,
            "scope": scope,
            "aud": self.token_uri,
            "iat": now_seconds,
            "exp": now_seconds + CLAIM_SECONDS,
        });
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let text = format!(
            "{}.{}",
            encode(header.to_string().as_bytes()),
            encode(claims.to_string().as_bytes())
        );
        let signature = self.sign(text.as_bytes()).ok_or(BadKey)?;
        Ok(format!("{text}.{}", encode(&signature)))
    }

    /// RS256, by the library that TLS is made with.
    fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        let key = PrivateKeyDer::from_pem_slice(self.private_key.as_bytes()).ok()?;
        let key = any_supported_type(&key).ok()?;
        let signer = key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])?;
        signer.sign(text).ok()
    }

    /// Where the key is exchanged, if that is Google: shops bring the file, and it must not lead elsewhere.
    pub(super) fn token_url(&self) -> Option<Url> {
        let url = Url::parse(&self.token_uri).ok()?;
        let host = url.host_str()?;
        let is_google = host.ends_with(".googleapis.com") || host == "accounts.google.com";
        (url.scheme() == "https" && is_google).then_some(url)
    }

    /// Tells accounts apart. The key itself is part of it: a file with another shop's names in it must not find the
    /// other shop's access token.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        let parts = [
            &self.client_email,
            &self.private_key_id,
            &self.private_key,
            &self.token_uri,
        ];
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(token_uri: &str) -> ServiceAccount {
        ServiceAccount {
            project_id: "bonex-demo".to_owned(),
            client_email: "demo@bonex-demo.iam.gserviceaccount.com".to_owned(),
            private_key_id: "1".to_owned(),
            private_key: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned(),
            token_uri: token_uri.to_owned(),
        }
    }

    #[test]
    fn keys_are_exchanged_with_google_alone() {
        for uri in [
            "https://oauth2.googleapis.com/token",
            "https://accounts.google.com/o/oauth2/token",
        ] {
            assert!(account(uri).token_url().is_some(), "{uri}");
        }
        for uri in [
            "http://oauth2.googleapis.com/token",
            "https://googleapis.com.example.org/token",
            "https://evilgoogleapis.com/token",
            "https://169.254.169.254/token",
            "token",
        ] {
            assert!(account(uri).token_url().is_none(), "{uri}");
        }
    }

    #[test]
    fn a_key_that_is_none_signs_nothing() {
        let account = account("https://oauth2.googleapis.com/token");
        assert_eq!(account.assertion("scope", 1_781_265_600), Err(BadKey));
    }
}
