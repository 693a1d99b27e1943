//! Text in the manner of rustfmt, written directly: the largest documents make hundreds of
//! thousands of lines, and a formatter would take longer than everything else together.

use crate::emit::docs;
use crate::plan::Docs;

/// Columns of a line.
const WIDTH: usize = 100;
const INDENT: &str = "    ";

/// The text of a file, so far.
#[derive(Debug, Default)]
pub(crate) struct Text {
    out: String,
    depth: usize,
}

impl Text {
    /// The text as it is.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// A text with its lines.
    pub(crate) fn append(&mut self, text: &str) {
        self.blank();
        self.out.push_str(text);
    }

    /// An empty line, unless the text begins here or a block does.
    pub(crate) fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("{\n") && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A line.
    pub(crate) fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.indent();
            self.out.push_str(line);
        }
        self.out.push('\n');
    }

    /// A line, if there is one.
    pub(crate) fn maybe(&mut self, line: Option<&str>) {
        if let Some(line) = line {
            self.line(line);
        }
    }

    /// A line that opens a block.
    pub(crate) fn open(&mut self, line: &str) {
        self.line(line);
        self.depth += 1;
    }

    /// A line that closes a block.
    pub(crate) fn close(&mut self, line: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.line(line);
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.out.push_str(INDENT);
        }
    }

    /// A doc comment.
    pub(crate) fn docs(&mut self, docs: &Docs) {
        self.comment("///", docs);
    }

    /// The doc comment of the file.
    pub(crate) fn inner_docs(&mut self, docs: &Docs) {
        self.comment("//!", docs);
    }

    fn comment(&mut self, mark: &str, docs: &Docs) {
        for line in docs::lines(docs) {
            self.indent();
            self.out.push_str(mark);
            if !line.is_empty() {
                self.out.push(' ');
                self.out.push_str(&line);
            }
            self.out.push('\n');
        }
    }

    /// The attribute of something that is deprecated.
    pub(crate) fn deprecated(&mut self, reason: Option<&str>) {
        match reason.map(|reason| reason.split_whitespace().collect::<Vec<_>>().join(" ")) {
            None => {}
            Some(reason) if reason.is_empty() => self.line("#[deprecated]"),
            Some(reason) => self.line(&format!("#[deprecated = {}]", literal(&reason))),
        }
    }

    /// `left = right;`, broken behind the `=` where it is too long.
    pub(crate) fn assign(&mut self, left: &str, right: &str) {
        if self.fits(left.len() + right.len() + 4) {
            self.line(&format!("{left} = {right};"));
        } else {
            self.line(&format!("{left} ="));
            self.depth += 1;
            self.line(&format!("{right};"));
            self.depth -= 1;
        }
    }

    /// `head`, items and `tail` on one line, or an item per line.
    pub(crate) fn list(&mut self, head: &str, items: &[String], tail: &str) {
        let length: usize = items.iter().map(|item| item.len() + 2).sum();
        let is_short = self.fits((head.len() + length + tail.len()).saturating_sub(2));
        // An item of several lines does not fit on one.
        if items.is_empty() || is_short && !items.iter().any(|item| item.contains('\n')) {
            self.line(&format!("{head}{}{tail}", items.join(", ")));
            return;
        }
        self.open(head.trim_end());
        for item in items {
            // Nothing may stand behind what fills in the rest of a struct.
            let comma = if item.starts_with("..") { "" } else { "," };
            self.line(&format!("{item}{comma}"));
        }
        self.close(tail.trim_start());
    }

    /// The same, where the tail opens a block.
    pub(crate) fn open_list(&mut self, head: &str, items: &[String], tail: &str) {
        self.list(head, items, tail);
        self.depth += 1;
    }

    /// What follows is in a block.
    pub(crate) fn deepen(&mut self) {
        self.depth += 1;
    }

    /// Whether so many columns fit on a line.
    fn fits(&self, columns: usize) -> bool {
        self.depth * INDENT.len() + columns <= WIDTH
    }
}

/// A string literal.
pub(crate) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => {
                out.push('\\');
                out.push(letter);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Characters that would change how the text around them is shown, too.
            letter if letter.is_control() || is_bidirectional(letter) => {
                out.extend(letter.escape_unicode());
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// Whether a character turns the direction of text; the compiler refuses those in source.
pub(crate) fn is_bidirectional(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_say_what_they_are() {
        assert_eq!(literal("a \"b\"\\\n\u{1}\u{202e}ß"), "\"a \\\"b\\\"\\\\\\n\\u{1}\\u{202e}ß\"");
    }

    #[test]
    fn long_lines_are_broken() {
        let mut text = Text::default();
        text.open("impl X {");
        text.assign("const A: u8", "1");
        text.assign(&"a".repeat(60), &"b".repeat(60));
        text.list("f(", &["x".to_owned(), "y".to_owned()], ")");
        text.list("f(", &["x".repeat(60), "y".repeat(60)], ")");
        text.close("}");
        let (a, b, x, y) = ("a".repeat(60), "b".repeat(60), "x".repeat(60), "y".repeat(60));
        let expected = format!(
            "impl X {{\n    const A: u8 = 1;\n    {a} =\n        {b};\n    f(x, y)\n    f(\n        \
             {x},\n        {y},\n    )\n}}\n"
        );
        assert_eq!(text.finish(), expected);
    }
}
