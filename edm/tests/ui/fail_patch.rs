#[path = "model.rs"]
#[allow(dead_code)]
mod model;
use model::*;

fn main() {
    // A read-only property, a body of another type, links in a part of a complex value.
    let _ = edm::Update::<Person>::new().set(Person::BORN, edm::DateTimeOffset::default());
    let _ = edm::Update::<Person>::new().patch(Person::ADDRESS, edm::Update::<Trip>::new());
    let _ = edm::Update::<Person>::new().bind_one(Person::BEST_FRIEND, &edm::EntityPath::new("x"));
}
