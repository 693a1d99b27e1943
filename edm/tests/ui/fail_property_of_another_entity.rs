#[path = "model.rs"]
#[allow(dead_code)]
mod model;
use model::*;

fn main() {
    let _ = Person::NAME.eq("x").and(Trip::COST.gt(5.0));
    let _ = Person::ADDRESS.then(Trip::COST);
    let _ = Person::TRIPS.any(Person::NAME.eq("x"));
}
