//! What a till feels of two hundred connections that try wrong codes, at the limits that hold for everybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use loyalty::usecase::Demo;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::contender::median;
use crate::load;
use crate::shop::{self, Server, phone};

const ROUNDS: usize = 3;
const GUESSERS: u64 = 200;
/// Below what a register may in a minute, so that nothing of it is refused.
const SALES: u64 = 280;
const PAUSE: Duration = Duration::from_millis(30);

/// Where the guessers come from.
#[derive(Clone, Copy, Debug)]
enum From {
    OneAddress,
    AddressEach,
}

/// Prints the slowest hundredth of sales beside what it is when nobody knocks.
pub async fn compare() -> Result<()> {
    println!(
        "\n| {GUESSERS} connections of wrong codes | engine | guesses a second | p99 of a sale | ÷ quiet | aim |"
    );
    println!("|---|---|---:|---:|---:|---:|");
    for engine in ["PostgreSQL", "SQLite"] {
        let folder = tempfile::tempdir()?;
        let url = match engine {
            "PostgreSQL" => shop::fresh_postgres("bench_doors").await?,
            _ => format!("sqlite://{}", folder.path().join("bonex.db").display()),
        };
        let demo = shop::make(&url).await?;
        for (name, from) in [
            ("from one address", From::OneAddress),
            ("from an address each", From::AddressEach),
        ] {
            let (mut ratios, mut times, mut rates) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                // Limits are counted by the process: a new one has nothing counted yet.
                let server = Server::with_usual_limits(&url).await?;
                sell(&server, &demo, 0, 20).await?;
                let quiet = sell(&server, &demo, 1, SALES).await?;
                let (knocked, guesses) = knocked(&server, &demo, from).await?;
                ratios.push(knocked / quiet);
                times.push(knocked * 1000.0);
                rates.push(guesses);
            }
            println!(
                "| {name} | {engine} | {:.0} | {:.1} ms | {:.2} | 3.0 |",
                median(&rates),
                median(&times),
                median(&ratios)
            );
        }
    }
    Ok(())
}

/// The slowest hundredth of sales while others guess, and how many guesses were answered in a second.
async fn knocked(server: &Server, demo: &Demo, from: From) -> Result<(f64, f64)> {
    let (is_over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let started = Instant::now();
    let mut guessers = JoinSet::new();
    for number in 0..GUESSERS {
        let (address, token) = (server.address.clone(), demo.tenant.token.clone());
        let (is_over, answered) = (Arc::clone(&is_over), Arc::clone(&answered));
        guessers.spawn(async move {
            let mut stream = TcpStream::connect(&address).await?;
            let mut buffer = vec![0; 16 * 1024];
            let mut path = "send-otp";
            while !is_over.load(Ordering::Relaxed) {
                let request = guess(&token, path, number, from);
                stream.write_all(request.as_bytes()).await?;
                load::answer(&mut stream, &mut buffer).await?;
                answered.fetch_add(1, Ordering::Relaxed);
                path = "verify-otp";
            }
            anyhow::Ok(())
        });
    }
    let slowest = sell(server, demo, 2, SALES).await;
    is_over.store(true, Ordering::Relaxed);
    while let Some(guesser) = guessers.join_next().await {
        guesser??;
    }
    let rate = answered.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64();
    Ok((slowest?, rate))
}

/// One till sells; the slowest hundredth, in seconds.
async fn sell(server: &Server, demo: &Demo, till: usize, sales: u64) -> Result<f64> {
    let mut stream = TcpStream::connect(&server.address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 16 * 1024];
    let mut times = Vec::new();
    for number in 0..sales {
        let body = format!("{{\"client_phone\":\"{}\",\"total_amount\":50}}", phone(number));
        let request = format!(
            "POST /api/v1/cashier/sale HTTP/1.1\r\nHost: bench\r\nX-Tenant-Token: {}\r\nX-Cashier-Token: {}\r\n\
             X-Device-Id: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            demo.tenant.token,
            demo.cashier_nodes[till].token,
            if till == 0 { "bench" } else { "doors" },
            body.len()
        );
        let started = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        ensure!(
            load::answer(&mut stream, &mut buffer).await?,
            "a sale was refused"
        );
        times.push(started.elapsed().as_secs_f64());
        tokio::time::sleep(PAUSE).await;
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() * 99 / 100])
}

fn guess(token: &str, path: &str, number: u64, from: From) -> String {
    let forwarded = match from {
        From::OneAddress => "198.51.100.1".to_owned(),
        From::AddressEach => format!("198.18.{}.{}", number / 200, number % 200),
    };
    let body = match path {
        "send-otp" => format!("{{\"phone\":\"{}\"}}", phone(number)),
        _ => format!("{{\"phone\":\"{}\",\"code\":\"000000\"}}", phone(number)),
    };
    format!(
        "POST /api/v1/auth/{path} HTTP/1.1\r\nHost: bench\r\nX-Tenant-Token: {token}\r\n\
         X-Forwarded-For: {forwarded}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
