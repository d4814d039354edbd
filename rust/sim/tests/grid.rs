//! The quick grid, held to what it reaches: a change that makes a figure worse is seen. `faspstream-sim grid` prints the whole one.

use faspstream_sim::grid::{GOALS, Row, quick_cells, read_csv, write_csv};
use faspstream_sim::pool;

/// The worst value that each figure may have in any cell, a little worse than what was measured. Where it is not the goal itself, the
/// goal is missed in some of the cells.
const FLOORS: [(&str, f64); 8] = [
    ("steady", 0.91),
    ("whole", 0.88),
    ("start", 5.0),
    ("overshoot", 0.55),
    ("redundancy", 0.004),
    ("feedback", 0.01),
    ("queueing", 50.0),
    ("memory", 12.0 * 1_048_576.0),
];

#[test]
fn the_quick_grid_does_not_get_worse() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let rows = pool::map(&quick_cells(), threads, |cell| Row::run(*cell));
    let mut worse = Vec::new();
    for row in &rows {
        let name = row.cell.name();
        let figures = match &row.figures {
            Ok(figures) => figures,
            Err(why) => {
                worse.push(format!("{name}: {why}"));
                continue;
            }
        };
        for (goal, (floor_of, floor)) in GOALS.into_iter().zip(FLOORS) {
            assert_eq!(goal.name, floor_of, "the floors are in the order of the goals");
            let value = (goal.value)(figures);
            if !goal.sense.holds(value, floor) {
                worse.push(format!("{name} (seed {}): {floor_of} is {value}, not within {floor}", row.seed));
            }
        }
    }
    assert!(worse.is_empty(), "\n{}", worse.join("\n"));
    assert_eq!(read_csv(&write_csv(&rows)).expect("what was written").len(), rows.len());
}
