//! Many rows as one parameter: a JSON array that the statement unfolds. A text says so in words of its own, which become
//! each engine's:
//!
//! * `ROWS ($2) AS new (id BIGINT, name TEXT)`: a table of objects, by the names of their fields;
//! * `IN LIST ($2)`, `NOT IN LIST ($2)`: one of many numbers, `TEXTS` for texts. PostgreSQL gets an array, by which it
//!   finds rows along an index however many it thinks they are.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Whose words.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Dialect {
    /// `json_each`.
    Sqlite,
    /// `json_to_recordset`.
    Postgres,
}

/// Texts by where they lie, how long they are, and in whose words.
type Made = HashMap<(usize, usize, Dialect), &'static str>;

/// The text in an engine's words, made once.
pub fn in_words_of(sql: &'static str, dialect: Dialect) -> &'static str {
    static MADE: Mutex<Option<Made>> = Mutex::new(None);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.get_or_insert_default()
        .entry((sql.as_ptr().addr(), sql.len(), dialect))
        // As many as there are texts in the sources.
        .or_insert_with(|| Box::leak(expanded(sql, dialect).into_boxed_str()))
}

/// As [`in_words_of`], anew.
pub fn expanded(sql: &str, dialect: Dialect) -> String {
    let mut text = sql.to_owned();
    for (word, postgres) in [
        (
            "NOT IN LIST (",
            "<> ALL (ARRAY(SELECT CAST(json_array_elements_text({}::json) AS BIGINT)))",
        ),
        (
            "IN LIST (",
            "= ANY (ARRAY(SELECT CAST(json_array_elements_text({}::json) AS BIGINT)))",
        ),
        (
            "NOT IN TEXTS (",
            "<> ALL (ARRAY(SELECT json_array_elements_text({}::json)))",
        ),
        (
            "IN TEXTS (",
            "= ANY (ARRAY(SELECT json_array_elements_text({}::json)))",
        ),
    ] {
        let sqlite = match word.starts_with("NOT") {
            true => "NOT IN (SELECT value FROM json_each({}))",
            false => "IN (SELECT value FROM json_each({}))",
        };
        let template = match dialect {
            Dialect::Sqlite => sqlite,
            Dialect::Postgres => postgres,
        };
        text = replaced(&text, word, |parameter, rest| {
            (template.replace("{}", parameter), rest)
        });
    }
    replaced(&text, "ROWS (", |parameter, rest| {
        if dialect == Dialect::Postgres {
            return (format!("json_to_recordset({parameter}::json)"), rest);
        }
        // ` AS new (id BIGINT, name TEXT)`
        let (Some(open), Some(close)) = (rest.find('('), rest.find(')')) else {
            return (format!("json_each({parameter})"), rest);
        };
        let names = rest[open + 1..close].split(',');
        let names = names.filter_map(|column| column.split_whitespace().next());
        let fields: Vec<String> = names
            .map(|name| format!("value ->> '{name}' AS {name}"))
            .collect();
        let name = rest[..open].trim_end();
        let fields = fields.join(", ");
        (
            format!("(SELECT {fields} FROM json_each({parameter})){name}"),
            &rest[close + 1..],
        )
    })
}

/// The text with every `word $n)` replaced, by what is made of `$n` and of what follows.
fn replaced<'a>(text: &'a str, word: &str, make: impl Fn(&'a str, &'a str) -> (String, &'a str)) -> String {
    let (mut made, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find(word) {
        let after = &rest[start + word.len()..];
        let Some(end) = after.find(')') else { break };
        made.push_str(&rest[..start]);
        let (new, left) = make(&after[..end], &after[end + 1..]);
        made.push_str(&new);
        rest = left;
    }
    made + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_is_told_in_the_words_of_either_engine() {
        let sql = "SELECT new.id FROM ROWS ($2) AS new (id BIGINT, name TEXT) WHERE new.id IN LIST ($3) AND new.name NOT IN TEXTS ($4)";
        assert_eq!(
            expanded(sql, Dialect::Sqlite),
            "SELECT new.id FROM (SELECT value ->> 'id' AS id, value ->> 'name' AS name FROM json_each($2)) AS new \
             WHERE new.id IN (SELECT value FROM json_each($3)) AND new.name NOT IN (SELECT value FROM json_each($4))"
        );
        assert_eq!(
            expanded(sql, Dialect::Postgres),
            "SELECT new.id FROM json_to_recordset($2::json) AS new (id BIGINT, name TEXT) \
             WHERE new.id = ANY (ARRAY(SELECT CAST(json_array_elements_text($3::json) AS BIGINT))) \
             AND new.name <> ALL (ARRAY(SELECT json_array_elements_text($4::json)))"
        );
        assert_eq!(expanded("SELECT 1 AS rows", Dialect::Sqlite), "SELECT 1 AS rows");
    }

    #[test]
    fn a_text_is_made_once() {
        let sql = "SELECT 1 WHERE 1 IN LIST ($1)";
        let (one, other) = (
            in_words_of(sql, Dialect::Sqlite),
            in_words_of(sql, Dialect::Sqlite),
        );
        assert!(std::ptr::eq(one, other));
        assert_ne!(one, in_words_of(sql, Dialect::Postgres));
    }
}
