//! A file descriptor that becomes readable once, and stays readable: what every fiber scheduler can wait for.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, RawFd};

/// On Linux a single descriptor, since each parked fiber needs one.
pub(crate) struct ReadyFd {
    write_end: File,
    #[cfg(not(target_os = "linux"))]
    read_end: std::os::unix::net::UnixStream,
}

impl ReadyFd {
    /// # Errors
    /// The process may open no more files.
    #[cfg(target_os = "linux")]
    pub(crate) fn new() -> io::Result<Self> {
        crate::runtime::gvl::eventfd().map(|fd| Self { write_end: File::from(fd) })
    }

    /// # Errors
    /// The process may open no more files.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn new() -> io::Result<Self> {
        let (write_end, read_end) = std::os::unix::net::UnixStream::pair()?;
        Ok(Self { write_end: File::from(std::os::fd::OwnedFd::from(write_end)), read_end })
    }

    /// Makes it readable. Called once, so that it cannot block.
    pub(crate) fn set_ready(&self) {
        let _written = (&self.write_end).write(&1_u64.to_ne_bytes());
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn fd(&self) -> RawFd {
        self.write_end.as_raw_fd()
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn fd(&self) -> RawFd {
        self.read_end.as_raw_fd()
    }
}
