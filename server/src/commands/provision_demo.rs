//! The demo shop and its credentials.

use anyhow::Result;
use loyalty::usecase::{self, Demo};

use crate::lines::say;
use crate::settings::Settings;

/// Makes the demo shop once, prints its credentials every time.
pub async fn provision_demo(settings: &Settings, json: bool) -> Result<()> {
    let loyalty = settings.connect().await?;
    loyalty.prepare().await?;
    let demo = usecase::provision_demo(&loyalty, &settings.public_url()).await?;
    loyalty.close().await;
    let told = match json {
        true => serde_json::to_string_pretty(&demo)?,
        false => card(&demo),
    };
    Ok(say(told)?)
}

/// What a person wants to know first.
fn card(demo: &Demo) -> String {
    let phones: Vec<&str> = demo.clients.iter().map(|client| client.phone.as_str()).collect();
    let mut lines = vec![
        format!("Касса:        {}/cash", demo.base_url),
        format!(
            "REST API:     {}/api/v1   документация {}/docs",
            demo.base_url, demo.base_url
        ),
        format!("Tenant Token: {}", demo.tenant.token),
    ];
    lines.extend(demo.cashier_nodes.iter().map(|register| {
        let name = format!("{}:", register.name);
        format!("{name:<13} {}   (ID кассы {})", register.token, register.id)
    }));
    lines.push(format!("Клиенты:      {}", phones.join(" ")));
    lines.join("\n")
}
