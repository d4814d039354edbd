//! Where everything lies on the sheet of a chart: heading and scale above, a line of panels for each queue, the original's grid below.

use super::Chart;
use super::colour::{Colour, STEPS};
use super::panel::Panel;
use super::svg::{Svg, Text};
use crate::grid::{Cell, LOSSES, ORIGINAL_PATHS, ORIGINAL_RATES, QUEUES, RATES, RTTS, Row};

/// Room left of the cells, for the names of the lines.
const LEFT: f64 = 92.0;
const RIGHT: f64 = 24.0;
/// Room above the panels.
const TOP: f64 = 92.0;
/// Room between panels of a line.
const GAP: f64 = 24.0;
/// Room under a line of panels.
const BELOW: f64 = 20.0;
const CELL_WIDTH: f64 = 44.0;
/// Length of the scale.
const SCALE_LENGTH: f64 = 240.0;

/// The chart of these rows.
pub(crate) fn draw(chart: &Chart, rows: &[Row]) -> String {
    let mut lines: Vec<Vec<Panel<'_>>> = QUEUES.iter().map(|queue| goodput_panels(rows, *queue)).collect();
    let cells = lines.iter().map(|line| line_width(line)).fold(0.0, f64::max);
    lines.push(vec![original_panel(rows, cells)]);
    let width = LEFT + cells + RIGHT;
    let height = TOP + lines.iter().map(|line| line_height(line) + BELOW).sum::<f64>();
    let mut svg = Svg::new(width, height, &format!("{}; {}", chart.title, chart.goal_words));
    heading(&mut svg, chart);
    scale(&mut svg, chart, width - RIGHT - SCALE_LENGTH);
    let mut y = TOP;
    for line in &lines {
        let mut x = LEFT;
        for panel in line {
            panel.draw(&mut svg, chart, x, y);
            x += panel.width() + GAP;
        }
        y += line_height(line) + BELOW;
    }
    svg.finish()
}

fn line_width(line: &[Panel<'_>]) -> f64 {
    line.iter().map(|panel| panel.width() + GAP).sum::<f64>() - GAP
}

fn line_height(line: &[Panel<'_>]) -> f64 {
    line.iter().map(Panel::height).fold(0.0, f64::max)
}

fn goodput_panels(rows: &[Row], queue: f64) -> Vec<Panel<'_>> {
    let panel = |(index, mbps): (usize, u64)| Panel {
        heading: format!("{mbps} Mbit/s, queue {queue} BDP"),
        cell_width: CELL_WIDTH,
        columns: RTTS.map(rtt_name).to_vec(),
        lines: LOSSES
            .iter()
            .rev()
            .map(|&loss| {
                let cells = RTTS.map(|rtt| find(rows, Cell { mbps, rtt, loss, queue }));
                (format!("{} loss", percent(loss)), cells.to_vec())
            })
            .collect(),
        names_lines: index == 0,
    };
    RATES.into_iter().enumerate().map(panel).collect()
}

fn original_panel(rows: &[Row], width: f64) -> Panel<'_> {
    let line = |mbps: u64| {
        let cells = ORIGINAL_PATHS.map(|(rtt, loss)| find(rows, Cell { mbps, rtt, loss, queue: 1.0 }));
        (format!("{mbps} Mbit/s"), cells.to_vec())
    };
    Panel {
        heading: "The grid of the original, queue 1 BDP".into(),
        cell_width: width / ORIGINAL_PATHS.len() as f64,
        columns: ORIGINAL_PATHS.map(|(rtt, loss)| format!("{rtt} ms, {}", percent(loss))).to_vec(),
        lines: ORIGINAL_RATES.iter().rev().map(|&mbps| line(mbps)).collect(),
        names_lines: true,
    }
}

fn find(rows: &[Row], cell: Cell) -> Option<&Row> {
    rows.iter().find(|row| row.cell == cell)
}

/// The first round-trip time says what it is, the last one its unit.
fn rtt_name(rtt: u64) -> String {
    match rtt {
        0 => "RTT 0".into(),
        300 => "300 ms".into(),
        _ => rtt.to_string(),
    }
}

fn percent(share: f64) -> String {
    format!("{} %", share * 100.0)
}

fn heading(svg: &mut Svg, chart: &Chart) {
    svg.text(LEFT, 36.0, Text::Title, chart.title);
    let legend =
        format!("{}; a corner marks a cell that misses it, - one that was not run", chart.goal_words);
    svg.text(LEFT, 60.0, Text::Plain, legend);
}

/// The scale of the colours, with its ends and the goal marked.
fn scale(svg: &mut Svg, chart: &Chart, x: f64) {
    const Y: f64 = 22.0;
    const HEIGHT: f64 = 16.0;
    let steps = 2 * STEPS;
    let step = SCALE_LENGTH / f64::from(steps);
    for i in 0..steps {
        let position = (f64::from(i) + 0.5) / f64::from(STEPS) - 1.0;
        svg.rect(x + f64::from(i) * step, Y, step, HEIGHT, Colour::at(position));
    }
    let goal = x + SCALE_LENGTH / 2.0;
    svg.rect(goal - 1.0, Y - 4.0, 2.0, HEIGHT + 8.0, Colour::INK);
    let [(_, bad), (_, good)] = chart.ends;
    let named =
        [(x, Text::Plain, bad), (goal, Text::Middle, chart.middle), (x + SCALE_LENGTH, Text::End, good)];
    for (x, style, text) in named {
        svg.text(x, Y + HEIGHT + 19.0, style, text);
    }
}
