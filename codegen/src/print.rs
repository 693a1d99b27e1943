//! Tokens to text: formatted item by item, because the formatter drops comments and puts no blank
//! lines between items.

use crate::emit::{File, Item};

/// The text of a file under its header.
///
/// # Errors
///
/// An item is not Rust: a mistake of the generator, never of a document.
pub(crate) fn print(header: &str, file: &File) -> Result<String, syn::Error> {
    let mut text = format!("{header}\n");
    for line in &file.docs {
        let line = format!("//! {line}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    for item in &file.items {
        match item {
            Item::Tokens(tokens) => {
                text.push('\n');
                text.push_str(&format(tokens.clone())?);
            }
            Item::Follows(tokens) => text.push_str(&format(tokens.clone())?),
            Item::Text(item) => {
                text.push('\n');
                text.push_str(item);
                text.push('\n');
            }
        }
    }
    Ok(text)
}

fn format(tokens: proc_macro2::TokenStream) -> Result<String, syn::Error> {
    let item: syn::File = syn::parse2(tokens)?;
    Ok(spread(&join(&prettyplease::unparse(&item))))
}

/// Puts the call of a constant's value on one line: the formatter breaks it inside of the
/// parentheses where rustfmt breaks it after the `=`.
fn join(text: &str) -> String {
    const WIDEST: usize = 100;
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let argument = lines.get(at + 1).and_then(|line| line.trim_start().strip_suffix(','));
        let end = lines.get(at + 2).map(|line| line.trim_start());
        let call = line.split_once(" = ").filter(|(_, call)| call.ends_with('('));
        match (call, argument, end) {
            (Some((left, call)), Some(argument), Some(");"))
                if line.trim_start().starts_with("pub const") =>
            {
                let indent = " ".repeat(left.len() - left.trim_start().len() + 4);
                let right = format!("{indent}{call}{argument});");
                if left.len() + 2 <= WIDEST && right.len() <= WIDEST {
                    out.push_str(&format!("{left} =\n{right}\n"));
                    at += 3;
                    continue;
                }
            }
            _ => {}
        }
        out.push_str(line);
        out.push('\n');
        at += 1;
    }
    out
}

/// Puts a blank line between the methods of an `impl`.
fn spread(text: &str) -> String {
    let mut out = String::new();
    let mut after_method = false;
    for line in text.lines() {
        if after_method && line != "}" {
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
        after_method = line == "    }";
    }
    out
}
