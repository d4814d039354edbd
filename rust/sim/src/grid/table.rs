//! A grid for the terminal.

use core::fmt::Write;

use super::Row;

/// The goodput in percent of ideal, as tables of round-trip time by loss, and the goals missed, cell by cell.
pub fn table(rows: &[Row]) -> String {
    let mut out = String::new();
    let mut heading = None;
    let mut line = None;
    for Row { cell, figures, .. } in rows {
        if heading != Some((cell.mbps, cell.queue)) {
            heading = Some((cell.mbps, cell.queue));
            line = None;
            let _ = write!(
                out,
                "\n\n{} Mbit/s, queue {} BDP (percent of ideal: steady / whole)",
                cell.mbps, cell.queue
            );
        }
        if line != Some(cell.rtt) {
            line = Some(cell.rtt);
            let _ = write!(out, "\n{:>5} ms |", cell.rtt);
        }
        let _ = match figures {
            Ok(f) => {
                write!(out, " {:>4}%: {:5.1}/{:5.1} |", cell.loss * 100.0, f.steady * 100.0, f.whole * 100.0)
            }
            Err(_) => write!(out, " {:>4}%:   failed    |", cell.loss * 100.0),
        };
    }
    out.push_str("\n\n");
    summary(rows, &mut out);
    out
}

fn summary(rows: &[Row], out: &mut String) {
    let mut missed = 0;
    for row in rows.iter().filter(|row| !row.misses().is_empty()) {
        missed += 1;
        let _ = writeln!(out, "{}: {}", row.cell.name(), row.trouble());
    }
    let _ = writeln!(out, "{} cells, {} hold every goal, {missed} do not", rows.len(), rows.len() - missed);
}
