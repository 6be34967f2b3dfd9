//! Waiting for work the way the caller has to: a thread drives the runtime itself, see [`gvl`]; a fiber
//! that a scheduler looks after is parked with it, so that the other fibers of its thread run.
//!
//! A fiber's work is a task of the runtime, which the [driver](crate::runtime::driver) drives. When it is done, a
//! file descriptor becomes readable, which is what every scheduler can wait for.

use std::future::Future;
use std::sync::Arc;

use llm_router_core::{caught_waiting, Panicked};
use magnus::value::ReprValue;
use magnus::{Error, Module, RClass, RModule, Ruby};
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::task::JoinHandle;

use crate::runtime::driver::Pass;
use crate::runtime::gvl::{self, Interrupted};
use crate::runtime::signal::Signal;
use crate::runtime::Process;
use crate::values::errors;

/// What work came to.
pub(crate) struct Waited<T> {
    pub(crate) output: T,
    /// What a fiber was stopped with when the work was done, but the fiber not yet woken. It has to go
    /// on, when the output is seen to.
    pub(crate) late: Option<Error>,
}

/// Waits for `work`. Call it with the GVL held.
///
/// # Errors
/// [`Interrupted`], with `work` dropped, or about to be by the driver.
pub(crate) fn wait<F>(ruby: &Ruby, process: &Arc<Process>, work: F) -> Result<Waited<F::Output>, Interrupted>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    if gvl::scheduled() {
        // Without a file descriptor or a thread to be had, the fiber's thread has to wait.
        if let (Ok(signal), Ok(pass)) = (Signal::new(), process.driven()) {
            return Errand::start(process, work, Arc::new(signal), pass).parked(ruby);
        }
    }
    gvl::wait(process, work).map(|output| Waited { output, late: None })
}

/// Work that the driver does for a fiber. Dropping it drops the work.
struct Errand<T> {
    process: Arc<Process>,
    task: JoinHandle<()>,
    outcome: oneshot::Receiver<Result<T, Panicked>>,
    signal: Arc<Signal>,
}

impl<T: Send + 'static> Errand<T> {
    fn start<F>(process: &Arc<Process>, work: F, signal: Arc<Signal>, pass: Pass) -> Self
    where
        F: Future<Output = T> + Send + 'static,
    {
        let (tell, outcome) = oneshot::channel();
        let (done, work) = (Done(Arc::clone(&signal)), caught_waiting(work));
        let task = process.runtime.spawn(async move {
            let _pass = pass;
            let _done = done;
            let _gone = tell.send(work.await);
        });
        Self { process: Arc::clone(process), task, outcome, signal }
    }

    fn parked(mut self, ruby: &Ruby) -> Result<Waited<T>, Interrupted> {
        loop {
            let parked = park(ruby, &self.signal);
            if !self.process.is_ours() {
                return Err(self.left_behind(ruby, parked.err()));
            }
            match (self.outcome.try_recv(), parked) {
                (Ok(Ok(output)), parked) => return Ok(Waited { output, late: parked.err() }),
                (Ok(Err(panicked)), _) => return Err(Interrupted::ByPanic(panicked)),
                (Err(TryRecvError::Closed), _) => return Err(Interrupted::ByRuby(errors::internal(ruby, LOST))),
                (Err(TryRecvError::Empty), Ok(true)) => {}
                (Err(TryRecvError::Empty), Ok(false)) => return self.unparked(ruby),
                (Err(TryRecvError::Empty), Err(interrupt)) => return Err(Interrupted::ByRuby(interrupt)),
            }
        }
    }

    /// The scheduler cannot park this fiber: its thread waits.
    fn unparked(mut self, ruby: &Ruby) -> Result<Waited<T>, Interrupted> {
        let process = Arc::clone(&self.process);
        match gvl::wait(&process, &mut self.outcome)? {
            Ok(Ok(output)) => Ok(Waited { output, late: None }),
            Ok(Err(panicked)) => Err(Interrupted::ByPanic(panicked)),
            Err(_) => Err(Interrupted::ByRuby(errors::internal(ruby, LOST))),
        }
    }

    /// A fork took a copy of this fiber along. Its work is the parent's, and so is its runtime.
    fn left_behind(self, ruby: &Ruby, interrupt: Option<Error>) -> Interrupted {
        std::mem::forget(self);
        Interrupted::ByRuby(interrupt.unwrap_or_else(|| errors::forked(ruby)))
    }
}

const LOST: &str = "an attempt ended without its outcome";

impl<T> Drop for Errand<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Tells the fiber, whatever became of the work.
struct Done(Arc<Signal>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.give();
    }
}

/// Parks the calling fiber until the signal is given. False where its scheduler cannot.
fn park(ruby: &Ruby, signal: &Signal) -> Result<bool, Error> {
    let router: RClass = ruby.class_object().const_get("LlmRouter")?;
    router.const_get::<_, RModule>("Parking")?.funcall("park", (signal.fd(),))
}
