use super::*;
use crate::encode::material;
use crate::encode::plan::plan;
use crate::encode::preset;
use crate::encode::probe::{AudioSource, Format, Source, Stream, VideoSource};
use crate::encode::tools::X264Preset;

const NTSC: Rational = Rational { num: 30_000, den: 1001 };

fn planned(configuration: &str, seconds: f64, rate: Rational) -> Plan {
    let source = Source {
        video: Some(VideoSource { frame_rate: rate, ..VideoSource::default() }),
        audio: Some(AudioSource { index: 1, codec: "aac".to_owned(), ..Default::default() }),
        duration: Some(seconds),
        start: 0.0,
    };
    let preset = preset::parse(configuration).expect("a preset");
    let materials = material::sample(&preset, &source, "clip.mp4");
    plan(&preset, &materials, X264Preset::default()).expect("a plan")
}

fn ladder(seconds: f64, rate: Rational) -> Plan {
    planned("Adaptive Streaming", seconds, rate)
}

fn film(container: &str, seconds: Option<f64>) -> Description {
    let duration = seconds.map(|seconds| seconds.to_string());
    Description {
        streams: vec![Stream { duration, ..Stream::default() }],
        format: Format { format_name: container.to_owned(), ..Format::default() },
    }
}

fn starts_of(seconds: f64, rate: Rational, workers: usize, longest: u32) -> Vec<u64> {
    starts(&ladder(seconds, rate), &film("matroska,webm", None), workers, longest)
}

/// How many seconds each chunk takes up. The last one also has what is left of a GOP.
fn lengths(starts: &[u64], seconds: f64, rate: Rational) -> Vec<f64> {
    let ends = starts.iter().skip(1).copied().chain([(seconds * rate.value()) as u64]);
    starts.iter().zip(ends).map(|(start, end)| (end - start) as f64 / rate.value()).collect()
}

#[test]
fn chunks_begin_at_gops_and_are_neither_long_nor_short() {
    for rate in [Rational { num: 25, den: 1 }, NTSC, Rational { num: 24_000, den: 1001 }] {
        let gop = ladder(60.0, rate).video.expect("a picture").gop;
        for seconds in [17.0, 48.0, 60.0, 61.9, 119.3, 3600.0, 40_000.0] {
            for workers in [2, 3, 8] {
                let starts = starts_of(seconds, rate, workers, 30);
                assert_eq!(starts[0], 0);
                assert!(starts.iter().all(|start| start % u64::from(gop) == 0), "{starts:?}");
                let lengths = lengths(&starts, seconds, rate);
                let fit = lengths.iter().all(|length| (3.9..32.1).contains(length));
                assert!(fit, "{seconds} s for {workers}: {lengths:?}");
                let mean = lengths.iter().sum::<f64>() / lengths.len() as f64;
                assert!(mean > 7.9, "{seconds} s for {workers}: {lengths:?}");
                let usual = lengths.len().saturating_sub(workers);
                let (usual, last) = lengths.split_at(usual);
                let longest_last = last.iter().copied().fold(0.0, f64::max);
                // Unless there is only one for each; to the GOP, and what is left of one.
                let halves = usual.iter().all(|usual| longest_last <= usual / 2.0 + 4.0);
                assert!(halves, "{seconds} s for {workers}: {lengths:?}");
            }
        }
    }
}

#[test]
fn workers_end_together() {
    let rate = Rational { num: 24, den: 1 };
    // The last one of each worker is half as long.
    assert_eq!(starts_of(60.0, rate, 2, 30), [0, 288, 576, 864, 1152, 1296]);
    assert_eq!(starts_of(3600.0, rate, 2, 30).len(), 121);
    assert_eq!(starts_of(60.0, rate, 4, 30), [0, 384, 720, 1104]);
    // Too short for two.
    assert_eq!(starts_of(15.0, rate, 2, 30), [0]);
    assert_eq!(starts_of(0.5, rate, 2, 1), [0]);
    // Chunks of a GOP are the shortest.
    assert_eq!(starts_of(10.0, rate, 3, 4), [0, 96, 192]);
    assert_eq!(starts_of(5.0, rate, 3, 1), [0, 48]);
    // A length that lies is not believed without end.
    assert_eq!(starts_of(1e12, rate, 2, 30).len(), 4000);
}

#[test]
fn the_picture_may_be_shorter_than_the_file() {
    let plan = ladder(60.0, Rational { num: 25, den: 1 });
    let starts = |stated| starts(&plan, &film("mov,mp4", Some(stated)), 2, 30);
    assert_eq!(starts(10.0), [0]);
    assert_eq!(starts(20.0), [0, 250]);
    assert_eq!(starts(90.0).len(), 6);
}

#[test]
fn what_cannot_be_cut_is_not() {
    let rate = Rational { num: 25, den: 1 };
    let known = |configuration: &str, container: &str| {
        obstacle(&planned(configuration, 60.0, rate), &film(container, None))
    };
    assert_eq!(known("Adaptive Streaming", "mov,mp4,m4a,3gp,3g2,mj2"), None);
    assert_eq!(known("H264 Multiple Bitrate 720p", "matroska,webm"), None);
    for container in ["mpegts", "avi", "flv", "mxf", ""] {
        assert!(known("Adaptive Streaming", container).is_some(), "{container}");
    }
    let ladder_at = |num, den| {
        let rate = Rational { num, den };
        obstacle(&ladder(60.0, rate), &film("mov,mp4", None))
    };
    assert_eq!(ladder_at(1_000_000, 33_367), None);
    assert!(ladder_at(10_000_000, 333_667).is_some(), "times finer than microseconds");
    // Its key frames are where scenes change.
    assert!(known("H264 Single Bitrate 720p", "mov,mp4").is_some());
    assert!(known("AAC Good Quality Audio", "mov,mp4").is_some());
    let preset = |sources: &str, audio: &str| {
        format!(
            r#"{{"Version":1.0,"Sources":{sources},"Codecs":[{{"Type":"H264Video","H264Layers":[
            {{"Type":"H264Layer","Bitrate":400,"Width":320,"Height":180}}]}}{audio}],
            "Outputs":[{{"FileName":"a.mp4","Format":{{"Type":"MP4Format"}}}}]}}"#
        )
    };
    let cut = |sources: &str, audio: &str| known(&preset(sources, audio), "mov,mp4");
    assert_eq!(cut("[]", ""), None);
    assert_eq!(cut(r#"[{"StartTime":"00:00:05","Duration":"00:00:40"}]"#, ""), None);
    assert!(cut(r#"[{"Duration":"00:00:40.020"}]"#, "").is_some(), "half a frame");
    assert!(cut("[{},{}]", "").is_some());
    assert!(cut("[]", r#",{"Type":"CopyAudio"}"#).is_some());
}

#[test]
fn parts_share_the_work_out() {
    let plan = ladder(60.0, NTSC);
    let [first, last] = plan.chunks(&[0, 300]).try_into().expect("two chunks");
    let cut = |first, end, followed| Some(Cut { first, end, followed, frame_rate: NTSC });
    assert_eq!((first.cut, last.cut.clone()), (cut(0, Some(300), true), cut(300, None, false)));
    assert_eq!((last.inputs.len(), &last.audio), (1, &None));
    let renditions = plan.video.as_ref().expect("a picture").renditions.len();
    assert_eq!(last.files.len(), renditions);
    assert!(last.files.iter().all(|file| !file.audio));
    // The sound has a file of its own, and none goes with a picture.
    let sound = plan.sound().expect("sound");
    assert_eq!((sound.files.len(), sound.picture, sound.video), (1, None, None));
    assert!(plan.stills().is_none());
    // Sound within each file, and not alone.
    let sound = planned("H264 Multiple Bitrate 720p", 60.0, NTSC).sound().expect("sound");
    let [file] = sound.files.as_slice() else { panic!("{:?}", sound.files) };
    assert!(file.rendition.is_none() && file.audio);
}

#[test]
fn places_are_rounded_once() {
    assert_eq!(micros(300, NTSC), 10_010_000);
    assert_eq!(micros(1, NTSC), 33_367);
    let cut = Cut { first: 300, end: Some(360), followed: true, frame_rate: NTSC };
    assert_eq!(cut.seek(None).to_string(), "9.510000");
    assert_eq!(cut.seek(Some(Seconds::new(2.5))).to_string(), "12.010000");
    assert_eq!((cut.own_frames(), cut.decoded_end()), (Some(60), Some(363)));
    let last = Cut { end: None, followed: false, ..cut };
    assert_eq!((last.own_frames(), last.decoded_end(), last.span()), (None, None, (10.01, None)));
}
