//! This process's tokio runtime and HTTP clients, built on first use and again after a fork.
//!
//! The runtime has no worker of its own: whoever waits drives it, for all who wait. So loading the
//! gem starts no thread, a fork leaves no work behind, and an attempt costs no cross-thread wake.
//! (A fiber cannot drive it: see `driver.rs`. A name that must be resolved is, by the system's resolver, on
//! a thread that ends when idle.)

use std::io;
use std::os::fd::RawFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use llm_router_core::Clients;
use magnus::{function, Error as RubyError, Object, RModule};
use thiserror::Error;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

use crate::runtime::bell::Bell;
use crate::runtime::driver::{Driver, Pass};

pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) clients: Clients,
    pub(crate) bell: Bell,
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
    /// [`StartError`] where the operating system refuses a runtime.
    pub(crate) fn current() -> Result<Arc<Self>, StartError> {
        let mut current = lock();
        forget_parents(&mut current);
        if let Some(process) = current.as_ref() {
            return Ok(Arc::clone(process));
        }
        let started = Arc::new(Self::start(std::process::id())?);
        *current = Some(Arc::clone(&started));
        Ok(started)
    }

    /// Whether it is still this process, and no fork of it.
    pub(crate) fn is_ours(&self) -> bool {
        self.pid == std::process::id()
    }

    /// A thread drives the runtime from now on, until the guard is dropped.
    ///
    /// # Errors
    /// Where the operating system refuses a thread.
    pub(crate) fn driven(&self) -> io::Result<Pass> {
        self.driver.pass(&self.runtime)
    }

    fn start(pid: u32) -> Result<Self, StartError> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let bell = Bell::hang(&runtime)?;
        runtime.spawn(tick());
        Ok(Self { pid, runtime: Arc::new(runtime), clients: Clients::default(), bell, driver: Arc::default() })
    }
}

/// A timer that is always there, and sooner than an attempt's. Where a new one is the first to end, tokio wakes
/// itself up, by a write and another turn of its loop; so it would for almost every attempt.
async fn tick() {
    loop {
        sleep(Duration::from_secs(1)).await;
    }
}

fn lock() -> MutexGuard<'static, Option<Arc<Process>>> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// After a fork the old one is the parent's. Dropping it would speak on the parent's connections and
/// take its sockets out of the epoll set that both share; so it is leaked.
fn forget_parents(current: &mut Option<Arc<Process>>) -> Option<(RawFd, RawFd)> {
    let parents = current.take_if(|process| !process.is_ours())?;
    let descriptors = parents.bell.descriptors();
    std::mem::forget(parents);
    Some(descriptors)
}

/// `LlmRouter::Native.inherited`: by which descriptors `LlmRouter::Inheritance` finds the others.
fn inherited() -> Option<(RawFd, RawFd)> {
    forget_parents(&mut lock())
}

pub(crate) fn define(native: RModule) -> Result<(), RubyError> {
    native.define_singleton_method("inherited", function!(inherited, 0))
}
