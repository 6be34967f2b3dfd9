//! Waiting for native work: this process's runtime, who drives it, and how a thread or a fiber waits.

mod bell;
pub(crate) mod driver;
mod gvl;
pub(crate) mod process;
mod signal;
pub(crate) mod waiting;

pub(crate) use process::Process;
