//! A thread that drives the runtime while fibers wait, for they cannot do it themselves. It starts with
//! the first that waits and ends with the last: loading the gem, and calls by threads, start none.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use llm_router_core::{caught, gateway};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// One for each process.
#[derive(Default)]
pub(crate) struct Driver {
    /// Held for a moment only, and never by the driver's thread with the GVL.
    state: Mutex<State>,
    idle: Notify,
}

#[derive(Default)]
struct State {
    passengers: usize,
    driving: bool,
}

/// Keeps the driver going until it is dropped.
pub(crate) struct Pass(Arc<Driver>);

impl Driver {
    /// # Errors
    /// Where the operating system refuses a thread.
    pub(crate) fn pass(self: &Arc<Self>, runtime: &Arc<Runtime>) -> io::Result<Pass> {
        let mut state = self.state();
        if !state.driving {
            let (driver, runtime) = (Arc::clone(self), Arc::clone(runtime));
            std::thread::Builder::new().name("llm_router".to_owned()).spawn(move || driver.drive(&runtime))?;
            state.driving = true;
        }
        state.passengers += 1;
        Ok(Pass(Arc::clone(self)))
    }

    fn drive(&self, runtime: &Runtime) {
        loop {
            let driven = caught(|| {
                runtime.block_on(async {
                    self.idle.notified().await;
                    // An exchange that was dropped is closed by this.
                    gateway::settle().await;
                });
            });
            let mut state = self.state();
            if state.passengers == 0 || driven.is_err() {
                state.driving = false;
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.passengers -= 1;
        if state.passengers == 0 {
            self.0.idle.notify_one();
        }
    }
}
