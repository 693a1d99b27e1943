//! Sizes of pictures.

use super::Shape;
use crate::encode::codec::{Extent, StretchMode};
use crate::encode::ladder::even;
use crate::encode::probe::VideoSource;

/// What the picture of `source` becomes in a window of this width and height. `upright` says that
/// they are meant for the picture after rotation.
pub(super) fn shape(
    (width, height): (Extent, Extent),
    stretch: StretchMode,
    upright: bool,
    source: &VideoSource,
) -> Shape {
    let swap = |(a, b): (u32, u32), really: bool| if really { (b, a) } else { (a, b) };
    // Presets speak of the picture as it was recorded, before rotation.
    let recorded = swap((source.width, source.height), source.rotated);
    let window =
        swap((extent(width, recorded.0), extent(height, recorded.1)), source.rotated && upright);
    let fitted = fit((source.width, source.height), window);
    let (picture, frame) = match stretch {
        StretchMode::None => (window, window),
        StretchMode::AutoSize => (fitted, fitted),
        StretchMode::AutoFit => (fitted, window),
    };
    Shape { picture, frame }
}

fn extent(extent: Extent, source: u32) -> u32 {
    match extent {
        Extent::Pixels(pixels) => pixels,
        Extent::Percent(_) => even(extent.of(source)),
    }
}

/// The largest size inside `window` that has the shape of `source`.
pub(super) fn fit(source: (u32, u32), window: (u32, u32)) -> (u32, u32) {
    let shape = f64::from(source.0) / f64::from(source.1.max(1));
    let at_full_width = even(f64::from(window.0) / shape);
    if at_full_width <= window.1 {
        (window.0, at_full_width)
    } else {
        (even(f64::from(window.1) * shape).min(window.0), window.1)
    }
}
