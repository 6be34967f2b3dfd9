//! What a fiber scheduler can wait for: a file descriptor that becomes readable, once and for good.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, RawFd};

/// On Linux a single descriptor, for each fiber that waits needs one.
pub(crate) struct Signal {
    given: File,
    #[cfg(not(target_os = "linux"))]
    watched: std::os::unix::net::UnixStream,
}

impl Signal {
    /// # Errors
    /// Where the process may open no more files.
    #[cfg(target_os = "linux")]
    pub(crate) fn new() -> io::Result<Self> {
        crate::runtime::gvl::eventfd().map(|fd| Self { given: File::from(fd) })
    }

    /// # Errors
    /// Where the process may open no more files.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn new() -> io::Result<Self> {
        let (given, watched) = std::os::unix::net::UnixStream::pair()?;
        Ok(Self { given: File::from(std::os::fd::OwnedFd::from(given)), watched })
    }

    /// Cannot block: it is given once.
    pub(crate) fn give(&self) {
        let _given = (&self.given).write(&1_u64.to_ne_bytes());
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn fd(&self) -> RawFd {
        self.given.as_raw_fd()
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn fd(&self) -> RawFd {
        self.watched.as_raw_fd()
    }
}
