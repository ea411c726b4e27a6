//! Layers around answering. `axum::middleware::from_fn` clones everything beneath it for each request; what needs no
//! await before the rest begins can do without.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use tower::{Layer, Service};

/// An answer being made.
pub type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What is done around answering: before, by looking at the request; after, by changing the answer.
pub trait Wrap: Clone {
    /// Answers with `rest` and whatever goes around it.
    fn answer<R>(&self, request: Request, rest: R) -> Answering
    where
        R: FnOnce(Request) -> Answering;
}

/// The layer that does it.
#[derive(Clone, Debug)]
pub struct WrapLayer<W>(pub W);

/// The service that does it.
#[derive(Clone, Debug)]
pub struct Wrapped<W, S> {
    wrap: W,
    inner: S,
}

impl<W: Wrap, S> Layer<S> for WrapLayer<W> {
    type Service = Wrapped<W, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Wrapped {
            wrap: self.0.clone(),
            inner,
        }
    }
}

impl<W, S> Service<Request> for Wrapped<W, S>
where
    W: Wrap,
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Self { wrap, inner } = self;
        let answering = wrap.answer(request, |request| {
            let answering = inner.call(request);
            Box::pin(async move {
                match answering.await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            })
        });
        Box::pin(async move { Ok(answering.await) })
    }
}
