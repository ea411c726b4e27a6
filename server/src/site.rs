//! Pages, their server functions and static files.

use std::path::Path;

use app::cash::CashError;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list};
use serde_json::Value;
use tower::ServiceExt;
use tower_http::services::ServeDir;

use crate::parts::Parts;
use crate::rest::no_store::no_store;
use crate::rest::timeout::Apology;
use crate::rest::{self, principals};
use crate::wrap::{Answering, Wrap};

/// Every page, every server function, every file of the site; anything else is the 404 page.
pub fn routes(parts: &Parts) -> Router<Parts> {
    let context = {
        let loyalty = parts.loyalty.clone();
        move || {
            provide_context(loyalty.clone());
            set_policy();
        }
    };
    let shell = {
        let options = parts.leptos.clone();
        move || app::shell(options.clone())
    };
    let pages = generate_route_list(app::App);
    Router::new()
        .leptos_routes_with_context(parts, pages, context.clone(), shell.clone())
        .fallback(file_or_not_found)
        .layer(from_fn_with_state(parts.clone(), admit))
}

/// Nothing of the site takes for ever. Server functions of the cashier prove who they are exactly as the API does, and
/// nobody on the way keeps what functions answer.
async fn admit(state: State<Parts>, request: Request, next: Next) -> Response {
    let (patience, path) = (state.patience, request.uri().path());
    let (is_function, is_cashiers) = (path.starts_with("/sfn/"), path.starts_with("/sfn/cash/"));
    let answering = async {
        match is_cashiers {
            true => principals::register(state, request, next).await,
            false => next.run(request).await,
        }
    };
    let answered = tokio::time::timeout(patience, answering).await;
    if !is_function {
        return answered.unwrap_or_else(|_| Apology::Text.say());
    }
    let mut response = with_wait_in_body(answered.unwrap_or_else(|_| lost())).await;
    no_store(response.headers_mut());
    response
}

/// What was asked may have been done: the page asks again under the same key.
fn lost() -> Response {
    let error = CashError::lost("Сервер не успел ответить. Повторите.");
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, Json(error)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    response
}

/// The page's script sees bodies, not headers: what `Retry-After` says stands in the envelope too.
async fn with_wait_in_body(response: Response) -> Response {
    let seconds = response.headers().get(header::RETRY_AFTER);
    let Some(seconds) = seconds.and_then(|seconds| seconds.to_str().ok().map(str::to_owned)) else {
        return response;
    };
    let (mut head, body) = response.into_parts();
    // Refusals are short; one that can't be read is as good as none.
    let bytes = to_bytes(body, 64 * 1024).await.unwrap_or_default();
    let body = match serde_json::from_slice::<Value>(&bytes) {
        Ok(Value::Object(mut envelope)) => {
            envelope.insert("retry_after".to_owned(), seconds.into());
            Value::Object(envelope).to_string().into()
        }
        _ => bytes,
    };
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(body))
}

/// A file of the site, compressed where the browser takes it; else the 404 page.
async fn file_or_not_found(State(parts): State<Parts>, request: Request) -> Response {
    if rest::is_of_the_api(request.uri().path()) {
        return rest::nobody_serves(request).await;
    }
    let root = Path::new(&*parts.leptos.site_root).to_owned();
    let (request_parts, body) = request.into_parts();
    let for_file = Request::from_parts(request_parts.clone(), Body::empty());
    let files = ServeDir::new(root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    match files.oneshot(for_file).await {
        Ok(response) if response.status() != StatusCode::NOT_FOUND => {
            let mut response = response.map(Body::new);
            // Names are the same in every version: the browser asks whether its copy is still the right one.
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            response
        }
        _ => {
            let options = parts.leptos.clone();
            let page = leptos_axum::render_app_to_stream_with_context(set_policy, move || {
                app::shell(options.clone())
            });
            page(Request::from_parts(request_parts, body)).await
        }
    }
}

/// Scripts run with the page's nonce only; nothing comes from other hosts.
fn set_policy() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// What keeps a browser safe, on every answer.
#[derive(Clone, Copy, Debug)]
pub struct SecurityHeaders {
    /// People come by https, and are to stay there.
    pub is_https: bool,
}

impl Wrap for SecurityHeaders {
    fn answer<R: FnOnce(Request) -> Answering>(&self, request: Request, rest: R) -> Answering {
        let (answering, is_https) = (rest(request), self.is_https);
        Box::pin(async move {
            let mut response = answering.await;
            let headers = response.headers_mut();
            if is_https {
                headers.insert(
                    header::STRICT_TRANSPORT_SECURITY,
                    HeaderValue::from_static("max-age=31536000"),
                );
            }
            headers.insert(
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            );
            headers.insert(
                header::REFERRER_POLICY,
                HeaderValue::from_static("strict-origin-when-cross-origin"),
            );
            headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
            if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
                let policy =
                    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'";
                headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
            }
            response
        })
    }
}
