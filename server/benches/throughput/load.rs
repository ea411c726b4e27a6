//! Requests over kept connections, as fast as they are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::shop::{CLIENTS, Till, phone};

/// What is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Sale,
    LookUp,
}

static NEXT: AtomicU64 = AtomicU64::new(0);

/// Answers of success in a second.
pub async fn per_second(
    address: &str,
    till: &Till,
    kind: Kind,
    connections: u64,
    time: Duration,
) -> Result<f64> {
    let done = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (address, till, done) = (address.to_owned(), till.clone(), Arc::clone(&done));
        tasks.spawn(async move { ask(&address, &till, kind, started + time, &done).await });
    }
    while let Some(asked) = tasks.join_next().await {
        asked??;
    }
    Ok(done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64())
}

/// Enrols every client through the API, as a server of any commit takes it.
pub async fn enrol(address: &str, till: &Till) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (headers, mut buffer) = (headers(till), vec![0; 16 * 1024]);
    for number in 0..CLIENTS {
        let body = format!("{{\"phone\":\"{}\"}}", phone(number));
        let request = post("client/register", &headers, &body);
        stream.write_all(request.as_bytes()).await?;
        anyhow::ensure!(
            answer(&mut stream, &mut buffer).await?,
            "a client was not enrolled"
        );
    }
    Ok(())
}

async fn ask(address: &str, till: &Till, kind: Kind, until: Instant, done: &AtomicU64) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 16 * 1024];
    while Instant::now() < until {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        stream.write_all(request(till, kind, number).as_bytes()).await?;
        if answer(&mut stream, &mut buffer).await? {
            done.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

fn request(till: &Till, kind: Kind, number: u64) -> String {
    // Neighbouring requests meet different clients.
    let phone = phone(number.wrapping_mul(7919) % CLIENTS);
    let headers = headers(till);
    match kind {
        Kind::LookUp => {
            let phone = phone.replace('+', "%2B");
            format!("GET /api/v1/cashier/client/{phone} HTTP/1.1\r\n{headers}\r\n")
        }
        Kind::Sale => {
            let body = format!(
                "{{\"client_phone\":\"{phone}\",\"total_amount\":50,\"external_sale_id\":\"{}-{number}\"}}",
                std::process::id()
            );
            post("sale", &headers, &body)
        }
    }
}

fn headers(till: &Till) -> String {
    format!(
        "Host: bench\r\nX-Tenant-Token: {}\r\nX-Cashier-Token: {}\r\nX-Device-Id: bench\r\n",
        till.tenant, till.cashier
    )
}

fn post(path: &str, headers: &str, body: &str) -> String {
    format!(
        "POST /api/v1/cashier/{path} HTTP/1.1\r\n{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Reads one answer whole; whether it is a success.
pub async fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<bool> {
    let mut have = 0;
    loop {
        let read = stream.read(&mut buffer[have..]).await?;
        anyhow::ensure!(read > 0, "the server hung up");
        have += read;
        let text = String::from_utf8_lossy(&buffer[..have]);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            });
            if body.len() >= length.unwrap_or(0) {
                return Ok(head.starts_with("HTTP/1.1 20"));
            }
        }
    }
}
