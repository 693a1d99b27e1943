//! Doc comments: texts from elsewhere made harmless for rustdoc, and everything wrapped.

use crate::plan::{Block, Docs};
use crate::print::is_bidirectional;

/// Columns of a line, without `/// ` and the indentation.
const WIDTH: usize = 90;

/// The lines of a text, without `///`.
pub(crate) fn lines(docs: &Docs) -> Vec<String> {
    let mut lines = Vec::new();
    let mut in_list = false;
    for block in docs {
        let (words, indent) = match block {
            Block::Own(text) => (text.clone(), ""),
            Block::Foreign(text) => (sanitise(text), ""),
            Block::Item(own, foreign) => {
                let foreign = foreign.as_deref().map(sanitise).unwrap_or_default();
                (format!("{own} {}", foreign.replace("\n\n", " ")), "  ")
            }
            Block::Code(code) => {
                lines.extend([String::new(), "```no_run".to_owned()]);
                lines.extend(code.iter().cloned());
                lines.push("```".to_owned());
                continue;
            }
        };
        let is_item = !indent.is_empty();
        for paragraph in words.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            let continues = in_list && is_item;
            if !lines.is_empty() && !continues {
                lines.push(String::new());
            }
            let start = lines.len();
            wrap(paragraph, indent, &mut lines);
            if let Some(first) = lines.get_mut(start).filter(|_| is_item) {
                first.replace_range(..indent.len(), "- ");
            }
            in_list = is_item;
        }
    }
    lines
}

/// Fills lines with words.
fn wrap(paragraph: &str, indent: &str, lines: &mut Vec<String>) {
    let mut line = indent.to_owned();
    for word in paragraph.split_whitespace() {
        let is_first = line.len() == indent.len();
        let fits = line.chars().count() + word.chars().count() < WIDTH;
        // A word that would begin a list or heading stays on its line, however long that gets.
        if !is_first && !fits && !begins_block(word) {
            lines.push(std::mem::replace(&mut line, indent.to_owned()));
            line.push_str(word);
        } else {
            if !is_first {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.push(line);
}

/// Whether markdown takes a line that begins with this word for something else than text.
fn begins_block(word: &str) -> bool {
    let numbered = word.trim_end_matches(['.', ')']);
    let is_number = numbered.len() < word.len() && numbered.chars().all(|c| c.is_ascii_digit());
    word.starts_with(['-', '+', '*', '#', '>', '=', '|', '~', ':']) || is_number
}

/// A text as markdown that says just that, in paragraphs. Code between backticks stays code.
fn sanitise(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        let words: Vec<&str> = paragraph.split_whitespace().collect();
        let escaped = escape(&words.join(" "));
        match escaped.split(' ').next() {
            Some(first) if begins_block(first) => format!("\\{escaped}"),
            _ => escaped,
        }
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

/// Escapes everything outside of backticks.
fn escape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        escape_words(before, &mut out);
        match after.split_once('`') {
            Some((code, after)) if !code.is_empty() => {
                out.push('`');
                out.push_str(code);
                out.push('`');
                rest = after;
            }
            _ => {
                out.push_str("\\`");
                rest = after;
            }
        }
    }
    escape_words(rest, &mut out);
    out
}

fn escape_words(text: &str, out: &mut String) {
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let is_url = word.starts_with("http://") || word.starts_with("https://");
        let url = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
        if is_url && !url.contains(['<', '>', '\\', '{', '}']) {
            out.push_str(&format!("<{url}>{}", &word[url.len()..]));
            continue;
        }
        for letter in word.chars() {
            if is_bidirectional(letter) || letter.is_control() {
                continue;
            }
            if matches!(letter, '[' | ']' | '<' | '>' | '*' | '_' | '\\' | '&' | '~' | '$' | '|') {
                out.push('\\');
            }
            out.push(letter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(text: &str) -> Vec<String> {
        lines(&vec![Block::Foreign(text.to_owned())])
    }

    #[test]
    fn texts_from_elsewhere_are_only_text() {
        assert_eq!(foreign("a [b](c) <d> *e*"), ["a \\[b\\](c) \\<d\\> \\*e\\*"]);
        assert_eq!(foreign("see https://a.example/x_y."), ["see <https://a.example/x_y>."]);
        assert_eq!(foreign("`a[0]` and ` alone"), ["`a[0]` and \\` alone"]);
        assert_eq!(foreign("    indented"), ["indented"]);
        assert_eq!(foreign("# not a heading"), ["\\# not a heading"]);
        assert_eq!(foreign("one\ntwo\n\nthree"), ["one two", "", "three"]);
    }

    #[test]
    fn wrapping_makes_no_lists() {
        let text = format!("{} - {} 1. {}", "a".repeat(88), "b".repeat(88), "c".repeat(88));
        let lines = foreign(&text);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| !line.starts_with(['-', '1'])), "{lines:?}");
    }

    #[test]
    fn items_are_indented() {
        let docs = vec![
            Block::Own("Head.".to_owned()),
            Block::Item("`a`:".to_owned(), Some("x ".repeat(60))),
        ];
        let lines = lines(&docs);
        assert_eq!(&lines[..2], ["Head.", ""]);
        assert!(lines[2].starts_with("- `a`: x") && lines[3].starts_with("  x"), "{lines:?}");
    }
}
