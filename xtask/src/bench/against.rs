//! Beside another commit, in one run on one PostgreSQL.
//!
//! Three contenders take turns in every round: this tree, the other commit, and this tree again. The ratio of the first
//! two is what is asked for; that of the first and the third would be one on a machine without noise.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::Request;
use super::build::{Built, build};
use super::figures::{Figure, Side, of_run, of_sides};
use super::plain::on;
use super::ratio::Ratio;
use super::work_tree::{WorkTree, name_of};
use crate::postgres::{Durability, Postgres};
use crate::process::{output, root};

/// Builds both sides, measures them in turn and prints how far apart they are.
pub fn bench(request: &Request) -> Result<()> {
    let commit = request.against.as_deref().context("against which commit?")?;
    let tree = WorkTree::of(&root(), commit)?;
    println!("{} is in {}", tree.commit, tree.folder.display());
    let other = build(&tree.folder, Some(&tree.folder.join("target")), &request.profile)?;
    let this = build(&root(), None, &request.profile)?;
    let postgres = Postgres::start(Durability::Full)?;
    let measured = match request.is_of_servers() {
        true => of_servers(request, &this, &other, &postgres)?,
        false => of_runs(request, &this, &other, &postgres)?,
    };
    println!("\nThis tree: {}. Before: {}.", name_of(&root())?, tree.commit);
    let rows = rows(&measured);
    println!("{}", report(&rows, request.rounds, request.at_least));
    judge(&rows, request.at_least)
}

/// Both servers under one load, that of this tree's benchmark.
fn of_servers(
    request: &Request,
    this: &Built,
    other: &Built,
    postgres: &Postgres,
) -> Result<Vec<(Side, Figure)>> {
    let mut command = Command::new(&this.bench);
    command.current_dir(root());
    command.args(["against", &request.what, &request.rounds.to_string()]);
    command.arg(&this.bonex).arg(&other.bonex);
    let text = output(on(&mut command, postgres)?)?;
    Ok(of_sides(&text))
}

/// Each side's own benchmark, whole, in turn.
fn of_runs(
    request: &Request,
    this: &Built,
    other: &Built,
    postgres: &Postgres,
) -> Result<Vec<(Side, Figure)>> {
    let mut turns = [(Side::This, this), (Side::Other, other), (Side::Again, this)];
    let mut measured = Vec::new();
    for round in 1..=request.rounds {
        for (side, built) in turns {
            println!("round {round} of {}: {side:?}", request.rounds);
            let text = run_whole(request, &built.bench, postgres)?;
            measured.extend(of_run(&text).into_iter().map(|figure| (side, figure)));
        }
        // Nobody is always the first of a round.
        turns.rotate_left(1);
    }
    Ok(measured)
}

fn run_whole(request: &Request, bench: &Path, postgres: &Postgres) -> Result<String> {
    forget_databases(postgres)?;
    let mut command = Command::new(bench);
    command.current_dir(root()).arg(&request.what).args(&request.size);
    command.stdin(Stdio::null());
    output(on(&mut command, postgres)?)
}

/// Benchmarks make databases of one name, and leave them.
fn forget_databases(postgres: &Postgres) -> Result<()> {
    let psql = |sql: &str| {
        let mut command = Command::new(postgres.program("psql"));
        command.args([
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--command",
            sql,
        ]);
        output(command.arg(postgres.url()))
    };
    let left = psql("SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'")?;
    for name in left.lines().filter(|name| !name.is_empty()) {
        psql(&format!("DROP DATABASE \"{name}\" WITH (FORCE)"))?;
    }
    Ok(())
}

/// One figure of both sides.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    name: String,
    this: f64,
    other: f64,
    /// Above one, this tree is the better.
    ratio: Ratio,
    /// Of this tree with itself.
    equals: Ratio,
}

/// Figures that both sides know, in the order they were first told; each in pairs of one round.
fn rows(measured: &[(Side, Figure)]) -> Vec<Row> {
    let mut names: Vec<&str> = Vec::new();
    for (_, figure) in measured {
        if !names.contains(&figure.name.as_str()) {
            names.push(&figure.name);
        }
    }
    let of = |side: Side, name: &str| -> Vec<f64> {
        let own = measured
            .iter()
            .filter(|(of, figure)| *of == side && figure.name == name);
        own.map(|(_, figure)| figure.value).collect()
    };
    let row = |name: &str| {
        let (this, other, again) = (of(Side::This, name), of(Side::Other, name), of(Side::Again, name));
        let pairs = |its: &[f64]| -> Vec<(f64, f64)> {
            let both = this.iter().copied().zip(its.iter().copied());
            match Figure::more_is_better(name) {
                true => both.collect(),
                false => both.map(|(ours, its)| (its, ours)).collect(),
            }
        };
        Some(Row {
            name: name.to_owned(),
            this: median(&this)?,
            other: median(&other)?,
            ratio: Ratio::of(&pairs(&other))?,
            equals: Ratio::of(&pairs(&again))?,
        })
    };
    names.into_iter().filter_map(row).collect()
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// The table, and what to think of it.
fn report(rows: &[Row], rounds: usize, at_least: Option<f64>) -> String {
    let mut text = format!(
        "Medians of {rounds} rounds; in brackets where the true median is, nineteen times in twenty. Above 1.00 this \
         tree is the better.\nA/A is this tree beside itself: what it is off by is noise.\n\n\
         | figure | this | before | this ÷ before | A/A |\n|---|---:|---:|---:|---:|\n"
    );
    for row in rows {
        let Row {
            name,
            this,
            other,
            ratio,
            equals,
        } = row;
        text += &format!(
            "| {name} | {} | {} | {ratio} | {equals} |\n",
            figure(*this),
            figure(*other)
        );
    }
    for row in rows.iter().filter(|row| !row.equals.holds_one()) {
        text += &format!(
            "\n{}: equals differ, A/A {}. Something else was at work; measure again.",
            row.name, row.equals
        );
    }
    if let Some(at_least) = at_least {
        for row in rows {
            let noise = row.equals.noise();
            let verdict = match row.is_at_least(at_least) {
                true => "yes",
                false => "NO",
            };
            text += &format!(
                "\n{}: {:.2} ≥ {at_least:.2} − {noise:.2} (half the spread of A/A): {verdict}",
                row.name, row.ratio.median
            );
        }
    }
    text
}

/// As many digits as mean something.
fn figure(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value => format!("{value:.2}"),
    }
}

impl Row {
    fn is_at_least(&self, ratio: f64) -> bool {
        self.ratio.median >= ratio - self.equals.noise()
    }
}

/// Fails when nothing was measured on both sides, or when this tree is slower than was allowed.
fn judge(rows: &[Row], at_least: Option<f64>) -> Result<()> {
    if rows.is_empty() {
        bail!("no figure was measured on both sides");
    }
    let slower = |row: &&Row| at_least.is_some_and(|ratio| !row.is_at_least(ratio));
    let slower: Vec<&str> = rows.iter().filter(slower).map(|row| row.name.as_str()).collect();
    if !slower.is_empty() {
        bail!("slower than before: {}", slower.join("; "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: &str = "sales on SQLite, per second";
    const TIME: &str = "sales on SQLite, CPU µs each";

    /// So many rounds in which the other side has `other` of what this side has, and itself `again`.
    fn measured(name: &str, this: f64, other: f64, again: f64) -> Vec<(Side, Figure)> {
        let round = |_| {
            [(Side::This, this), (Side::Other, other), (Side::Again, again)].map(|(side, value)| {
                let name = name.to_owned();
                (side, Figure { name, value })
            })
        };
        (0..15).flat_map(round).collect()
    }

    #[test]
    fn above_one_is_better_for_rates_and_for_times() {
        let all = [
            measured(RATE, 98.0, 100.0, 98.0),
            measured(TIME, 200.0, 100.0, 200.0),
        ]
        .concat();
        let rows = rows(&all);
        assert_eq!(rows[0].ratio.to_string(), "0.98 (0.98–0.98)");
        assert_eq!(rows[0].equals.to_string(), "1.00 (1.00–1.00)");
        assert_eq!(rows[1].ratio.to_string(), "0.50 (0.50–0.50)");
        assert_eq!((rows[1].this, rows[1].other), (200.0, 100.0));
    }

    #[test]
    fn what_one_side_does_not_know_is_left_out() {
        let mut all = measured(RATE, 1.0, 1.0, 1.0);
        all.extend(
            measured("new", 1.0, 1.0, 1.0)
                .into_iter()
                .filter(|(side, _)| *side != Side::Other),
        );
        assert_eq!(rows(&all).len(), 1);
        assert!(judge(&rows(&all), None).is_ok());
        assert!(judge(&[], None).is_err());
    }

    #[test]
    fn what_is_allowed_is_less_the_noise() {
        let row = |median: f64, noise: f64| Row {
            name: RATE.to_owned(),
            this: 1.0,
            other: 1.0,
            ratio: Ratio {
                median,
                low: median - 0.03,
                high: median + 0.03,
            },
            equals: Ratio {
                median: 1.0,
                low: 1.0 - noise,
                high: 1.0 + noise,
            },
        };
        assert!(judge(&[row(0.96, 0.03)], Some(0.98)).is_ok());
        assert!(judge(&[row(0.94, 0.03)], Some(0.98)).is_err());
        assert!(judge(&[row(0.94, 0.03)], None).is_ok(), "nothing was asked for");
        let text = report(&[row(0.94, 0.03)], 15, Some(0.98));
        assert!(
            text.contains(
                "| sales on SQLite, per second | 1.00 | 1.00 | 0.94 (0.91–0.97) | 1.00 (0.97–1.03) |"
            )
        );
        assert!(
            text.contains("0.94 ≥ 0.98 − 0.03 (half the spread of A/A): NO"),
            "{text}"
        );
    }

    #[test]
    fn equals_that_differ_are_told() {
        let text = report(&rows(&measured(RATE, 100.0, 100.0, 80.0)), 15, None);
        assert!(text.contains("equals differ, A/A 1.25 (1.25–1.25)"), "{text}");
    }
}
