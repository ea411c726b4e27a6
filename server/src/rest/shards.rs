//! What many requests look at and change at once, behind sixteen locks instead of one.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, MutexGuard, PoisonError};

const SHARDS: usize = 16;

/// A map whose parts are locked for themselves. The hashes are this process's own: nobody can aim at one part.
pub struct Shards<K, V> {
    parts: [Mutex<HashMap<K, V>>; SHARDS],
    hasher: RandomState,
}

impl<K: Eq + Hash, V> Shards<K, V> {
    /// Locks the part that `key` is in.
    pub fn of(&self, key: &K) -> MutexGuard<'_, HashMap<K, V>> {
        let part = self.hasher.hash_one(key) as usize % SHARDS;
        self.parts[part].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what `is_kept`.
    pub fn retain(&self, mut is_kept: impl FnMut(&V) -> bool) {
        for part in &self.parts {
            let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
            part.retain(|_, value| is_kept(value));
            if part.capacity() > 1024 + 4 * part.len() {
                part.shrink_to_fit();
            }
        }
    }
}

impl<K, V> Default for Shards<K, V> {
    fn default() -> Self {
        Self {
            parts: Default::default(),
            hasher: RandomState::new(),
        }
    }
}
