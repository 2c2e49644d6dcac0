//! The escaping of text inside a key.

/// The bytes that stay as they are. All of them ASCII: a clean run is always whole characters.
const CLEAN: [bool; 256] = {
    let mut clean = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        clean[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'@' | b'+');
        byte += 1;
    }
    clean
};

const HEX: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
];

/// Appends `text`, with `%XX` for each byte that is not clean.
pub(super) fn push(out: &mut String, text: &str) {
    let bytes = text.as_bytes();
    let mut run = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        if CLEAN[usize::from(byte)] {
            continue;
        }
        // Inside a character of several bytes the run is empty, and slicing there would panic.
        if run < index {
            out.push_str(&text[run..index]);
        }
        out.push('%');
        out.push(HEX[usize::from(byte >> 4)]);
        out.push(HEX[usize::from(byte & 0x0F)]);
        run = index + 1;
    }
    if run < bytes.len() {
        out.push_str(&text[run..]);
    }
}

#[cfg(test)]
mod tests {
    use super::push;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        push(&mut out, text);
        out
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        let clean = "abcxyzABCXYZ0189-._@+";
        assert_eq!(escaped(clean), clean);
        assert_eq!(escaped(""), "");
    }

    #[test]
    fn every_other_ascii_byte_is_escaped_in_upper_case() {
        for byte in 0..128_u8 {
            let ch = char::from(byte);
            if !ch.is_ascii_alphanumeric() && !"-._@+".contains(ch) {
                assert_eq!(escaped(&ch.to_string()), format!("%{byte:02X}"));
            }
        }
    }

    #[test]
    fn characters_of_several_bytes_next_to_clean_runs() {
        assert_eq!(escaped("aé漢b😀"), "a%C3%A9%E6%BC%A2b%F0%9F%98%80");
        assert_eq!(escaped("é"), "%C3%A9");
        assert_eq!(escaped(":a:"), "%3Aa%3A");
    }
}
