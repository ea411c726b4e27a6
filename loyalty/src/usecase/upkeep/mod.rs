//! What happens by the clock: jobs, leases given back, rows that are over.

pub(super) mod forget_old_replies;
pub(super) mod forget_what_is_over;
pub(super) mod give_back_leases;
pub(super) mod run_jobs;

pub use forget_old_replies::forget_old_replies;
pub use forget_what_is_over::forget_what_is_over;
pub use give_back_leases::give_back_leases;
pub use run_jobs::{JobRun, TakenJob, break_job, job_runs, plan_jobs, run_job, shops_with_jobs, take_jobs};
