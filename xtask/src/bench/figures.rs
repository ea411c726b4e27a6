//! What benchmarks print, as figures.

/// One figure of one measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub name: String,
    pub value: f64,
}

/// Whose figure it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// This tree.
    This,
    /// The other commit.
    Other,
    /// This tree once more, to see how far apart equals are.
    Again,
}

impl Figure {
    /// A figure as its benchmark printed it.
    fn new(name: impl Into<String>, value: &str) -> Option<Self> {
        Some(Self {
            name: name.into(),
            value: value.replace(',', ".").parse().ok()?,
        })
    }

    /// True of rates; of times, and of ratios to what is possible, less is better.
    pub fn more_is_better(name: &str) -> bool {
        name.ends_with("per second")
    }
}

/// Of servers that were measured in turn: `figure <name>@<side> <value>`.
pub fn of_sides(text: &str) -> Vec<(Side, Figure)> {
    let of_line = |line: &str| {
        let (name, value) = line.strip_prefix("figure ")?.rsplit_once(' ')?;
        let (name, side) = name.rsplit_once('@')?;
        let side = match side {
            "this" => Side::This,
            "other" => Side::Other,
            "again" => Side::Again,
            _ => return None,
        };
        Some((side, Figure::new(name, value)?))
    };
    text.lines().filter_map(of_line).collect()
}

/// Of a benchmark that ran whole, whichever commit it is of: rows of the API's table, lines of expiry.
pub fn of_run(text: &str) -> Vec<Figure> {
    let mut figures: Vec<Figure> = text.lines().filter_map(of_row).collect();
    let rounds: Vec<f64> = text.lines().filter_map(seconds_of_round).collect();
    if let Some(value) = middle(rounds) {
        figures.push(Figure {
            name: "expiry, seconds".to_owned(),
            value,
        });
    }
    figures.extend(text.lines().filter_map(of_sales_meanwhile));
    figures
}

/// `| what | engine | measured | aim |`; where two times are measured, the first is the whole.
fn of_row(line: &str) -> Option<Figure> {
    let cells: Vec<&str> = line
        .strip_prefix('|')?
        .strip_suffix('|')?
        .split('|')
        .map(str::trim)
        .collect();
    let [what, engine, measured, _aim] = cells.as_slice() else {
        return None;
    };
    let first = measured.split([' ', ',']).next()?;
    let unit = if measured.contains("µs") { ", µs" } else { "" };
    let name = match *engine {
        "" => format!("{what}{unit}"),
        engine => format!("{what}, {engine}{unit}"),
    };
    Figure::new(name, first)
}

/// `round 1: set SQL 0.52 s, Bonex 0.90 s, ratio 1.73`.
fn seconds_of_round(line: &str) -> Option<f64> {
    let (_, rest) = line.strip_prefix("round ")?.split_once(", Bonex ")?;
    rest.split(' ').next()?.parse().ok()
}

/// `sales: p99 usually 9.8 ms (2130 sales), while bonuses burn 4.3 ms …`.
fn of_sales_meanwhile(line: &str) -> Option<Figure> {
    let (_, rest) = line
        .strip_prefix("sales: p99 usually ")?
        .split_once("while bonuses burn ")?;
    Figure::new("p99 of sales while bonuses burn, ms", rest.split(' ').next()?)
}

fn middle(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(name: &str, value: f64) -> Figure {
        Figure {
            name: name.to_owned(),
            value,
        }
    }

    #[test]
    fn servers_in_turn() {
        let text = "noise\nfigure sales on PostgreSQL, per second@this 3258.4\n\
                    figure sales on PostgreSQL, CPU µs each@other 516.00\n\
                    figure sales on SQLite, per second@again 5851.0\nfigure nobody 1\nfigure x@nobody 1\nfigure x@this ?\n";
        assert_eq!(
            of_sides(text),
            [
                (Side::This, figure("sales on PostgreSQL, per second", 3258.4)),
                (Side::Other, figure("sales on PostgreSQL, CPU µs each", 516.0)),
                (Side::Again, figure("sales on SQLite, per second", 5851.0)),
            ]
        );
        assert!(Figure::more_is_better("sales on SQLite, per second"));
        assert!(!Figure::more_is_better("sales on SQLite, CPU µs each"));
    }

    #[test]
    fn the_table_of_the_api() {
        let text = "\n| what | engine | measured | aim |\n|---|---|---:|---:|\n\
                    | a partner's signature over 1 KB | | 1.0 µs | 10 µs |\n\
                    | a look-up in process, of it the select | SQLite | 81 µs, 40 µs | |\n\
                    | page 500 of the history ÷ page 1 | PostgreSQL | 0.95 | 1.2 |\n";
        assert_eq!(
            of_run(text),
            [
                figure("a partner's signature over 1 KB, µs", 1.0),
                figure("a look-up in process, of it the select, SQLite, µs", 81.0),
                figure("page 500 of the history ÷ page 1, PostgreSQL", 0.95),
            ]
        );
    }

    #[test]
    fn the_lines_of_expiry() {
        let text = "200000 open lots of 20000 clients, 20000 lots expire\n\
                    round 1: set SQL 0.52 s, Bonex 0.90 s, ratio 1.73\nround 2: set SQL 0.50 s, Bonex 1.10 s, ratio 2.20\n\
                    round 3: set SQL 0.51 s, Bonex 0.95 s, ratio 1.86\n\
                    expiry: 1.86 of the time of set SQL (aim with ten million lots: at most 1.5)\n\
                    sales: p99 usually 4.3 ms (2130 sales), while bonuses burn 9.8 ms (300 sales), ratio 2.28 (aim …)\n";
        assert_eq!(
            of_run(text),
            [
                figure("expiry, seconds", 0.95),
                figure("p99 of sales while bonuses burn, ms", 9.8),
            ]
        );
    }
}
