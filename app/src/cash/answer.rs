//! What an answer tells of the request, and what it leaves open.

use super::error::CashError;

/// Seconds after which too many requests are seldom too many.
const USUAL_WAIT: &str = "5";

/// A request that was not answered with what was asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failed {
    /// In words.
    pub error: CashError,
    /// Status of the answer; none when none came.
    pub status: Option<u16>,
}

impl Failed {
    /// Whether the same request may succeed a little later: no answer, no answer of ours, too many requests, a failure.
    pub fn may_pass(&self) -> bool {
        match self.status {
            None | Some(0..=399 | 408 | 425 | 429 | 500..) => true,
            // A refusal in words that are not ours is of a proxy or a guest network in between.
            Some(_) => self.error.is_lost,
        }
    }

    /// Seconds to wait before asking again. Whoever is asked too often says how many, unless it is no server of ours.
    pub fn wait(&self) -> Option<&str> {
        match (self.error.retry_after.as_deref(), self.status) {
            (None, Some(429)) => Some(USUAL_WAIT),
            (seconds, _) => seconds,
        }
    }

    /// Whether the request surely did nothing, so that its figures may change and its key be forgotten.
    ///
    /// A refusal of ours is enough for a request that was asked for once. When an earlier answer under the same key was
    /// lost, only one that was given after looking at the key is: a wrong token says nothing of what was done before.
    pub fn proves_nothing_was_done(&self, asked_before: bool) -> bool {
        !self.may_pass() && (self.error.is_decided || !asked_before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRANSIENT: [u16; 10] = [200, 302, 408, 425, 429, 500, 502, 503, 504, 599];
    const REFUSED: [u16; 9] = [400, 401, 403, 404, 405, 409, 413, 415, 422];

    fn answer(status: Option<u16>, error: CashError) -> Failed {
        Failed { error, status }
    }

    #[test]
    fn no_answer_keeps_the_sale() {
        for asked_before in [false, true] {
            assert!(!answer(None, CashError::lost("")).proves_nothing_was_done(asked_before));
        }
    }

    #[test]
    fn too_many_requests_and_failures_keep_the_sale_however_they_are_worded() {
        for status in TRANSIENT {
            for error in [
                CashError::lost(""),
                CashError::failed("нет"),
                CashError::decided("нет"),
            ] {
                for asked_before in [false, true] {
                    let answer = answer(Some(status), error.clone());
                    assert!(answer.may_pass(), "{status}");
                    assert!(!answer.proves_nothing_was_done(asked_before), "{status}");
                }
            }
        }
    }

    #[test]
    fn too_many_requests_are_waited_for() {
        let mut told = CashError::failed("Too Many Requests");
        told.retry_after = Some("17".to_owned());
        assert_eq!(answer(Some(429), told.clone()).wait(), Some("17"));
        assert_eq!(answer(Some(503), told).wait(), Some("17"));
        assert_eq!(
            answer(Some(429), CashError::lost("<html>")).wait(),
            Some(USUAL_WAIT)
        );
        assert_eq!(answer(Some(500), CashError::failed("")).wait(), None);
    }

    #[test]
    fn a_refusal_of_the_first_request_forgets_the_sale() {
        for status in REFUSED {
            let answer = answer(Some(status), CashError::failed("нет"));
            assert!(answer.proves_nothing_was_done(false), "{status}");
        }
    }

    #[test]
    fn a_refusal_at_the_door_says_nothing_of_an_earlier_request() {
        for status in REFUSED {
            assert!(!answer(Some(status), CashError::failed("нет")).proves_nothing_was_done(true));
            assert!(answer(Some(status), CashError::decided("нет")).proves_nothing_was_done(true));
        }
    }

    #[test]
    fn a_refusal_in_foreign_words_says_nothing() {
        for status in REFUSED {
            assert!(!answer(Some(status), CashError::lost("<html>")).proves_nothing_was_done(false));
        }
    }
}
