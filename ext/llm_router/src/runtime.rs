//! This process's tokio runtime and HTTP clients, built on first use and again after a fork.
//!
//! The runtime has no worker of its own: whoever waits drives it, for all who wait. So loading the
//! gem starts no thread, a fork leaves no work behind, and an attempt costs no cross-thread wake.
//! (A fiber cannot drive it: see `driver.rs`. A name that must be resolved is, by the system's resolver, on a thread that ends when idle.)

use std::sync::{Arc, Mutex, PoisonError};

use llm_router_core::Clients;
use thiserror::Error;

use crate::bell::Bell;
use crate::driver::Driver;
use tokio::runtime::{Builder, Runtime};

pub(crate) struct Process {
    pid: u32,
    pub(crate) runtime: Runtime,
    pub(crate) clients: Clients,
    pub(crate) bell: Bell,
    pub(crate) driver: Driver,
}

#[derive(Debug, Error)]
pub(crate) enum StartError {
    #[error("the runtime could not start: {0}")]
    Runtime(#[from] std::io::Error),
}

/// Locked only while the GVL is held, so no thread can hold it at the moment of a fork.
static CURRENT: Mutex<Option<Arc<Process>>> = Mutex::new(None);

impl Process {
    /// # Errors
    /// [`StartError`] where the operating system refuses a runtime.
    pub(crate) fn current() -> Result<Arc<Self>, StartError> {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        let pid = std::process::id();
        if let Some(process) = current.as_ref().filter(|process| process.pid == pid) {
            return Ok(Arc::clone(process));
        }
        let started = Arc::new(Self::start(pid)?);
        // After a fork the old one is the parent's. Dropping it here would speak on the parent's
        // connections and take its sockets out of the epoll set that both share; so it is leaked.
        std::mem::forget(current.replace(Arc::clone(&started)));
        Ok(started)
    }

    /// False in the child of a fork that took a call along.
    pub(crate) fn is_current(&self) -> bool {
        self.pid == std::process::id()
    }

    fn start(pid: u32) -> Result<Self, StartError> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let bell = Bell::hang(&runtime)?;
        Ok(Self { pid, runtime, clients: Clients::default(), bell, driver: Driver::default() })
    }
}
