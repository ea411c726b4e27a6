//! Every SQL text of the store, read from its sources: literals, and what its macros and `concat!` make of them. So a new
//! text is in the table of plans without anybody remembering to put it there.

use std::collections::HashMap;
use std::iter::Peekable;
use std::path::{Path, PathBuf};

use super::many_rows::{Dialect, expanded};
use crate::shop::Engine;

/// One text and where it stands.
#[derive(Clone, Debug)]
pub struct Text {
    pub file: String,
    pub sql: String,
    /// The engine it is for; none: both.
    pub engine: Option<Engine>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Mark(char),
    Text(String),
}

/// The rules of a macro, told apart by how many parameters they have and what stands before each.
type Macro = Vec<Rule>;

struct Rule {
    parameters: Vec<Parameter>,
    body: Vec<Token>,
}

/// `$name:kind`, and what a call has to say before it, as in `waiting: $condition:expr`.
struct Parameter {
    label: Vec<Token>,
    name: String,
}

impl Rule {
    /// What each parameter means in a call; none when the call is of another rule.
    fn given(&self, parts: &[Vec<Token>]) -> Option<HashMap<&str, Vec<Token>>> {
        if self.parameters.len() != parts.len() {
            return None;
        }
        let pairs = self.parameters.iter().zip(parts);
        pairs
            .map(|(parameter, part)| {
                let value = part.strip_prefix(parameter.label.as_slice())?;
                Some((parameter.name.as_str(), value.to_vec()))
            })
            .collect()
    }
}

/// Reads all of `loyalty/src/store`.
pub fn texts() -> Vec<Text> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut files = files_below(&folder);
    files.sort();
    let sources: Vec<(String, Vec<Token>)> = files
        .iter()
        .map(|path| {
            let source = std::fs::read_to_string(path).unwrap();
            let name = path.strip_prefix(&folder).unwrap().with_extension("");
            let name = name.to_string_lossy().into_owned();
            let code = source
                .split("\n#[cfg(test)]\nmod tests")
                .next()
                .unwrap()
                .to_owned();
            (name, tokens(&code))
        })
        .collect();
    let mut shared = HashMap::new();
    for (_, tokens) in &sources {
        shared.extend(macros(tokens));
    }
    let mut found = Vec::new();
    for (file, tokens) in sources {
        // Two files may have a macro of one name; each means its own.
        let own: HashMap<String, Macro> = macros(&tokens).collect();
        let expanded = expand(tokens, &own, &shared, &file);
        collect(&file, &expanded, &mut found);
    }
    found
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    folders
        .iter()
        .flat_map(|folder| files_below(folder))
        .chain(files)
        .collect()
}

fn tokens(source: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = source.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '/' if rest.peek() == Some(&'/') => while rest.next().is_some_and(|next| next != '\n') {},
            '"' => found.push(Token::Text(text(&mut rest))),
            // A lifetime is a mark and a word, a character one mark more.
            '\'' => {
                let mut ahead = rest.clone();
                let (first, second) = (ahead.next(), ahead.next());
                if first == Some('\\') {
                    rest.next();
                    rest.next();
                    while rest.next_if(|next| *next != '\'').is_some() {}
                    rest.next();
                } else if second == Some('\'') {
                    rest.next();
                    rest.next();
                }
            }
            next if next.is_alphanumeric() || next == '_' => {
                let mut word = String::from(next);
                while let Some(next) = rest.next_if(|next| next.is_alphanumeric() || *next == '_') {
                    word.push(next);
                }
                found.push(Token::Word(word));
            }
            next if next.is_whitespace() => {}
            mark => found.push(Token::Mark(mark)),
        }
    }
    found
}

fn text(rest: &mut Peekable<std::str::Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(next) = rest.next() {
        match next {
            '"' => break,
            '\\' => match rest.next() {
                Some('n') => text.push('\n'),
                Some('\n') => while rest.next_if(|next| next.is_whitespace()).is_some() {},
                Some(escaped) => text.push(escaped),
                None => break,
            },
            next => text.push(next),
        }
    }
    text
}

/// What stands between the bracket that comes next and its other half.
fn bracketed(rest: &mut impl Iterator<Item = Token>) -> Vec<Token> {
    let (mut depth, mut inside) = (0, Vec::new());
    for token in rest.by_ref() {
        match &token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        inside.push(token);
        if depth == 0 {
            break;
        }
    }
    inside[1..inside.len() - 1].to_vec()
}

/// Parts between commas that are in no bracket.
fn parts(tokens: &[Token]) -> Vec<Vec<Token>> {
    let (mut depth, mut found) = (0, vec![Vec::new()]);
    for token in tokens {
        match token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(')' | ']' | '}') => depth -= 1,
            Token::Mark(',') if depth == 0 => {
                found.push(Vec::new());
                continue;
            }
            _ => {}
        }
        found.last_mut().unwrap().push(token.clone());
    }
    found.retain(|part| !part.is_empty());
    found
}

/// Macros without repetitions, which are all that make SQL.
fn macros(tokens: &[Token]) -> impl Iterator<Item = (String, Macro)> + use<> {
    let mut found = Vec::new();
    let mut rest = tokens.iter().cloned().peekable();
    while let Some(token) = rest.next() {
        if token != Token::Word("macro_rules".to_owned()) {
            continue;
        }
        rest.next();
        let Some(Token::Word(name)) = rest.next() else {
            continue;
        };
        let mut inside = bracketed(&mut rest).into_iter().peekable();
        let mut rules = Vec::new();
        while inside.peek().is_some() {
            let pattern = bracketed(&mut inside);
            let body = inside.nth(1).map(|_| bracketed(&mut inside)).unwrap_or_default();
            inside.next_if(|token| *token == Token::Mark(';'));
            if pattern
                .windows(2)
                .any(|two| two == [Token::Mark('$'), Token::Mark('(')])
            {
                continue;
            }
            let parameters = parts(&pattern).into_iter().map(|part| {
                let dollar = part.iter().position(|token| *token == Token::Mark('$')).unwrap();
                match &part[dollar + 1] {
                    Token::Word(own) => Parameter {
                        label: part[..dollar].to_vec(),
                        name: own.clone(),
                    },
                    other => panic!("a parameter of {name}: {other:?}"),
                }
            });
            rules.push(Rule {
                parameters: parameters.collect(),
                body,
            });
        }
        found.push((name, rules));
    }
    found.into_iter()
}

fn expand(
    tokens: Vec<Token>,
    own: &HashMap<String, Macro>,
    shared: &HashMap<String, Macro>,
    file: &str,
) -> Vec<Token> {
    let mut expanded = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let Token::Word(name) = &token else {
            expanded.push(token);
            continue;
        };
        if name == "macro_rules" {
            rest.next();
            rest.next();
            bracketed(&mut rest);
            continue;
        }
        let is_called = rest.peek() == Some(&Token::Mark('!'));
        let called = own.get(name).or_else(|| shared.get(name)).filter(|_| is_called);
        if is_called && name == "concat" {
            rest.next();
            let inside = expand(bracketed(&mut rest), own, shared, file);
            let joined = parts(&inside).into_iter().map(|part| match part.as_slice() {
                [Token::Text(text)] => text.clone(),
                other => panic!("{file}: concat! of what is no text: {other:?}"),
            });
            expanded.push(Token::Text(joined.collect()));
        } else if let Some(called) = called {
            rest.next();
            let given = parts(&bracketed(&mut rest));
            let rule = called.iter().find_map(|rule| Some((rule, rule.given(&given)?)));
            let Some((rule, given)) = rule else {
                // Those with repetitions make no SQL.
                assert!(
                    called.is_empty(),
                    "{file}: a call of {name} that no rule knows: {given:?}"
                );
                continue;
            };
            let mut body = rule.body.iter();
            let mut meant = Vec::new();
            while let Some(token) = body.next() {
                let parameter = (*token == Token::Mark('$')).then(|| body.next()).flatten();
                match parameter {
                    Some(Token::Word(parameter)) if parameter == "crate" => {}
                    Some(Token::Word(parameter)) => meant.extend(given[parameter.as_str()].clone()),
                    _ => meant.push(token.clone()),
                }
            }
            expanded.extend(expand(meant, own, shared, file));
        } else {
            expanded.push(token);
        }
    }
    expanded
}

fn collect(file: &str, tokens: &[Token], found: &mut Vec<Text>) {
    let engine = match file {
        "post/postgres" | "post/group_postgres" => Some(Engine::Postgres),
        "post/sqlite" | "engine/sqlite" => Some(Engine::Sqlite),
        _ => None,
    };
    let mut rest = tokens.iter().cloned().peekable();
    while let Some(token) = rest.next() {
        match token {
            Token::Word(name) if name == "query_by_engine" && rest.peek() == Some(&Token::Mark('(')) => {
                let both = parts(&bracketed(&mut rest));
                for (part, engine) in both.iter().zip([Engine::Sqlite, Engine::Postgres]) {
                    let before = found.len();
                    collect(file, part, found);
                    found[before..]
                        .iter_mut()
                        .for_each(|text| text.engine = Some(engine));
                }
            }
            Token::Text(sql) if is_statement(&sql) && has_many_rows(&sql) => {
                for (dialect, engine) in [
                    (Dialect::Sqlite, Engine::Sqlite),
                    (Dialect::Postgres, Engine::Postgres),
                ] {
                    found.push(Text {
                        file: file.to_owned(),
                        sql: expanded(&sql, dialect),
                        engine: Some(engine),
                    });
                }
            }
            Token::Text(sql) if is_statement(&sql) => {
                let engine = engine.or_else(|| words_of_one_engine(&sql));
                found.push(Text {
                    file: file.to_owned(),
                    sql,
                    engine,
                });
            }
            _ => {}
        }
    }
}

fn has_many_rows(sql: &str) -> bool {
    ["ROWS (", "IN LIST (", "IN TEXTS ("]
        .iter()
        .any(|word| sql.contains(word))
}

fn is_statement(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    ["SELECT", "WITH", "INSERT", "UPDATE", "DELETE"].contains(&first) && text.split_whitespace().count() > 2
}

fn words_of_one_engine(sql: &str) -> Option<Engine> {
    let has = |words: &[&str]| words.iter().any(|words| sql.contains(words));
    if has(&["json_each(", "jsonb_each("]) {
        return Some(Engine::Sqlite);
    }
    has(&["::json", "::BIGINT", "FOR UPDATE", "LATERAL", "ANY (ARRAY"]).then_some(Engine::Postgres)
}
