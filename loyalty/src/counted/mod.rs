//! What a process has counted lately and keeps in memory: who tries in vain.

pub(crate) mod strikes;
pub(crate) mod tries;
