//! Waiting without the GVL, interruptibly. The only module that has `unsafe`.
//!
//! Ruby wakes a blocked thread by calling its unblock function, which here only rings a bell. The
//! waiter comes back with the GVL and lets Ruby look at what is pending: if that raises, the attempt
//! is dropped and the exception goes on as an ordinary `Err`; if not (a harmless signal), the same
//! attempt is waited for again. No exception unwinds through a frame that owns anything.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::future::{poll_fn, Future};
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::pin::{pin, Pin};
use std::ptr::{from_mut, from_ref, null_mut};
use std::task::Poll;
use std::time::Duration;

use llm_router_core::{caught, gateway, Panicked};
use magnus::rb_sys::protect;
use magnus::{Error, Ruby};
use tokio::time::timeout;

use crate::runtime::bell::Ring;
use crate::runtime::Process;
use crate::values::errors;

/// Raise nothing where an interrupt is pending, but return.
const INTR_FAIL: c_int = rb_sys::RB_NOGVL_INTR_FAIL as c_int;
/// The unblock function may be called in a signal handler. Without this, Ruby starts a thread for
/// each wait of a program that has only its main thread.
const UBF_ASYNC_SAFE: c_int = rb_sys::RB_NOGVL_UBF_ASYNC_SAFE as c_int;
/// How often the main thread comes back to look for a signal. Before Ruby 3.3, one that arrives while it
/// waits is told it by another thread that sleeps: where there are others and none sleeps, by nobody.
const LOOK: Duration = Duration::from_millis(100);

/// Why a wait ended without its outcome.
pub(crate) enum Interrupted {
    /// What Ruby wants this thread to do instead: an exception, a kill, a throw.
    ByRuby(Error),
    ByPanic(Panicked),
    /// A trap has forked, and this is the child: the work is the parent's.
    Forked,
}

impl Interrupted {
    /// The exception that goes on in Ruby.
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
    let ring = process.bell.ring();
    let look = (on_main_thread() && !alone()).then_some(LOOK);
    let mut work = Box::pin(work);
    let interrupted = loop {
        let mut turn = Turn { process, work: work.as_mut(), ring: &ring, look, outcome: Ok(None) };
        // SAFETY: called with the GVL held, on a Ruby thread. `run` gets `turn` and `wake` gets
        // `ring`; both outlive the call, for Ruby takes the unblock function back before it
        // returns. `run` touches no Ruby object and lets no panic out; `wake` is safe in a signal
        // handler, as it promises. INTR_FAIL raises nothing, so nothing unwinds this frame.
        unsafe {
            rb_sys::rb_nogvl(
                Some(run::<F>),
                from_mut(&mut turn).cast(),
                Some(wake),
                from_ref(&ring).cast_mut().cast(),
                INTR_FAIL | UBF_ASYNC_SAFE,
            );
        }
        match turn.outcome {
            Ok(Some(output)) => return Ok(output),
            Ok(None) => {}
            Err(panicked) => break Interrupted::ByPanic(panicked),
        }
        let checked = check_interrupts(look.is_some());
        if !process.is_ours() {
            // To drop it would speak on the parent's connection.
            std::mem::forget(work);
            return Err(checked.err().map_or(Interrupted::Forked, Interrupted::ByRuby));
        }
        if let Err(interrupt) = checked {
            break Interrupted::ByRuby(interrupt);
        }
    };
    let _context = process.runtime.enter();
    drop(work);
    // Without this turn the dropped exchange's socket would stay open until the next call.
    process.runtime.block_on(gateway::settle());
    Err(interrupted)
}

struct Turn<'w, F: Future> {
    process: &'w Process,
    work: Pin<&'w mut F>,
    ring: &'w Ring<'w>,
    /// After how long to come back in any case.
    look: Option<Duration>,
    /// `Ok(None)` where the wait was woken before the work was done.
    outcome: Result<Option<F::Output>, Panicked>,
}

unsafe extern "C" fn run<F: Future>(turn: *mut c_void) -> *mut c_void {
    // SAFETY: `wait` passes its own live `Turn<F>`, and touches it only after this returns.
    let turn = unsafe { &mut *turn.cast::<Turn<'_, F>>() };
    turn.outcome = caught(|| turn.process.runtime.block_on(done_or_woken(turn.work.as_mut(), turn.ring, turn.look)));
    null_mut()
}

async fn done_or_woken<F: Future>(mut work: Pin<&mut F>, ring: &Ring<'_>, look: Option<Duration>) -> Option<F::Output> {
    let mut rung = pin!(woken(ring, look));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => rung.as_mut().poll(context).map(|()| None),
    })
    .await
}

async fn woken(ring: &Ring<'_>, look: Option<Duration>) {
    match look {
        Some(look) => drop(timeout(look, ring.heard()).await),
        None => ring.heard().await,
    }
}

unsafe extern "C" fn wake(ring: *mut c_void) {
    // SAFETY: `wait` passes its own `Ring`, which outlives the registration of this function.
    unsafe { &*ring.cast::<Ring>() }.ring();
}

/// Whether a fiber scheduler is in effect: then the calling fiber has to be parked with it.
pub(crate) fn scheduled() -> bool {
    // SAFETY: called with the GVL held, on a Ruby thread. It only looks, and raises nothing.
    let scheduler: rb_sys::VALUE = unsafe { rb_sys::rb_fiber_scheduler_current() };
    let none: rb_sys::VALUE = rb_sys::Qnil.into();
    scheduler != none
}

/// A file descriptor that holds a number, and is readable when that is not 0. The standard library has
/// none that takes one descriptor and not two.
#[cfg(target_os = "linux")]
pub(crate) fn eventfd() -> io::Result<OwnedFd> {
    // SAFETY: it takes two numbers.
    let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn on_main_thread() -> bool {
    // SAFETY: called with the GVL held, on a Ruby thread. Both only read.
    unsafe { rb_sys::rb_thread_main() == rb_sys::rb_thread_current() }
}

fn alone() -> bool {
    // SAFETY: called with the GVL held, and only reads.
    unsafe { rb_sys::rb_thread_alone() != 0 }
}

/// Lets Ruby raise what is pending, or run a trap.
fn check_interrupts(look: bool) -> Result<(), magnus::Error> {
    protect(|| {
        // SAFETY: the GVL is held, and `protect` catches whatever these raise.
        unsafe {
            rb_sys::rb_thread_check_ints();
            if look {
                // Of a signal that nobody has told it of, a thread learns when it sleeps.
                rb_sys::rb_thread_wait_for(rb_sys::timeval { tv_sec: 0, tv_usec: 1 });
            }
        }
        rb_sys::Qnil.into()
    })
    .map(drop)
}
