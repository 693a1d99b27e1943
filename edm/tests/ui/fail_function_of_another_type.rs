#[path = "model.rs"]
#[allow(dead_code)]
mod model;
use model::*;

fn main() {
    // A number has no year, a text is not rounded.
    let _ = Person::AGE.year();
    let _ = Person::NAME.round();
    let _ = Person::BORN.contains("x");
}
