//! The memory of all streams of this process.

use std::sync::LazyLock;

use faspstream_proto::memory::ChunkPool;

/// Of bytes from the application to the peer. Apart from the others: where both ends of a stream are in one process, other threads have
/// these in their caches.
static SENT: LazyLock<ChunkPool> = LazyLock::new(ChunkPool::default);
/// Of bytes from the peer to the application.
static RECEIVED: LazyLock<ChunkPool> = LazyLock::new(ChunkPool::default);

/// The memory of one end of a stream.
pub(crate) fn of(is_sender: bool) -> ChunkPool {
    if is_sender { SENT.clone() } else { RECEIVED.clone() }
}
