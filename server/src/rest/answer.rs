//! Asked twice, answered once (ruling 17): the request's name goes down with the request, the words of the answer with it,
//! and what comes back is the answer now or the one that was stored.

use axum::http::StatusCode;
use axum::response::Response;
use loyalty::usecase::{Error, Once, Outcome, Reply};
use serde::Serialize;

use super::body::RawBody;
use super::envelope::{replayed, reply, success};

/// Has `ask` do what the body asks for, and words the outcome with `status` and `wire`.
///
/// # Errors
/// What `ask` says.
pub async fn answer<T, W: Serialize>(
    body: &RawBody,
    status: impl Fn(&T) -> StatusCode + Send + Sync,
    wire: impl Fn(&T) -> W + Send + Sync,
    ask: impl AsyncFnOnce(Once<'_, T>) -> Result<Outcome<T>, Error>,
) -> Result<Response, Error> {
    let words = |done: &T| -> Reply { reply(status(done), wire(done)) };
    let once = Once {
        key: body.key.as_deref(),
        body: &body.bytes,
        reply: &words,
    };
    Ok(match ask(once).await? {
        Outcome::Fresh(done) => success(status(&done), wire(&done)),
        Outcome::Replayed(reply) => replayed(reply),
    })
}
