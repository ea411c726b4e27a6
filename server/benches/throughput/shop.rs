//! A shop with a thousand clients, and servers on it.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use loyalty::model::Phone;
use loyalty::usecase::{self, Demo, EnrolmentRequest, Once};
use loyalty::{Loyalty, Options, SystemClock};

/// Clients that sales are spread over.
pub const CLIENTS: u64 = 1000;
/// Of every server here.
pub const KEY: &str = "abababababababababababababababababababababababababababababababab";

/// Phone of a client.
pub fn phone(number: u64) -> String {
    format!("+99293{:07}", number % CLIENTS)
}

/// Makes the shop; its credentials.
pub async fn make(url: &str) -> Result<Demo> {
    let options = Options {
        database_url: url.to_owned(),
        secret_key: Some(KEY.to_owned()),
        clock: Arc::new(SystemClock),
    };
    let loyalty = Loyalty::connect(options).await?;
    loyalty.prepare().await?;
    let demo = usecase::provision_demo(&loyalty, "http://127.0.0.1").await?;
    let (tenant, cashier) = (&demo.tenant.token, &demo.cashier_nodes[0].token);
    let register = usecase::identify_register(&loyalty, Some(tenant), Some(cashier), Some(b"bench")).await?;
    for number in 0..CLIENTS {
        let request = EnrolmentRequest {
            phone: Phone::parse(&phone(number))?,
            full_name: None,
            invited_by: None,
        };
        usecase::enrol(&loyalty, &register, &request, Once::unnamed()).await?;
    }
    loyalty.close().await;
    Ok(demo)
}

/// A server process; it ends when this is dropped.
pub struct Server {
    pub address: String,
    child: Child,
}

impl Server {
    /// Bonex as it is served.
    pub async fn bonex(url: &str) -> Result<Self> {
        Self::start(|address| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_bonex"));
            command.args([
                "serve",
                "--listen",
                address,
                "--database-url",
                url,
                "--secret-key",
                KEY,
            ]);
            command.args(["--rate-limit-factor", "1000000"]);
            // What is done behind the sales is not a sale: messages are written, and sent by others.
            command.args(["--workers", "off"]);
            Ok(command)
        })
        .await
    }

    /// The bare handler.
    pub async fn bare(url: &str) -> Result<Self> {
        Self::start(|address| {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["bare", address, url]);
            Ok(command)
        })
        .await
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    async fn start(command: impl FnOnce(&str) -> Result<Command>) -> Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let child = command(&address)?
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Self { address, child };
        for _ in 0..500 {
            if tokio::net::TcpStream::connect(&server.address).await.is_ok() {
                return Ok(server);
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        bail!("a server did not start")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// Where the private PostgreSQL is.
pub fn postgres_url() -> Result<String> {
    std::env::var("BONEX_TEST_POSTGRES_URL").context("run it with `cargo xtask bench`")
}

/// A fresh database on it.
pub async fn fresh_postgres(name: &str) -> Result<String> {
    let server = postgres_url()?;
    let pool = sqlx::PgPool::connect(&server).await?;
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&pool)
        .await?;
    pool.close().await;
    let (base, _) = server.rsplit_once('/').context("the URL names a database")?;
    Ok(format!("{base}/{name}"))
}
