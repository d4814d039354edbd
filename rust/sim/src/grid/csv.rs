//! A grid as comma-separated values, there and back.

use core::fmt::Write;

use super::{Cell, Figures, Row};

const HEADING: &str = "rate_mbit,rtt_ms,loss,queue_bdp,seed,steady,whole,start_rtts,overshoot,redundancy,feedback,\
                       queueing_p95_ms,memory_bytes,misses";

/// Columns before the last one, which holds the goals missed, or why there are no figures.
const FIELDS: usize = 13;

/// A line that is none of a grid.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {what}; expected what `grid --csv` writes")]
pub struct CsvError {
    /// Which line, from 1 on.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// All rows, with a line of headings.
pub fn write_csv(rows: &[Row]) -> String {
    let mut out = format!("{HEADING}\n");
    for row in rows {
        let Cell { mbps, rtt, loss, queue } = row.cell;
        let _ = write!(out, "{mbps},{rtt},{loss},{queue},{},", row.seed);
        let _ = match &row.figures {
            Ok(f) => {
                let misses: Vec<_> = row.misses().iter().map(|goal| goal.name).collect();
                writeln!(
                    out,
                    "{:.5},{:.5},{:.3},{:.6},{:.6},{:.6},{:.3},{},{}",
                    f.steady,
                    f.whole,
                    f.start,
                    f.overshoot,
                    f.redundancy,
                    f.feedback,
                    f.queueing_ms,
                    f.memory,
                    misses.join(" ")
                )
            }
            Err(why) => writeln!(out, ",,,,,,,,\"{}\"", why.replace('"', "'").replace('\n', " ")),
        };
    }
    out
}

/// The rows of what [`write_csv`] wrote.
pub fn read_csv(text: &str) -> Result<Vec<Row>, CsvError> {
    let mut lines = text.lines().enumerate();
    if lines.next().is_none_or(|(_, line)| line != HEADING) {
        return Err(CsvError { line: 1, what: "not the headings of a grid".into() });
    }
    let rows = lines.filter(|(_, line)| !line.is_empty());
    rows.map(|(index, line)| row(line).map_err(|what| CsvError { line: index + 1, what })).collect()
}

fn row(line: &str) -> Result<Row, String> {
    let fields: Vec<&str> = line.splitn(FIELDS + 1, ',').collect();
    if fields.len() != FIELDS + 1 {
        return Err(format!("{} fields", fields.len()));
    }
    let whole = |i: usize| fields[i].parse::<u64>().map_err(|_| format!("{} is no number", fields[i]));
    let number = |i: usize| fields[i].parse::<f64>().map_err(|_| format!("{} is no number", fields[i]));
    let cell = Cell { mbps: whole(0)?, rtt: whole(1)?, loss: number(2)?, queue: number(3)? };
    let seed = whole(4)?;
    if fields[5].is_empty() {
        return Ok(Row { cell, seed, figures: Err(fields[FIELDS].trim_matches('"').to_owned()) });
    }
    let figures = Figures {
        steady: number(5)?,
        whole: number(6)?,
        start: number(7)?,
        overshoot: number(8)?,
        redundancy: number(9)?,
        feedback: number(10)?,
        queueing_ms: number(11)?,
        memory: number(12)?,
    };
    Ok(Row { cell, seed, figures: Ok(figures) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let cell = Cell { mbps: 300, rtt: 50, loss: 0.001, queue: 0.25 };
        let figures = Figures {
            steady: 0.97125,
            whole: 0.5,
            start: f64::INFINITY,
            overshoot: 0.000_125,
            redundancy: 0.0,
            feedback: 0.001,
            queueing_ms: 12.5,
            memory: 1_048_577.0,
        };
        let failed = Row { cell, seed: 7, figures: Err("not complete by 20.0 s: lost, or so".into()) };
        let rows = [Row { cell, seed: 1, figures: Ok(figures) }, failed];
        assert_eq!(read_csv(&write_csv(&rows)).expect("as it was written"), rows);
    }

    #[test]
    fn what_is_no_grid_is_refused_with_its_line() {
        assert_eq!(read_csv("").expect_err("no headings").line, 1);
        assert_eq!(read_csv(&format!("{HEADING}\n1,2,3\n")).expect_err("too short").line, 2);
        let words = format!("{HEADING}\n1,2,0,1,fast,0,0,0,0,0,0,0,0,\n");
        assert!(read_csv(&words).expect_err("no seed").to_string().contains("fast is no number"));
    }
}
