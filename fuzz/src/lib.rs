//! What fuzz targets share: types with a property of every kind.

include!(concat!(env!("OUT_DIR"), "/everything.rs"));
