//! How streams share a link: Jain's index among equals, and what one of another kind leaves to a stream, beside what a second stream of its
//! own kind leaves it.

use super::sheet::{Row, Sheet, grouped};
use crate::probe::quantile;

/// So many streams are shown one by one.
const SHOWN: usize = 4;

/// A line for each group of streams on each link.
pub(super) fn table(sheet: &Sheet) -> String {
    let mut text = "| link | streams | each, Mbit/s | together | Jain's index | of what it gets beside its own kind |\n|---|---|---|---|---|---|\n"
        .to_owned();
    for (link, rows) in grouped(sheet.rows(), Row::link) {
        let groups: Vec<Group<'_>> = grouped(rows.into_iter(), |row| row.text("flows"))
            .into_iter()
            .map(|(_, rows)| Group::of(&rows))
            .collect();
        for group in &groups {
            let harm: Vec<String> = match group.is_alike() {
                true => Vec::new(),
                false => (0..group.peers.len())
                    .filter_map(|place| own_kind(&groups, group.peers[place], group.rate(place)))
                    .collect(),
            };
            let jain = if group.is_alike() { format!("{:.3}", group.jain()) } else { String::new() };
            text += &format!(
                "| {link} | {} | {} | {:.1} | {jain} | {} |\n",
                group.name(),
                group.each(),
                group.sum(),
                harm.join(", ")
            );
        }
    }
    text
}

/// Streams that were on a link together, with what each got in each run.
struct Group<'s> {
    peers: Vec<&'s str>,
    /// Goodput of each stream, run by run; of equals the fastest first, since which of them it is says nothing.
    runs: Vec<Vec<f64>>,
}

impl<'s> Group<'s> {
    /// The runs that count, or all if none does.
    fn of(rows: &[Row<'s>]) -> Self {
        let runs = grouped(rows.iter().copied(), |row| row.text("seed"));
        let peers: Vec<&str> =
            runs.first().map_or(Vec::new(), |(_, run)| run.iter().map(|row| row.text("peer")).collect());
        let counts = |run: &[Row<'_>]| run.iter().all(Row::counts);
        let any_counts = runs.iter().any(|(_, run)| counts(run));
        let of_interest = runs.iter().filter(|(_, run)| counts(run) || !any_counts);
        let rates = |run: &[Row<'_>]| run.iter().map(|row| row.number("steady_mbit")).collect();
        let mut group = Self { runs: of_interest.map(|(_, run)| rates(run)).collect(), peers };
        if group.is_alike() {
            group.runs.iter_mut().for_each(|run| run.sort_by(|a, b| b.total_cmp(a)));
        }
        group
    }

    fn is_alike(&self) -> bool {
        self.peers.iter().all(|peer| *peer == self.peers[0])
    }

    fn name(&self) -> String {
        if self.is_alike() && self.peers.len() > 1 {
            format!("{} x {}", self.peers.len(), self.peers[0])
        } else {
            self.peers.join(" + ")
        }
    }

    /// The median over the runs of what `of` makes of each.
    fn median(&self, of: impl Fn(&[f64]) -> f64) -> f64 {
        let mut values: Vec<f64> = self.runs.iter().map(|run| of(run)).collect();
        values.sort_by(f64::total_cmp);
        quantile(&values, 0.5).unwrap_or(f64::NAN)
    }

    /// What the stream at `place` got.
    fn rate(&self, place: usize) -> f64 {
        self.median(|run| run.get(place).copied().unwrap_or(f64::NAN))
    }

    /// What each got; of many equals the least, the median and the most.
    fn each(&self) -> String {
        let count = self.peers.len();
        if self.is_alike() && count > SHOWN {
            let (least, most) = (self.rate(count - 1), self.rate(0));
            return format!("{least:.1} to {most:.1}, median {:.1}", self.rate(count / 2));
        }
        (0..count).map(|place| format!("{:.1}", self.rate(place))).collect::<Vec<_>>().join(", ")
    }

    fn sum(&self) -> f64 {
        self.median(|run| run.iter().sum())
    }

    fn jain(&self) -> f64 {
        self.median(|run| {
            let sum: f64 = run.iter().sum();
            let squares: f64 = run.iter().map(|mbit| mbit * mbit).sum();
            if squares > 0.0 { sum * sum / (run.len() as f64 * squares) } else { 0.0 }
        })
    }
}

/// What a stream got, as a share of what one gets in a pair of its own kind on the same link.
fn own_kind(groups: &[Group<'_>], peer: &str, mbit: f64) -> Option<String> {
    let pair = groups.iter().find(|group| group.peers == [peer, peer])?;
    let own = pair.sum() / 2.0;
    (own > 0.0).then(|| format!("{peer} {:.0} %", mbit / own * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_compared_with_what_its_own_kind_leaves_it() {
        let head = "rate_mbit,rtt_ms,loss,queue_bdp,flows,seed,flow,peer,steady_mbit,doubts\n";
        let line = |flows, flow, peer, mbit| format!("100,50,0,1,{flows},1,{flow},{peer},{mbit},\n");
        let text = [
            head.to_owned(),
            line("cubic+cubic", 0, "cubic", 60),
            line("cubic+cubic", 1, "cubic", 20),
            line("faspstream+cubic", 0, "faspstream", 50),
            line("faspstream+cubic", 1, "cubic", 36),
        ];
        let table = table(&Sheet::parse(&text.concat()));
        assert!(table.contains("| 2 x cubic | 60.0, 20.0 | 80.0 | 0.800 |  |"), "{table}");
        assert!(table.contains("| faspstream + cubic | 50.0, 36.0 | 86.0 |  | cubic 90 % |"), "{table}");
    }

    /// Who is the slow one differs from run to run: the medians of the first and of the second stream would hide that there was one.
    #[test]
    fn what_equals_share_is_reckoned_run_by_run() {
        let head = "rate_mbit,rtt_ms,loss,queue_bdp,flows,seed,flow,peer,steady_mbit,doubts\n".to_owned();
        let line = |seed, flow, mbit, doubts| format!("100,50,0,1,a+a,{seed},{flow},a,{mbit},{doubts}\n");
        let lines = [
            line(1, 0, 80, ""),
            line(1, 1, 10, ""),
            line(2, 0, 10, ""),
            line(2, 1, 80, ""),
            line(3, 0, 20, ""),
            line(3, 1, 60, ""),
            line(4, 0, 1, "late"),
            line(4, 1, 1, ""),
        ];
        let table = table(&Sheet::parse(&(head + &lines.concat())));
        assert!(table.contains("| 2 x a | 80.0, 10.0 | 90.0 | 0.623 |"), "{table}");
    }

    #[test]
    fn of_many_equals_the_range_and_the_median_are_shown() {
        let head = "rate_mbit,rtt_ms,loss,queue_bdp,flows,seed,flow,peer,steady_mbit,doubts\n".to_owned();
        let lines: Vec<String> =
            (0..5).map(|flow| format!("100,50,0,1,a+a+a+a+a,1,{flow},a,{},\n", 10 + 5 * flow)).collect();
        let table = table(&Sheet::parse(&(head + &lines.concat())));
        assert!(table.contains("| 5 x a | 10.0 to 30.0, median 20.0 | 100.0 | 0.889 |"), "{table}");
    }
}
