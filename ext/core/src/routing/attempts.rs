//! Concurrent attempts of several walks on one thread.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::panic::{caught_waiting, Panicked};
use crate::routing::Outcome;

/// Each attempt is a task of a runtime that the caller drives. Dropping this drops the attempts in flight.
#[derive(Debug, Default)]
pub struct Attempts {
    tasks: JoinSet<()>,
    arrivals: Arc<Arrivals>,
}

/// An attempt that has ended.
#[derive(Debug)]
pub struct Arrival {
    /// What [`Attempts::start`] was given.
    pub number: usize,
    pub outcome: Result<Outcome, Panicked>,
    /// When it ended, which may be well before the caller collects it.
    pub at: Instant,
}

/// Those not collected yet.
#[derive(Debug, Default)]
struct Arrivals {
    list: Mutex<Vec<Arrival>>,
    ready: Notify,
}

impl Attempts {
    /// Starts an attempt. Its arrival has the same `number`.
    pub fn start(&mut self, runtime: &Handle, number: usize, attempt: impl Future<Output = Outcome> + Send + 'static) {
        let (arrivals, attempt) = (Arc::clone(&self.arrivals), caught_waiting(attempt));
        let attempt = async move {
            let outcome = attempt.await;
            arrivals.list().push(Arrival { number, outcome, at: Instant::now() });
            arrivals.ready.notify_one();
        };
        self.tasks.spawn_on(attempt, runtime);
    }

    /// Waits until there is an arrival.
    pub fn wait(&self) -> impl Future<Output = ()> + Send + 'static {
        let arrivals = Arc::clone(&self.arrivals);
        async move {
            while arrivals.list().is_empty() {
                arrivals.ready.notified().await;
            }
        }
    }

    /// Collects what has arrived, in order.
    pub fn arrived(&mut self) -> Vec<Arrival> {
        // Frees the tasks that have ended.
        while self.tasks.try_join_next().is_some() {}
        std::mem::take(&mut *self.arrivals.list())
    }

    /// Drops the attempts in flight and waits for that. No more arrive afterwards.
    pub async fn abandon(&mut self) {
        self.tasks.shutdown().await;
    }
}

impl Arrivals {
    fn list(&self) -> MutexGuard<'_, Vec<Arrival>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
