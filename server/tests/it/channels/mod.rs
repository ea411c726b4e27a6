//! The channels against servers that speak the services' protocols.

mod push;
mod sms;
mod telegram;

use std::time::Duration;

use server::channels::{Addresses, Channels, Sent};

/// What a test waits for a server that never answers.
const IMPATIENT: Duration = Duration::from_millis(300);

fn channels(telegram: Option<&str>, fcm: Option<&str>, osonsms: Option<&str>) -> Channels {
    let addresses = Addresses::new(telegram, fcm, osonsms).unwrap();
    Channels::new(addresses).unwrap()
}

fn accepted(remote_id: &str) -> Sent {
    let remote_id = Some(remote_id.to_owned());
    Sent::Accepted { remote_id }
}

/// Whether it is to be tried again: the seconds, and whether the whole channel waits.
fn later(sent: &Sent) -> Option<(Option<i64>, bool)> {
    match sent {
        Sent::Later {
            after_seconds,
            whole_channel,
            ..
        } => Some((*after_seconds, *whole_channel)),
        _ => None,
    }
}

fn reason(sent: &Sent) -> &str {
    match sent {
        Sent::Accepted { .. } => "",
        Sent::DeadAddress(reason)
        | Sent::Stranger(reason)
        | Sent::Refused(reason)
        | Sent::Later { reason, .. } => reason,
    }
}

/// Reasons are read by people who must not learn secrets from them.
fn keeps_secrets(sent: &Sent, secrets: &[&str]) {
    let reason = reason(sent);
    assert!(reason.ends_with('.'), "{reason}");
    for secret in secrets.iter().chain(&["http://", "https://", "127.0.0.1"]) {
        assert!(!reason.contains(secret), "{reason}");
    }
}
