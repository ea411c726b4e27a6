//! Texts as people and machines send them: what stands at their ends, and what nobody sees (ruling 10).

use std::borrow::Cow;

/// Joins pictures into one.
const JOINER: char = '\u{200d}';
/// Tags after it name a region: the flags of England, Scotland and Wales.
const BLACK_FLAG: char = '\u{1f3f4}';

/// The text without spaces of every kind, line ends and invisible characters at its ends.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// A name as it may be shown: without control, bidirectional and invisible characters, which turn around or hide what
/// stands beside them. Joiners and variation selectors inside emoji stay.
pub fn clean_name(text: &str) -> Cow<'_, str> {
    let text = trimmed(text);
    if !text.contains(may_be_unwanted) {
        return Cow::Borrowed(text);
    }
    let seen: Vec<char> = text
        .chars()
        .filter(|c| *c == JOINER || c.is_whitespace() || !(c.is_control() || is_invisible(*c)))
        .collect();
    let mut name = String::with_capacity(text.len());
    for (place, &character) in seen.iter().enumerate() {
        let before = name.chars().next_back();
        let is_next_a_picture = seen.get(place + 1).is_some_and(|next| is_picture(*next));
        let stays = match character {
            JOINER => is_next_a_picture && before.is_some_and(|c| is_picture(c) || is_variation(c)),
            _ if is_variation(character) => before.is_some_and(|c| c != ' ' && !is_variation(c)),
            _ if is_tag(character) => before.is_some_and(|c| c == BLACK_FLAG || is_tag(c)),
            _ if character.is_whitespace() => {
                if before.is_some_and(|c| c != ' ') {
                    name.push(' ');
                }
                false
            }
            _ => true,
        };
        if stays {
            name.push(character);
        }
    }
    name.truncate(name.trim_end().len());
    Cow::Owned(name)
}

/// The ASCII digit of a digit that phones and scanners write: full-width and Arabic-Indic ones too.
pub(super) fn plain_digit(character: char) -> Option<char> {
    let zero = match character {
        '0'..='9' => return Some(character),
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        '\u{ff10}'..='\u{ff19}' => 0xff10,
        _ => return None,
    };
    char::from_digit(u32::from(character) - zero, 10)
}

/// A space, a line end, or nothing that anybody sees. U+0000 is refused by whoever reads fields, not overlooked.
pub fn is_blank(character: char) -> bool {
    character.is_whitespace() || (character.is_control() && character != '\0') || is_invisible(character)
}

/// Takes no place on a screen, or turns around what does.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'
    )
}

/// Chooses between the forms of the character before it, as of a heart.
fn is_variation(character: char) -> bool {
    matches!(character, '\u{180b}'..='\u{180d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn is_tag(character: char) -> bool {
    matches!(character, '\u{e0020}'..='\u{e007f}')
}

/// What joiners join: emoji and the signs among them, skin tones included.
fn is_picture(character: char) -> bool {
    matches!(
        character,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
            | '\u{2190}'..='\u{21ff}'
            | '\u{2300}'..='\u{23ff}'
            | '\u{25a0}'..='\u{27bf}'
            | '\u{2934}' | '\u{2935}'
            | '\u{2b00}'..='\u{2bff}'
            | '\u{1f000}'..='\u{1faff}'
    )
}

/// Most names have nothing of this kind and stay as they are.
fn may_be_unwanted(character: char) -> bool {
    character.is_control()
        || is_invisible(character)
        || is_variation(character)
        || is_tag(character)
        || (character.is_whitespace() && character != ' ')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ruling_10_blanks_of_every_kind_are_trimmed() {
        for text in [
            "X",
            " X",
            "X ",
            "X\n",
            "\r\nX\t",
            "\u{a0}X\u{202f}",
            "\u{3000}X\u{2009}",
            "\u{feff}X\u{200b}",
            "\u{200e}X\u{200f}\u{2028}",
            "\u{2800}X\u{85}",
        ] {
            assert_eq!(trimmed(text), "X", "{text:?}");
        }
        assert_eq!(trimmed("A\u{a0}1"), "A\u{a0}1", "what is inside stays");
        assert_eq!(trimmed(" \u{200b}\n"), "");
        assert_eq!(trimmed("\0"), "\0", "not overlooked");
    }

    #[test]
    fn names_are_shown_as_they_are_read() {
        for (name, shown) in [
            ("Парвиз Солиев", "Парвиз Солиев"),
            ("\u{202e}веилоС", "веилоС"),
            ("Со\u{200b}ли\u{ad}ев\u{0}\u{7}", "Солиев"),
            ("Парвиз\r\nСолиев\u{a0}", "Парвиз Солиев"),
            ("👩\u{200d}👧", "👩\u{200d}👧"),
            ("👩🏽\u{200d}⚕\u{fe0f}", "👩🏽\u{200d}⚕\u{fe0f}"),
            ("🏳\u{fe0f}\u{200d}🌈", "🏳\u{fe0f}\u{200d}🌈"),
            (
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
                "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            ),
            ("А\u{200d}нна\u{200d}", "Анна"),
            ("А\u{e0041}нна", "Анна"),
            ("\u{fe0f}", ""),
            ("\u{2066}\u{2069} ", ""),
        ] {
            assert_eq!(clean_name(name), shown, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(
            parts in proptest::collection::vec(proptest::sample::select(vec![
                "а", " ", "\n", "\u{a0}", "\u{200d}", "👩", "🏽", "\u{fe0f}", "\u{202e}", "\u{200b}", "🏴", "\u{e0067}", "\0",
            ]), 0..12),
            any in ".{0,20}",
        ) {
            for text in [parts.concat(), any] {
                let once = clean_name(&text).into_owned();
                prop_assert_eq!(clean_name(&once), once.as_str());
                prop_assert_eq!(trimmed(&once), once.as_str());
                let unwanted = ['\u{202e}', '\u{200b}', '\0', '\n'];
                prop_assert!(!once.contains(unwanted));
            }
        }
    }
}
