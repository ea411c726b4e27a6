//! Time-sorted ids made by the application, below 2^53 so that JSON and 1С read them exactly.

use std::sync::Mutex;

use crate::model::Timestamp;

/// Ids count milliseconds from the start of 2026.
const EPOCH_MILLIS: i64 = 1_767_225_600_000;
const NODE_BITS: u32 = 5;
const COUNTER_BITS: u32 = 6;
const TICK_MAX: i64 = (1 << 41) - 1;
/// How many processes may make ids at once.
pub(crate) const NODES: i64 = 1 << NODE_BITS;

/// The smallest id that can be made at this moment: ids below it are older, but for clocks that disagree.
pub(crate) fn smallest_at(moment: Timestamp) -> i64 {
    (moment.millis() - EPOCH_MILLIS).clamp(0, TICK_MAX) << (NODE_BITS + COUNTER_BITS)
}

/// Milliseconds that the generator may be before the clock: what it borrowed within a burst, and small steps back. Beyond
/// them the clock has been put right.
const BORROWED_MILLIS: i64 = 60_000;

/// 41 bits of milliseconds (until 2095), 5 of node, 6 of counter.
#[derive(Debug, Default)]
pub(crate) struct IdGenerator {
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    tick: i64,
    node: i64,
    counter: i64,
    /// Tells apart ids of accounts that are ahead of the clock.
    ahead: i64,
}

impl IdGenerator {
    /// From now on ids carry this node number.
    pub fn use_node(&self, node: i64) {
        self.lock().node = node;
    }

    /// The next id: later than `newest`, whatever the clock says, and later than every one before it but for accounts that
    /// are ahead of the clock. Such an account goes on from its own newest id and takes nobody along: else one machine
    /// whose clock is days ahead would drag the ids of all others with it.
    pub fn next(&self, now: Timestamp, newest: i64) -> i64 {
        let mut state = self.lock();
        let tick = (now.millis() - EPOCH_MILLIS).max(0);
        if state.tick > tick + BORROWED_MILLIS {
            (state.tick, state.counter) = (tick, 0);
        }
        let account = newest >> (NODE_BITS + COUNTER_BITS);
        if account > tick.max(state.tick) {
            // Two accounts may be ahead by the same: the counter goes round, so that an id that is taken is not tried twice.
            state.ahead = (state.ahead + 1) % (1 << COUNTER_BITS);
            return id(account + 1, state.node, state.ahead);
        }
        if tick > state.tick {
            (state.tick, state.counter) = (tick, 0);
        } else {
            state.counter += 1;
            if state.counter == 1 << COUNTER_BITS {
                // More than a millisecond's worth: borrow from the next one.
                (state.tick, state.counter) = (state.tick + 1, 0);
            }
        }
        let next = id(state.tick, state.node, state.counter);
        if next > newest {
            return next;
        }
        // Of this very millisecond, by a process with a higher node number.
        (state.tick, state.counter) = (state.tick + 1, 0);
        id(state.tick, state.node, 0)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn id(tick: i64, node: i64, counter: i64) -> i64 {
    (tick << (NODE_BITS + COUNTER_BITS)) | (node << COUNTER_BITS) | counter
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ids_only_grow_and_stay_exact_in_json(jumps in proptest::collection::vec(-100_i64..100, 1..500)) {
            let ids = IdGenerator::default();
            ids.use_node(NODES - 1);
            let (mut now, mut last) = (EPOCH_MILLIS + 60_000_000_000, 0);
            for jump in jumps {
                now += jump;
                let id = ids.next(Timestamp::from_millis(now), 0);
                prop_assert!(id > last && id < 1 << 53);
                last = id;
            }
        }

        #[test]
        fn ids_of_a_moment_lie_between_the_smallest_of_it_and_of_the_next(millis in 1_i64..1 << 40) {
            let ids = IdGenerator::default();
            ids.use_node(NODES - 1);
            let at = |millis| smallest_at(Timestamp::from_millis(EPOCH_MILLIS + millis));
            let id = ids.next(Timestamp::from_millis(EPOCH_MILLIS + millis), 0);
            prop_assert!(at(millis) <= id && id < at(millis + 1));
            prop_assert_eq!(smallest_at(Timestamp::from_millis(0)), 0);
        }

        #[test]
        fn an_account_that_is_ahead_takes_no_other_along(ahead in 1_i64..100_000_000_000) {
            let (near, far) = (IdGenerator::default(), IdGenerator::default());
            let now = Timestamp::from_millis(EPOCH_MILLIS + 60_000_000_000);
            let mut newest = far.next(Timestamp::from_millis(now.millis() + ahead), 0);
            for _ in 0..10 {
                let next = near.next(now, newest);
                prop_assert!(next > newest && next < 1 << 53);
                newest = next;
            }
            let other = near.next(now, 0);
            prop_assert!(other < smallest_at(now.plus_seconds(1)), "{other}");
        }

        #[test]
        fn a_clock_that_is_put_right_is_followed(ahead in 60_001_i64..100_000_000_000) {
            let ids = IdGenerator::default();
            let now = Timestamp::from_millis(EPOCH_MILLIS + 60_000_000_000);
            ids.next(Timestamp::from_millis(now.millis() + ahead), 0);
            prop_assert!(ids.next(now, 0) < smallest_at(now.plus_seconds(1)));
        }

        #[test]
        fn an_id_is_later_than_the_newest_of_its_account(ahead in 0_i64..1_000_000_000) {
            let (near, far) = (IdGenerator::default(), IdGenerator::default());
            let now = Timestamp::from_millis(EPOCH_MILLIS + 1_000);
            let newest = far.next(Timestamp::from_millis(now.millis() + ahead), 0);
            prop_assert!(near.next(now, newest) > newest);
        }
    }
}
