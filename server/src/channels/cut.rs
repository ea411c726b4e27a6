//! Long texts.

use std::borrow::Cow;

/// The text, or as much of its beginning as fits into `most` with «…» behind it. `size` is what a character takes.
pub(super) fn cut(text: &str, most: usize, size: impl Fn(char) -> usize) -> Cow<'_, str> {
    if text.chars().map(&size).sum::<usize>() <= most {
        return Cow::Borrowed(text);
    }
    let Some(mut room) = most.checked_sub(size('…')) else {
        return Cow::Borrowed("");
    };
    let mut kept = String::new();
    for letter in text.chars() {
        match room.checked_sub(size(letter)) {
            Some(left) => room = left,
            None => break,
        }
        kept.push(letter);
    }
    // A word's end looks better than a space before the dots.
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_texts_are_cut() {
        assert_eq!(cut("бонусы", 6, |_| 1), "бонусы");
        assert_eq!(cut("бонусы", 5, |_| 1), "бону…");
        assert_eq!(cut("ваши бонусы", 6, |_| 1), "ваши…");
        assert_eq!(cut("бонусы", 8, char::len_utf8), "бо…");
        assert_eq!(cut("😀😀😀", 5, char::len_utf16), "😀😀…");
        assert_eq!(cut("бонусы", 0, |_| 1), "");
    }
}
