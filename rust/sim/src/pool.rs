//! Work that is spread over threads.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

/// [`map`] that begins with the items of the largest `cost`: a long one that begins last would leave the other threads idle.
pub fn map_longest_first<I: Sync, T: Send>(
    items: &[I],
    threads: usize,
    cost: impl Fn(&I) -> f64,
    work: impl Fn(&I) -> T + Sync,
) -> Vec<T> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| cost(&items[*b]).total_cmp(&cost(&items[*a])));
    let results = map(&order, threads, |index| work(&items[*index]));
    let mut placed: Vec<(usize, T)> = order.into_iter().zip(results).collect();
    placed.sort_by_key(|(index, _)| *index);
    placed.into_iter().map(|(_, result)| result).collect()
}

/// `work` on each item, on so many threads (at least one); the results come in the order of the items.
pub fn map<I: Sync, T: Send>(items: &[I], threads: usize, work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while let Some((index, item)) = take(items, &next) {
                    let result = work(item);
                    results.lock().expect("no thread panics with the lock").push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().expect("no thread panics with the lock");
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn take<'a, I>(items: &'a [I], next: &AtomicUsize) -> Option<(usize, &'a I)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, items.get(index)?))
}

#[cfg(test)]
mod tests {
    use super::{map, map_longest_first};

    #[test]
    fn results_come_in_the_order_of_the_items_whatever_the_number_of_threads() {
        let items: Vec<u32> = (0..100).collect();
        let squares: Vec<u32> = items.iter().map(|i| i * i).collect();
        for threads in [0, 1, 3, 200] {
            assert_eq!(map(&items, threads, |i| i * i), squares);
        }
    }
    #[test]
    fn the_longest_begin_first_and_the_results_are_where_their_items_are() {
        let begun = std::sync::Mutex::new(Vec::new());
        let results = map_longest_first(
            &[3, 1, 2],
            1,
            |i| f64::from(*i),
            |i| {
                begun.lock().expect("one thread").push(*i);
                i * 10
            },
        );
        assert_eq!(results, [30, 10, 20]);
        assert_eq!(begun.into_inner().expect("one thread"), [3, 2, 1]);
    }
}
