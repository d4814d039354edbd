//! In the place of the engine's module of this name, which has the primitives of the standard library.

pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};

/// Atomics of loom, which takes sequential consistency for acquire and release: a sequentially consistent load reads the newest value here,
/// as it does in the one order of all such operations.
pub(crate) mod atomic {
    pub(crate) use loom::sync::atomic::Ordering;

    macro_rules! atomic {
        ($name:ident, $value:ty, $newest:ident, $nothing:expr, [$($operation:ident),*]) => {
            #[derive(Debug, Default)]
            pub(crate) struct $name(loom::sync::atomic::$name);

            #[allow(dead_code, reason = "each type is used in a part")]
            impl $name {
                pub(crate) fn new(value: $value) -> Self {
                    Self(loom::sync::atomic::$name::new(value))
                }

                pub(crate) fn load(&self, order: Ordering) -> $value {
                    if order == Ordering::SeqCst { self.0.$newest($nothing, order) } else { self.0.load(order) }
                }

                pub(crate) fn store(&self, value: $value, order: Ordering) {
                    self.0.store(value, order);
                }

                $(pub(crate) fn $operation(&self, value: $value, order: Ordering) -> $value {
                    self.0.$operation(value, order)
                })*
            }
        };
    }

    atomic!(AtomicBool, bool, fetch_or, false, [swap]);
    atomic!(AtomicU64, u64, fetch_or, 0, [fetch_add, fetch_max]);
    atomic!(AtomicUsize, usize, fetch_or, 0, [fetch_add, fetch_sub]);

    /// The one that is exchanged.
    #[derive(Debug)]
    pub(crate) struct AtomicU8(loom::sync::atomic::AtomicU8);

    impl AtomicU8 {
        pub(crate) fn new(value: u8) -> Self {
            Self(loom::sync::atomic::AtomicU8::new(value))
        }

        pub(crate) fn load(&self, order: Ordering) -> u8 {
            self.0.fetch_or(0, order)
        }

        pub(crate) fn compare_exchange(
            &self,
            from: u8,
            to: u8,
            good: Ordering,
            bad: Ordering,
        ) -> Result<u8, u8> {
            self.0.compare_exchange(from, to, good, bad)
        }
    }
}
