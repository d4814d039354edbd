//! One heat map: cells with their values, under a heading, with names on both axes.

use super::Chart;
use super::colour::Colour;
use super::svg::{Svg, Text};
use crate::grid::Row;

/// Height of a cell.
const CELL_HEIGHT: f64 = 32.0;

/// White between cells.
const SEAM: f64 = 1.6;

/// From the top of a panel to its cells.
const HEADING: f64 = 24.0;

/// From the cells of a panel to its end, with the names of the columns.
const NAMES: f64 = 24.0;

/// Side of the corner that marks a missed goal.
const CORNER: f64 = 7.0;

/// A heat map that is ready to be drawn.
#[derive(Debug)]
pub(crate) struct Panel<'a> {
    pub(crate) heading: String,
    pub(crate) cell_width: f64,
    /// Names of the columns, from left to right.
    pub(crate) columns: Vec<String>,
    /// Names of the lines, from top to bottom, and what was measured there.
    pub(crate) lines: Vec<(String, Vec<Option<&'a Row>>)>,
    /// True if the names of the lines are printed.
    pub(crate) names_lines: bool,
}

impl Panel<'_> {
    pub(crate) fn width(&self) -> f64 {
        self.columns.len() as f64 * self.cell_width
    }

    /// Heading, cells and names of the columns.
    pub(crate) fn height(&self) -> f64 {
        HEADING + self.lines.len() as f64 * CELL_HEIGHT + NAMES
    }

    /// Draws the panel; `x` is the left edge of its cells, the names of the lines are left of it.
    pub(crate) fn draw(&self, svg: &mut Svg, chart: &Chart, x: f64, y: f64) {
        svg.text(x + 1.0, y + 15.0, Text::Heading, &self.heading);
        let mut top = y + HEADING;
        for (name, cells) in &self.lines {
            if self.names_lines {
                svg.text(x - 8.0, top + CELL_HEIGHT / 2.0 + 4.5, Text::End, name);
            }
            for (index, row) in cells.iter().enumerate() {
                self.cell(svg, chart, *row, x + index as f64 * self.cell_width, top);
            }
            top += CELL_HEIGHT;
        }
        for (index, name) in self.columns.iter().enumerate() {
            let middle = x + (index as f64 + 0.5) * self.cell_width;
            svg.text(middle, top + 16.0, Text::Middle, name);
        }
    }

    fn cell(&self, svg: &mut Svg, chart: &Chart, row: Option<&Row>, x: f64, y: f64) {
        let (ground, text) = match row.map(|row| (row, &row.figures)) {
            None => (Colour::NOTHING, "-".into()),
            Some((_, Err(_))) => (Colour::FAILED, "failed".into()),
            Some((row, Ok(f))) => (chart.colour(&row.cell, f), (chart.goal.show)((chart.goal.value)(f))),
        };
        let (width, height) = (self.cell_width - SEAM, CELL_HEIGHT - SEAM);
        svg.rect(x, y, width, height, ground);
        let (style, ink) =
            if ground.is_dark() { (Text::Light, Colour::WHITE) } else { (Text::Dark, Colour::INK) };
        svg.text(x + width / 2.0, y + height / 2.0 + 5.0, style, text);
        if row.is_some_and(|row| row.misses_goal(chart.goal)) {
            svg.corner(x + width, y, CORNER, ink);
        }
    }
}
