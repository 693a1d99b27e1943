//! A property is compared with a value of its own type.
use azure_media::Asset;

fn main() {
    let _ = Asset::STATE.eq("Published");
    let _ = Asset::CREATED.contains("2015");
}
