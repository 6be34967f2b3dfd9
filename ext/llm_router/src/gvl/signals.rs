//! Putting signals aside. Ruby runs traps on the main thread, and raises there for Ctrl-C, whatever is
//! masked; so what it listens to must not come to its ears. That is done below Ruby, in the operating
//! system's table of handlers: Ruby's own `trap`, there and back for each, costs a quarter of an attempt.

use std::mem::{transmute, MaybeUninit};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

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
/// The process that waits for them. One that was forked meanwhile does not.
static OWNER: AtomicU32 = AtomicU32::new(0);
/// What is to be put back. Locked for moments only, and with the GVL held.
static BEFORE: Mutex<[Option<sigaction>; SIGNALS.len()]> = Mutex::new([None; SIGNALS.len()]);

type Handler = extern "C" fn(c_int);
type Informed = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

/// `LlmRouter::Native.hold_signals` and `release_signals`, for `LlmRouter::Uninterrupted`, on the main thread.
pub(crate) fn define(native: RModule) -> Result<(), Error> {
    native.define_singleton_method("hold_signals", function!(hold, 0))?;
    native.define_singleton_method("release_signals", function!(release, 0))
}

/// From now on they are noted, and nothing else.
///
/// # Errors
/// What Ruby has been told of before, and does now.
fn hold() -> Result<(), Error> {
    OWNER.store(std::process::id(), Ordering::SeqCst);
    let mut all = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    for ((signal, slot), before) in SIGNALS.into_iter().zip(&SLOTS).zip(all.iter_mut()) {
        slot.came.store(false, Ordering::SeqCst);
        match swap(signal, &noting()) {
            Some(ignored) if ignored.sa_sigaction == libc::SIG_IGN => drop(swap(signal, &ignored)),
            // In a child that was forked while they were held: what is to be put back is known.
            Some(held) if is_note(&held) => {}
            Some(current) => {
                slot.handler.store(current.sa_sigaction, Ordering::SeqCst);
                slot.flags.store(current.sa_flags, Ordering::SeqCst);
                *before = Some(current);
            }
            None => {}
        }
    }
    drop(all);
    check_interrupts(false)
}

/// Puts back what was there, and passes on what came.
///
/// # Errors
/// What Ruby makes of that.
fn release() -> Result<(), Error> {
    let mut all = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    for (signal, before) in SIGNALS.into_iter().zip(all.iter_mut()) {
        let Some(before) = before.take() else { continue };
        // Somebody has set another meanwhile: that one stays.
        if let Some(other) = swap(signal, &before).filter(|current| !is_note(current)) {
            swap(signal, &other);
        }
    }
    drop(all);
    let came = SIGNALS.into_iter().zip(&SLOTS).filter(|(_, slot)| slot.came.swap(false, Ordering::SeqCst));
    let came: Vec<c_int> = came.map(|(signal, _)| signal).collect();
    if came.is_empty() || OWNER.load(Ordering::SeqCst) != std::process::id() {
        return Ok(());
    }
    for signal in came {
        // SAFETY: it takes a number. The handler is Ruby's own again, or what the program has set.
        unsafe { libc::raise(signal) };
    }
    check_interrupts(false)
}

/// Sets what handles a signal, and returns what did. `None` where the operating system will not.
fn swap(signal: c_int, action: &sigaction) -> Option<sigaction> {
    let mut before = MaybeUninit::uninit();
    // SAFETY: both point to what outlives the call. What is set is `note`, which is safe in a handler, or
    // was set before.
    let done = unsafe { libc::sigaction(signal, action, before.as_mut_ptr()) };
    // SAFETY: where it returns 0, it has filled this in.
    (done == 0).then(|| unsafe { before.assume_init() })
}

fn noting() -> sigaction {
    // SAFETY: it is made of numbers, for which 0 will do: no signal more is blocked meanwhile.
    let mut action: sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = note as Informed as usize;
    action.sa_flags = libc::SA_SIGINFO;
    action
}

fn is_note(action: &sigaction) -> bool {
    action.sa_sigaction == note as Informed as usize
}

/// The handler. It does what is allowed in one: looks at atomics, and stores in one.
extern "C" fn note(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let Some((_, slot)) = SIGNALS.into_iter().zip(&SLOTS).find(|(known, _)| *known == signal) else { return };
    if OWNER.load(Ordering::SeqCst) == std::process::id() {
        slot.came.store(true, Ordering::SeqCst);
    } else {
        pass_on(signal, slot, info, context);
    }
}

/// In a process that was forked meanwhile.
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
