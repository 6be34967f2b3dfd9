//! Wakes a waiting thread from a signal handler, which may neither take a lock nor allocate memory.
//!
//! The handler writes a byte into a socket pair. A task of the runtime, which the waiting threads drive, reads it and
//! notifies all of them; each then checks its own flag.

use std::io::{self, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// One for each process.
pub(crate) struct WakePipe {
    write_end: UnixStream,
    read_fd: RawFd,
    woken: Arc<Notify>,
}

/// One for each wait.
pub(crate) struct WakeFlag<'p> {
    pipe: &'p WakePipe,
    set: AtomicBool,
}

impl WakePipe {
    /// # Errors
    /// The operating system refuses a socket pair.
    pub(crate) fn new(runtime: &Runtime) -> io::Result<Self> {
        let (write_end, read_end) = UnixStream::pair()?;
        write_end.set_nonblocking(true)?;
        read_end.set_nonblocking(true)?;
        let woken = Arc::new(Notify::new());
        let notify = Arc::clone(&woken);
        let read_fd = read_end.as_raw_fd();
        let _context = runtime.enter();
        let read_end = tokio::net::UnixStream::from_std(read_end)?;
        runtime.spawn(async move {
            let mut bytes = [0; 64];
            while read_end.readable().await.is_ok() {
                match read_end.try_read(&mut bytes) {
                    Ok(0) => return,
                    Ok(_) => notify.notify_waiters(),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return,
                }
            }
        });
        Ok(Self { write_end, read_fd, woken })
    }

    /// The descriptors of the write end and of the read end.
    pub(crate) fn descriptors(&self) -> (RawFd, RawFd) {
        (self.write_end.as_raw_fd(), self.read_fd)
    }

    pub(crate) fn flag(&self) -> WakeFlag<'_> {
        WakeFlag { pipe: self, set: AtomicBool::new(false) }
    }
}

impl WakeFlag<'_> {
    /// Safe in a signal handler: a store and a `write`, which cannot block. If the pipe is full, a byte in it wakes
    /// this waiter too.
    pub(crate) fn set(&self) {
        self.set.store(true, Ordering::SeqCst);
        let _full = (&self.pipe.write_end).write(&[1]);
    }

    /// Waits until the flag is set, also if it was set before the wait, and clears it.
    pub(crate) async fn woken(&self) {
        loop {
            let woken = self.pipe.woken.notified();
            if self.set.swap(false, Ordering::SeqCst) {
                return;
            }
            woken.await;
        }
    }
}
