//! Vectors as base64: 32-bit floats, the lowest byte first.

/// Adds the floats to `numbers`. `None`: it is no base64, no whole number of floats, or not all are finite.
pub(super) fn floats(text: &str, numbers: &mut Vec<f64>) -> Option<()> {
    let text = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for group in text.chunks(4) {
        let bits = group.iter().try_fold(0_u32, |bits, letter| Some(bits << 6 | value(*letter)?))?;
        let [_, first, second, third] = (bits << (6 * (4 - group.len()))).to_be_bytes();
        bytes.extend([first, second, third].iter().take(group.len() - 1));
    }
    if bytes.len() % 4 != 0 {
        return None;
    }
    for float in bytes.chunks_exact(4) {
        let float = f32::from_le_bytes(float.try_into().ok()?);
        numbers.push(Some(f64::from(float)).filter(|float| float.is_finite())?);
    }
    Some(())
}

fn value(letter: u8) -> Option<u32> {
    Some(u32::from(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}
