//! Checking the ledger: shop by shop, each in a snapshot of its own, page by page, so that neither memory nor a single
//! statement grows with a shop. The rules are in [`audit_rules`](crate::store::account::audit_rules).

use super::audit_rules::{CHECKS, Over, Sql};
use crate::Failure;
use crate::store::platform::tenant;
use crate::store::{Db, Scope};

/// Clients, lots or returns of one page.
const PAGE: i64 = 2000;
/// Enough to see what is wrong; more would only fill the memory.
const MOST: usize = 10_000;

/// One broken invariant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// Which rule.
    pub rule: &'static str,
    /// Whose.
    pub tenant_id: i64,
    /// Whose; 0 where no client is concerned.
    pub client_id: i64,
    /// What was found.
    pub found: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            rule,
            tenant_id,
            client_id,
            found,
        } = self;
        write!(out, "{rule}: tenant {tenant_id}, client {client_id}: {found}")
    }
}

/// The rules that are checked.
pub(crate) fn rules() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().map(|check| check.rule)
}

/// Runs every check over every shop; at most ten thousand violations.
pub(crate) async fn check(db: &Db) -> Result<Vec<Violation>, Failure> {
    let mut violations = Vec::new();
    for tenant_id in tenant::all(&mut db.global()).await? {
        // One moment for all checks of a shop; others may post meanwhile.
        let mut tx = db.begin_snapshot().await?;
        plan_each_page(&mut tx.global()).await?;
        let mut shop = Shop {
            scope: tx.tenant(tenant_id),
            tenant_id,
            violations: &mut violations,
        };
        shop.check().await?;
        tx.commit().await?;
        if violations.len() >= MOST {
            break;
        }
    }
    Ok(violations)
}

/// A page is a range of numbers: a plan made without knowing how narrow it is would read whole tables. And what runs at
/// leisure is not cut short as a request is.
async fn plan_each_page(scope: &mut Scope<'_>) -> Result<(), Failure> {
    for setting in [
        "SET LOCAL plan_cache_mode = force_custom_plan",
        "SET LOCAL statement_timeout = 0",
    ] {
        scope.query_by_engine("SELECT 1", setting).execute().await?;
    }
    Ok(())
}

struct Shop<'a, 'v> {
    scope: Scope<'a>,
    tenant_id: i64,
    violations: &'v mut Vec<Violation>,
}

impl Shop<'_, '_> {
    async fn check(&mut self) -> Result<(), Failure> {
        self.run(Over::Shop, None).await?;
        for over in [Over::Clients, Over::Lots, Over::Returns] {
            let mut after = 0;
            while let Some(last) = self.page_end(over, after).await? {
                self.run(over, Some((after, last))).await?;
                after = last;
                if self.violations.len() >= MOST {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The last number of the page after this one; none past the end.
    async fn page_end(&mut self, over: Over, after: i64) -> Result<Option<i64>, Failure> {
        let sql = match over {
            Over::Clients => {
                "SELECT MAX(id) AS last FROM (SELECT id FROM clients WHERE tenant_id = $1 AND id > $2
                                               ORDER BY id LIMIT $3) AS page"
            }
            Over::Lots => {
                "SELECT MAX(id) AS last FROM (SELECT id FROM lots WHERE tenant_id = $1 AND id > $2
                                               ORDER BY id LIMIT $3) AS page"
            }
            Over::Returns => {
                "SELECT MAX(id) AS last FROM (SELECT id FROM returns WHERE tenant_id = $1 AND id > $2
                                               ORDER BY id LIMIT $3) AS page"
            }
            Over::Shop => return Ok(None),
        };
        let row = self.scope.query(sql).bind(after).bind(PAGE).one().await?;
        Ok(row.int_opt("last")?)
    }

    async fn run(&mut self, over: Over, page: Option<(i64, i64)>) -> Result<(), Failure> {
        for check in CHECKS.iter().filter(|check| check.over == over) {
            let mut query = match check.sql {
                Sql::Same(sql) => self.scope.query(sql),
                Sql::ByEngine(sqlite, postgres) => self.scope.query_by_engine(sqlite, postgres),
            };
            if let Some((after, last)) = page {
                query = query.bind(after).bind(last);
            }
            for row in query.all().await? {
                self.violations.push(Violation {
                    rule: check.rule,
                    tenant_id: self.tenant_id,
                    client_id: row.int("client_id")?,
                    found: row.text("found")?,
                });
            }
        }
        Ok(())
    }
}
