//! The page that shows what the simulator has measured, in Markdown.

use core::fmt::Write;
use std::collections::BTreeSet;

use crate::charts::CHARTS;
use crate::grid::{GOALS, Goal, Row};
use crate::rows::{Figure, table};
use crate::run::Failure;

/// What a page is made from.
#[derive(Debug)]
pub struct Page<'a> {
    /// The cells, in the order of the page.
    pub cells: &'a [Row],
    /// The rows of the transport page, in order.
    pub rows: &'a [(crate::rows::Row, Result<Vec<Figure>, Failure>)],
    /// When it was measured, as it was told.
    pub date: &'a str,
    /// The command that makes it.
    pub command: &'a str,
    /// Where the charts are, from the page.
    pub charts: &'a str,
}

impl Page<'_> {
    /// The page.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        self.introduction(&mut out);
        self.summary(&mut out);
        for chart in &CHARTS {
            let (directory, file) = (self.charts, chart.file);
            let _ = write!(
                out,
                "\n### {}\n\n[![{}]({directory}/{file}.png)]({directory}/{file}.svg)\n",
                chart.title, chart.goal_words
            );
        }
        self.transport_rows(&mut out);
        self.every_cell(&mut out);
        out
    }

    fn introduction(&self, out: &mut String) {
        let seeds: BTreeSet<u64> = self.cells.iter().map(|row| row.seed).collect();
        let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
        let _ = write!(
            out,
            "# What the simulator measures

This page is made by a command; do not edit it. Measured on {} with

```sh
{}
```

Real sessions of `rust/proto` exchange real bytes over the emulated link of `rust/netem`, in virtual time: the same seed gives the same
figures on every machine. Seed of every cell: {}. `FASPSTREAM_SEED=n` in the environment runs everything with another seed.

- *Ideal* is C x (1 - p) x e: C the rate of the link in IP bytes, p its random loss in each direction, e the application's share of a full
  datagram at MTU 1500.
- A *cell* is one transfer that takes 100 round trips, but at least 5 s, at the ideal rate. The *steady state* begins after 20 round trips
  (at least 1 s) and ends when 95 % of the bytes have been read.
- Queues are given in bandwidth-delay products (BDP) and hold at least 16 packets and 2 ms of the rate.
- An end holds at most 256 MiB (`buffer.max`), 2.1 BDP of 1000 Mbit/s and 1000 ms. What is lost twice there keeps the stream back for three
  round trips, so 256 MiB in 3 s, 78 % of ideal, is a bound that no rate control lifts (`rust/proto/docs/rate-control.md`, section 6).

What ten thousand random links have shown stands in [another page](random-links.md).
",
            self.date,
            self.command,
            seeds.join(", ")
        );
    }

    fn summary(&self, out: &mut String) {
        let all = self.cells.iter().filter(|row| row.misses().is_empty()).count();
        let failed = self.cells.iter().filter(|row| row.figures.is_err()).count();
        let _ = write!(
            out,
            "\n## The grid\n\n{all} of {} cells reach every goal; {failed} did not come to their end, and reach none.\n\n\
             | goal | what | cells that reach it | furthest from it, of those that came to their end |\n|---|---|---|---|\n",
            self.cells.len()
        );
        for goal in GOALS {
            let reached = self.cells.iter().filter(|row| !row.misses_goal(goal)).count();
            let mark = if reached == self.cells.len() { "" } else { "**" };
            let _ = writeln!(
                out,
                "| {} | {} | {mark}{reached} of {}{mark} | {} |",
                goal.name,
                goal.what,
                self.cells.len(),
                self.furthest(goal)
            );
        }
    }

    /// The cell with the least margin to a goal.
    fn furthest(&self, goal: &Goal) -> String {
        let margins = self.cells.iter().filter_map(|row| {
            let figures = row.figures.as_ref().ok()?;
            Some((goal.margin(&row.cell, figures), row, figures))
        });
        let Some((_, row, figures)) = margins.min_by(|(a, ..), (b, ..)| a.total_cmp(b)) else {
            return "nothing was measured".into();
        };
        let value = (goal.show)((goal.value)(figures));
        format!("{value}, goal {}, at {}", goal.words(&row.cell).replace('<', "&lt;"), row.cell.name())
    }

    fn transport_rows(&self, out: &mut String) {
        let figures = || self.rows.iter().filter_map(|(_, result)| result.as_ref().ok()).flatten();
        let failed = self.rows.iter().filter(|(_, result)| result.is_err()).count();
        let (held, all) = (figures().filter(|f| f.holds).count(), figures().count());
        let _ = write!(
            out,
            "\n## The other rows\n\n{held} of {all} figures reach their goal; {failed} rows could not be measured.\n\n\
             | row | what | goal | measured | holds |\n|---|---|---|---|---|\n"
        );
        for (row, result) in self.rows {
            out.push_str(&table(row, result));
        }
    }

    fn every_cell(&self, out: &mut String) {
        out.push_str("\n## Every cell\n\nMeasured value and goal; a value that misses its goal is bold.\n");
        let mut heading = None;
        for row in self.cells {
            let this = (row.cell.mbps, row.cell.queue);
            if heading != Some(this) {
                heading = Some(this);
                let _ = write!(out, "\n### {} Mbit/s, queue {} BDP\n\n| RTT | loss |", this.0, this.1);
                for goal in GOALS {
                    let _ = write!(out, " {} |", goal.what);
                }
                let _ = writeln!(out, " misses |\n|--:|--:|{}---|", "--:|".repeat(GOALS.len()));
            }
            cell(row, out);
        }
    }
}

/// The line of a cell.
fn cell(row: &Row, out: &mut String) {
    let _ = write!(out, "| {} ms | {} % |", row.cell.rtt, row.cell.loss * 100.0);
    let figures = match &row.figures {
        Ok(figures) => figures,
        Err(why) => {
            let why = why.replace(['|', '\n'], " ");
            let _ = writeln!(out, "{} **no: {why}** |", " |".repeat(GOALS.len()));
            return;
        }
    };
    for goal in GOALS {
        let mark = if row.misses_goal(goal) { "**" } else { "" };
        let value = (goal.show)((goal.value)(figures));
        let _ = write!(out, " {mark}{value}{mark} ({}) |", goal.words(&row.cell).replace('<', "&lt;"));
    }
    let misses: Vec<&str> = row.misses().iter().map(|goal| goal.name).collect();
    let _ = writeln!(out, " {} |", if misses.is_empty() { "none".into() } else { misses.join(", ") });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Figures, goodput_cells};

    fn page(cells: &[Row]) -> String {
        let page = Page { cells, rows: &[], date: "2026-01-31", command: "sim grid", charts: "charts" };
        page.markdown()
    }

    #[test]
    fn a_cell_that_misses_a_goal_says_which_beside_value_and_goal() {
        let cell = goodput_cells()[0];
        let figures = Figures {
            steady: 0.912,
            whole: 0.95,
            start: 3.0,
            overshoot: 0.0,
            redundancy: 0.0,
            feedback: 0.0,
            queueing_ms: 1.0,
            memory: 0.0,
        };
        let missing = page(&[Row { cell, seed: 3, figures: Ok(figures) }]);
        assert!(missing.contains("| 0 ms | 0 % | **91.2** (>= 97.0) | 95.0 (>= 90.0) | 3.0 (&lt;= 10.0) |"));
        assert!(missing.contains("| steady |\n") && missing.contains("0 of 1 cells reach every goal"));
        assert!(missing.contains("Seed of every cell: 3.") && missing.contains("2026-01-31"));
        let holding = page(&[Row { cell, seed: 3, figures: Ok(Figures { steady: 0.98, ..figures }) }]);
        assert!(holding.contains("| none |\n") && holding.contains("1 of 1 cells reach every goal"));
    }

    #[test]
    fn a_cell_without_figures_says_why_and_reaches_no_goal() {
        let failed = page(&[Row { cell: goodput_cells()[0], seed: 3, figures: Err("stuck at 2 s".into()) }]);
        assert!(failed.contains("**no: stuck at 2 s**") && failed.contains("| **0 of 1** |"));
    }
}
