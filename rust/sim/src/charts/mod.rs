//! Heat maps of a grid, as SVG and as PNG.

mod colour;
mod panel;
mod raster;
mod sheet;
mod svg;

use std::path::Path;

use crate::grid::{self, Cell, Figures, Goal, Row};
use colour::Colour;

/// A chart that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// A file that could not be written.
    #[error("{0}: {1}; charts go to a directory that can be written")]
    Write(String, #[source] std::io::Error),
    /// An SVG that could not be drawn as PNG.
    #[error("chart {0} cannot be drawn as PNG: {1}")]
    Draw(&'static str, String),
}

/// A chart: one goal over the whole grid.
#[derive(Debug)]
pub struct Chart {
    /// Name of its files, without extension.
    pub file: &'static str,
    /// What it shows.
    pub title: &'static str,
    /// What its colours mean, in words.
    pub goal_words: &'static str,
    /// The goal that the colours speak of.
    pub goal: &'static Goal,
    /// Margins ([`Goal::margin`]) at which the colours end, the bad one first, and what is written there.
    ends: [(f64, &'static str); 2],
    /// What is written at the goal.
    middle: &'static str,
}

/// Every chart.
pub static CHARTS: [Chart; 5] = [
    Chart {
        file: "goodput",
        title: "Goodput in the steady state, percent of ideal",
        goal_words: "goal: at least 97 % in every cell",
        goal: &grid::STEADY,
        ends: [(0.8 / 0.97 - 1.0, "80"), (1.0 / 0.97 - 1.0, "100")],
        middle: "97",
    },
    Chart {
        file: "overshoot",
        title: "Overshoot: datagrams dropped by the queue, percent",
        goal_words: "goal: at most 1 %",
        goal: &grid::OVERSHOOT,
        ends: [(-19.0, "20"), (1.0, "0")],
        middle: "1",
    },
    Chart {
        file: "redundancy",
        title: "Redundancy: bytes that arrived twice, percent",
        goal_words: "goal: below 0.5 % up to 5 % loss, below 1.5 % above",
        goal: &grid::REDUNDANCY,
        ends: [(-1.0, "2x"), (1.0, "none")],
        middle: "goal",
    },
    Chart {
        file: "queueing",
        title: "Queueing delay caused, 95th percentile, ms",
        goal_words: "goal: below 20 ms or a quarter of the RTT, whichever is larger",
        goal: &grid::QUEUEING,
        ends: [(-1.0, "2x"), (1.0, "none")],
        middle: "goal",
    },
    Chart {
        file: "start",
        title: "Time to 90 % of the capacity, round trips",
        goal_words: "goal: at most 10 round trips (of at least 10 ms)",
        goal: &grid::START,
        ends: [(-1.0, "20"), (1.0, "0")],
        middle: "10",
    },
];

impl Chart {
    /// The chart of these rows as SVG; cells that are not among them are shown as not run.
    pub fn svg(&self, rows: &[Row]) -> String {
        sheet::draw(self, rows)
    }

    fn colour(&self, cell: &Cell, figures: &Figures) -> Colour {
        let margin = self.goal.margin(cell, figures);
        let [(bad, _), (good, _)] = self.ends;
        Colour::at(if self.goal.holds(cell, figures) { (margin / good).max(0.0) } else { -(margin / bad) })
    }
}

/// Writes every chart of these rows into `directory`, which is made if need be, as SVG and as PNG.
pub fn write_all(rows: &[Row], directory: &Path) -> Result<(), ChartError> {
    let failed = |path: &Path, error| ChartError::Write(path.display().to_string(), error);
    std::fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
    let fonts = raster::fonts();
    for chart in &CHARTS {
        let svg = chart.svg(rows);
        let png = raster::png(&svg, &fonts).map_err(|what| ChartError::Draw(chart.file, what))?;
        for (extension, bytes) in [("svg", svg.as_bytes()), ("png", &png)] {
            let path = directory.join(chart.file).with_extension(extension);
            std::fs::write(&path, bytes).map_err(|error| failed(&path, error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(steady: f64) -> Row {
        let figures = Figures {
            steady,
            whole: 1.0,
            start: f64::INFINITY,
            overshoot: 0.0,
            redundancy: 0.0,
            feedback: 0.0,
            queueing_ms: 0.0,
            memory: 0.0,
        };
        Row { cell: grid::goodput_cells()[0], seed: 1, figures: Ok(figures) }
    }

    #[test]
    fn the_value_of_a_cell_is_printed_in_the_colour_of_its_side_of_the_goal() {
        let goodput = &CHARTS[0];
        for (steady, text) in [(0.981, ">98.1<"), (0.969, ">96.9<")] {
            let row = row(steady);
            let svg = goodput.svg(core::slice::from_ref(&row));
            let colour = goodput.colour(&row.cell, &row.figures.expect("figures")).to_string();
            assert!(svg.contains(text) && svg.contains(&colour), "{svg}");
        }
        assert!(goodput.colour(&row(0.97).cell, &row(0.97).figures.expect("figures")) == Colour::at(0.0));
    }

    #[test]
    fn a_cell_that_was_not_run_and_one_that_failed_say_so() {
        let failed = Row { figures: Err("not complete".into()), ..row(1.0) };
        for chart in &CHARTS {
            let svg = chart.svg(core::slice::from_ref(&failed));
            assert_eq!(svg.matches(">failed<").count(), 1);
            let cells = grid::goodput_cells().len() + grid::original_cells().len();
            assert_eq!(svg.matches(">-<").count(), cells - 1);
        }
    }

    #[test]
    fn every_chart_becomes_a_png_with_text_in_it_without_fonts_of_the_system() {
        let fonts = raster::fonts();
        let with_text = CHARTS[0].svg(&[row(0.5)]);
        let without_text: String = with_text.lines().filter(|line| !line.starts_with("<text")).collect();
        let [with_text, without_text] =
            [with_text, without_text].map(|svg| raster::png(&svg, &fonts).expect("a PNG"));
        assert!(with_text.starts_with(b"\x89PNG"));
        assert!(4 * with_text.len() > 5 * without_text.len(), "{} {}", with_text.len(), without_text.len());
    }
}
