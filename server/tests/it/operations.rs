//! Health, metrics, documents, pages.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;

use crate::api::{Answer, Api};
use crate::on_both_engines;

async fn get(api: &Api, path: &str, peer: &str, header: Option<(&str, &str)>) -> Answer {
    let mut request = Request::builder().uri(path);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request
        .extensions_mut()
        .insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
    api.send(request).await
}

on_both_engines! {
    async fn it_is_alive_and_ready(api: Api) {
        for path in ["/health/live", "/health/ready"] {
            assert_eq!(get(api, path, "10.0.0.1:1", None).await.status, 200, "{path}");
        }
    }

    async fn metrics_are_for_the_machine_itself(api: Api) {
        api.get("/cashier/session").await;
        let answer = get(api, "/metrics", "127.0.0.1:1", None).await;
        let text = answer.body.as_str().unwrap();
        assert!(text.contains("bonex_http_request_duration_seconds") && text.contains("/api/v1/cashier/session"));
        assert!(text.contains("bonex_postings_total"), "{text}");
        assert_eq!(get(api, "/metrics", "10.0.0.1:1", None).await.status, 404);
        assert_eq!(get(api, "/metrics", "127.0.0.1:1", Some(("X-Forwarded-For", "10.0.0.1"))).await.status, 404);
    }

    async fn the_document_names_every_operation(api: Api) {
        let answer = get(api, "/openapi.json", "10.0.0.1:1", None).await;
        let paths: Vec<&String> = answer.body["paths"].as_object().unwrap().keys().collect();
        for path in ["session", "client/{identifier}", "client/register", "sale", "redeem", "return", "receipt"] {
            assert!(paths.contains(&&format!("/cashier/{path}")), "{path} is not in {paths:?}");
        }
        let page = get(api, "/docs", "10.0.0.1:1", None).await;
        assert!(page.body.as_str().unwrap().contains("/cashier/return/calculate"));
    }

    async fn pages_are_complete_before_any_script(api: Api) {
        let answer = get(api, "/cash", "10.0.0.1:1", None).await;
        let page = answer.body.as_str().unwrap();
        assert_eq!(answer.status, 200);
        for part in ["<html lang=\"ru\">", "<noscript>", "Загружаем кассу"] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"), "{policy}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        let answer = get(api, "/nothing", "10.0.0.1:1", None).await;
        assert_eq!(answer.status, 404);
        assert!(answer.body.as_str().unwrap().contains("Страница не найдена"));
    }

    async fn forty_processes_killed_in_a_minute_leave_room_for_the_next(api: Api) {
        use std::sync::Arc;
        use loyalty::usecase::{CodeLimits, identify_tenant, send_code};
        let source = loyalty::model::Source::of("203.0.113.7".parse().unwrap());
        for number in 0..40 {
            let options = loyalty::Options {
                database_url: api.url.clone(),
                secret_key: Some("ab".repeat(32)),
                clock: Arc::new(api.clock.clone()),
            };
            api.clock.pass(1);
            // Dropped without a word, as by kill -9: its node number stays leased.
            let process = loyalty::Loyalty::connect(options).await.unwrap();
            let tenant = identify_tenant(&process, Some(&api.demo.tenant.token)).await.unwrap();
            let phone = loyalty::model::Phone::parse(&format!("+99290333{number:04}")).unwrap();
            send_code(&process, &tenant, &phone, source, CodeLimits::times(1)).await.unwrap();
        }
    }
}
