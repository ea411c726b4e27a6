//! What developers read: pages, files, the collection, and the programs shown in guides, which are run.

use std::io::Write;
use std::process::{Command, Stdio};

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;
use server::docs::SNIPPETS;
use server::rest::openapi::{CASHIER_CONTRACT, CONTRACT, document};

use crate::api::{Answer, Api};
use crate::on_both_engines;

async fn get(api: &Api, path: &str) -> Answer {
    api.send(Request::builder().uri(path).body(Body::empty()).unwrap())
        .await
}

fn text(answer: &Answer) -> &str {
    answer.body.as_str().unwrap()
}

/// How a program of a guide is run.
fn command(folder: &std::path::Path, name: &str, code: &str) -> Command {
    let (program, file) = match name {
        "sh" => ("sh", "signature.sh"),
        "js" => ("node", "signature.js"),
        "py" => ("python3", "signature.py"),
        "php" => ("php", "signature.php"),
        "java" => ("java", "Signature.java"),
        "webhook-js" => ("node", "webhook.js"),
        name => panic!("how is {name} run?"),
    };
    let path = folder.join(file);
    std::fs::File::create(&path)
        .unwrap()
        .write_all(code.as_bytes())
        .unwrap();
    let mut command = Command::new(program);
    command.arg(path).stdin(Stdio::null()).env("LC_ALL", "C.UTF-8");
    command
}

fn output(mut command: Command) -> String {
    let done = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; `cargo xtask test` installs what is missing"));
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

#[test]
fn r_partner_2_the_snippets_of_five_languages_sign_as_the_vectors_say() {
    let folder = tempfile::tempdir().unwrap();
    let body = r#"{"phone":"+992901234567","full_name":"Парвиз Солиев","create_if_missing":true}"#;
    let vectors = [
        (
            "POST",
            "/api/v1/partner/auth",
            body,
            "1cae67ca9f372066554afe9bd4d6c43e363826ac1d630cbe5d0def73ff038d4f",
        ),
        (
            "POST",
            "api/v1/partner/auth",
            body,
            "c80f6fb392eeda8adae3d6b128637bc6ccbb2367aa37e5089f7ba26cfa867dbb",
        ),
        (
            "GET",
            "/api/v1/partner/client/%2B992901234567",
            "",
            "6cc45014a16119c4e8c5f474c2864b3d4c5129f3addd472ff6fa65c40c6ebd8d",
        ),
    ];
    let mut languages = 0;
    for (name, _, code) in SNIPPETS.iter().filter(|(name, ..)| *name != "webhook-js") {
        languages += 1;
        for (method, path, body, signature) in vectors {
            let mut command = command(folder.path(), name, code);
            command.env("BONEX_SECRET", "partner-secret-example");
            command.env("BONEX_TIMESTAMP", "1781265600");
            command
                .env("METHOD", method)
                .env("REQUEST_PATH", path)
                .env("BODY", body);
            assert_eq!(output(command), signature, "{name}: {method} {path}");
        }
    }
    assert_eq!(languages, 5);
}

#[test]
fn the_snippet_that_receives_webhooks_tells_right_from_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let (_, _, code) = SNIPPETS.iter().find(|(name, ..)| *name == "webhook-js").unwrap();
    let body =
        r#"{"type":"bonus.accrued","timestamp":"2026-06-12T12:00:00Z","data":{"client_id":42,"amount":7.5}}"#;
    let right = "v1,3z+/IUJcj9kJ3mi0xjfY+f4WQzE2dMXt8G1R8+BEMGI=";
    for (signature, body, now, verdict) in [
        (right, body, "1781265600", "ok"),
        (&format!("v1,AAAA {right}"), body, "1781265900", "ok"),
        (right, body, "1781265901", "bad"),
        (right, &body.replace("7.5", "75"), "1781265600", "bad"),
        ("v1,AAAA", body, "1781265600", "bad"),
    ] {
        let mut command = command(folder.path(), "webhook-js", code);
        command.env(
            "BONEX_WEBHOOK_SECRET",
            "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        );
        command.env("WEBHOOK_ID", "msg_2mEXAMPLE0000000000000001");
        command
            .env("WEBHOOK_TIMESTAMP", "1781265600")
            .env("WEBHOOK_SIGNATURE", signature);
        command.env("BODY", body).env("NOW", now);
        assert_eq!(output(command), verdict, "{signature} {now}");
    }
}

on_both_engines! {
    async fn guides_and_files_are_served_by_us_alone(api: Api) {
        for slug in ["", "/mobile", "/partner", "/integration", "/cashier"] {
            let page = get(api, &format!("/docs{slug}")).await;
            assert_eq!(page.status, 200, "{slug}");
            let html = text(&page);
            assert!(html.contains("<html lang=\"ru\">") && html.matches("<h1").count() == 1, "{slug}");
            for part in ["src=\"http", "href=\"http", "<script"] {
                assert!(!html.contains(part), "{slug}: {part}");
            }
            assert!(page.headers.contains_key("etag"));
        }
        assert!(text(&get(api, "/docs").await).contains("/partner/webhooks/{id}/test"));
        assert!(text(&get(api, "/docs/partner").await).contains("hash_hmac"), "the snippets are in it");
        assert_eq!(get(api, "/docs/nothing").await.status, 404);
        assert_eq!(text(&get(api, "/docs/bonex-openapi.yaml").await), CONTRACT);
        assert_eq!(text(&get(api, "/docs/cashier-openapi.yaml").await), CASHIER_CONTRACT);
    }

    async fn the_postman_collection_holds_every_operation(api: Api) {
        let collection = get(api, "/docs/bonex.postman_collection.json").await;
        let variables = collection.body["variable"].as_array().unwrap();
        let value = |key: &str| variables.iter().find(|variable| variable["key"] == key).unwrap()["value"].clone();
        assert_eq!(value("base_url"), "http://127.0.0.1:8081/api/v1");
        assert_eq!(value("tenant_token"), "");
        let folders = collection.body["item"].as_array().unwrap();
        let items: Vec<&Value> = folders.iter().flat_map(|folder| folder["item"].as_array().unwrap()).collect();
        let methods = document()["paths"].as_object().unwrap().values();
        let operations: usize = methods.map(|methods| methods.as_object().unwrap().len()).sum();
        assert_eq!(items.len(), operations);
        for item in items {
            let request = &item["request"];
            let mut path = request["url"]["raw"].as_str().unwrap().replace("{{base_url}}", "/api/v1");
            for variable in request["url"]["variable"].as_array().unwrap() {
                path = path.replace(&format!(":{}", variable["key"].as_str().unwrap()), variable["value"].as_str().unwrap());
            }
            let mut sent = Request::builder().method(request["method"].as_str().unwrap()).uri(&path);
            for header in request["header"].as_array().unwrap() {
                let value = header["value"].as_str().unwrap().replace("{{tenant_token}}", &api.demo.tenant.token)
                    .replace("{{cashier_token}}", &api.demo.cashier_nodes[3].token);
                sent = sent.header(header["key"].as_str().unwrap(), value);
            }
            let body = request["body"]["raw"].as_str().unwrap_or_default().to_owned();
            let answer = api.send(sent.body(Body::from(body)).unwrap()).await;
            // Whatever it says of the values, it is an operation that exists and a body that can be read.
            assert!(!matches!(answer.status, 400 | 405 | 500..), "{path}: {answer:?}");
            assert_ne!(answer.error(), "Адрес не найден.", "{path}");
        }
        let partner = folders.iter().find(|folder| folder["name"] == "Partner (server-to-server)").unwrap();
        assert!(partner["event"][0]["script"]["exec"].to_string().contains("HmacSHA256"));
    }
}
