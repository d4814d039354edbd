//! Results as they were written, read again.

use std::cmp::Ordering;
use std::fs;
use std::path::Path;

use crate::error::{LabError, Tried};
use crate::experiment::EFFICIENCY;

/// A file of results.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    /// Date and command of each file that it was read from.
    pub(super) comments: Vec<String>,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// One line of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'s> {
    sheet: &'s Sheet,
    values: &'s [String],
}

impl Sheet {
    /// Reads a file; None if there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, LabError> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(Some(Self::parse(&text))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e).tried(format!("read {}", path.display())),
        }
    }

    pub(super) fn parse(text: &str) -> Self {
        let mut sheet = Self::default();
        let split = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
        for line in text.lines() {
            match line.strip_prefix("# ") {
                Some(comment) => sheet.comments.push(comment.to_owned()),
                None if sheet.columns.is_empty() => sheet.columns = split(line),
                None => sheet.rows.push(split(line)),
            }
        }
        sheet
    }

    /// Adds the lines of another file of the same columns.
    pub(super) fn append(&mut self, other: Self) {
        self.comments.extend(other.comments);
        if self.columns.is_empty() {
            self.columns = other.columns;
        }
        self.rows.extend(other.rows);
    }

    /// Brings the lines of a link together, slow and short links first; those of one link stay in their order.
    pub(super) fn sort(&mut self) {
        let places = ["rate_mbit", "rtt_ms", "loss", "queue_bdp"]
            .map(|column| self.columns.iter().position(|name| name == column).unwrap_or(usize::MAX));
        let key = |row: &Vec<String>| {
            places.map(|place| row.get(place).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0))
        };
        self.rows.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(Ordering::Equal));
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|values| Row { sheet: self, values })
    }
}

impl<'s> Row<'s> {
    /// The value of a column; empty if there is none.
    pub(super) fn text(&self, column: &str) -> &'s str {
        let place = self.sheet.columns.iter().position(|name| name == column);
        place.and_then(|place| self.values.get(place)).map_or("", String::as_str)
    }

    /// The same as a number; NaN if it is none.
    pub(super) fn number(&self, column: &str) -> f64 {
        self.text(column).parse().unwrap_or(f64::NAN)
    }

    /// The link in words.
    pub(super) fn link(&self) -> String {
        let rate = self.number("rate_mbit");
        let rate =
            if rate >= 1000.0 { format!("{} Gbit/s", rate / 1000.0) } else { format!("{rate} Mbit/s") };
        let queue = self.text("queue_bdp");
        let queue = if queue == "1" { String::new() } else { format!(", queue {queue} BDP") };
        // As a share it has digits that nobody gave.
        let loss = (self.number("loss") * 1e6).round() / 1e4;
        format!("{rate}, {} ms, {loss} %{queue}", self.text("rtt_ms"))
    }

    /// The most goodput that the link allows, in Mbit/s.
    pub(super) fn ideal(&self) -> f64 {
        self.number("rate_mbit") * (1.0 - self.number("loss")) * EFFICIENCY
    }

    /// True if nothing speaks against the run.
    pub(super) fn counts(&self) -> bool {
        self.text("doubts").is_empty()
    }
}

/// The median of a column over the runs that count; over all, with true, if none does. None without numbers.
pub(super) fn median(rows: &[Row<'_>], column: &str) -> Option<(f64, bool)> {
    let of = |rows: &mut dyn Iterator<Item = &Row<'_>>| {
        let mut values: Vec<f64> = rows.map(|row| row.number(column)).filter(|v| !v.is_nan()).collect();
        values.sort_by(f64::total_cmp);
        crate::probe::quantile(&values, 0.5)
    };
    match of(&mut rows.iter().filter(|row| row.counts())) {
        Some(value) => Some((value, false)),
        None => of(&mut rows.iter()).map(|value| (value, true)),
    }
}

/// Rows with the same key together, in the order in which the keys come.
pub(super) fn grouped<'s, K: PartialEq>(
    rows: impl Iterator<Item = Row<'s>>,
    key: impl Fn(&Row<'s>) -> K,
) -> Vec<(K, Vec<Row<'s>>)> {
    let mut groups: Vec<(K, Vec<Row<'s>>)> = Vec::new();
    for row in rows {
        let key = key(&row);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((key, vec![row])),
        }
    }
    groups
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Two runs of one stream, of which the second does not count, and one of another.
    pub(crate) fn sheet() -> Sheet {
        Sheet::parse(
            "# 2026-01-01 wanlab run grid\n\
             rate_mbit,rtt_ms,loss,queue_bdp,flows,seed,flow,peer,mean_mbit,steady_mbit,late_p99_us,core,doubts\n\
             100,100,0.01,1,faspstream,1,0,faspstream,80,90,100,0.2,\n\
             100,100,0.01,1,faspstream,2,0,faspstream,10,20,900,0.3,ab: late\n\
             1000,100,0.01,0.25,bbr,1,0,bbr,70,85,100,0.2,ab: late\n",
        )
    }

    #[test]
    fn a_run_that_does_not_count_is_left_out_where_another_does() {
        let sheet = sheet();
        let groups = grouped(sheet.rows(), |row| row.text("peer"));
        let medians: Vec<_> = groups.iter().map(|(_, rows)| median(rows, "mean_mbit")).collect();
        assert_eq!(medians, [Some((80.0, false)), Some((70.0, true))]);
        assert_eq!(median(&groups[0].1, "no such column"), None);
    }

    #[test]
    fn slow_and_short_links_come_first() {
        let head = "rate_mbit,rtt_ms,loss,queue_bdp,peer\n";
        let mut sheet =
            Sheet::parse(&format!("{head}1000,10,0,1,a\n100,200,0,1,b\n100,10,0.01,1,c\n100,10,0,1,d\n"));
        sheet.sort();
        let order: Vec<&str> = sheet.rows().map(|row| row.text("peer")).collect();
        assert_eq!(order, ["d", "c", "b", "a"]);
        assert!((sheet.rows().nth(1).map_or(0.0, |row| row.ideal()) - 94.545).abs() < 1e-9);
    }

    #[test]
    fn a_link_is_named_in_words() {
        let sheet = sheet();
        let links: Vec<String> = sheet.rows().map(|row| row.link()).collect();
        assert_eq!(links[1..], ["100 Mbit/s, 100 ms, 1 %", "1 Gbit/s, 100 ms, 1 %, queue 0.25 BDP"]);
    }
}
