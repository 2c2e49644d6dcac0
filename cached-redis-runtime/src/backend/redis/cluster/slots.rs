//! Which slot a key is in.

pub(super) const SLOTS: usize = 16_384;

/// CRC-16/XMODEM of the key, or of its hash tag: <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>.
pub(in crate::backend::redis) fn slot_of(key: &str) -> u16 {
    let crc = hashed(key.as_bytes()).iter().fold(0, |crc: u16, byte| {
        let [high, _] = crc.to_be_bytes();
        (crc << 8) ^ TABLE[usize::from(high ^ byte)]
    });
    crc % 16_384
}

/// What stands between the first `{` and the first `}` behind it, unless that is nothing.
fn hashed(key: &[u8]) -> &[u8] {
    let tag = memchr::memchr(b'{', key).and_then(|open| {
        let rest = &key[open + 1..];
        let close = memchr::memchr(b'}', rest)?;
        (close > 0).then(|| &rest[..close])
    });
    tag.unwrap_or(key)
}

/// What eight steps of the division do to each byte.
const TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "less than 256, and `try_from` is not const"
        )]
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    /// As `CLUSTER KEYSLOT` answers.
    #[test]
    fn slots_are_those_of_the_server() {
        for (key, slot) in [
            ("", 0),
            ("123456789", 0x31C3),
            ("foo", 12_182),
            ("bar", 5061),
            ("user:1", 10_778),
            ("user:{1}:name", 9842),
            ("1", 9842),
            ("Größe", 2599),
        ] {
            assert_eq!(slot_of(key), slot, "{key}");
        }
    }

    #[test]
    fn only_the_first_tag_that_is_not_empty_counts() {
        for (key, hashed) in [
            ("a{b}c", "b"),
            ("{b}{c}", "b"),
            ("{{b}}", "{b"),
            ("{}{b}", "{}{b}"),
            ("{b", "{b"),
            ("}{b}", "b"),
            ("b}{", "b}{"),
        ] {
            assert_eq!(super::hashed(key.as_bytes()), hashed.as_bytes(), "{key}");
        }
    }
}
