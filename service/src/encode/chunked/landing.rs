//! Where a source is read from when a place in it is sought.

use std::ffi::OsString;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use crate::encode::plan::{Cut, Plan, VideoInput};
use crate::encode::probe::{Accept, Description, guarded_input};
use crate::encode::process::{self, Limits};
use crate::encode::tools::EncodeSettings;

/// More than ffprobe says of as many places as there can be.
const MAX_LINES: usize = 10_000;

/// The first frames of `chunks` that can be reached: there is a key frame not behind them, and not
/// so long before that decoding from there would take longer than a chunk is worth.
///
/// That it really leads to the same pictures is seen when they are decoded; this is to find out
/// early where it does not, and to bound what is decoded twice.
pub(super) async fn reachable(
    settings: &EncodeSettings,
    source: &Description,
    chunks: &[Plan],
    cancel: &CancellationToken,
) -> Option<Vec<u64>> {
    let first = chunks.first()?;
    let (input, stream) = (first.inputs.first()?, stream_of(first)?);
    let (_, length) = first.cut.as_ref()?.span();
    let place = |chunk| place(chunk, source, length?);
    let places: Vec<Place> = chunks.iter().filter_map(place).collect();
    let intervals: Vec<String> =
        places.iter().map(|place| format!("{:.6}%+#1", place.sought)).collect();
    let mut args: Vec<OsString> = ["-v", "error", "-select_streams"].map(OsString::from).to_vec();
    args.push(stream.to_string().into());
    args.extend(["-show_entries", "packet=pts_time,flags", "-of", "csv=p=0"].map(OsString::from));
    args.extend(["-read_intervals".into(), OsString::from(intervals.join(","))]);
    args.extend(guarded_input(&input.path, Accept::Media));
    let mut lines: Vec<String> = Vec::new();
    let limits = Limits { wall_clock: settings.probe_limit, stall: settings.probe_limit };
    let folder = input.path.parent().unwrap_or(Path::new("/"));
    let on_line = &mut |line: &str| {
        if !line.is_empty() && lines.len() < MAX_LINES {
            lines.push(line.to_owned());
        }
        true
    };
    let ran =
        process::run(&settings.tools.ffprobe, &args, folder, limits, cancel, on_line).await.ok()?;
    // A place about which nothing is said would make the others' answers be those of others.
    if !ran.status.success() || lines.len() != places.len() {
        return None;
    }
    let reached = places.iter().zip(&lines).filter(|(place, line)| place.is_reached_by(line));
    Some(std::iter::once(0).chain(reached.map(|(place, _)| place.first)).collect())
}

fn stream_of(chunk: &Plan) -> Option<u32> {
    match chunk.picture.as_ref()?.segments.first()?.input {
        VideoInput::Stream { index, .. } => Some(index),
        VideoInput::Black { .. } => None,
    }
}

/// The beginning of a chunk in the source's own time, in seconds.
#[derive(Debug)]
struct Place {
    first: u64,
    sought: f64,
    /// When its first frame is shown.
    shown: f64,
    /// Half of how long a frame is shown.
    rounding: f64,
    /// How long a chunk is.
    length: f64,
}

/// `None` for the first chunk, which is not sought.
fn place(chunk: &Plan, source: &Description, length: f64) -> Option<Place> {
    let cut: &Cut = chunk.cut.as_ref().filter(|cut| cut.seeks())?;
    let start = chunk.inputs.first()?.start;
    let offset = source.format.start_time.as_deref().and_then(|time| time.parse().ok());
    let offset: f64 = offset.filter(|time: &f64| time.is_finite()).unwrap_or(0.0);
    let shown = offset + start.unwrap_or_default().value() + cut.span().0;
    Some(Place {
        first: cut.first,
        sought: offset + cut.seek(start).0 as f64 / 1e6,
        shown,
        rounding: 0.5 / cut.frame_rate.value(),
        length,
    })
}

impl Place {
    /// Takes a packet's time and flags: `K` for a key frame, `D` for one that is not shown.
    fn is_reached_by(&self, line: &str) -> bool {
        let mut fields = line.split(',');
        let (Some(time), Some(flags)) = (fields.next(), fields.next()) else { return false };
        let Ok(time) = time.parse::<f64>() else { return false };
        let run_in = self.shown - time;
        flags.starts_with('K')
            && !flags.contains('D')
            && run_in > -self.rounding
            && run_in <= self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_reached_by_a_key_frame_a_little_before() {
        let place = Place { first: 50, sought: 1.5, shown: 2.0, rounding: 0.02, length: 4.0 };
        for (line, reached) in [
            ("1.480000,K_", true),
            ("2.010000,K_", true),
            ("2.040000,K_", false),
            ("-2.100000,K_", false),
            ("1.480000,__", false),
            ("1.480000,KD", false),
            ("N/A,K_", false),
            ("1.480000", false),
            ("", false),
        ] {
            assert_eq!(place.is_reached_by(line), reached, "{line}");
        }
    }
}
