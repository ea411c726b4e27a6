//! Long work of the processor alone.

use std::panic::resume_unwind;

use crate::Failure;
use crate::usecase::Error;

/// Does it on a thread that answers nobody, so that requests beside it are not held up. Whoever waits may go away: then it
/// is done all the same, so that it should be of bounded size.
///
/// # Errors
/// The process ends.
pub(in crate::usecase) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|ended| match ended.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(cancelled) => Failure::new(cancelled).into(),
        })
}
