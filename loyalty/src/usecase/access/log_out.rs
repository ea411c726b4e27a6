//! Bearer tokens of clients (R-AUTH-2, R-AUTH-3): `id|secret`, stored hashed, living until they are revoked.

use crate::Loyalty;
use crate::model::{Client, Timestamp};
use crate::secret::hash;
use crate::store::Scope;
use crate::store::access::client_tokens;
use crate::usecase::Error;

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Gives a client a new token: `id|secret`. It is not shown again.
pub(in crate::usecase) async fn issue(
    scope: &mut Scope<'_>,
    id: i64,
    client_id: i64,
    now: Timestamp,
) -> Result<String, Error> {
    let secret = with_checksum(&random_letters());
    client_tokens::insert(scope, id, client_id, &hash(secret.as_bytes()), now).await?;
    Ok(format!("{id}|{secret}"))
}

/// Revokes the token that this client showed: in this process at once, in others within 5 s (ruling 4).
///
/// # Errors
/// The database refuses.
pub async fn log_out(loyalty: &Loyalty, client: &Client) -> Result<(), Error> {
    let tenant_id = client.tenant.id;
    client_tokens::revoke(
        &mut loyalty.db().tenant(tenant_id),
        client.token_id,
        loyalty.now(),
    )
    .await?;
    loyalty
        .client_tokens()
        .invalidate(&(tenant_id, client.token_id))
        .await;
    Ok(())
}

/// 40 letters and digits: 238 random bits.
fn random_letters() -> String {
    use rand::RngExt;
    let mut random = rand::rng();
    (0..40)
        .map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())]))
        .collect()
}

/// The CRC-32 behind the letters lets scanners of leaked secrets recognise a token.
fn with_checksum(letters: &str) -> String {
    format!("{letters}{:08x}", crc32fast::hash(letters.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_auth_2_a_token_has_the_form_of_sanctum() {
        let known = with_checksum(&"A".repeat(40));
        assert_eq!(known, format!("{}2ae98c30", "A".repeat(40)));
        let stored = "058cce6a803d9bdc3e6455e282dd153404ab2eb4310eff15e0d9153affe67a6f";
        assert_eq!(hash(known.as_bytes()), stored);
        assert_ne!(random_letters(), random_letters());
    }
}
