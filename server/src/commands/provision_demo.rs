//! The demo shop and its credentials.

use anyhow::Result;
use loyalty::usecase::{self, Demo};

use crate::settings::Settings;

/// Makes the demo shop once, prints its credentials every time.
pub async fn provision_demo(settings: &Settings, json: bool) -> Result<()> {
    let loyalty = settings.connect().await?;
    loyalty.prepare().await?;
    let demo = usecase::provision_demo(&loyalty, &settings.public_url()).await?;
    loyalty.close().await;
    if json {
        println!("{}", serde_json::to_string_pretty(&demo)?);
    } else {
        print(&demo);
    }
    Ok(())
}

fn print(demo: &Demo) {
    println!("Касса:        {}/cash", demo.base_url);
    println!(
        "REST API:     {}/api/v1   документация {}/docs",
        demo.base_url, demo.base_url
    );
    println!("Tenant Token: {}", demo.tenant.token);
    for register in &demo.cashier_nodes {
        println!(
            "{:<13} {}   (ID кассы {})",
            format!("{}:", register.name),
            register.token,
            register.id
        );
    }
    println!(
        "Клиенты:      {}",
        demo.clients
            .iter()
            .map(|client| client.phone.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    );
}
