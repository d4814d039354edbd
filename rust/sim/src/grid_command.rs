//! `faspstream-sim grid`: the cells, and all that is made of them.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use faspstream_sim::args::Args;
use faspstream_sim::charts;
use faspstream_sim::grid::{self, Row};
use faspstream_sim::page::Page;
use faspstream_sim::pool;
use faspstream_sim::rows;

use crate::{number, say, threads_or_all};

/// What the command line asks for.
struct Order {
    quick: bool,
    threads: usize,
    from: Option<PathBuf>,
    csv: Option<PathBuf>,
    charts: Option<PathBuf>,
    page: Option<PathBuf>,
    date: Option<String>,
}

impl Order {
    fn read(mut args: Args) -> Result<Self, Box<dyn Error>> {
        let quick = args.flag("--quick");
        let threads = args.value("--threads", "a number", number)?;
        let mut file = |option| args.value(option, "a file", |text| Some(PathBuf::from(text)));
        let (from, csv, page) = (file("--from")?, file("--csv")?, file("--page")?);
        let charts = args.value("--charts", "a directory", |text| Some(PathBuf::from(text)))?;
        let date = args.value("--date", "a day such as 2026-01-31", day)?;
        args.finish()?;
        if page.is_some() && date.is_none() {
            return Err("--page wants --date with the day to be printed, such as 2026-01-31".into());
        }
        Ok(Self { quick, threads: threads_or_all(threads)?, from, csv, charts, page, date })
    }

    /// The command that makes the page, as anyone would type it.
    fn command(&self, page: &Path) -> String {
        let quick = if self.quick { " --quick" } else { "" };
        let date = self.date.as_deref().unwrap_or_default();
        format!(
            "cargo run --release -p faspstream-sim -- grid{quick} --page {} --date {date}",
            page.display()
        )
    }
}

/// A day as in ISO 8601.
fn day(text: &str) -> Option<String> {
    let digits = |range| text.get(range).is_some_and(|t: &str| t.bytes().all(|b| b.is_ascii_digit()));
    let fits = text.len() == 10 && digits(0..4) && digits(5..7) && digits(8..10);
    (fits && text.get(4..5) == Some("-") && text.get(7..8) == Some("-")).then(|| text.to_owned())
}

/// Runs the cells, or takes those of an earlier run; prints them and writes what is asked for. False if a cell failed.
pub(crate) fn grid(args: Args) -> Result<bool, Box<dyn Error>> {
    let order = Order::read(args)?;
    let cells = match &order.from {
        Some(file) => grid::read_csv(&read(file)?).map_err(|error| format!("{}: {error}", file.display()))?,
        None => run_cells(&order),
    };
    say(&grid::table(&cells))?;
    if let Some(file) = &order.csv {
        write(file, &grid::write_csv(&cells))?;
    }
    if let Some(directory) = &order.charts {
        charts::write_all(&cells, directory)?;
    }
    if let Some(file) = &order.page {
        write_page(&order, &cells, file)?;
    }
    Ok(cells.iter().all(|row| row.figures.is_ok()))
}

fn run_cells(order: &Order) -> Vec<Row> {
    let cells = if order.quick {
        grid::quick_cells()
    } else {
        [grid::goodput_cells(), grid::original_cells()].concat()
    };
    pool::map_longest_first(&cells, order.threads, grid::Cell::cost, |cell| {
        let row = Row::run(*cell);
        let words = match &row.figures {
            Ok(f) => format!("steady {:.1} %, whole {:.1} %", f.steady * 100.0, f.whole * 100.0),
            Err(why) => why.clone(),
        };
        progress(&format!("{}: {words}", cell.name()));
        row
    })
}

/// The page, with its charts in a directory beside it that is called like it.
fn write_page(order: &Order, cells: &[Row], file: &Path) -> Result<(), Box<dyn Error>> {
    let directory = file.with_extension("");
    charts::write_all(cells, &directory)?;
    let results = pool::map(&rows::rows(), order.threads, |row| {
        let result = (row.measure)();
        progress(rows::table(row, &result).trim_end());
        result
    });
    let rows: Vec<_> = rows::rows().into_iter().zip(results).collect();
    let charts = directory.file_name().ok_or("--page wants the name of a file")?.to_string_lossy();
    let page = Page {
        cells,
        rows: &rows,
        date: order.date.as_deref().unwrap_or_default(),
        command: &order.command(file),
        charts: &charts,
    };
    write(file, &page.markdown())
}

fn progress(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

fn read(file: &Path) -> Result<String, Box<dyn Error>> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()).into())
}

fn write(file: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()).into())
}
