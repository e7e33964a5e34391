//! Decides which tests run at the same time as others, and which run alone.

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Held while a test runs.
pub type Turn = RwLockReadGuard<'static, ()>;

static TURNS: RwLock<()> = RwLock::const_new(());

/// For tests that may run at the same time as others. A test must not call this twice.
pub async fn beside_others() -> Turn {
    TURNS.read().await
}

/// For a test with so little time that no other test of this process may run at the same time.
pub async fn alone() -> RwLockWriteGuard<'static, ()> {
    TURNS.write().await
}
