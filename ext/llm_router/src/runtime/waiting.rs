//! Waits for native work as the caller has to. A thread drives the runtime itself, see [`gvl`]. A fiber under a
//! scheduler is parked, so that the other fibers of its thread run: its work is a task that the
//! [driver](crate::runtime::driver) drives, and a file descriptor becomes readable when the task is done.
//!
//! What a wait can end with, and what the caller does with the money:
//!
//! ```text
//!   waiting ──done──────────────────▶ Waited, nothing pending     settle, go on
//!      │    ──done, and interrupted─▶ Waited, pending_interrupt   settle, then raise it
//!      │                                                          (a kill or throw: keep the outcome, raise;
//!      │                                                           the call settles it on its way out)
//!      ├──interrupted───────────────▶ Interrupted::ByRuby         the work is dropped, the connection closed;
//!      │                                                          keep how far it came, raise
//!      ├──panicked──────────────────▶ Interrupted::ByPanic        the same, as InternalError
//!      └──forked────────────────────▶ Interrupted::Forked         the work is the parent's: raise
//! ```
//!
//! `RubyHost` settles, and keeps an outcome in `@unsettled` of the call; `docs/interrupts.md` says what that means for
//! each kind of budget.

use std::future::Future;
use std::sync::Arc;

use llm_router_core::{caught_waiting, Panicked};
use magnus::value::ReprValue;
use magnus::{Error, Module, RClass, RModule, Ruby};
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::task::JoinHandle;

use crate::runtime::driver::DriverGuard;
use crate::runtime::gvl::{self, Interrupted};
use crate::runtime::ready_fd::ReadyFd;
use crate::runtime::Process;
use crate::values::errors;

/// Work that is done.
pub(crate) struct Waited<T> {
    pub(crate) output: T,
    /// What interrupted a fiber after its work was done and before it was woken. Raise it once the output is settled.
    pub(crate) pending_interrupt: Option<Error>,
}

/// Waits for `work`. Call it with the GVL held.
///
/// # Errors
/// [`Interrupted`]: `work` is dropped, or the driver is about to drop it.
pub(crate) fn wait<F>(ruby: &Ruby, process: &Arc<Process>, work: F) -> Result<Waited<F::Output>, Interrupted>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    if gvl::scheduled() {
        // Without a free file descriptor or thread, the fiber's thread waits.
        if let (Ok(ready_fd), Ok(guard)) = (ReadyFd::new(), process.drive()) {
            return ParkedTask::start(process, work, Arc::new(ready_fd), guard).wait(ruby);
        }
    }
    gvl::wait(process, work).map(|output| Waited { output, pending_interrupt: None })
}

/// Work that the driver does for a parked fiber. Dropping it drops the work.
struct ParkedTask<T> {
    process: Arc<Process>,
    task: JoinHandle<()>,
    outcome: oneshot::Receiver<Result<T, Panicked>>,
    ready_fd: Arc<ReadyFd>,
}

impl<T: Send + 'static> ParkedTask<T> {
    fn start<F>(process: &Arc<Process>, work: F, ready_fd: Arc<ReadyFd>, guard: DriverGuard) -> Self
    where
        F: Future<Output = T> + Send + 'static,
    {
        let (sender, outcome) = oneshot::channel();
        let (ready, work) = (ReadyOnDrop(Arc::clone(&ready_fd)), caught_waiting(work));
        let task = process.runtime.spawn(async move {
            let _guard = guard;
            let _ready = ready;
            let _dropped = sender.send(work.await);
        });
        Self { process: Arc::clone(process), task, outcome, ready_fd }
    }

    fn wait(mut self, ruby: &Ruby) -> Result<Waited<T>, Interrupted> {
        loop {
            let parked = park(ruby, &self.ready_fd);
            if !self.process.is_ours() {
                return Err(self.leak_in_fork(ruby, parked.err()));
            }
            match (self.outcome.try_recv(), parked) {
                (Ok(Ok(output)), parked) => return Ok(Waited { output, pending_interrupt: parked.err() }),
                (Ok(Err(panicked)), _) => return Err(Interrupted::ByPanic(panicked)),
                (Err(TryRecvError::Closed), _) => return Err(Interrupted::ByRuby(errors::internal(ruby, NO_OUTCOME))),
                (Err(TryRecvError::Empty), Ok(true)) => {}
                (Err(TryRecvError::Empty), Ok(false)) => return self.wait_on_thread(ruby),
                (Err(TryRecvError::Empty), Err(interrupt)) => return Err(Interrupted::ByRuby(interrupt)),
            }
        }
    }

    /// The scheduler cannot park this fiber, so its thread waits.
    fn wait_on_thread(mut self, ruby: &Ruby) -> Result<Waited<T>, Interrupted> {
        let process = Arc::clone(&self.process);
        match gvl::wait(&process, &mut self.outcome)? {
            Ok(Ok(output)) => Ok(Waited { output, pending_interrupt: None }),
            Ok(Err(panicked)) => Err(Interrupted::ByPanic(panicked)),
            Err(_) => Err(Interrupted::ByRuby(errors::internal(ruby, NO_OUTCOME))),
        }
    }

    /// A fork copied this fiber. The work and the runtime are the parent's, so the copy is leaked.
    fn leak_in_fork(self, ruby: &Ruby, interrupt: Option<Error>) -> Interrupted {
        std::mem::forget(self);
        Interrupted::ByRuby(interrupt.unwrap_or_else(|| errors::forked(ruby)))
    }
}

const NO_OUTCOME: &str = "an attempt ended without its outcome";

impl<T> Drop for ParkedTask<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Wakes the fiber however its task ends.
struct ReadyOnDrop(Arc<ReadyFd>);

impl Drop for ReadyOnDrop {
    fn drop(&mut self) {
        self.0.set_ready();
    }
}

/// Parks the calling fiber until the descriptor is readable. False if its scheduler cannot.
fn park(ruby: &Ruby, ready_fd: &ReadyFd) -> Result<bool, Error> {
    let router: RClass = ruby.class_object().const_get("LlmRouter")?;
    router.const_get::<_, RModule>("Parking")?.funcall("park", (ready_fd.fd(),))
}
