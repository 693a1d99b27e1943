//! Changes as text for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::change::{Change, Effect, Step, Verdict, What};
use super::step;

/// Changes for a terminal: those that break something first, each with what it means.
pub fn text(changes: &[Change]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for (title, list) in groups(changes) {
        let _ = writeln!(text, "{title}:");
        for change in list {
            let _ = writeln!(text, "  {change}");
            for (who, verdict) in verdicts(&change.effect) {
                if let Some(why) = verdict.reason() {
                    let breaks = if verdict.is_breaking() { "breaks " } else { "" };
                    let _ = writeln!(text, "      {breaks}{who}: {why}");
                }
            }
        }
        text.push('\n');
    }
    text.push_str(&summary(changes));
    text.push('\n');
    text
}

/// Changes as a section of a changelog.
pub fn markdown(changes: &[Change]) -> String {
    let mut text = String::new();
    for (title, list) in groups(changes) {
        let _ = writeln!(text, "### {title}\n");
        for change in list {
            let reasons: Vec<String> = verdicts(&change.effect)
                .into_iter()
                .filter(|(_, verdict)| verdict.is_breaking())
                .filter_map(|(who, verdict)| Some(format!("{who}: {}", verdict.reason()?)))
                .collect();
            let change = escape(&change.to_string());
            match &reasons[..] {
                [] => writeln!(text, "- {change}"),
                _ => writeln!(text, "- {change} ({})", reasons.join("; ")),
            }
            .unwrap_or_default();
        }
        text.push('\n');
    }
    text.push_str(&summary(changes));
    text.push('\n');
    text
}

/// Changes for programs: one object with the step, the numbers and the list. `location` tells
/// where a span is.
pub fn json(
    changes: &[Change],
    location: impl Fn(&Change) -> (Option<String>, Option<String>),
) -> Value {
    let list = changes.iter().map(|change| {
        let (old_location, new_location) = location(change);
        let mut object = json!({
            "subject": change.subject.to_string(),
            "path": change.path,
            "change": "changed",
            "breaking": change.effect.is_breaking(),
            "step": change.effect.step.to_string(),
            "message": change.to_string(),
            "old_location": old_location,
            "new_location": new_location,
        });
        match &change.what {
            What::Added { required } => {
                object["change"] = json!("added");
                object["required"] = json!(required);
            }
            What::Removed => object["change"] = json!("removed"),
            What::Changed { aspect, old, new, .. } => {
                object["aspect"] = json!(aspect.to_string());
                object["old"] = json!(old);
                object["new"] = json!(new);
            }
        }
        for (who, verdict) in verdicts(&change.effect) {
            object[who] = json!({ "breaking": verdict.is_breaking(), "why": verdict.reason() });
        }
        object
    });
    json!({
        "step": step(changes).map(|step| step.to_string()),
        "breaking": changes.iter().filter(|change| change.effect.is_breaking()).count(),
        "changes": list.collect::<Vec<_>>(),
    })
}

/// The changes by what they demand, the worst first; no group is empty.
fn groups(changes: &[Change]) -> Vec<(&'static str, Vec<&Change>)> {
    let titles =
        [(Step::Major, "Breaking"), (Step::Minor, "Compatible"), (Step::Patch, "Invisible")];
    let groups = titles.into_iter().map(|(step, title)| {
        let list = changes.iter().filter(|change| change.effect.step == step);
        (title, list.collect::<Vec<_>>())
    });
    groups.filter(|(_, list)| !list.is_empty()).collect()
}

fn verdicts(effect: &Effect) -> [(&'static str, Verdict); 3] {
    [("readers", effect.readers), ("writers", effect.writers), ("source", effect.source)]
}

fn summary(changes: &[Change]) -> String {
    let breaking = changes.iter().filter(|change| change.effect.is_breaking()).count();
    match step(changes) {
        None => "No changes.".to_owned(),
        Some(step) => {
            let number = match changes.len() {
                1 => "1 change".to_owned(),
                number => format!("{number} changes"),
            };
            format!("{number}, {breaking} breaking: the next version is a {step} one.")
        }
    }
}

/// Text of a document, in Markdown. What is in backticks stands for itself.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    let mut is_code = false;
    for char in text.chars() {
        match char {
            '`' => is_code = !is_code,
            '*' | '_' | '<' | '[' | '\\' if !is_code => escaped.push('\\'),
            '\n' | '\r' => {
                escaped.push(' ');
                continue;
            }
            _ => {}
        }
        escaped.push(char);
    }
    escaped
}
