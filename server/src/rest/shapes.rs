//! Wire shapes that several contracts share.

use loyalty::model::Branch;
use loyalty::usecase::Page;
use serde::Serialize;
use utoipa::ToSchema;

/// A client's level.
#[derive(Serialize, ToSchema)]
pub struct Tier {
    /// Number within the shop; 0 in a shop without levels.
    id: i64,
    name: String,
    color: String,
}

impl From<&loyalty::model::Tier> for Tier {
    fn from(tier: &loyalty::model::Tier) -> Self {
        Self {
            id: tier.id,
            name: tier.name.clone(),
            color: tier.color.clone(),
        }
    }
}

/// A shop of the chain.
#[derive(Serialize, ToSchema)]
pub struct Store {
    id: i64,
    name: String,
    address: Option<String>,
}

impl From<Branch> for Store {
    fn from(branch: Branch) -> Self {
        Self {
            id: branch.id,
            name: branch.name,
            address: branch.address,
        }
    }
}

/// One page of a list (R-HIST-2).
#[derive(Serialize, ToSchema)]
pub struct Paginated<T> {
    data: Vec<T>,
    current_page: i64,
    last_page: i64,
    total: i64,
}

impl<T> Paginated<T> {
    /// Words each item of a page.
    pub fn of<I>(page: Page<I>, word: impl FnMut(I) -> T) -> Self {
        Self {
            data: page.items.into_iter().map(word).collect(),
            current_page: page.number,
            last_page: page.last,
            total: page.total,
        }
    }
}
