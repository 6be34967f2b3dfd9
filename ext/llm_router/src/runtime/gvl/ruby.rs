//! Small calls into Ruby and the kernel that magnus and the standard library lack.

#[cfg(target_os = "linux")]
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::{FromRawFd, OwnedFd};

use magnus::rb_sys::protect;

/// Whether a fiber scheduler is in effect, which then has to park the calling fiber.
pub(crate) fn scheduled() -> bool {
    // SAFETY: called with the GVL held, on a Ruby thread. It only reads, and raises nothing.
    let scheduler: rb_sys::VALUE = unsafe { rb_sys::rb_fiber_scheduler_current() };
    let none: rb_sys::VALUE = rb_sys::Qnil.into();
    scheduler != none
}

/// A file descriptor that is readable once a number other than 0 was written to it. The standard library has only pairs.
#[cfg(target_os = "linux")]
pub(crate) fn eventfd() -> io::Result<OwnedFd> {
    // SAFETY: it takes two integers and touches no memory.
    let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is new, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

pub(super) fn is_main_thread() -> bool {
    // SAFETY: called with the GVL held, on a Ruby thread. Both only read.
    unsafe { rb_sys::rb_thread_main() == rb_sys::rb_thread_current() }
}

pub(super) fn is_only_thread() -> bool {
    // SAFETY: called with the GVL held, and only reads.
    unsafe { rb_sys::rb_thread_alone() != 0 }
}

/// Lets Ruby raise what is pending, or run a trap. With `sleep`, also a signal that no other thread has passed on.
pub(super) fn check_interrupts(sleep: bool) -> Result<(), magnus::Error> {
    protect(|| {
        // SAFETY: the GVL is held, and `protect` catches whatever these raise.
        unsafe {
            rb_sys::rb_thread_check_ints();
            if sleep {
                // A thread that sleeps checks for signals itself.
                rb_sys::rb_thread_wait_for(rb_sys::timeval { tv_sec: 0, tv_usec: 1 });
            }
        }
        rb_sys::Qnil.into()
    })
    .map(drop)
}
