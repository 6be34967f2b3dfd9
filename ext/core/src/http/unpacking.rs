//! Unpacks gzip, whatever `Content-Encoding` calls it: `gzip`, `GZIP`, `x-gzip`, twice, or not at all. Its first byte
//! is a control character, with which no JSON begins, so that the bytes themselves say best what they are.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

const GZIP: u8 = 0x1f;
/// A gateway may pack what its provider has packed. Nobody packs it three times.
const LAYERS: u8 = 2;

/// Passes on to `W` what is written to it, unpacked.
pub(crate) enum Unpacking<W: Write> {
    /// Nothing has come yet. It may be packed so many times.
    Begun(W, u8),
    Plain(W),
    Packed(Box<MultiGzDecoder<Self>>),
    /// While it turns from one into another.
    Turning,
}

impl<W: Write> Unpacking<W> {
    pub(crate) fn into(writer: W) -> Self {
        Self::Begun(writer, LAYERS)
    }

    /// There is no more: was that all of it?
    ///
    /// # Errors
    /// Where it broke off, or its checksum is wrong.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Packed(decoder) => {
                decoder.try_finish()?;
                decoder.get_mut().finish()
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, first: u8) {
        *self = match std::mem::replace(self, Self::Turning) {
            Self::Begun(writer, layers) if first == GZIP && layers > 0 => {
                Self::Packed(Box::new(MultiGzDecoder::new(Self::Begun(writer, layers - 1))))
            }
            Self::Begun(writer, _) => Self::Plain(writer),
            other => other,
        }
    }
}

impl<W: Write> Write for Unpacking<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let (Self::Begun(..), Some(first)) = (&*self, bytes.first()) {
            self.begin(*first);
        }
        match self {
            Self::Plain(writer) => writer.write(bytes),
            Self::Packed(decoder) => decoder.write(bytes),
            Self::Begun(..) | Self::Turning => Ok(0),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(writer) => writer.flush(),
            Self::Packed(decoder) => decoder.flush(),
            Self::Begun(..) | Self::Turning => Ok(()),
        }
    }
}
