//! Codecs beyond H.264 and AAC: described as their bindings say, and refused where they do not fit.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Studio, assert_times, have_ffmpeg, select};
use mp4_atom::{Any, Codec, DecodeMaybe};
use packager::protect::{Common, ContentKey, Method, Protection, Scheme};
use packager::{
    Condition, DashFormat, Error, Filter, Format, HlsFormat, Parameters, Presentation,
    SmoothFormat, Stream, TrackKind, TrackProperty, TrackSelection,
};
use uuid::uuid;

const DASH: Format = Format::Dash(DashFormat::Cmaf);
const SMOOTH: Format = Format::Smooth(SmoothFormat::Latest);
const PICTURE: &str = "-f lavfi -i testsrc2=s=160x90:r=25:d=8";
const SOUND: &str = "-f lavfi -i aevalsrc=sin(880*t)|sin(440*t)|sin(220*t)|sin(660*t)|sin(330*t)|sin(110*t):c=5.1:s=48000:d=8";

/// Packages a track and compares it with its source.
fn check(studio: &Studio, presentation: &Presentation, stream: &Stream, source: &str) {
    let select = select(stream.kind());
    let bitrate = stream.qualities()[0].bitrate();
    let init = presentation.init(stream.name(), bitrate, DASH).unwrap();
    studio.join(presentation, stream, bitrate, DASH, &init, "out.mp4");
    let want = studio.presented(source, select);
    assert_times(&studio.times("out.mp4", select), &want, 2);
    let decoded = studio.decoded("out.mp4", select);
    if stream.kind() == TrackKind::Video {
        assert_eq!(decoded, studio.decoded(source, select));
    }
}

/// What another parser finds in the initialization segment.
fn sample_entry(presentation: &Presentation, stream: &Stream) -> Codec {
    let init = presentation.init(stream.name(), stream.qualities()[0].bitrate(), DASH).unwrap();
    let mut rest = &init[..];
    while let Some(atom) = Any::decode_maybe(&mut rest).unwrap() {
        if let Any::Moov(moov) = atom {
            return moov.trak[0].mdia.minf.stbl.stsd.codecs[0].clone();
        }
    }
    panic!("no moov");
}

fn not_in_smooth(presentation: &Presentation, stream: &Stream, codec: &'static str) {
    let parameters = Parameters::default();
    let view = presentation.view(&parameters, None);
    let bitrate = stream.qualities()[0].bitrate();
    let start = stream.timeline().start();
    let refused = [
        view.manifest(SMOOTH).unwrap_err(),
        view.fragment(stream.name(), bitrate, start, SMOOTH).unwrap_err(),
    ];
    let want = Error::NotInSmooth { track: stream.name().to_owned(), codec };
    assert_eq!(refused, [want.clone(), want]);
    view.manifest(Format::Hls(HlsFormat::Cmaf)).unwrap();
    view.fragment(stream.name(), bitrate, start, DASH).unwrap();
}

#[test]
fn av1() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    studio.ffmpeg(&format!(
        "{PICTURE} -pix_fmt yuv420p10le -c:v libaom-av1 -usage realtime -cpu-used 8 \
         -g 50 av1.mp4"
    ));
    let presentation = studio.presentation(&[("av1.mp4", TrackKind::Video)]);
    let stream = presentation.stream("video").unwrap();
    check(&studio, &presentation, stream, "av1.mp4");
    let codec = stream.qualities()[0].track().codec();
    assert_eq!(codec.rfc6381(), "av01.0.00M.10");
    let Codec::Av01(entry) = sample_entry(&presentation, stream) else { panic!() };
    assert_eq!((entry.visual.width, entry.av1c.high_bitdepth), (160, true));
    let dash = presentation.dash(DashFormat::Cmaf);
    assert!(dash.contains("codecs=\"av01.0.00M.10\""), "{dash}");
    not_in_smooth(&presentation, stream, "AV1");
    // Sample encryption would have to leave the headers of each frame clear.
    let common = Common {
        scheme: Scheme::Cenc,
        iv: None,
        play_ready: None,
        widevine: None,
        fair_play: None,
        clear_key: None,
    };
    let protection = Protection {
        key: ContentKey::new(uuid!("da3813af-55e6-48e7-aa9f-a4d6031f7b4d"), [2; 16]),
        method: Method::Common(common),
        clear_codecs: vec![],
    };
    let parameters = Parameters::default();
    let view = presentation.view(&parameters, Some(&protection));
    assert!(matches!(view.manifest(DASH), Err(Error::Unencryptable { codec: "AV1", .. })));
}

#[test]
fn dolby() {
    if !have_ffmpeg() {
        return;
    }
    for (codec, box_name, text) in [("eac3", "E-AC-3", "ec-3"), ("ac3", "AC-3", "ac-3")] {
        let studio = Studio::new();
        studio.ffmpeg(&format!("{SOUND} -c:a {codec} -b:a 384k sound.mp4"));
        let presentation = studio.presentation(&[("sound.mp4", TrackKind::Audio)]);
        let stream = presentation.stream("audio").unwrap();
        check(&studio, &presentation, stream, "sound.mp4");
        assert_eq!(stream.qualities()[0].track().codec().rfc6381(), text);
        // Three channels in front and two behind, and a low one.
        let mode = match sample_entry(&presentation, stream) {
            Codec::Eac3(entry) => (entry.dec3.substreams[0].acmod, entry.dec3.substreams[0].lfeon),
            Codec::Ac3(entry) => (entry.dac3.acmod, entry.dac3.lfeon),
            other => panic!("{other:?}"),
        };
        assert_eq!(mode, (7, true));
        let dash = presentation.dash(DashFormat::Cmaf);
        let configuration = format!(
            "codecs=\"{text}\"|audioSamplingRate=\"48000\"><AudioChannelConfiguration \
             schemeIdUri=\"tag:dolby.com,2014:dash:audio_channel_configuration:2011\" \
             value=\"F801\"/>"
        );
        for part in configuration.split('|') {
            assert!(dash.contains(part), "{dash}");
        }
        let playlist = presentation.hls_master(HlsFormat::Cmaf, &Parameters::default()).unwrap();
        assert!(playlist.contains(&format!("CODECS=\"{text}\"")), "{playlist}");
        not_in_smooth(&presentation, stream, box_name);
    }
}

/// A player that has no E-AC-3 can play the rest: its variants have codecs that it knows.
#[test]
fn two_codecs_of_sound() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let x264 = "-c:v libx264 -preset ultrafast -g 50 -pix_fmt yuv420p";
    studio.ffmpeg(&format!("{PICTURE} {x264} film.mp4"));
    studio.ffmpeg(&format!("{SOUND} -c:a eac3 -b:a 384k surround.mp4"));
    studio.ffmpeg(&format!("{SOUND} -c:a aac -ac 2 stereo.mp4"));
    let presentation = studio.presentation(&[
        ("film.mp4", TrackKind::Video),
        ("surround.mp4", TrackKind::Audio),
        ("stereo.mp4", TrackKind::Audio),
    ]);
    let names: Vec<_> = presentation.streams().iter().map(Stream::name).collect();
    assert_eq!(names, ["video", "audio", "audio_2"]);

    for format in [HlsFormat::Cmaf, HlsFormat::Aapl] {
        let text = presentation.hls_master(format, &Parameters::default()).unwrap();
        let master = m3u8_rs::parse_master_playlist_res(text.as_bytes()).unwrap();
        let groups: Vec<_> = master
            .alternatives
            .iter()
            .map(|media| (media.group_id.as_str(), media.name.as_str(), media.channels.clone()))
            .collect();
        let six = Some("6".to_owned());
        let want = [("audio", "audio_2", None), ("audio-e-ac-3", "audio", six)];
        assert_eq!(groups.len(), 2);
        for ((group, name, channels), want) in groups.iter().zip(want) {
            assert_eq!((*group, *name), (want.0, want.1));
            assert_eq!(channels.as_ref().map(ToString::to_string), want.2);
        }
        let variants: Vec<_> = master
            .variants
            .iter()
            .filter(|variant| !variant.is_i_frame)
            .map(|variant| (variant.codecs.as_deref().unwrap(), variant.audio.as_deref().unwrap()))
            .collect();
        let video = presentation.streams()[0].qualities()[0].track().codec().rfc6381();
        let (aac, eac3) = (format!("{video},mp4a.40.2"), format!("{video},ec-3"));
        assert_eq!(variants, [(&*aac, "audio"), (&*eac3, "audio-e-ac-3"), ("mp4a.40.2", "audio")]);
    }
    // One track is in the segments of version 3: the one that every player has.
    let text = presentation.hls_master(HlsFormat::AaplV3, &Parameters::default()).unwrap();
    assert!(text.contains("audiotrack=audio_2") && !text.contains("ec-3"), "{text}");

    // Smooth Streaming has the rest.
    let parameters = Parameters::default();
    let view = presentation.view(&parameters, None);
    assert!(matches!(view.manifest(SMOOTH), Err(Error::NotInSmooth { .. })));
    let surround = TrackProperty::FourCc("EC-3".to_owned());
    let conditions = vec![Condition { property: surround, negated: true }];
    let tracks = vec![TrackSelection { conditions }];
    let filter = Filter { time: None, tracks, first_quality: None };
    let rest = presentation.filtered(&[filter]).unwrap();
    let manifest = rest.manifest(SMOOTH, &parameters).unwrap();
    assert!(manifest.contains("FourCC=\"AACL\"") && !manifest.contains("EC-3"), "{manifest}");
}
