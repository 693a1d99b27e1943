#[path = "model.rs"]
#[allow(dead_code)]
mod model;
use model::*;

fn main() {
    let filter = Person::NAME.length().gt(3).and(Person::BORN.year().eq(1990));
    let filter = filter.and(Person::TRIPS.any(Trip::COST.gt(5.0)));
    let filter = filter.and(Person::BEST_FRIEND.then(Person::ADDRESS).then(Address::CITY).eq("x"));
    let _ = filter.and(Person::EMAILS.all(|email| email.ends_with("x")));
    let trips = Person::TRIPS.expand().select(Trip::COST).order_by(Trip::COST.desc()).top(1);
    let _ = edm::Expansion::from(trips);
    let _ = edm::Selection::from(Person::ADDRESS.then(Address::CITY));
    let part = edm::Update::new().set(Address::CITY, "x");
    let trip = edm::EntityPath::new("Trips(1)");
    let _ = edm::Update::new().patch(Person::ADDRESS, part).bind(Person::TRIPS, &trip);
}
