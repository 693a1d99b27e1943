#[path = "model.rs"]
#[allow(dead_code)]
mod model;
use model::*;

fn main() {
    let _ = edm::Expansion::<Person>::from(Person::NAME);
    let _ = Person::TRIPS.expand().select(Person::NAME);
}
