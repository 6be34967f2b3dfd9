//! Waiting for native work: this process's runtime, who drives it, and how a thread or a fiber waits.

pub(crate) mod driver;
mod gvl;
pub(crate) mod process;
mod ready_fd;
pub(crate) mod waiting;
mod wake_pipe;

pub(crate) use process::Process;
