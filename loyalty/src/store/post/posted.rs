//! How a posting went.

/// How a posting went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Posted {
    /// It is applied and durable.
    Done,
    /// The account has moved on: read and decide again.
    Stale,
    /// An external id, a key or an id is already there: look it up.
    Repeated,
}
