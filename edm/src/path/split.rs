/// Splits the decoded path of a V3 URL at slashes outside of quotes.
pub(super) fn v3(path: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    path.split(move |c: char| {
        quoted ^= c == '\'';
        c == '/' && !quoted
    })
}

/// Splits the path of a V4 URL, not yet decoded, at slashes outside of quotes and parentheses.
pub(super) fn v4(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let text = rest?;
        let (mut quoted, mut depth) = (false, 0usize);
        for (at, c) in text.char_indices() {
            let c = match c {
                '%' => decoded(&text[at..]),
                c => c,
            };
            match c {
                '\'' => quoted = !quoted,
                '(' if !quoted => depth += 1,
                ')' if !quoted => depth = depth.saturating_sub(1),
                '/' if !quoted && depth == 0 && text[at..].starts_with('/') => {
                    rest = Some(&text[at + 1..]);
                    return Some(&text[..at]);
                }
                _ => {}
            }
        }
        rest = None;
        Some(text)
    })
}

/// The ASCII character at the start of a text, percent-encoded there.
fn decoded(text: &str) -> char {
    let code = text.get(1..3).and_then(|code| u8::from_str_radix(code, 16).ok());
    code.map_or('%', char::from)
}

/// What follows `base` in a path, in which slashes may be doubled and case does not matter.
pub fn strip_base<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    let mut rest = path;
    for name in base.split('/').filter(|name| !name.is_empty()) {
        rest = rest.trim_start_matches('/');
        let (head, tail) = (rest.get(..name.len())?, rest.get(name.len()..)?);
        if !head.eq_ignore_ascii_case(name) || !(tail.is_empty() || tail.starts_with('/')) {
            return None;
        }
        rest = tail;
    }
    Some(rest)
}
