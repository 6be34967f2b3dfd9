//! Unpacks gzip, whatever `Content-Encoding` calls it: `gzip`, `GZIP`, `x-gzip`, twice, or not at all. Its first byte
//! is a control character, with which no JSON begins, so that the bytes themselves say best what they are.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

const GZIP: u8 = 0x1f;
/// A gateway may compress what its provider has compressed. Three layers do not occur.
const MAX_LAYERS: u8 = 2;

/// Unpacks what is written to it, and writes that to `W`.
pub(crate) enum Unpacking<W: Write> {
    /// Nothing has come yet. So many layers of compression may follow.
    Begun(W, u8),
    Plain(W),
    Packed(Box<MultiGzDecoder<Self>>),
    /// During a change of state.
    Turning,
}

impl<W: Write> Unpacking<W> {
    pub(crate) fn into(writer: W) -> Self {
        Self::Begun(writer, MAX_LAYERS)
    }

    /// The end of the input.
    ///
    /// # Errors
    /// The input broke off, or its checksum is wrong.
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
