//! What the charts show: goodput by round-trip time and loss, goodput over time, ages of live records.

use super::drawing::{Axis, Drawing, Line, Panel};
use super::sheet::{Row, Sheet, grouped, median};

/// Share of ideal by loss: a panel for each rate and round-trip time, a line for each stream.
pub(super) fn goodput(sheet: &Sheet) -> Drawing {
    let mut losses: Vec<f64> = sheet.rows().map(|row| row.number("loss") * 100.0).collect();
    losses.sort_by(f64::total_cmp);
    losses.dedup();
    let names: Vec<String> = losses.iter().map(|loss| format!("{} %", (loss * 1e4).round() / 1e4)).collect();
    let place = |row: &Row<'_>| {
        losses.iter().position(|loss| *loss == row.number("loss") * 100.0).unwrap_or(0) as f64
    };
    fn link<'s>(row: &Row<'s>) -> (&'s str, &'s str) {
        (row.text("rate_mbit"), row.text("rtt_ms"))
    }
    let panel = |((rate, rtt), rows): ((&str, &str), Vec<Row<'_>>)| Panel {
        heading: format!("{rate} Mbit/s, {rtt} ms"),
        lines: grouped(rows.into_iter(), |row| row.text("flows"))
            .into_iter()
            .map(|(peer, rows)| {
                let points = grouped(rows.into_iter(), place).into_iter().filter_map(|(x, rows)| {
                    let (mean, _) = median(&rows, "mean_mbit")?;
                    Some((x, mean / rows[0].ideal() * 100.0))
                });
                Line { name: peer.to_owned(), points: points.collect() }
            })
            .collect(),
    };
    let last = (losses.len().max(2) - 1) as f64;
    Drawing {
        shows: "Goodput from connect by round-trip time and loss, in percent of ideal".to_owned(),
        x: Axis::named("loss in each direction", (-0.15, last + 0.15), names),
        y: Axis::plain("percent of ideal", (0.0, 110.0)),
        marks: true,
        panels: grouped(sheet.rows(), link).into_iter().map(panel).collect(),
    }
}

/// Seconds over which a line through time is smoothed.
const SMOOTH: f64 = 0.5;

/// Mbit/s over time, of the first seed: a panel for each link.
pub(super) fn series(sheet: &Sheet) -> Drawing {
    let first = |row: &Row<'_>| row.text("seed") == "1";
    let panel = |(heading, rows): (String, Vec<Row<'_>>)| Panel {
        heading,
        lines: grouped(rows.into_iter(), |row| (row.text("flows"), row.text("flow")))
            .into_iter()
            .map(|((flows, flow), rows)| {
                let peer = rows[0].text("peer");
                let name = if peer == flows { peer.to_owned() } else { format!("{peer} {flow} of {flows}") };
                let steps = grouped(rows.into_iter(), |row| (row.number("second") / SMOOTH).floor());
                let points = steps.into_iter().map(|(step, rows)| {
                    let mbit: f64 = rows.iter().map(|row| row.number("mbit")).sum();
                    (step * SMOOTH, mbit / rows.len() as f64)
                });
                Line { name, points: points.collect() }
            })
            .collect(),
    };
    let panels: Vec<Panel> = grouped(sheet.rows().filter(first), Row::link).into_iter().map(panel).collect();
    let points = || panels.iter().flat_map(|panel| &panel.lines).flat_map(|line| &line.points);
    let (last, highest) = points().fold((1.0_f64, 1.0_f64), |(x, y), point| (x.max(point.0), y.max(point.1)));
    // What arrives at once after a gap may be far above the link's rate.
    let rate = sheet.rows().map(|row| row.number("rate_mbit")).fold(0.0, f64::max);
    Drawing {
        shows: "Goodput at the reader over time, first seed".to_owned(),
        x: Axis::plain("seconds", (0.0, last)),
        y: Axis::plain("Mbit/s", (0.0, highest.min(1.5 * rate))),
        marks: false,
        panels,
    }
}

/// Ages of live records by the share that is no older: a panel for each link.
pub(super) fn delays(sheet: &Sheet) -> Drawing {
    let first = |row: &Row<'_>| row.text("seed") == "1";
    // Nines along, powers of ten up.
    let point = |row: &Row<'_>| (-(1.0 - row.number("share")).log10(), row.number("ms").max(0.1).log10());
    let panel = |(heading, rows): (String, Vec<Row<'_>>)| Panel {
        heading,
        lines: grouped(rows.into_iter(), |row| row.text("peer"))
            .into_iter()
            .map(|(peer, rows)| Line { name: peer.to_owned(), points: rows.iter().map(point).collect() })
            .collect(),
    };
    let shares = ["0 %", "90 %", "99 %", "99.9 %", "99.99 %"].map(str::to_owned).to_vec();
    let ages = ["1", "10", "100", "1000", "10000"].map(str::to_owned).to_vec();
    Drawing {
        shows: "Age of live records when they were read, first seed".to_owned(),
        x: Axis::named("share of records that is no older", (0.0, 4.0), shares),
        y: Axis::named("ms", (1.0, 4.0), ages),
        marks: false,
        panels: grouped(sheet.rows().filter(first), Row::link).into_iter().map(panel).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sheet::tests::sheet;
    use super::*;

    #[test]
    fn every_link_has_a_panel_and_every_stream_a_line() {
        let drawing = goodput(&sheet());
        let names: Vec<_> = drawing.panels.iter().map(|p| (p.heading.as_str(), p.lines.len())).collect();
        assert_eq!(names, [("100 Mbit/s, 100 ms", 1), ("1000 Mbit/s, 100 ms", 1)]);
    }
}
