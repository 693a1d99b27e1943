//! How thumbnails are put on sheets, and the index that tells players.

use std::fmt::Write as _;

use crate::encode::Grid;

/// The longer side of a thumbnail, in pixels.
const LONGER_SIDE: u32 = 160;
/// Thumbnails side by side, and one below the other, on a full sheet.
const PER_SIDE: u32 = 10;

/// The grid for so many pictures of a video that is shown with this width and height.
pub(super) fn grid((width, height): (u32, u32), pictures: usize) -> Grid {
    let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let longer = width.max(height);
    // Halves of the colour planes: even, and never nothing.
    let scaled = |side: u64| {
        let pairs = (side * u64::from(LONGER_SIDE) / 2 + longer / 2) / longer;
        u32::try_from(pairs * 2).unwrap_or(LONGER_SIDE).max(2)
    };
    let pictures = u32::try_from(pictures).unwrap_or(u32::MAX).max(1);
    let columns = pictures.min(PER_SIDE);
    let rows = pictures.div_ceil(columns).min(PER_SIDE);
    Grid { width: scaled(width), height: scaled(height), columns, rows }
}

/// How many sheets so many pictures take.
pub(super) fn sheets(grid: Grid, pictures: usize) -> usize {
    pictures.div_ceil(per_sheet(grid))
}

fn per_sheet(grid: Grid) -> usize {
    usize::try_from(grid.columns * grid.rows).unwrap_or(1).max(1)
}

/// The index of pictures that are shown from these times on, in 100-ns units, until the next one
/// or the end. Writing to a `String` cannot fail, so results are not looked at.
pub(super) fn index(grid: Grid, starts: &[u64], end: u64) -> String {
    let mut out = String::from("WEBVTT\n");
    let ends = starts.iter().skip(1).copied().chain([end]);
    for (number, (start, end)) in starts.iter().copied().zip(ends).enumerate() {
        let (sheet, place) = (number / per_sheet(grid), number % per_sheet(grid));
        let place = u32::try_from(place).unwrap_or(0);
        let (x, y) = (place % grid.columns * grid.width, place / grid.columns * grid.height);
        let _ = write!(
            out,
            "\n{} --> {}\nThumbnails(sheet={sheet}).jpg#xywh={x},{y},{},{}\n",
            timestamp(start),
            timestamp(end),
            grid.width,
            grid.height,
        );
    }
    out
}

/// A WebVTT timestamp of a time in 100-ns units.
fn timestamp(units: u64) -> String {
    let milliseconds = units / 10_000;
    let (seconds, milliseconds) = (milliseconds / 1000, milliseconds % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_keep_their_shape() {
        for (size, want) in [
            ((1920, 1080), (160, 90)),
            ((1080, 1920), (90, 160)),
            ((640, 480), (160, 120)),
            ((720, 720), (160, 160)),
            ((1, 1), (160, 160)),
            ((0, 0), (160, 160)),
            ((65_535, 1), (160, 2)),
            ((u32::MAX, u32::MAX), (160, 160)),
            ((1998, 1080), (160, 86)),
        ] {
            let grid = grid(size, 1);
            assert_eq!((grid.width, grid.height), want, "{size:?}");
        }
    }

    #[test]
    fn sheets_are_no_larger_than_needed() {
        for (pictures, columns, rows, count) in [
            (1, 1, 1, 1),
            (7, 7, 1, 1),
            (10, 10, 1, 1),
            (11, 10, 2, 1),
            (100, 10, 10, 1),
            (101, 10, 10, 2),
        ] {
            let grid = grid((16, 9), pictures);
            assert_eq!((grid.columns, grid.rows), (columns, rows), "{pictures}");
            assert_eq!(sheets(grid, pictures), count);
        }
    }

    #[test]
    fn the_index_names_every_place() {
        let starts: Vec<u64> = (0..101).map(|tile| tile * 100_000_000).collect();
        let text = index(grid((16, 9), starts.len()), &starts, 10_055_000_000);
        let cues: Vec<_> = text.split("\n\n").collect();
        assert_eq!(cues.len(), 102);
        assert_eq!(cues[0], "WEBVTT");
        assert_eq!(
            cues[1],
            "00:00:00.000 --> 00:00:10.000\nThumbnails(sheet=0).jpg#xywh=0,0,160,90"
        );
        assert_eq!(
            cues[12],
            "00:01:50.000 --> 00:02:00.000\nThumbnails(sheet=0).jpg#xywh=160,90,160,90"
        );
        assert_eq!(
            cues[101],
            "00:16:40.000 --> 00:16:45.500\nThumbnails(sheet=1).jpg#xywh=0,0,160,90\n"
        );
    }
}
