//! Panels of lines, drawn as SVG and as PNG, with a font that comes with a library: a machine without fonts draws the same.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use crate::error::LabError;

/// A chart: panels beside and below each other with the same axes.
#[derive(Debug)]
pub(super) struct Drawing {
    /// In words.
    pub(super) shows: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    /// True if each point is marked.
    pub(super) marks: bool,
    pub(super) panels: Vec<Panel>,
}

/// An axis.
#[derive(Debug)]
pub(super) struct Axis {
    label: &'static str,
    range: (f64, f64),
    /// Names of 0, 1, 2 and so on; empty for plain numbers.
    names: Vec<String>,
}

/// A heading over lines.
#[derive(Debug)]
pub(super) struct Panel {
    pub(super) heading: String,
    pub(super) lines: Vec<Line>,
}

/// A line with its name.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// Size of a panel in pixels, and most panels beside each other.
const PANEL: (u32, u32) = (440, 300);
const ACROSS: usize = 3;
/// Height of the title and of the line with the names, and the width of a name.
const TITLE: u32 = 34;
const NAMES: u32 = 22;
const NAME: i32 = 120;
/// Colours that also those who do not tell red from green can tell apart (Okabe and Ito, 2008); ours is the first.
const COLOURS: [RGBColor; 8] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(110, 110, 110),
    RGBColor(0, 0, 0),
];

impl Axis {
    pub(super) fn plain(label: &'static str, range: (f64, f64)) -> Self {
        Self { label, range, names: Vec::new() }
    }

    pub(super) fn named(label: &'static str, range: (f64, f64), names: Vec<String>) -> Self {
        Self { label, range, names }
    }

    fn labels(&self) -> usize {
        if self.names.is_empty() { 6 } else { self.names.len() }
    }

    /// The text at a place; none between names.
    fn text(&self, at: f64) -> String {
        if self.names.is_empty() {
            return format!("{at:.0}");
        }
        let near = at.round();
        let name = (near >= 0.0 && (at - near).abs() < 0.01).then(|| self.names.get(near as usize)).flatten();
        name.cloned().unwrap_or_default()
    }
}

impl Drawing {
    /// Writes the chart beside `path` with the endings svg and png.
    pub(super) fn write(&self, path: &Path) -> Result<(), LabError> {
        let failed = |e: String| LabError::Failed(format!("{} could not be drawn: {e}", path.display()));
        register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT)
            .map_err(|_| failed("the font is none".to_owned()))?;
        let (svg, png) = (path.with_extension("svg"), path.with_extension("png"));
        self.draw(SVGBackend::new(&svg, self.size())).map_err(failed)?;
        self.draw(BitMapBackend::new(&png, self.size())).map_err(failed)
    }

    fn size(&self) -> (u32, u32) {
        let across = self.panels.len().clamp(1, ACROSS);
        let down = self.panels.len().div_ceil(ACROSS).max(1);
        (PANEL.0 * across as u32, PANEL.1 * down as u32 + TITLE + NAMES)
    }

    /// Of all lines: ours first, then by the alphabet, so that a stream has its colour in every panel.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.panels.iter().flat_map(|panel| &panel.lines).map(|line| line.name.as_str()).collect();
        let ours = |name: &str| {
            ["faspstream", "rust", "java"].iter().any(|own| name.split([':', ' ']).next() == Some(own))
        };
        names.sort_unstable_by_key(|name| (!ours(name), *name));
        names.dedup();
        names
    }

    fn draw<B: DrawingBackend>(&self, backend: B) -> Result<(), String> {
        let all = backend.into_drawing_area();
        let drawn = || -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
            all.fill(&WHITE)?;
            let names = self.names();
            let (title, below) = all.split_vertically(TITLE);
            let _ = title.titled(&self.shows, ("sans-serif", 20))?;
            let (legend, below) = below.split_vertically(NAMES);
            for (x, (name, colour)) in
                (0..).map(|n| 58 + n * NAME).zip(names.iter().zip(COLOURS.iter().cycle()))
            {
                legend.draw(&PathElement::new([(x, 10), (x + 16, 10)], colour.stroke_width(3)))?;
                legend.draw(&Text::new(*name, (x + 22, 4), ("sans-serif", 13)))?;
            }
            let down = self.panels.len().div_ceil(ACROSS).max(1);
            let areas = below.split_evenly((down, self.panels.len().clamp(1, ACROSS)));
            for (panel, area) in self.panels.iter().zip(&areas) {
                self.panel(panel, &names, area)?;
            }
            all.present()
        };
        drawn().map_err(|e| e.to_string())
    }

    fn panel<B: DrawingBackend>(
        &self,
        panel: &Panel,
        names: &[&str],
        area: &DrawingArea<B, Shift>,
    ) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        let (x, y) = (self.x.range, self.y.range);
        let mut chart = ChartBuilder::on(area)
            .caption(&panel.heading, ("sans-serif", 15))
            .margin(6)
            .x_label_area_size(34)
            .y_label_area_size(52)
            .build_cartesian_2d(x.0..x.1, y.0..y.1)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(RGBColor(225, 228, 232))
            .x_desc(self.x.label)
            .y_desc(self.y.label)
            .x_labels(self.x.labels())
            .y_labels(self.y.labels())
            .x_label_formatter(&|at| self.x.text(*at))
            .y_label_formatter(&|at| self.y.text(*at))
            .draw()?;
        for line in &panel.lines {
            let place = names.iter().position(|name| *name == line.name).unwrap_or(0);
            let colour = COLOURS[place % COLOURS.len()];
            let style = colour.stroke_width(2);
            let seen = line.points.iter().map(|(px, py)| (*px, py.clamp(y.0, y.1)));
            chart.draw_series(LineSeries::new(seen.clone(), style))?;
            if self.marks {
                chart.draw_series(seen.map(|at| Circle::new(at, 3, colour.filled())))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_becomes_an_svg_and_a_png_without_fonts_of_the_system() {
        let line = Line { name: "faspstream".to_owned(), points: vec![(0.0, 10.0), (1.0, 90.0)] };
        let drawing = Drawing {
            shows: "A test".to_owned(),
            x: Axis::named("loss", (0.0, 1.0), vec!["0 %".to_owned(), "1 %".to_owned()]),
            y: Axis::plain("percent", (0.0, 100.0)),
            marks: true,
            panels: vec![Panel { heading: "100 Mbit/s".to_owned(), lines: vec![line] }],
        };
        let path = std::env::temp_dir().join(format!("wanlab-chart-{}", std::process::id()));
        drawing.write(&path).expect("it is drawn");
        let (svg, png) = (path.with_extension("svg"), path.with_extension("png"));
        let text = std::fs::read_to_string(&svg).expect("an SVG");
        assert!(text.contains("faspstream") && text.contains("1 %"), "{text}");
        assert!(std::fs::read(&png).expect("a PNG").starts_with(b"\x89PNG"));
        for file in [svg, png] {
            std::fs::remove_file(file).expect("it was written");
        }
    }
}
