//! Ruling 63: what is answered about people, shops and tills is kept by nobody on the way.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::wrap::{Answering, Wrap};

/// Marks answers so, unless they say themselves how they may be kept (catalogues, by [`super::etag`]).
#[derive(Clone, Copy, Debug)]
pub struct NoStore;

impl Wrap for NoStore {
    fn answer<R: FnOnce(Request) -> Answering>(&self, request: Request, rest: R) -> Answering {
        let answering = rest(request);
        Box::pin(async move {
            let mut response = answering.await;
            no_store(response.headers_mut());
            response
        })
    }
}

/// The same for one answer.
pub fn no_store(headers: &mut HeaderMap) {
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}
