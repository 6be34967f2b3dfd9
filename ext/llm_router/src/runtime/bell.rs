//! Waking a waiter from a signal handler, where a lock must not be taken nor memory allocated.
//!
//! A byte goes into a socket pair, and a task of the runtime, which whoever waits is driving, tells
//! all who wait to look at their own flag.

use std::io::{self, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// One for each process.
pub(crate) struct Bell {
    rope: UnixStream,
    clapper: RawFd,
    rung: Arc<Notify>,
}

/// One for each wait.
pub(crate) struct Ring<'b> {
    bell: &'b Bell,
    meant: AtomicBool,
}

impl Bell {
    /// # Errors
    /// Where the operating system refuses a socket pair.
    pub(crate) fn hang(runtime: &Runtime) -> io::Result<Self> {
        let (rope, clapper) = UnixStream::pair()?;
        rope.set_nonblocking(true)?;
        clapper.set_nonblocking(true)?;
        let rung = Arc::new(Notify::new());
        let heard = Arc::clone(&rung);
        let number = clapper.as_raw_fd();
        let _context = runtime.enter();
        let clapper = tokio::net::UnixStream::from_std(clapper)?;
        runtime.spawn(async move {
            let mut bytes = [0; 64];
            while clapper.readable().await.is_ok() {
                match clapper.try_read(&mut bytes) {
                    Ok(0) => return,
                    Ok(_) => heard.notify_waiters(),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return,
                }
            }
        });
        Ok(Self { rope, clapper: number, rung })
    }

    /// The numbers of both ends: what is rung by, and what the runtime listens to.
    pub(crate) fn descriptors(&self) -> (RawFd, RawFd) {
        (self.rope.as_raw_fd(), self.clapper)
    }

    pub(crate) fn ring(&self) -> Ring<'_> {
        Ring { bell: self, meant: AtomicBool::new(false) }
    }
}

impl Ring<'_> {
    /// Safe in a signal handler: a store and a `write`, which cannot block. Should the pair be full,
    /// a byte that is on its way already does for this ring too.
    pub(crate) fn ring(&self) {
        self.meant.store(true, Ordering::SeqCst);
        let _full = (&self.bell.rope).write(&[1]);
    }

    /// Waits until this ring is meant. One that came before the wait is not lost.
    pub(crate) async fn heard(&self) {
        loop {
            let rung = self.bell.rung.notified();
            if self.meant.swap(false, Ordering::SeqCst) {
                return;
            }
            rung.await;
        }
    }
}
