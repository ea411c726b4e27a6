//! `?page=` and `per_page=` (ruling 11).

use std::collections::HashMap;
use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

/// Which page is asked for. Anything odd is the first page, or the nearest size.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Paging {
    /// From 1.
    pub page: i64,
    /// 1 to 50.
    pub per_page: i64,
}

impl Paging {
    const PER_PAGE: i64 = 20;

    fn read(query: &HashMap<String, String>) -> Self {
        let number = |name: &str| query.get(name).and_then(|text| text.trim().parse::<i64>().ok());
        Self {
            page: number("page").unwrap_or(1).max(1),
            per_page: number("per_page").unwrap_or(Self::PER_PAGE).clamp(1, 50),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let query = Query::<HashMap<String, String>>::from_request_parts(parts, state).await;
        Ok(Self::read(&query.map(|Query(query)| query).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ruling_11_odd_pages_are_the_first_and_sizes_are_clamped() {
        for (page, per_page, expected) in [
            ("1", "20", (1, 20)),
            ("7", "50", (7, 50)),
            ("0", "0", (1, 1)),
            ("-3", "51", (1, 50)),
            ("two", "many", (1, 20)),
            ("99999999999999999999", "", (1, 20)),
        ] {
            let query = HashMap::from([
                ("page".to_owned(), page.to_owned()),
                ("per_page".to_owned(), per_page.to_owned()),
            ]);
            let paging = Paging::read(&query);
            assert_eq!((paging.page, paging.per_page), expected, "{page} {per_page}");
        }
    }
}
