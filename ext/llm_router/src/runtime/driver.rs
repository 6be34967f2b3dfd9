//! The thread that drives the runtime while fibers are parked, since a parked fiber cannot drive it. It starts with the
//! first guard and ends after the last. Loading the gem and calls by threads start none.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use llm_router_core::{caught, poll_connections};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// One for each process.
#[derive(Default)]
pub(crate) struct Driver {
    /// Locked for moments only, and never by the driver's thread while it has the GVL.
    state: Mutex<State>,
    no_guards: Notify,
}

#[derive(Default)]
struct State {
    guards: usize,
    running: bool,
}

/// Keeps the driver running until it is dropped.
pub(crate) struct DriverGuard(Arc<Driver>);

impl Driver {
    /// # Errors
    /// The operating system refuses a thread.
    pub(crate) fn guard(self: &Arc<Self>, runtime: &Arc<Runtime>) -> io::Result<DriverGuard> {
        let mut state = self.state();
        if !state.running {
            let (driver, runtime) = (Arc::clone(self), Arc::clone(runtime));
            std::thread::Builder::new().name("llm_router".to_owned()).spawn(move || driver.run(&runtime))?;
            state.running = true;
        }
        state.guards += 1;
        Ok(DriverGuard(Arc::clone(self)))
    }

    fn run(&self, runtime: &Runtime) {
        loop {
            let driven = caught(|| {
                runtime.block_on(async {
                    self.no_guards.notified().await;
                    // Closes the connection of an attempt that was dropped.
                    poll_connections().await;
                });
            });
            let mut state = self.state();
            if state.guards == 0 || driven.is_err() {
                state.running = false;
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for DriverGuard {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.guards -= 1;
        if state.guards == 0 {
            self.0.no_guards.notify_one();
        }
    }
}
