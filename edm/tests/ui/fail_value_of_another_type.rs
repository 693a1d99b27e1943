#[path = "model.rs"]
#[allow(dead_code)]
mod model;
use model::*;

fn main() {
    let _ = Person::AGE.eq("five");
    let _ = Person::NAME.in_([1, 2]);
}
