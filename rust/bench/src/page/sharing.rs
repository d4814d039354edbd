//! How streams share a link: Jain's index among equals, and what one of another kind leaves to a stream, beside what a second stream of its
//! own kind leaves it.

use super::sheet::{Row, Sheet, grouped, median};
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
                false => group.0.iter().filter_map(|(peer, mbit)| own_kind(&groups, peer, *mbit)).collect(),
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

/// Streams that were on a link together, each with its goodput.
struct Group<'s>(Vec<(&'s str, f64)>);

impl<'s> Group<'s> {
    fn of(rows: &[Row<'s>]) -> Self {
        let flows = grouped(rows.iter().copied(), |row| row.text("flow"));
        Self(
            flows
                .iter()
                .map(|(_, rows)| (rows[0].text("peer"), median(rows, "steady_mbit").map_or(0.0, |m| m.0)))
                .collect(),
        )
    }

    fn is_alike(&self) -> bool {
        self.0.iter().all(|(peer, _)| *peer == self.0[0].0)
    }

    fn name(&self) -> String {
        let peers: Vec<&str> = self.0.iter().map(|(peer, _)| *peer).collect();
        if self.is_alike() && peers.len() > 1 {
            format!("{} x {}", peers.len(), peers[0])
        } else {
            peers.join(" + ")
        }
    }

    /// What each got; of many equals the least, the median and the most.
    fn each(&self) -> String {
        let mut rates: Vec<f64> = self.0.iter().map(|(_, mbit)| *mbit).collect();
        if self.is_alike() && rates.len() > SHOWN {
            rates.sort_by(f64::total_cmp);
            let median = quantile(&rates, 0.5).unwrap_or(f64::NAN);
            return format!("{:.1} to {:.1}, median {median:.1}", rates[0], rates[rates.len() - 1]);
        }
        rates.iter().map(|mbit| format!("{mbit:.1}")).collect::<Vec<_>>().join(", ")
    }

    fn sum(&self) -> f64 {
        self.0.iter().map(|(_, mbit)| mbit).sum()
    }

    fn jain(&self) -> f64 {
        let sum = self.sum();
        let squares: f64 = self.0.iter().map(|(_, mbit)| mbit * mbit).sum();
        if squares > 0.0 { sum * sum / (self.0.len() as f64 * squares) } else { 0.0 }
    }
}

/// What a stream got, as a share of what one gets in a pair of its own kind on the same link.
fn own_kind(groups: &[Group<'_>], peer: &str, mbit: f64) -> Option<String> {
    let pair =
        groups.iter().find(|group| group.0.len() == 2 && group.0.iter().all(|(other, _)| *other == peer))?;
    let own = pair.0.iter().map(|(_, mbit)| mbit).sum::<f64>() / 2.0;
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

    #[test]
    fn of_many_equals_the_range_and_the_median_are_shown() {
        let head = "rate_mbit,rtt_ms,loss,queue_bdp,flows,seed,flow,peer,steady_mbit,doubts\n".to_owned();
        let lines: Vec<String> =
            (0..5).map(|flow| format!("100,50,0,1,a+a+a+a+a,1,{flow},a,{},\n", 10 + 5 * flow)).collect();
        let table = table(&Sheet::parse(&(head + &lines.concat())));
        assert!(table.contains("| 5 x a | 10.0 to 30.0, median 20.0 | 100.0 | 0.889 |"), "{table}");
    }
}
