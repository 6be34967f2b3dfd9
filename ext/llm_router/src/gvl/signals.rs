//! Putting signals aside. Ruby runs traps on the main thread, and raises there for Ctrl-C, whatever is
//! masked; so what it listens to must not come to its ears. That is done below Ruby, in the operating
//! system's table of handlers: Ruby's own `trap`, there and back for each, costs a quarter of an attempt.

use std::mem::{transmute, MaybeUninit};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};

use libc::{c_int, c_void, sigaction, siginfo_t};
use magnus::{function, Error, Object, RModule};

use super::check_interrupts;

/// What Ruby itself listens to.
const SIGNALS: [c_int; 7] =
    [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGALRM, libc::SIGUSR1, libc::SIGUSR2];

/// What a handler may look at, at any moment and on any thread.
struct Slot {
    came: AtomicBool,
    /// What handled the signal before, and how that wants to be called.
    handler: AtomicUsize,
    flags: AtomicI32,
}

static SLOTS: [Slot; SIGNALS.len()] =
    [const { Slot { came: AtomicBool::new(false), handler: AtomicUsize::new(0), flags: AtomicI32::new(0) } };
        SIGNALS.len()];
/// The process that puts them aside now, or 0. One that was forked meanwhile does not.
static HOLDER: AtomicU32 = AtomicU32::new(0);

type Handler = extern "C" fn(c_int);
type Informed = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

/// `LlmRouter::Native.hold_signals` and `release_signals`, for `LlmRouter::Uninterrupted`, on the main thread.
pub(crate) fn define(native: RModule) -> Result<(), Error> {
    native.define_singleton_method("hold_signals", function!(hold, 0))?;
    native.define_singleton_method("release_signals", function!(release, 0))
}

/// From now on they are noted, and nothing else. False where they are already.
///
/// # Errors
/// What Ruby has been told of before, and does now. Then they are not held.
fn hold() -> Result<bool, Error> {
    let this = std::process::id();
    if HOLDER.load(Ordering::SeqCst) == this {
        return Ok(false);
    }
    SLOTS.iter().for_each(|slot| slot.came.store(false, Ordering::SeqCst));
    HOLDER.store(this, Ordering::SeqCst);
    for (signal, slot) in SIGNALS.into_iter().zip(&SLOTS) {
        // Once it is in place it stays there, and passes on what comes in between: to look is half of what it costs to
        // put it there and to take it away each time. Only where somebody has set another it is put there again.
        match current(signal) {
            Some(handler) if handler.sa_sigaction == libc::SIG_IGN || is_note(&handler) => {}
            Some(handler) => {
                slot.handler.store(handler.sa_sigaction, Ordering::SeqCst);
                slot.flags.store(handler.sa_flags, Ordering::SeqCst);
                set(signal, &noting(&handler));
            }
            None => {}
        }
    }
    match check_interrupts(false) {
        Ok(()) => Ok(true),
        Err(interrupt) => release().and(Err(interrupt)),
    }
}

/// Passes on what came.
///
/// # Errors
/// What Ruby makes of that.
fn release() -> Result<(), Error> {
    let ours = HOLDER.swap(0, Ordering::SeqCst) == std::process::id();
    let mut came = false;
    for (signal, slot) in SIGNALS.into_iter().zip(&SLOTS) {
        if slot.came.swap(false, Ordering::SeqCst) && ours {
            came = true;
            // SAFETY: it takes a number. What handles it now is what the program has set.
            unsafe { libc::raise(signal) };
        }
    }
    if came {
        check_interrupts(false)
    } else {
        Ok(())
    }
}

/// What handles a signal. `None` where the operating system does not say.
fn current(signal: c_int) -> Option<sigaction> {
    let mut action = MaybeUninit::uninit();
    // SAFETY: it points to what outlives the call, and nothing is set.
    let told = unsafe { libc::sigaction(signal, null(), action.as_mut_ptr()) };
    // SAFETY: where it returns 0, it has filled this in.
    (told == 0).then(|| unsafe { action.assume_init() })
}

fn set(signal: c_int, action: &sigaction) {
    // SAFETY: it points to what outlives the call. What is set is `note`, which is safe in a handler.
    unsafe { libc::sigaction(signal, action, null_mut()) };
}

/// In place of `before`, on whose stack it may have to run.
fn noting(before: &sigaction) -> sigaction {
    // SAFETY: it is made of numbers, for which 0 will do: no signal more is blocked meanwhile.
    let mut action: sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = note as Informed as usize;
    action.sa_flags = libc::SA_SIGINFO | before.sa_flags & (libc::SA_ONSTACK | libc::SA_RESTART);
    action.sa_mask = before.sa_mask;
    action
}

fn is_note(action: &sigaction) -> bool {
    action.sa_sigaction == note as Informed as usize
}

/// The handler. It does what is allowed in one: looks at atomics, and stores in one.
extern "C" fn note(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let Some((_, slot)) = SIGNALS.into_iter().zip(&SLOTS).find(|(known, _)| *known == signal) else { return };
    let holder = HOLDER.load(Ordering::SeqCst);
    if holder != 0 && holder == std::process::id() {
        slot.came.store(true, Ordering::SeqCst);
    } else {
        pass_on(signal, slot, info, context);
    }
}

/// While nothing is booked, or in a process that was forked meanwhile.
fn pass_on(signal: c_int, slot: &Slot, info: *mut siginfo_t, context: *mut c_void) {
    match slot.handler.load(Ordering::SeqCst) {
        libc::SIG_DFL => {
            // SAFETY: both may be called in a handler. Nothing else of this program is set for this signal.
            unsafe {
                libc::signal(signal, libc::SIG_DFL);
                libc::raise(signal);
            }
        }
        handler if slot.flags.load(Ordering::SeqCst) & libc::SA_SIGINFO != 0 => {
            // SAFETY: the operating system had it as a handler with these arguments.
            let handler = unsafe { transmute::<usize, Informed>(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: the operating system had it as a handler of a number.
            let handler = unsafe { transmute::<usize, Handler>(handler) };
            handler(signal);
        }
    }
}
