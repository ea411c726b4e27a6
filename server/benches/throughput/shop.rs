//! A shop with a thousand clients, and servers on it.

use std::path::Path;
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

/// What a till shows of itself.
#[derive(Clone)]
pub struct Till {
    pub tenant: String,
    pub cashier: String,
}

impl Till {
    /// The first register of a shop.
    pub fn of(demo: &Demo) -> Self {
        Self {
            tenant: demo.tenant.token.clone(),
            cashier: demo.cashier_nodes[0].token.clone(),
        }
    }
}

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

/// Makes the demo shop with nothing but the commands of a binary, which may be of another commit; clients are enrolled
/// when it serves.
pub fn make_with(bonex: &Path, url: &str) -> Result<Till> {
    let output = Command::new(bonex)
        .args(["provision-demo", "--json"])
        .env("BONEX_DATABASE_URL", url)
        .env("BONEX_SECRET_KEY", KEY)
        .output()
        .with_context(|| format!("{} can't be started", bonex.display()))?;
    if !output.status.success() {
        bail!(
            "{} made no shop: {}",
            bonex.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let demo: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let token = |value: &serde_json::Value| value.as_str().map(str::to_owned).context("no token");
    Ok(Till {
        tenant: token(&demo["tenant"]["token"])?,
        cashier: token(&demo["cashier_nodes"][0]["token"])?,
    })
}

/// A server process; it ends when this is dropped.
pub struct Server {
    pub address: String,
    child: Child,
}

impl Server {
    /// Bonex as it is served, without limits.
    pub async fn bonex(url: &str) -> Result<Self> {
        Self::of(Path::new(env!("CARGO_BIN_EXE_bonex")), url).await
    }

    /// A binary of Bonex, of this commit or another.
    pub async fn of(bonex: &Path, url: &str) -> Result<Self> {
        Self::serve(bonex, url, &["--rate-limit-factor", "1000000"]).await
    }

    /// Bonex with the limits that hold for everybody, behind a proxy on this machine.
    pub async fn with_usual_limits(url: &str) -> Result<Self> {
        let bonex = Path::new(env!("CARGO_BIN_EXE_bonex"));
        Self::serve(bonex, url, &["--trusted-proxies", "127.0.0.1"]).await
    }

    async fn serve(bonex: &Path, url: &str, more: &[&str]) -> Result<Self> {
        Self::start(|address| {
            let mut command = Command::new(bonex);
            command.args([
                "serve",
                "--listen",
                address,
                "--database-url",
                url,
                "--secret-key",
                KEY,
            ]);
            command.args(more);
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
