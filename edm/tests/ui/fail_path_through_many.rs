#[path = "model.rs"]
#[allow(dead_code)]
mod model;
use model::*;

fn main() {
    // Which of them would it be?
    let _ = Person::TRIPS.then(Trip::COST);
}
