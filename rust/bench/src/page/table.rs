//! Results as tables in Markdown.

use super::sheet::{Row, Sheet, grouped, median};

/// Stands where nothing was measured.
const NOT_RUN: &str = "not run";

/// The columns that [`lines`] can show: name, heading, digits after the point, factor.
const COLUMNS: [(&str, &str, usize, f64); 16] = [
    ("mean_mbit", "from connect, Mbit/s", 1, 1.0),
    ("steady_mbit", "steady, Mbit/s", 1, 1.0),
    ("steady_of_ideal", "steady, % of ideal", 1, 100.0),
    ("seconds", "seconds", 1, 1.0),
    ("wire_per_byte", "IP bytes per byte", 3, 1.0),
    ("feedback", "feedback, %", 2, 100.0),
    ("ping_p50_ms", "ping p50, ms", 1, 1.0),
    ("ping_p95_ms", "ping p95, ms", 1, 1.0),
    ("ping_p99_ms", "ping p99, ms", 1, 1.0),
    ("recovered_s", "recovered after, s", 1, 1.0),
    ("delay_p50_ms", "p50, ms", 1, 1.0),
    ("delay_p99_ms", "p99, ms", 1, 1.0),
    ("delay_p999_ms", "p99.9, ms", 1, 1.0),
    ("missing", "missing, %", 2, 100.0),
    ("local_drops", "dropped by full sockets", 0, 1.0),
    ("core", "emulator, % of a core", 0, 100.0),
];

/// Links down, streams across: goodput from connect / in the steady state, the best of each link in bold.
pub(super) fn grid(sheet: &Sheet) -> String {
    let peers: Vec<&str> =
        grouped(sheet.rows(), |row| row.text("flows")).into_iter().map(|(p, _)| p).collect();
    let mut text = format!("| link | ideal | {} |\n", peers.join(" | "));
    text += &format!("|---|---|{}\n", "---|".repeat(peers.len()));
    for (link, rows) in grouped(sheet.rows(), Row::link) {
        let ideal = rows[0].ideal();
        let cells: Vec<Option<Cell>> = peers.iter().map(|peer| cell(&rows, peer)).collect();
        let best = cells.iter().flatten().map(|cell| cell.mean).fold(0.0, f64::max);
        let shown: Vec<String> =
            cells.iter().map(|c| c.as_ref().map_or(NOT_RUN.to_owned(), |c| c.show(best))).collect();
        text += &format!("| {link} | {ideal:.1} | {} |\n", shown.join(" | "));
    }
    text
}

struct Cell {
    mean: f64,
    steady: f64,
    doubtful: bool,
}

fn cell(rows: &[Row<'_>], peer: &str) -> Option<Cell> {
    let rows: Vec<Row<'_>> = rows.iter().filter(|row| row.text("flows") == peer).copied().collect();
    let (mean, doubtful) = median(&rows, "mean_mbit")?;
    let (steady, _) = median(&rows, "steady_mbit")?;
    Some(Cell { mean, steady, doubtful })
}

impl Cell {
    fn show(&self, best: f64) -> String {
        let digits = if best >= 10.0 { 1 } else { 2 };
        let mark = if self.doubtful { "?" } else { "" };
        let text = format!("{:.digits$} / {:.digits$}{mark}", self.mean, self.steady);
        if self.mean >= best { format!("**{text}**") } else { text }
    }
}

/// A line for each stream on each link, with the medians of some columns.
pub(super) fn lines(sheet: &Sheet, columns: &[&str]) -> String {
    let shown: Vec<_> = COLUMNS.iter().filter(|(name, ..)| columns.contains(name)).collect();
    let heads: Vec<&str> = shown.iter().map(|(_, heading, ..)| *heading).collect();
    let mut text =
        format!("| link | stream | {} |\n|---|---|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
    let key = |row: &Row<'_>| (row.link(), row.text("flows").to_owned(), row.text("flow").to_owned());
    for ((link, flows, flow), rows) in grouped(sheet.rows(), key) {
        let stream = rows[0].text("peer");
        let stream = if stream == flows { flows } else { format!("{stream}, number {flow} of {flows}") };
        let values: Vec<String> = shown
            .iter()
            .map(|(name, _, digits, factor)| match median(&rows, name) {
                None => String::new(),
                Some((value, _)) if value.is_infinite() => "never".to_owned(),
                Some((value, doubtful)) => {
                    format!("{:.digits$}{}", value * factor, if doubtful { "?" } else { "" })
                }
            })
            .collect();
        text += &format!("| {link} | {stream} | {} |\n", values.join(" | "));
    }
    text
}

/// What there is to know of the runs: when, by which command, how many, how accurate the emulator was.
pub(super) fn about(sheet: &Sheet) -> String {
    let rows: Vec<Row<'_>> = sheet.rows().filter(|row| row.text("flow") == "0").collect();
    let counted: Vec<&Row<'_>> = rows.iter().filter(|row| row.counts()).collect();
    let most = |column: &str| counted.iter().map(|row| row.number(column)).fold(0.0, f64::max);
    let mut text = String::new();
    for comment in &sheet.comments {
        let (date, command) = comment.split_once(' ').unwrap_or((comment, ""));
        text += &format!("{date}, `{command}`\\\n");
    }
    let doubtful = rows.len() - counted.len();
    let again = rows.iter().filter(|row| row.number("attempts") > 1.0).count();
    let again =
        if again > 0 { format!(", {again} made again for the emulator's sake") } else { String::new() };
    text += &format!(
        "{} runs, {doubtful} of them doubtful{again}. In the runs that count the emulator itself dropped nothing, wrote at most {:.0} us late at the \
         99th percentile, and used at most {:.0} % of a core.\n",
        rows.len(),
        most("late_p99_us"),
        most("core") * 100.0
    );
    text
}

#[cfg(test)]
mod tests {
    use super::super::sheet::tests::sheet;
    use super::*;

    #[test]
    fn a_cell_that_was_not_run_says_so_and_a_doubtful_one_too() {
        let table = grid(&sheet());
        assert!(table.contains("**80.0 / 90.0** | not run |"), "{table}");
        assert!(table.contains("| not run | **70.0 / 85.0?** |"), "{table}");
    }

    #[test]
    fn lines_show_the_columns_that_are_asked_for() {
        let table = lines(&sheet(), &["steady_mbit"]);
        assert!(table.contains("| 100 Mbit/s, 100 ms, 1 % | faspstream | 90.0 |"), "{table}");
    }

    #[test]
    fn accuracy_is_that_of_the_runs_that_count() {
        let about = about(&sheet());
        assert!(about.contains("3 runs, 2 of them doubtful") && about.contains("100 us late"), "{about}");
    }
}
