//! Whether a gateway reports a timeout behind it. Then the model may have answered, and may be billed.

/// 524 and 598 are Cloudflare's and other proxies'.
const STATUSES: [u16; 4] = [408, 504, 524, 598];
/// Without anything but letters and digits.
const WORDS: [&str; 4] = ["timeout", "timedout", "deadlineexceeded", "tooktoolong"];
/// Of a page, in bytes.
const MAX_SCANNED_BYTES: usize = 64 * 1024;

/// Whether the status alone says so.
pub(crate) fn says(status: u16) -> bool {
    STATUSES.contains(&status)
}

/// Whether the words of an error say so. In a 4xx they are about the request.
pub(crate) fn named(status: u16, words: &str) -> bool {
    if (400..500).contains(&status) {
        return false;
    }
    let letters =
        words.bytes().take(MAX_SCANNED_BYTES).filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
    let letters: Vec<u8> = letters.collect();
    WORDS.iter().any(|word| memchr::memmem::find(&letters, word.as_bytes()).is_some())
}

#[cfg(test)]
mod tests;
