//! A key that follows what is asked: the same words are the same request, after a reload too; other words are another.

/// 128 bits of FNV-1a over the words: nobody chooses them to collide, and a collision would be refused, not done.
pub fn bits_of(words: &str) -> [u8; 16] {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in words.bytes() {
        hash = (hash ^ u128::from(byte)).wrapping_mul(PRIME);
    }
    hash.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_follows_what_is_typed() {
        assert_eq!(bits_of("Зарина"), bits_of("Зарина"));
        assert_ne!(bits_of("Зарина"), bits_of("Марина"), "as long, and another name");
        assert_ne!(bits_of("1\n2"), bits_of("12\n"));
        // From the algorithm's authors.
        assert_eq!(
            u128::from_be_bytes(bits_of("a")),
            0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964
        );
    }
}
