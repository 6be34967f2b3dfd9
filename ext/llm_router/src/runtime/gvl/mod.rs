//! Waiting without the GVL, interruptibly. The only module that has `unsafe`.
//!
//! Ruby wakes a blocked thread by its unblock function, which here sets a wake flag. The waiter retakes the GVL and lets
//! Ruby check its interrupts. If that raises, the attempt is dropped and the exception goes on as an ordinary `Err`; if
//! not (a harmless signal), the wait for the same attempt goes on. No exception unwinds a frame that owns anything.
#![allow(unsafe_code)]

mod ruby;

use std::ffi::{c_int, c_void};
use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::ptr::{from_mut, from_ref, null_mut};
use std::task::Poll;
use std::time::Duration;

use llm_router_core::{caught, poll_connections, Panicked};
use magnus::{Error, Ruby};
use tokio::time::timeout;

use crate::runtime::wake_pipe::WakeFlag;
use crate::runtime::Process;
use crate::values::errors;
#[cfg(target_os = "linux")]
pub(crate) use ruby::eventfd;
pub(crate) use ruby::scheduled;
use ruby::{check_interrupts, is_main_thread, is_only_thread};

/// On a pending interrupt, return instead of raising.
const INTR_FAIL: c_int = rb_sys::RB_NOGVL_INTR_FAIL as c_int;
/// The unblock function may run in a signal handler. Without this, Ruby starts a thread for each wait of a program that
/// has only its main thread.
const UBF_ASYNC_SAFE: c_int = rb_sys::RB_NOGVL_UBF_ASYNC_SAFE as c_int;
/// How often the main thread polls for a signal. Before Ruby 3.3, a sleeping thread passes a signal on to a waiting main
/// thread; if there are other threads and none sleeps, nothing does.
const SIGNAL_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Why a wait ended without its outcome.
pub(crate) enum Interrupted {
    /// Ruby wants this thread to do something else: an exception, a kill, a throw.
    ByRuby(Error),
    ByPanic(Panicked),
    /// A trap has forked, and this is the child: the work is the parent's.
    Forked,
}

impl Interrupted {
    /// The exception to raise in Ruby.
    pub(crate) fn into_error(self, ruby: &Ruby) -> Error {
        match self {
            Self::ByRuby(error) => error,
            Self::ByPanic(panicked) => errors::internal(ruby, panicked),
            Self::Forked => errors::forked(ruby),
        }
    }
}

/// Waits for `work` on the calling Ruby thread with the GVL released. Call it with the GVL held.
///
/// # Errors
/// [`Interrupted`], with `work` dropped and its connection closed.
pub(crate) fn wait<F: Future>(process: &Process, work: F) -> Result<F::Output, Interrupted> {
    let flag = process.wake_pipe.flag();
    let mut work = Box::pin(work);
    let interrupted = loop {
        // A trap may start a thread.
        let poll_interval = (is_main_thread() && !is_only_thread()).then_some(SIGNAL_POLL_INTERVAL);
        let mut wait = Wait { process, work: work.as_mut(), flag: &flag, poll_interval, outcome: Ok(None) };
        // SAFETY: called with the GVL held, on a Ruby thread. `run` gets `wait` and `wake` gets `flag`; both outlive the
        // call, since Ruby unregisters the unblock function before it returns. `run` touches no Ruby object and lets no
        // panic out; `wake` is safe in a signal handler, as `UBF_ASYNC_SAFE` promises. `INTR_FAIL` raises nothing, so
        // nothing unwinds this frame.
        unsafe {
            rb_sys::rb_nogvl(
                Some(run::<F>),
                from_mut(&mut wait).cast(),
                Some(wake),
                from_ref(&flag).cast_mut().cast(),
                INTR_FAIL | UBF_ASYNC_SAFE,
            );
        }
        match wait.outcome {
            Ok(Some(output)) => return Ok(output),
            Ok(None) => {}
            Err(panicked) => break Interrupted::ByPanic(panicked),
        }
        let checked = check_interrupts(poll_interval.is_some());
        if !process.is_ours() {
            // Dropping it would write to the parent's connection.
            std::mem::forget(work);
            return Err(checked.err().map_or(Interrupted::Forked, Interrupted::ByRuby));
        }
        if let Err(interrupt) = checked {
            break Interrupted::ByRuby(interrupt);
        }
    };
    let _context = process.runtime.enter();
    drop(work);
    // Without this turn the dropped attempt's socket would stay open until the next call.
    process.runtime.block_on(poll_connections());
    Err(interrupted)
}

struct Wait<'w, F: Future> {
    process: &'w Process,
    work: Pin<&'w mut F>,
    flag: &'w WakeFlag<'w>,
    /// After this time `run` returns in any case.
    poll_interval: Option<Duration>,
    /// `Ok(None)`: woken before the work was done.
    outcome: Result<Option<F::Output>, Panicked>,
}

unsafe extern "C" fn run<F: Future>(wait: *mut c_void) -> *mut c_void {
    // SAFETY: `wait` passes its own live `Wait<F>`, and touches it only after this returns.
    let wait = unsafe { &mut *wait.cast::<Wait<'_, F>>() };
    let work = done_or_woken(wait.work.as_mut(), wait.flag, wait.poll_interval);
    wait.outcome = caught(|| wait.process.runtime.block_on(work));
    null_mut()
}

async fn done_or_woken<F: Future>(
    mut work: Pin<&mut F>,
    flag: &WakeFlag<'_>,
    poll_interval: Option<Duration>,
) -> Option<F::Output> {
    let mut woken = pin!(woken(flag, poll_interval));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => woken.as_mut().poll(context).map(|()| None),
    })
    .await
}

async fn woken(flag: &WakeFlag<'_>, poll_interval: Option<Duration>) {
    match poll_interval {
        Some(interval) => drop(timeout(interval, flag.woken()).await),
        None => flag.woken().await,
    }
}

unsafe extern "C" fn wake(flag: *mut c_void) {
    // SAFETY: `wait` passes its own `WakeFlag`, which outlives the registration of this function.
    unsafe { &*flag.cast::<WakeFlag>() }.set();
}
