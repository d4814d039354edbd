//! Handles for foreign languages: a generation and an index in one 64-bit number, never a pointer. Shared by the bridges to Java and C.

use std::sync::{PoisonError, RwLock};

/// A table whose keys tell when their entry is gone: a slot that is used again has another generation.
#[derive(Debug, Default)]
pub struct Registry<T> {
    slots: RwLock<Slots<T>>,
}

#[derive(Debug, Default)]
struct Slots<T> {
    all: Vec<Slot<T>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Slot<T> {
    /// 1 to `i32::MAX`, so that a handle is positive and never 0.
    generation: u32,
    entry: Option<T>,
}

const LAST_GENERATION: u32 = i32::MAX as u32;

impl<T: Clone> Registry<T> {
    /// An empty table.
    pub const fn new() -> Self {
        Self { slots: RwLock::new(Slots { all: Vec::new(), free: Vec::new() }) }
    }

    /// Takes in what `make` gives for its handle.
    pub fn insert(&self, make: impl FnOnce(i64) -> T) -> i64 {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let index = slots.free.pop().unwrap_or_else(|| {
            slots.all.push(Slot { generation: 1, entry: None });
            u32::try_from(slots.all.len() - 1).expect("memory ends before 4 billion handles")
        });
        let slot = &mut slots.all[index as usize];
        let handle = i64::from(slot.generation) << 32 | i64::from(index);
        slot.entry = Some(make(handle));
        handle
    }

    /// The entry, None if the handle is stale or made up.
    pub fn get(&self, handle: i64) -> Option<T> {
        let (generation, index) = parts(handle)?;
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.all.get(index)?;
        if slot.generation == generation { slot.entry.clone() } else { None }
    }

    /// Takes the entry out; its handle is stale from now on.
    pub fn remove(&self, handle: i64) -> Option<T> {
        let (generation, index) = parts(handle)?;
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.all.get_mut(index)?;
        if slot.generation != generation {
            return None;
        }
        let entry = slot.entry.take()?;
        // A slot whose generations are used up rests for ever, so that no handle comes twice.
        if slot.generation < LAST_GENERATION {
            slot.generation += 1;
            slots.free.push(u32::try_from(index).expect("it came out of 32 bits"));
        }
        Some(entry)
    }
}

fn parts(handle: i64) -> Option<(u32, usize)> {
    let generation = u32::try_from(handle >> 32).ok()?;
    let index = usize::try_from(handle & 0xffff_ffff).ok()?;
    Some((generation, index))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_stale_after_removal_and_its_slot_gets_another_one() {
        let registry = Registry::new();
        let first = registry.insert(|_| "first");
        assert_eq!(registry.get(first), Some("first"));
        assert_eq!(registry.remove(first), Some("first"));
        assert_eq!((registry.get(first), registry.remove(first)), (None, None));
        let second = registry.insert(|_| "second");
        assert_ne!(first, second);
        assert_eq!((registry.get(first), registry.get(second)), (None, Some("second")));
    }

    #[test]
    fn made_up_handles_find_nothing() {
        let registry = Registry::new();
        let real = registry.insert(|handle| handle);
        assert_eq!(registry.get(real), Some(real));
        for handle in [0, 1, -1, i64::MIN, i64::MAX, real + 1, real | 1 << 40, -real] {
            assert_eq!(registry.get(handle), None, "{handle}");
        }
    }

    #[test]
    fn a_slot_whose_generations_are_used_up_is_not_used_again() {
        let registry = Registry::new();
        let handle = registry.insert(|_| ());
        registry.slots.write().unwrap().all[0].generation = LAST_GENERATION;
        let last = i64::from(LAST_GENERATION) << 32;
        assert!(registry.get(handle).is_none() && registry.remove(last).is_some());
        assert_eq!(registry.insert(|_| ()) & 0xffff_ffff, 1);
    }
}
