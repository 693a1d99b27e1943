#[path = "model.rs"]
#[allow(dead_code)]
mod model;
use model::*;

fn main() {
    let _ = Person::AGE.has(1);
}
