//! A client that is generated when the crate is built: see `build.rs`.

include!(concat!(env!("OUT_DIR"), "/garden.rs"));

pub use garden::Plant;

#[cfg(test)]
mod tests {
    use super::Plant;

    #[test]
    fn queries_are_typed() {
        let tall = Plant::HEIGHT.gt(100).and(Plant::COLOUR.eq("red"));
        assert_eq!(tall.to_string(), "Height gt 100 and Colour eq 'red'");
    }
}
