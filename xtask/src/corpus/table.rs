//! What passes, as a table of Markdown.

use super::documents::{Document, Kind};
use super::has_passed;
use super::run::Outcome;

/// A column for each kind of document, one for all, and how many lines were generated.
pub(crate) fn print(documents: &[Document], outcomes: &[Outcome]) -> String {
    let mut heads = Vec::new();
    let mut cells = Vec::new();
    for kind in Kind::ALL {
        let of_kind: Vec<&Outcome> = documents
            .iter()
            .zip(outcomes)
            .filter(|(document, _)| document.kind == kind)
            .map(|(_, outcome)| outcome)
            .collect();
        if !of_kind.is_empty() {
            let passed = of_kind.iter().filter(|outcome| has_passed(outcome)).count();
            heads.push(format!("{} ({})", kind.title(), of_kind.len()));
            cells.push(passed.to_string());
        }
    }
    let passed = outcomes.iter().filter(|outcome| has_passed(outcome)).count();
    let lines: usize = outcomes.iter().map(|outcome| outcome.lines).sum();
    heads.push(format!("all ({})", documents.len()));
    cells.push(format!("**{passed}**"));
    heads.push("lines of Rust".to_owned());
    cells.push(grouped(lines));
    let row = |cells: &[String]| format!("| {} |", cells.join(" | "));
    let line = format!("|{}", "---|".repeat(heads.len()));
    format!("{}\n{line}\n{}", row(&heads), row(&cells))
}

/// A number with a comma between thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_counted_by_kind() {
        let document = |name: &str, kind| Document {
            name: name.into(),
            path: "".into(),
            siblings: Vec::new(),
            kind,
        };
        let documents =
            [document("a", Kind::V2), document("b", Kind::V2), document("c", Kind::Invalid)];
        let mut outcomes = vec![Outcome::default(); 3];
        outcomes[0].lines = 1_234_567;
        outcomes[1].failure = Some("no".to_owned());
        let expected = "\
| V2 (2) | invalid (1) | all (3) | lines of Rust |
|---|---|---|---|
| 1 | 1 | **2** | 1,234,567 |";
        assert_eq!(print(&documents, &outcomes), expected);
    }
}
