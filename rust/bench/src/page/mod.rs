//! The page of benchmarks: tables and charts are made again from the files of results.
//!
//! In the page a block begins with `<!-- wanlab KIND NAME[+NAME]... [COLUMN,...] -->` and ends with `<!-- end -->`; what lies between is
//! replaced. The files of results are `NAME.csv` in the folder beside the page that has its name; charts go there too.

mod chart;
mod drawing;
mod sharing;
mod sheet;
mod table;

use std::fs;
use std::path::Path;

use crate::error::{LabError, Tried};
use drawing::Drawing;
use sheet::Sheet;

const BEGIN: &str = "<!-- wanlab ";
const END: &str = "<!-- end -->";
const KINDS: &str = "grid, lines, sharing, chart-goodput, chart-series, chart-delays";

/// Writes every block of the page anew.
pub fn write(page: &Path) -> Result<(), LabError> {
    let text = fs::read_to_string(page).tried(format!("read {}", page.display()))?;
    let folder = page.with_extension("");
    let text = replaced(&text, |order| Block::parse(order)?.make(&folder))?;
    fs::write(page, text).tried(format!("write {}", page.display()))
}

/// The page with what `make` gives in each block.
fn replaced(page: &str, make: impl Fn(&str) -> Result<String, LabError>) -> Result<String, LabError> {
    let mut text = String::new();
    let mut inside = false;
    for line in page.lines() {
        if line == END {
            inside = false;
        }
        if !inside {
            text += &format!("{line}\n");
        }
        if let Some(order) = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(" -->")) {
            text += &format!("\n{}\n", make(order)?);
            inside = true;
        }
    }
    if inside {
        return Err(LabError::Usage(format!("a block of the page has no end: {END}")));
    }
    Ok(text)
}

/// A block of the page.
#[derive(Debug)]
struct Block<'o> {
    kind: &'o str,
    names: Vec<&'o str>,
    columns: Vec<&'o str>,
}

impl<'o> Block<'o> {
    fn parse(order: &'o str) -> Result<Self, LabError> {
        let words: Vec<&str> = order.split_whitespace().collect();
        let (kind, names, columns) = match words.as_slice() {
            [kind, names] => (*kind, *names, ""),
            [kind, names, columns] => (*kind, *names, *columns),
            _ => return Err(LabError::Usage(format!("{order:?} is no block of a page; known are {KINDS}"))),
        };
        Ok(Self { kind, names: names.split('+').collect(), columns: columns.split(',').collect() })
    }

    fn make(&self, folder: &Path) -> Result<String, LabError> {
        let mut sheet = Sheet::default();
        let mut missing = Vec::new();
        for name in &self.names {
            match Sheet::read(&folder.join(name).with_extension("csv"))? {
                Some(more) => sheet.append(more),
                None => missing.push(*name),
            }
        }
        sheet.sort();
        let mut text = match self.kind {
            _ if sheet.rows().next().is_none() => String::new(),
            "grid" => format!("{}\n{}", table::grid(&sheet), table::about(&sheet)),
            "lines" => format!("{}\n{}", table::lines(&sheet, &self.columns), table::about(&sheet)),
            "sharing" => format!("{}\n{}", sharing::table(&sheet), table::about(&sheet)),
            "chart-goodput" => self.chart(folder, &chart::goodput(&sheet))?,
            "chart-series" => self.chart(folder, &chart::series(&sheet))?,
            "chart-delays" => self.chart(folder, &chart::delays(&sheet))?,
            kind => {
                return Err(LabError::Usage(format!("{kind:?} is no kind of a block; known are {KINDS}")));
            }
        };
        if !missing.is_empty() {
            text += &format!("Not run: {}.\n", missing.join(", "));
        }
        Ok(text)
    }

    /// Writes a chart as SVG and as PNG, by the name of its first file of results, and gives the line that shows it.
    fn chart(&self, folder: &Path, drawing: &Drawing) -> Result<String, LabError> {
        let first = self.names.first().copied().unwrap_or_default();
        let name = format!("{first}-{}", self.kind.trim_start_matches("chart-"));
        drawing.write(&folder.join(&name))?;
        let here = folder.file_name().unwrap_or_default().to_string_lossy();
        Ok(format!("![{}]({here}/{name}.svg)\n\n([as PNG]({here}/{name}.png))\n", drawing.shows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_blocks_is_replaced_and_doing_it_twice_changes_nothing() {
        let page = "# Title\n<!-- wanlab grid x -->\nold\n<!-- end -->\nrest\n";
        let once = replaced(page, |order| Ok(format!("new {order}"))).expect("a whole page");
        assert_eq!(once, "# Title\n<!-- wanlab grid x -->\n\nnew grid x\n<!-- end -->\nrest\n");
        assert_eq!(replaced(&once, |order| Ok(format!("new {order}"))).expect("a whole page"), once);
    }

    #[test]
    fn a_block_without_an_end_and_one_of_no_kind_are_mistakes() {
        assert!(replaced("<!-- wanlab grid x -->\n", |_| Ok(String::new())).is_err());
        assert!(Block::parse("grid").is_err());
    }

    #[test]
    fn what_was_not_run_is_said() {
        let made =
            Block::parse("grid nothing").expect("a block").make(Path::new("/nowhere")).expect("no error");
        assert_eq!(made, "Not run: nothing.\n");
    }
}
