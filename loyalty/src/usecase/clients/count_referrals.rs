//! A client invites friends (R-REFERRAL).

use crate::model::{Bonus, Client};
use crate::store::clients::client;
use crate::usecase::Error;
use crate::{Failure, Loyalty};

/// Letters and digits that nobody mistakes for one another.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// What a client gains by inviting.
#[derive(Clone, Debug)]
pub struct Referral {
    /// Eight characters.
    pub code: String,
    /// Given to the one who invited.
    pub inviter_bonus: Bonus,
    /// Given to the invitee.
    pub invitee_bonus: Bonus,
    /// Friends enrolled by the code (R-REFERRAL-5).
    pub invited: i64,
    /// Those of them whose reward was given and not taken back: never ahead of what is earned (R-REFERRAL-6, rulings 46 and
    /// 63).
    pub completed: i64,
    /// Earned on them (R-REFERRAL-7).
    pub earned: Bonus,
}

/// The client's code and figures; the code is made when it is first asked for.
///
/// # Errors
/// The database refuses.
pub async fn referral(loyalty: &Loyalty, client: &Client) -> Result<Referral, Error> {
    let mut scope = loyalty.db().tenant(client.tenant.id);
    let row = client::referral(&mut scope, client.id).await?;
    let mut code = row.code;
    for _ in 0..3 {
        if code.is_some() {
            break;
        }
        code = client::give_referral_code(&mut scope, client.id, &fresh_code()).await?;
    }
    let programme = &client.tenant.programme;
    Ok(Referral {
        code: code.ok_or_else(|| Failure::new("three referral codes in a row were taken"))?,
        inviter_bonus: programme.referral_inviter_bonus,
        invitee_bonus: programme.referral_invitee_bonus,
        invited: row.invited,
        completed: row.completed,
        earned: row.earned,
    })
}

/// 32 letters, so five random bits make one.
fn fresh_code() -> String {
    rand::random::<[u8; 8]>()
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_referral_1_eight_characters() {
        for _ in 0..100 {
            let code = fresh_code();
            assert_eq!(code.len(), 8);
            assert!(code.bytes().all(|byte| ALPHABET.contains(&byte)));
        }
    }
}
