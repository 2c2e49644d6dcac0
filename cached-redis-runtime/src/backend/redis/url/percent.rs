//! `%XX` in users, passwords and names.

/// `what` names the part, for the message.
pub(super) fn decode(text: &str, what: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let (decoded, after) = match (byte, after) {
            (b'%', [high, low, after @ ..]) => {
                let byte = digit(*high).zip(digit(*low));
                (byte.map(|(high, low)| high << 4 | low), after)
            }
            (b'%', _) => (None, after),
            _ => (Some(byte), after),
        };
        let wrong =
            || format!("the {what} has a `%` that encodes nothing; `%` itself is written `%25`");
        bytes.push(decoded.ok_or_else(wrong)?);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| format!("the {what} is not UTF-8 once it is decoded"))
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}
