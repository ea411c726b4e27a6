//! The `server_fn` client of the cashier: adds the API's own headers, and notes the status of the answer.

use std::cell::{Cell, RefCell};
use std::future::Future;

use server_fn::Bytes;
use server_fn::client::Client;
use server_fn::client::browser::BrowserClient;
use server_fn::error::FromServerFnError;
use server_fn::request::browser::BrowserRequest;
use server_fn::response::ClientRes;
use server_fn::response::browser::BrowserResponse;

/// What a request of the cashier carries.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    /// `X-Tenant-Token`.
    pub tenant_token: String,
    /// `X-Cashier-Token`.
    pub cashier_token: String,
    /// `X-Device-Id`.
    pub device_id: String,
    /// `Idempotency-Key`.
    pub key: Option<String>,
}

thread_local! {
    /// The browser has one thread; a request reads them in the step that sets them.
    static HEADERS: RefCell<Headers> = RefCell::default();
    /// One request is on its way at a time.
    static STATUS: Cell<Option<u16>> = const { Cell::new(None) };
}

/// The next request carries these.
pub fn carry(headers: Headers) {
    STATUS.take();
    HEADERS.set(headers);
}

/// Status of the answer to the last request; none when none came.
pub fn status() -> Option<u16> {
    STATUS.get()
}

/// Sends a server function's request with the headers.
pub struct CashClient;

impl<E, I, O> Client<E, I, O> for CashClient
where
    E: FromServerFnError,
    I: FromServerFnError,
    O: FromServerFnError,
{
    type Request = BrowserRequest;
    type Response = BrowserResponse;

    fn send(request: Self::Request) -> impl Future<Output = Result<Self::Response, E>> + Send {
        let (own, carried) = (request.headers(), HEADERS.with_borrow(Headers::clone));
        own.set("X-Tenant-Token", &carried.tenant_token);
        own.set("X-Cashier-Token", &carried.cashier_token);
        own.set("X-Device-Id", &carried.device_id);
        if let Some(key) = &carried.key {
            own.set("Idempotency-Key", key);
        }
        let sent = <BrowserClient as Client<E, I, O>>::send(request);
        async move {
            let response = sent.await?;
            STATUS.set(Some(ClientRes::<E>::status(&response)));
            Ok(response)
        }
    }

    fn open_websocket(
        path: &str,
    ) -> impl Future<
        Output = Result<
            (
                impl futures::Stream<Item = Result<Bytes, Bytes>> + Send + 'static,
                impl futures::Sink<Bytes> + Send + 'static,
            ),
            E,
        >,
    > + Send {
        <BrowserClient as Client<E, I, O>>::open_websocket(path)
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        <BrowserClient as Client<E, I, O>>::spawn(future);
    }
}
