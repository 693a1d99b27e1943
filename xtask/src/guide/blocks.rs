//! The blocks of code in a text of Markdown.

/// A block that is run or compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// What it is written in.
    pub(crate) language: Language,
    /// The line that it begins in, from 1.
    pub(crate) line: usize,
    /// What is in it.
    pub(crate) text: String,
}

/// What a block is written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// Commands: a fence with `sh`.
    Shell,
    /// A program that uses a generated crate: a fence with `rust`, and a first line such as
    /// `use northwind::…`.
    Rust {
        /// The crate.
        package: String,
    },
}

/// The blocks of a text, in its order. Others than those of `sh` and `rust` are for readers only.
pub(crate) fn read(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let body = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
        let mut text = body.collect::<Vec<_>>().join("\n");
        text.push('\n');
        let language = match language {
            "sh" => Language::Shell,
            "rust" => {
                let used = text.lines().find_map(|line| line.strip_prefix("use "));
                let package = used.and_then(|path| path.split("::").next()).unwrap_or_default();
                Language::Rust { package: package.to_owned() }
            }
            _ => continue,
        };
        blocks.push(Block { language, line: number + 1, text });
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_programs_are_found() {
        let text =
            "a\n```sh\necho 1\n\necho 2\n```\n```text\nx\n```\n```rust\nuse shop::Shop;\n```\n";
        let blocks = read(text);
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].language, Language::Shell);
        assert_eq!((blocks[0].line, blocks[0].text.as_str()), (2, "echo 1\n\necho 2\n"));
        assert_eq!(blocks[1].language, Language::Rust { package: "shop".to_owned() });
    }
}
