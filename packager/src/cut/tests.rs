#![allow(clippy::unwrap_used)]
use std::ops::Range;
use std::sync::Arc;

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::SLACK;
use crate::error::Error;
use crate::filter::{Condition, Filter, MediaType, TimeRange, TrackProperty, TrackSelection};
use crate::format::{DashFormat, Format, HlsFormat, SmoothFormat};
use crate::presentation::Presentation;
use crate::stream::Rendition;
use crate::testing::{audio, presentation, video};
use crate::timeline::Chunk;
use crate::track::TrackKind;
use crate::url::{Parameters, Request};

const SECOND: u64 = 10_000_000;

fn time(range: Range<u64>) -> Filter {
    Filter { time: Some(TimeRange::new(range, SECOND)), ..Filter::default() }
}

fn select(conditions: &[(TrackProperty, bool)]) -> TrackSelection {
    let conditions = conditions.iter().cloned();
    let conditions = conditions.map(|(property, negated)| Condition { property, negated });
    TrackSelection { conditions: conditions.collect() }
}

fn tracks(tracks: Vec<TrackSelection>) -> Filter {
    Filter { tracks, ..Filter::default() }
}

/// Names and bitrates of what is left of the presentation for tests.
fn left(filter: Filter) -> Result<Vec<(String, u64)>, Error> {
    let cut = presentation()?.filtered(&[filter])?;
    let levels = cut.streams().iter().flat_map(|stream| {
        stream.qualities().iter().map(|quality| (stream.name().to_owned(), quality.bitrate()))
    });
    Ok(levels.collect())
}

#[test]
fn conditions_are_joined_by_and_and_selections_by_or() {
    use TrackProperty as P;
    let all = left(Filter::default()).unwrap();
    let (low, high, sound) = (&all[0], &all[1], &all[2]);
    let is = |property| (property, false);
    for (selections, want) in [
        (vec![select(&[is(P::Type(MediaType::Video))])], vec![low, high]),
        (vec![select(&[(P::Type(MediaType::Video), true)])], vec![sound]),
        (vec![select(&[is(P::Name("video".into()))])], vec![low, high]),
        (vec![select(&[is(P::FourCc("aacl".into()))])], vec![sound]),
        (vec![select(&[is(P::FourCc("avc1".into()))])], vec![low, high]),
        (vec![select(&[is(P::Language("en".into()))])], vec![sound]),
        (vec![select(&[is(P::Language("ENG".into()))])], vec![sound]),
        (vec![select(&[(P::Language("fr".into()), true)])], vec![low, high, sound]),
        (
            vec![
                select(&[is(P::Type(MediaType::Video)), is(P::Bitrate(0..=1_000_000))]),
                select(&[is(P::Type(MediaType::Audio))]),
            ],
            vec![low, sound],
        ),
        (vec![select(&[(P::Bitrate(500_000..=500_000), true)])], vec![high, sound]),
    ] {
        let found = left(tracks(selections.clone())).unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), want, "{selections:?}");
    }
    let text = tracks(vec![select(&[is(P::Type(MediaType::Text))])]);
    assert_eq!(left(text), Err(Error::NothingLeft { left: "track" }));
}

#[test]
fn fragments_that_lie_in_the_range_in_part_stay() {
    // Video fragments start at 0, 6 and 12 s and end at 14 s.
    let s = |seconds: f64| (seconds * SECOND as f64) as u64;
    for (range, starts, origin) in [
        (s(0.0)..s(14.0), vec![0, 6, 12], 0),
        (s(1.0)..s(5.0), vec![0], 0),
        (s(5.9)..s(6.1), vec![0, 6], 0),
        (s(6.0)..s(12.0), vec![6], 6),
        (s(6.0)..s(12.5), vec![6, 12], 6),
        (s(7.0)..u64::MAX, vec![6, 12], 6),
        (s(13.0)..s(13.1), vec![12], 12),
    ] {
        let cut = presentation().unwrap().filtered(&[time(range.clone())]).unwrap();
        let found: Vec<_> =
            cut.streams()[0].timeline().chunks().map(|c| c.start / SECOND).collect();
        assert_eq!(found, starts, "{range:?}");
        assert_eq!(cut.origin(), origin * SECOND, "{range:?}");
        // Sound is cut at the same place, within a frame of it.
        let sound = cut.streams()[1].timeline();
        let picture = cut.streams()[0].timeline();
        assert_eq!(sound.count(), picture.count(), "{range:?}");
        assert!(sound.start().abs_diff(picture.start()) < 220_000, "{range:?}");
    }
    for range in [s(14.1)..u64::MAX, s(3.0)..s(3.0)] {
        let cut = presentation().unwrap().filtered(&[time(range)]);
        assert_eq!(cut.unwrap_err(), Error::NothingLeft { left: "fragment" });
    }
    // Several filters leave what all of them do.
    let both = presentation().unwrap().filtered(&[time(0..s(7.0)), time(s(6.5)..s(20.0))]).unwrap();
    assert_eq!(both.streams()[0].timeline().count(), 1);
    assert_eq!(both.streams()[0].timeline().start(), 6 * SECOND);
}

#[test]
fn ranges_count_in_their_own_timescale() {
    assert_eq!(TimeRange::new(90_000..180_000, 90_000).0, SECOND..2 * SECOND);
    assert_eq!(TimeRange::new(1..2, 3).0, 3_333_333..6_666_667);
    assert_eq!(TimeRange::new(1..u64::MAX, 1).0, SECOND..u64::MAX);
    assert_eq!(TimeRange::new(0..5, 0).0, 0..5 * SECOND);
}

#[test]
fn manifests_of_a_part() {
    let cut = presentation().unwrap().filtered(&[time(6 * SECOND..12 * SECOND)]).unwrap();
    let dash = cut.dash(DashFormat::Csf);
    assert!(dash.contains("mediaPresentationDuration=\"PT6.0106667S\""), "{dash}");
    assert!(dash.contains("presentationTimeOffset=\"60000000\""), "{dash}");
    assert!(dash.contains("<S t=\"60000000\" d=\"60000000\"/>"), "{dash}");
    let smooth = cut.smooth(SmoothFormat::Latest);
    assert!(smooth.contains("Duration=\"60106667\""), "{smooth}");
    assert!(smooth.contains("<c t=\"60000000\" d=\"60000000\"/>"), "{smooth}");
    let hls = cut.hls_media("video", 500_000, HlsFormat::Cmaf).unwrap();
    assert_eq!(hls.matches("#EXTINF").count(), 1);
    // What was cut off is not served, and what is left is as it was.
    let whole = presentation().unwrap();
    let format = Format::Dash(DashFormat::Csf);
    assert!(matches!(cut.fragment("video", 500_000, 0, format), Err(Error::NoSuchTime { .. })));
    assert_eq!(
        cut.fragment("video", 500_000, 60_000_000, format),
        whole.fragment("video", 500_000, 60_000_000, format)
    );
}

#[test]
fn the_first_quality_is_listed_first() {
    let first = |bitrate| {
        let filter = Filter { first_quality: Some(bitrate), ..Filter::default() };
        let cut = presentation().unwrap().filtered(&[filter]).unwrap();
        let master = cut.hls_master(HlsFormat::Cmaf, &Parameters::default()).unwrap();
        let levels = master.lines().filter(|line| line.contains("Manifest(video"));
        let levels = levels.map(|line| line.split(['(', ')']).nth(1).unwrap().parse().unwrap());
        levels.collect::<Vec<u64>>()
    };
    assert_eq!(first(1_500_000), [1_500_000, 500_000]);
    assert_eq!(first(1_400_000), [1_500_000, 500_000]);
    assert_eq!(first(1), [500_000, 1_500_000]);
}

/// A video with one to four levels, and up to three audio tracks.
fn any_presentation() -> impl Strategy<Value = Presentation> {
    (1..5_u64, 1..60_u32, 0..4_usize, 20..120_usize).prop_map(|(levels, gops, sounds, gop)| {
        let frames = gops * u32::try_from(gop).unwrap() + 7;
        let picture = Arc::new(video(30_000, 1001, frames, gop));
        let mut all: Vec<_> = (1..=levels)
            .map(|level| {
                let mut rendition = Rendition::new(format!("{level}.mp4"), Arc::clone(&picture));
                rendition.bitrate = Some(level * 400_000);
                rendition
            })
            .collect();
        let sound = Arc::new(audio(48_000, 1024, frames * 1001 / 30_000 * 47 + 40));
        for language in ["eng", "fra", "deu"].into_iter().take(sounds) {
            let mut rendition = Rendition::new(format!("{language}.mp4"), Arc::clone(&sound));
            rendition.bitrate = Some(128_000);
            rendition.language = Some(language.to_owned());
            all.push(rendition);
        }
        Presentation::new(all).unwrap()
    })
}

fn any_property() -> impl Strategy<Value = TrackProperty> {
    prop_oneof![
        prop_oneof![Just(MediaType::Audio), Just(MediaType::Video), Just(MediaType::Text)]
            .prop_map(TrackProperty::Type),
        prop_oneof![Just("video"), Just("audio_eng"), Just("x")]
            .prop_map(|name| TrackProperty::Name(name.to_owned())),
        prop_oneof![Just("en"), Just("eng"), Just("fr"), Just("und")]
            .prop_map(|language| TrackProperty::Language(language.to_owned())),
        prop_oneof![Just("H264"), Just("avc1"), Just("mp4a")]
            .prop_map(|code| TrackProperty::FourCc(code.to_owned())),
        (0..1_700_000_u64, 0..1_700_000_u64)
            .prop_map(|(low, length)| TrackProperty::Bitrate(low..=low + length)),
    ]
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let condition = (any_property(), any::<bool>())
        .prop_map(|(property, negated)| Condition { property, negated });
    let selection =
        prop::collection::vec(condition, 1..3).prop_map(|conditions| TrackSelection { conditions });
    let range = (0..200_u64, 1..200_u64, 1..4_u64)
        .prop_map(|(start, length, scale)| TimeRange::new(start..start + length, scale));
    (
        prop::option::of(range),
        prop::collection::vec(selection, 0..3),
        prop::option::of(0..2_000_000_u64),
    )
        .prop_map(|(time, tracks, first_quality)| Filter { time, tracks, first_quality })
}

/// Names, bitrates and start times of all fragments that a manifest lists.
type Listed = Vec<(String, u64, u64)>;

fn listed_in_hls(presentation: &Presentation) -> Listed {
    let parameters = Parameters { filters: vec!["a b".to_owned()], ..Parameters::default() };
    let master = presentation.hls_master(HlsFormat::Cmaf, &parameters).unwrap();
    let media = master
        .lines()
        .filter_map(|line| line.split("URI=\"").nth(1))
        .map(|uri| uri.trim_end_matches('"'));
    let mut uris: Vec<_> =
        master.lines().filter(|line| !line.starts_with('#')).chain(media).collect();
    uris.sort_unstable();
    uris.dedup();
    let mut listed = Listed::new();
    for uri in uris {
        let request = Request::parse(&format!("f.ism/{uri}")).unwrap();
        let Request::Playlist { bitrate, track, format, parameters: repeated, .. } = request else {
            panic!("{uri}");
        };
        assert_eq!(repeated, parameters);
        let playlist = presentation.hls_media(&track, bitrate, format).unwrap();
        for fragment in playlist.lines().filter(|line| !line.starts_with('#')) {
            let path = format!("f.ism/QualityLevels({bitrate})/{fragment}");
            let Request::Fragment { track, bitrate, start, .. } = Request::parse(&path).unwrap()
            else {
                panic!("{path}");
            };
            listed.push((track, bitrate, start));
        }
    }
    listed
}

/// Reads DASH (`S`, where `r` counts repetitions) and Smooth (`c`, where it counts fragments).
fn listed_in_xml(manifest: &str) -> Listed {
    let mut reader = Reader::from_str(manifest);
    let (mut url, mut levels, mut starts, mut next) = (String::new(), vec![], vec![], 0);
    let mut listed = Listed::new();
    let get = |start: &BytesStart<'_>, name: &str| {
        let found = start.attributes().map(Result::unwrap).find(|a| a.key.as_ref() == name);
        found.map(|a| a.value.into_owned())
    };
    loop {
        match reader.read_event().unwrap() {
            Event::Start(e) | Event::Empty(e) => match e.name().as_ref() {
                "AdaptationSet" | "StreamIndex" => {
                    (levels, starts, next) = (vec![], vec![], 0);
                    url = get(&e, "Url").unwrap_or_default();
                }
                "SegmentTemplate" => url = get(&e, "media").unwrap(),
                "Representation" => levels.push(get(&e, "bandwidth").unwrap()),
                "QualityLevel" => levels.push(get(&e, "Bitrate").unwrap()),
                name @ ("S" | "c") => {
                    let number = |name| get(&e, name).map(|text| text.parse::<u64>().unwrap());
                    let once = u64::from(name == "c");
                    next = number("t").unwrap_or(next);
                    for _ in 0..number("r").map_or(1, |r| r + 1 - once) {
                        starts.push(next);
                        next += number("d").unwrap();
                    }
                }
                _ => {}
            },
            Event::End(e) if matches!(e.name().as_ref(), "AdaptationSet" | "StreamIndex") => {
                for level in &levels {
                    for start in &starts {
                        let path = url
                            .replace("$Bandwidth$", level)
                            .replace("{bitrate}", level)
                            .replace("$Time$", &start.to_string())
                            .replace("{start time}", &start.to_string());
                        let Request::Fragment { track, bitrate, start, .. } =
                            Request::parse(&format!("f.ism/{path}")).unwrap()
                        else {
                            panic!("{path}");
                        };
                        listed.push((track, bitrate, start));
                    }
                }
            }
            Event::Eof => return listed,
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Every manifest lists exactly what the filters leave, and all of it is served as before.
    #[test]
    fn what_is_listed_is_what_is_left(
        whole in any_presentation(),
        filters in prop::collection::vec(any_filter(), 0..4),
    ) {
        let range = filters.iter().filter_map(|filter| filter.time.as_ref()).fold(0..u64::MAX, |all, time| {
            all.start.max(time.0.start)..all.end.min(time.0.end)
        });
        let picture = whole.of_kind(TrackKind::Video).next().unwrap().timeline();
        // Only sound can be left where the picture has ended.
        let behind = range.start >= picture.end();
        // Two ranges that do not meet leave nothing, not even what has a part in both.
        let chunk_left = |chunk: Chunk| {
            let end = range.end.min(chunk.start + chunk.duration);
            let least = if behind { SLACK.min(chunk.duration / 2) } else { 0 };
            !range.is_empty() && end.saturating_sub(range.start.max(chunk.start)) > least
        };
        let mut expected = Listed::new();
        for stream in whole.streams() {
            for quality in stream.qualities() {
                if !filters.iter().all(|filter| filter.keeps(stream, quality)) {
                    continue;
                }
                let numbers = stream.timeline().chunks().enumerate().filter(|(at, chunk)| {
                    // Sound goes with the picture; what is longer than the picture is on its own.
                    chunk_left(picture.chunk(*at).filter(|_| !behind).unwrap_or(*chunk))
                });
                expected.extend(numbers.map(|(_, c)| (stream.name().to_owned(), quality.bitrate(), c.start)));
            }
        }
        expected.sort();
        let cut = match whole.filtered(&filters) {
            Ok(cut) => cut,
            Err(error) => {
                let nothing = matches!(error, Error::NothingLeft { .. });
                prop_assert!(nothing);
                prop_assert_eq!(expected, Listed::new());
                return Ok(());
            }
        };
        let smooth = Format::Smooth(SmoothFormat::Latest);
        for (listed, format) in [
            (listed_in_hls(&cut), Format::Hls(HlsFormat::Cmaf)),
            (listed_in_xml(&cut.dash(DashFormat::Csf)), Format::Dash(DashFormat::Csf)),
            (listed_in_xml(&cut.smooth(SmoothFormat::Latest)), smooth),
            (listed_in_xml(&cut.smooth(SmoothFormat::V20)), smooth),
        ] {
            let mut listed = listed;
            listed.sort();
            prop_assert_eq!(&listed, &expected, "{:?}", format);
            for (track, bitrate, start) in listed {
                let fragment = cut.fragment(&track, bitrate, start, format);
                prop_assert!(fragment.is_ok());
                prop_assert_eq!(fragment, whole.fragment(&track, bitrate, start, format));
            }
        }
    }
}
