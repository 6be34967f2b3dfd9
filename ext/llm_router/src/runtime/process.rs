//! This process's tokio runtime and HTTP clients, built on first use and again after a fork.
//!
//! The runtime has no worker thread: a waiting thread drives it, for all that wait. So loading the gem starts no thread,
//! a fork leaves no work behind, and an attempt costs no wake across threads. (A fiber cannot drive it: see `driver.rs`.
//! The system's resolver runs on a thread that ends when idle.)

use std::io;
use std::os::fd::RawFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use llm_router_core::Clients;
use magnus::{function, Error as RubyError, Object, RModule};
use thiserror::Error;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

use crate::runtime::driver::{Driver, DriverGuard};
use crate::runtime::wake_pipe::WakePipe;

pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) clients: Clients,
    pub(crate) wake_pipe: WakePipe,
    driver: Arc<Driver>,
}

#[derive(Debug, Error)]
pub(crate) enum StartError {
    #[error("the runtime could not start: {0}")]
    Runtime(#[from] io::Error),
}

/// Locked only while the GVL is held, so no thread can hold it at the moment of a fork.
static CURRENT: Mutex<Option<Arc<Process>>> = Mutex::new(None);

impl Process {
    /// # Errors
    /// [`StartError`]: the operating system refuses a runtime.
    pub(crate) fn current() -> Result<Arc<Self>, StartError> {
        let mut current = lock();
        leak_inherited(&mut current);
        if let Some(process) = current.as_ref() {
            return Ok(Arc::clone(process));
        }
        let started = Arc::new(Self::start(std::process::id())?);
        *current = Some(Arc::clone(&started));
        Ok(started)
    }

    /// False in a fork of the process that it was built in.
    pub(crate) fn is_ours(&self) -> bool {
        self.pid == std::process::id()
    }

    /// Drives the runtime on a thread of its own until the guard is dropped.
    ///
    /// # Errors
    /// The operating system refuses a thread.
    pub(crate) fn drive(&self) -> io::Result<DriverGuard> {
        self.driver.guard(&self.runtime)
    }

    fn start(pid: u32) -> Result<Self, StartError> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let wake_pipe = WakePipe::new(&runtime)?;
        runtime.spawn(tick());
        Ok(Self { pid, runtime: Arc::new(runtime), clients: Clients::default(), wake_pipe, driver: Arc::default() })
    }
}

/// A timer that always ends before an attempt's. If a new timer is the first to end, tokio wakes itself, by a write and
/// another turn of its loop; without this it would do so for almost every attempt.
async fn tick() {
    loop {
        sleep(Duration::from_secs(1)).await;
    }
}

fn lock() -> MutexGuard<'static, Option<Arc<Process>>> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Leaks what a fork inherited. Dropping it would write to the parent's connections, and remove its sockets from the
/// epoll set that both share.
fn leak_inherited(current: &mut Option<Arc<Process>>) -> Option<(RawFd, RawFd)> {
    let inherited = current.take_if(|process| !process.is_ours())?;
    let descriptors = inherited.wake_pipe.descriptors();
    std::mem::forget(inherited);
    Some(descriptors)
}

/// `LlmRouter::Native.inherited`: the descriptors by which `LlmRouter::Inheritance` finds the others.
fn inherited() -> Option<(RawFd, RawFd)> {
    leak_inherited(&mut lock())
}

pub(crate) fn define(native: RModule) -> Result<(), RubyError> {
    native.define_singleton_method("inherited", function!(inherited, 0))
}
