//! A thread that drives the runtime while fibers wait, for they cannot do it themselves. It starts with
//! the first that waits and ends with the last: loading the gem, and calls by threads, start none.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use llm_router_core::{caught, gateway};
use tokio::sync::Notify;

use crate::runtime::Process;

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
pub(crate) struct Pass(Arc<Process>);

impl Driver {
    /// # Errors
    /// Where the operating system refuses a thread.
    pub(crate) fn pass(process: &Arc<Process>) -> io::Result<Pass> {
        let mut state = process.driver.state();
        if !state.driving {
            let driven = Arc::clone(process);
            std::thread::Builder::new().name("llm_router".to_owned()).spawn(move || drive(&driven))?;
            state.driving = true;
        }
        state.passengers += 1;
        Ok(Pass(Arc::clone(process)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let driver = &self.0.driver;
        let mut state = driver.state();
        state.passengers -= 1;
        if state.passengers == 0 {
            driver.idle.notify_one();
        }
    }
}

fn drive(process: &Process) {
    loop {
        let driven = caught(|| {
            process.runtime.block_on(async {
                process.driver.idle.notified().await;
                // An exchange that was dropped is closed by this.
                gateway::settle().await;
            });
        });
        let mut state = process.driver.state();
        if state.passengers == 0 || driven.is_err() {
            state.driving = false;
            return;
        }
    }
}
