//! What is encrypted is decrypted by ffmpeg and looks and sounds as before; what is left clear is
//! what ffmpeg says are headers; and the boxes are those that another parser knows.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Studio, have_ffmpeg, select};
use mp4_atom::{Any, Decode, ReadFrom as _};
use packager::protect::{
    ClearKey, Common, ContentKey, Envelope, EnvelopeEncryptor, Method, PlayReady, Protection,
    Scheme, Widevine,
};
use packager::{
    DashFormat, Encryption, Format, Packaged, Parameters, Presentation, Rendition, SmoothFormat,
    Stream, TrackKind,
};
use uuid::uuid;

const DASH: Format = Format::Dash(DashFormat::Cmaf);
const KEY: &str = "000102030405060708090a0b0c0d0e0f";

fn protection(method: Method) -> Protection {
    let id = uuid!("da3813af-55e6-48e7-aa9f-a4d6031f7b4d");
    let key = u128::from_str_radix(KEY, 16).unwrap().to_be_bytes();
    Protection { key: ContentKey::new(id, key), method, clear_codecs: vec![] }
}

fn common(scheme: Scheme) -> Protection {
    let url = || "https://keys.example/".to_owned();
    protection(Method::Common(Common {
        scheme,
        iv: None,
        play_ready: Some(PlayReady { license_url: Some(url()), custom_attributes: None }),
        widevine: Some(Widevine { license_url: url() }),
        fair_play: None,
        clear_key: Some(ClearKey { license_url: url() }),
    }))
}

fn presentation(studio: &Studio, file: &str) -> Presentation {
    let mp4 = studio.open(file);
    let renditions = mp4.tracks().iter().map(|track| Rendition::new(file, track.clone()));
    Presentation::new(renditions.collect()).unwrap()
}

/// A fragment before and behind its encryption: the media data, and all of it.
struct Sealed {
    clear: Vec<u8>,
    head: Vec<u8>,
    data: Vec<u8>,
}

fn sealed(studio: &Studio, packaged: Packaged) -> Sealed {
    let Packaged::Samples(encryptor) = packaged else { panic!("not encrypted") };
    let fragment = encryptor.fragment();
    let clear = studio.bytes(fragment).split_off(fragment.head.len());
    let mut data = clear.clone();
    let head = encryptor.encrypt(&mut data).unwrap().to_vec();
    Sealed { clear, head, data }
}

fn fragments(studio: &Studio, p: &Presentation, stream: &Stream, own: &Protection) -> Vec<Sealed> {
    let parameters = Parameters::default();
    let view = p.view(&parameters, Some(own));
    let bitrate = stream.qualities()[0].bitrate();
    let fragment = |start| view.fragment(stream.name(), bitrate, start, DASH).unwrap();
    stream.timeline().chunks().map(|chunk| sealed(studio, fragment(chunk.start))).collect()
}

/// Encrypts all of a file in both schemes, and has ffmpeg decrypt and decode it.
fn check(studio: &Studio, file: &str) {
    let presentation = presentation(studio, file);
    for stream in presentation.streams() {
        let (name, bitrate) = (stream.name(), stream.qualities()[0].bitrate());
        let select = select(stream.kind());
        let clear = presentation.init(name, bitrate, DASH).unwrap();
        studio.join(&presentation, stream, bitrate, DASH, &clear, "clear.mp4");
        let want = studio.decoded("clear.mp4", select);
        for scheme in [Scheme::Cenc, Scheme::Cbcs] {
            let protection = common(scheme);
            let parameters = Parameters::default();
            let view = presentation.view(&parameters, Some(&protection));
            let mut joined = view.init(name, bitrate, DASH).unwrap().to_vec();
            for fragment in fragments(studio, &presentation, stream, &protection) {
                assert_ne!(fragment.data, fragment.clear);
                joined.extend(fragment.head);
                joined.extend(fragment.data);
            }
            std::fs::write(studio.path("hidden.mp4"), joined).unwrap();
            // Fragment by fragment: ffmpeg 5 decrypts with what the last `senc` says that it has read.
            let options = ["-fflags", "+ignidx", "-decryption_key", KEY];
            let found = studio.decoded_with(&options, "hidden.mp4", select);
            assert_eq!(found, want, "{file}, {name}, {scheme:?}");
        }
        if stream.kind() == TrackKind::Video {
            check_slice_headers(studio, &presentation, stream, file);
        }
    }
}

/// Encryption begins where ffmpeg sees a slice header end.
fn check_slice_headers(studio: &Studio, p: &Presentation, stream: &Stream, file: &str) {
    let mut headers = studio.slice_headers(file).into_iter();
    let hevc = stream.qualities()[0].track().codec().rfc6381().starts_with("hvc1");
    for fragment in fragments(studio, p, stream, &common(Scheme::Cbcs)) {
        let mut rest = fragment.clear.as_slice();
        for subsamples in subsamples(&fragment.head) {
            // Where encryption begins in the sample, and where it ends.
            let mut at = 0;
            let mut hidden = Vec::new();
            for (clear, encrypted) in subsamples {
                at += clear;
                hidden.push(at..at + encrypted);
                at += encrypted;
            }
            let (sample, behind) = rest.split_at(at);
            rest = behind;
            let mut start = 0;
            while start < sample.len() {
                let prefix = sample[start..start + 4].try_into().unwrap();
                let end = start + 4 + u32::from_be_bytes(prefix) as usize;
                let kind = sample[start + 4];
                let slice = if hevc { kind >> 1 & 0x3f < 32 } else { matches!(kind & 0x1f, 1..=5) };
                let range = hidden.iter().find(|range| range.end > start && range.start < end);
                if slice {
                    let bytes = headers.next().unwrap().div_ceil(8);
                    match range.filter(|range| !range.is_empty()) {
                        Some(range) => {
                            let header = &sample[start + 4..range.start];
                            let emulated = header.windows(3).filter(|w| *w == [0, 0, 3]).count();
                            assert_eq!(header.len() - emulated, bytes);
                            assert_eq!(range.end, end);
                        }
                        None => assert!(end - start - 4 - bytes < 16),
                    }
                } else {
                    assert!(range.is_none_or(|range| range.is_empty()), "unit of type {kind}");
                }
                start = end;
            }
        }
    }
    assert_eq!(headers.next(), None, "all slices were seen");
}

/// The subsamples of each sample of a `cbcs` fragment.
fn subsamples(head: &[u8]) -> Vec<Vec<(usize, usize)>> {
    let mut boxes = head;
    let traf = loop {
        match Any::read_from(&mut boxes).unwrap() {
            Any::Moof(moof) => break moof.traf.into_iter().next().unwrap(),
            other => assert!(matches!(other, Any::Styp(_)), "{other:?}"),
        }
    };
    let data = traf.senc.unwrap().data;
    let mut at = 4;
    let mut number = |bytes: usize| {
        let value = data[at..at + bytes].iter().fold(0, |n, byte| n << 8 | usize::from(*byte));
        at += bytes;
        value
    };
    let count = traf.trun[0].samples.len();
    let list = (0..count).map(|_| (0..number(2)).map(|_| (number(2), number(4))).collect());
    let list: Vec<Vec<_>> = list.collect();
    assert_eq!(at, data.len());
    assert_eq!(u32::from_be_bytes(data[..4].try_into().unwrap()) as usize, count);
    list
}

#[test]
fn h264_in_many_forms_and_sound() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let sound = "-f lavfi -i sine=f=440:r=44100:d=3 -c:a aac";
    let picture = "-f lavfi -i testsrc2=s=320x180:r=25:d=3";
    for (name, options) in [
        ("weighted.mp4", "-preset slow -bf 3 -x264-params weightp=2:ref=5:b-pyramid=normal"),
        (
            "interlaced.mp4",
            "-preset veryfast -flags +ildct+ilme -x264-params tff=1:bff=0:weightb=1",
        ),
        ("slices.mp4", "-preset ultrafast -x264-params slices=50:cabac=0"),
        ("full.mp4", "-preset medium -pix_fmt yuv444p -x264-params cqm=jvt:deblock=-2,-1"),
        ("grey.mp4", "-preset medium -pix_fmt gray -bf 1"),
    ] {
        let format = if options.contains("pix_fmt") { "" } else { " -pix_fmt yuv420p" };
        studio.ffmpeg(&format!("{picture} {sound} -c:v libx264 {options}{format} -g 25 {name}"));
        check(&studio, name);
    }
}

#[test]
fn several_fragments() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    studio.ffmpeg(
        "-f lavfi -i testsrc2=s=160x90:r=25:d=14 -f lavfi -i sine=f=440:r=48000:d=14 -c:v libx264 \
         -preset veryfast -pix_fmt yuv420p -g 50 -keyint_min 50 -sc_threshold 0 -c:a aac long.mp4",
    );
    check(&studio, "long.mp4");
}

#[test]
fn h265_in_many_forms() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let picture = "-f lavfi -i testsrc2=s=320x180:r=25:d=3 -c:v libx265 -tag:v hvc1";
    for (name, options) in [
        ("plain.mp4", "ultrafast:"),
        ("weighted.mp4", "medium:weightb=1:ref=4:bframes=4:open-gop=1"),
        ("slices.mp4", "veryfast:slices=3:wpp=1:no-sao=1:scaling-list=default"),
        ("short.mp4", "fast:no-deblock=1:temporal-layers=1:multi-pass-opt-rps=0:ctu=16"),
    ] {
        let (preset, options) = options.split_once(':').unwrap();
        studio.ffmpeg(&format!(
            "{picture} -preset {preset} -pix_fmt yuv420p -x265-params \
             log-level=none:keyint=25:min-keyint=25:scenecut=0:{options} {name}"
        ));
        check(&studio, name);
    }
}

#[test]
fn boxes_as_another_parser_reads_them() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    studio.ffmpeg(
        "-f lavfi -i testsrc2=s=160x90:r=25:d=2 -f lavfi -i sine=r=48000:d=2 -c:v libx264 \
         -preset ultrafast -pix_fmt yuv420p -c:a aac both.mp4",
    );
    let presentation = presentation(&studio, "both.mp4");
    let parameters = Parameters::default();
    for (scheme, kind) in [
        (Scheme::Cenc, TrackKind::Video),
        (Scheme::Cenc, TrackKind::Audio),
        (Scheme::Cbcs, TrackKind::Video),
        (Scheme::Cbcs, TrackKind::Audio),
    ] {
        let protection = common(scheme);
        let view = presentation.view(&parameters, Some(&protection));
        let stream = presentation.streams().iter().find(|stream| stream.kind() == kind).unwrap();
        let bitrate = stream.qualities()[0].bitrate();
        let init = view.init(stream.name(), bitrate, DASH).unwrap();
        let boxes = paths(&init);
        let entry = if kind == TrackKind::Video { "encv" } else { "enca" };
        let sinf = format!("moov/trak/mdia/minf/stbl/stsd/{entry}/sinf");
        let of = |path: &str| {
            let path = format!("{sinf}/{path}");
            boxes
                .iter()
                .find(|(found, _)| *found == path)
                .unwrap_or_else(|| panic!("{boxes:?}"))
                .1
                .clone()
        };
        let (codec, name) =
            if kind == TrackKind::Video { ("avc1", "avcC") } else { ("mp4a", "esds") };
        assert_eq!(of("frma"), codec.as_bytes());
        assert!(boxes.iter().any(|(path, _)| path.ends_with(&format!("{entry}/{name}"))));
        let scheme_name = if scheme == Scheme::Cenc { "cenc" } else { "cbcs" };
        assert_eq!(of("schm"), [&[0; 4], scheme_name.as_bytes(), &[0, 1, 0, 0]].concat());
        let tenc = of("schi/tenc");
        let id = *uuid!("da3813af-55e6-48e7-aa9f-a4d6031f7b4d").as_bytes();
        assert_eq!(tenc[8..24], id);
        match (scheme, kind) {
            (Scheme::Cenc, _) => {
                assert_eq!((&tenc[..8], tenc.len()), (&[0, 0, 0, 0, 0, 0, 1, 8][..], 24))
            }
            (_, TrackKind::Video) => {
                assert_eq!((&tenc[..8], tenc[24]), (&[1, 0, 0, 0, 0, 0x19, 1, 0][..], 16))
            }
            (_, TrackKind::Audio) => {
                assert_eq!((&tenc[..8], tenc[24]), (&[1, 0, 0, 0, 0, 0, 1, 0][..], 16))
            }
        }
        let systems: Vec<_> =
            boxes.iter().filter(|(path, _)| path == "moov/pssh").map(|(_, data)| data).collect();
        assert_eq!(systems.len(), 3);
        assert_eq!(
            systems[2][4..],
            [
                uuid!("1077efec-c0b2-4d02-ace3-3c1e52e2fb4b").as_bytes().as_slice(),
                &[0, 0, 0, 1],
                &id,
                &[0; 4]
            ]
            .concat()
        );
        check_offsets(&studio, &presentation, stream, &protection);
    }
}

/// What `saiz` and `saio` say is in `senc`.
fn check_offsets(studio: &Studio, p: &Presentation, stream: &Stream, own: &Protection) {
    for fragment in fragments(studio, p, stream, own) {
        let head = &fragment.head;
        let moof = head.windows(4).position(|kind| kind == b"moof").unwrap() - 4;
        let boxes = paths(head);
        let of = |name: &str| {
            let found = boxes.iter().find(|(path, _)| path == &format!("moof/traf/{name}"));
            found.map(|(_, data)| data.as_slice())
        };
        let Some(senc) = of("senc") else {
            // Whole samples with a constant IV.
            assert!(of("saiz").is_none() && of("saio").is_none());
            assert_eq!(stream.kind(), TrackKind::Audio);
            continue;
        };
        let saio = of("saio").unwrap();
        assert_eq!(saio[..8], [0, 0, 0, 0, 0, 0, 0, 1]);
        let offset = u32::from_be_bytes(saio[8..].try_into().unwrap()) as usize;
        let (flags, first) = (senc[3], &senc[8..]);
        assert_eq!(head[moof + offset..][..first.len()], *first);
        assert_eq!(flags, if stream.kind() == TrackKind::Video { 2 } else { 0 });
        let saiz = of("saiz").unwrap();
        let count = u32::from_be_bytes(saiz[5..9].try_into().unwrap()) as usize;
        let sizes = match saiz[4] {
            0 => saiz[9..].iter().map(|size| usize::from(*size)).sum(),
            size => usize::from(size) * count,
        };
        assert_eq!(sizes, first.len());
        assert_eq!(u32::from_be_bytes(senc[4..8].try_into().unwrap()) as usize, count);
    }
}

/// All boxes with their paths and payloads, with the headers that mp4-atom reads.
fn paths(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    fn walk(mut bytes: &[u8], above: &str, found: &mut Vec<(String, Vec<u8>)>) {
        while bytes.len() >= 8 {
            let header = mp4_atom::Header::decode(&mut bytes).unwrap();
            let (payload, rest) = bytes.split_at(header.size.unwrap().min(bytes.len()));
            let path = format!("{above}{}", header.kind);
            found.push((path.clone(), payload.to_vec()));
            let skip = match &*header.kind.to_string() {
                "moov" | "trak" | "mdia" | "minf" | "stbl" | "mvex" | "sinf" | "schi" | "moof"
                | "traf" => Some(0),
                "stsd" => Some(8),
                "encv" => Some(78),
                "enca" => Some(28),
                _ => None,
            };
            if let Some(skip) = skip {
                walk(&payload[skip..], &format!("{path}/"), found);
            }
            bytes = rest;
        }
    }
    let mut found = Vec::new();
    walk(bytes, "", &mut found);
    found
}

#[test]
fn an_envelope_in_pieces_and_a_smooth_fragment() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    studio.ffmpeg(
        "-f lavfi -i testsrc2=s=160x90:r=25:d=2 -c:v libx264 -preset ultrafast -pix_fmt yuv420p a.mp4",
    );
    let presentation = presentation(&studio, "a.mp4");
    let bitrate = presentation.streams()[0].qualities()[0].bitrate();
    let parameters = Parameters::default();
    let key_url = "https://keys.example/".to_owned();
    let sealed_whole = protection(Method::Envelope(Envelope { key_url, iv: Some([9; 16]) }));
    assert_eq!(sealed_whole.encryption(), Encryption::Cbc);
    let view = presentation.view(&parameters, Some(&sealed_whole));
    let Packaged::Envelope(fragment, mut encryptor) =
        view.fragment("video", bitrate, 0, DASH).unwrap()
    else {
        panic!()
    };
    let bytes = studio.bytes(&fragment);
    let mut hidden: Vec<u8> = bytes.chunks(4099).flat_map(|part| encryptor.update(part)).collect();
    hidden.extend(encryptor.finish());
    assert_eq!(hidden.len() as u64, EnvelopeEncryptor::encrypted_length(bytes.len() as u64));
    std::fs::write(studio.path("hidden"), hidden).unwrap();
    let iv = "09".repeat(16);
    studio.ffmpeg(&format!(
        "-key {KEY} -iv {iv} -f data -i crypto:hidden -map 0 -c copy -f data decrypted"
    ));
    assert!(std::fs::read(studio.path("decrypted")).unwrap() == bytes);

    // PIFF has the contents of senc, and nothing of what Smooth clients do not know.
    let smooth = Format::Smooth(SmoothFormat::Latest);
    let cenc = common(Scheme::Cenc);
    let view = presentation.view(&parameters, Some(&cenc));
    let of_smooth = sealed(&studio, view.fragment("video", bitrate, 0, smooth).unwrap());
    let of_dash = sealed(&studio, view.fragment("video", bitrate, 0, DASH).unwrap());
    assert_eq!(of_smooth.data, of_dash.data);
    let uuids: Vec<_> =
        paths(&of_smooth.head).into_iter().filter(|(path, _)| path.ends_with("uuid")).collect();
    let senc = paths(&of_dash.head).into_iter().find(|(path, _)| path.ends_with("senc")).unwrap().1;
    assert_eq!(uuids.len(), 2, "and tfxd");
    assert_eq!(uuids[0].1[16..], senc);
    assert!(
        !paths(&of_smooth.head)
            .iter()
            .any(|(path, _)| path.contains("sai") || path.contains("senc"))
    );
}
