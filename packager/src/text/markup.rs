//! Cue text of WebVTT (W3C WebVTT §6.4) as the contents of a TTML paragraph.

use quick_xml::escape::escape;

/// Deepest nesting of styles that is kept. Files have two or three levels.
const MAX_DEPTH: usize = 16;

/// The character references of cue text (§4.2.2) beside numeric ones.
const REFERENCES: [(&str, char); 6] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("nbsp", '\u{a0}'),
    ("lrm", '\u{200e}'),
    ("rlm", '\u{200f}'),
];
/// Longest reference that is looked at: `&#x10FFFF;` without its ends.
const MAX_REFERENCE: usize = 8;

/// Writes cue text as XML. Italic, bold and underlined text stays so; of other tags only what
/// they enclose is left, because TTML has no such thing or players do not know it.
pub(super) fn to_ttml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['<', '\n', '&']) {
        let (plain, special) = rest.split_at(at);
        push(&mut out, plain);
        rest = if let Some(behind) = special.strip_prefix('\n') {
            out.push_str("<br/>");
            behind
        } else if let Some(behind) = special.strip_prefix('<') {
            // A tag that is not closed goes on to the end.
            let (tag, behind) = behind.split_once('>').unwrap_or((behind, ""));
            apply(&mut out, &mut open, tag);
            behind
        } else {
            let (character, behind) = reference(special);
            push(&mut out, character.encode_utf8(&mut [0; 4]));
            behind
        };
    }
    push(&mut out, rest);
    open.iter().for_each(|_| out.push_str("</span>"));
    out
}

/// Adds text, without the characters that XML 1.0 cannot hold (§2.2).
fn push(out: &mut String, text: &str) {
    let allowed = |c: char| !matches!(c, '\0'..='\x08' | '\x0b'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    if text.chars().all(allowed) {
        out.push_str(&escape(text));
    } else {
        let text: String = text.chars().filter(|c| allowed(*c)).collect();
        out.push_str(&escape(text));
    }
}

/// Opens or closes a style; what is not one changes nothing.
fn apply<'a>(out: &mut String, open: &mut Vec<&'a str>, tag: &'a str) {
    if let Some(name) = tag.strip_prefix('/') {
        if open.last() == Some(&name.trim_end()) {
            open.pop();
            out.push_str("</span>");
        }
        return;
    }
    // Classes and an annotation may follow the name.
    let name = tag.split(['.', ' ', '\t', '\n']).next().unwrap_or_default();
    let style = match name {
        "i" => "fontStyle=\"italic\"",
        "b" => "fontWeight=\"bold\"",
        "u" => "textDecoration=\"underline\"",
        _ => return,
    };
    if open.len() < MAX_DEPTH {
        open.push(name);
        out.push_str("<span tts:");
        out.push_str(style);
        out.push('>');
    }
}

/// The character that a reference stands for, and what is behind it; the ampersand itself if it
/// begins none.
fn reference(text: &str) -> (char, &str) {
    let behind = text.strip_prefix('&').unwrap_or(text);
    let plain = ('&', behind);
    let Some((name, rest)) = behind.split_once(';').filter(|(name, _)| name.len() <= MAX_REFERENCE)
    else {
        return plain;
    };
    let numeric = |digits: &str| {
        let (digits, radix) = match digits.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16),
            None => (digits, 10),
        };
        let valid = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        valid.then(|| u32::from_str_radix(digits, radix).ok())?.and_then(char::from_u32)
    };
    let known = match name.strip_prefix('#') {
        Some(digits) => numeric(digits),
        None => {
            REFERENCES.iter().find(|(known, _)| *known == name).map(|(_, character)| *character)
        }
    };
    known.map_or(plain, |character| (character, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_lines_and_references_are_kept() {
        for (text, want) in [
            ("plain", "plain"),
            ("two\nlines", "two<br/>lines"),
            (
                "<i>one <b.loud>two</b></i> <u>three</u>",
                "<span tts:fontStyle=\"italic\">one <span tts:fontWeight=\"bold\">two</span></span> \
                 <span tts:textDecoration=\"underline\">three</span>",
            ),
            ("<v Fred Flintstone>Hi <c.red>you</c></v>", "Hi you"),
            ("a <00:01.000>b", "a b"),
            ("R&amp;D &lt;x&gt; &#65;&#x42;", "R&amp;D &lt;x&gt; AB"),
            ("a&nbsp;b&lrm;", "a\u{a0}b\u{200e}"),
        ] {
            assert_eq!(to_ttml(text), want, "{text}");
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        for (text, want) in [
            (
                "a & b &x; &#xD800; &#99999999999; &#+5;",
                "a &amp; b &amp;x; &amp;#xD800; &amp;#99999999999; &amp;#+5;",
            ),
            ("]]> \"quoted\" 'single'", "]]&gt; &quot;quoted&quot; &apos;single&apos;"),
            ("<script>alert(1)</script>", "alert(1)"),
            ("&lt;script>", "&lt;script&gt;"),
            ("</i></b>x<i>y</b>z", "x<span tts:fontStyle=\"italic\">yz</span>"),
            ("cut <i", "cut <span tts:fontStyle=\"italic\"></span>"),
            ("\u{1}a\u{ffff}&#1;&#0;b", "ab"),
        ] {
            assert_eq!(to_ttml(text), want, "{text}");
        }
        let deep = "<i>".repeat(100_000);
        assert_eq!(to_ttml(&deep).matches("</span>").count(), MAX_DEPTH);
    }
}
