#[path = "model.rs"]
#[allow(dead_code)]
mod model;
use model::*;

fn main() {
    let _ = Trip::COST.gt(5.0).on_base::<Person>();
    let _ = edm::is_of::<Person, Trip>();
}
