//! What stops a till.

/// What stops the till.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stop {
    /// The register is bound to another device (R-WEBCASH-7, R-WEBCASH-8).
    OtherDevice,
    /// There are tokens, but the server could not be asked whose they are; the trouble itself stands above.
    Unreachable,
}
