//! What belongs to no single file: vectors, signalling, and that what is protected can be read
//! again.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use aes::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use uuid::uuid;

use super::*;
use crate::boxes::Reader;
use crate::error::{Error, Place};
use crate::format::{DashFormat, Format, HlsFormat, SmoothFormat};
use crate::fragment::FragmentNoun;
use crate::index::Sizes;
use crate::indexed::{CutSamples, IndexedTrack};
use crate::presentation::Presentation;
use crate::stream::{Quality, Rendition};
use crate::testing::{altered, audio, presentation, video};
use crate::track::Track;
use crate::url::Parameters;
use crate::view::Packaged;

pub(super) const NIST_KEY: [u8; 16] = [
    0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c,
];
pub(super) const NIST_TEXT: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
    30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

fn key() -> ContentKey {
    ContentKey::new(uuid!("da3813af-55e6-48e7-aa9f-a4d6031f7b4d"), NIST_KEY)
}

fn protection(method: Method) -> Protection {
    Protection { key: key(), method, clear_codecs: Vec::new() }
}

fn envelope(iv: Option<[u8; 16]>) -> Protection {
    let key_url = "https://keys.example/?a=\"1\"&kid=da3813af".to_owned();
    protection(Method::Envelope(Envelope { key_url, iv }))
}

fn common(scheme: Scheme) -> Protection {
    protection(Method::Common(Common {
        scheme,
        iv: None,
        play_ready: Some(PlayReady {
            license_url: Some("https://pr.example/?a=1&b=<2>".to_owned()),
            custom_attributes: None,
        }),
        widevine: Some(Widevine { license_url: "https://wv.example/".to_owned() }),
        fair_play: Some(FairPlay { license_url: "https://fp.example/k".to_owned() }),
        clear_key: Some(ClearKey { license_url: "https://keys.example/clear".to_owned() }),
    }))
}

fn asking(encryption: Encryption) -> Parameters {
    Parameters { encryption: Some(encryption), ..Parameters::default() }
}

#[test]
fn keys_are_not_printed() {
    let printed = format!("{:?} {:?}", key(), common(Scheme::Cenc));
    assert!(printed.contains("da3813af"));
    assert!(!printed.contains("43, 126") && !printed.to_lowercase().contains("2b7e"), "{printed}");
}

#[test]
fn envelope_of_nist_vectors_and_any_pieces() {
    let iv = hex("000102030405060708090a0b0c0d0e0f").try_into().unwrap();
    let Method::Envelope(envelope) = envelope(Some(iv)).method else { panic!() };
    let text = hex(NIST_TEXT);
    let whole = envelope.encryptor(&key()).encrypt(&text);
    assert_eq!(whole[..16], hex("7649abac8119b246cee98e9b12e9197d"));
    assert_eq!(whole[48..64], hex("3ff1caa1681fac09120eca307586e1a7"));
    assert_eq!(whole.len() as u64, EnvelopeEncryptor::encrypted_length(64));
    for size in [1, 15, 16, 17, 63] {
        let mut encryptor = envelope.encryptor(&key());
        let mut joined: Vec<u8> =
            text.chunks(size).flat_map(|piece| encryptor.update(piece)).collect();
        joined.extend(encryptor.finish());
        assert_eq!(joined, whole, "in pieces of {size}");
    }
}

#[test]
fn playlists_tell_of_keys_behind_the_initialization_segment() {
    let presentation = presentation().unwrap();
    let parameters = asking(Encryption::Cbc);
    let envelope = envelope(Some([0xd7; 16]));
    let view = presentation.view(&parameters, Some(&envelope));
    let text = view.playlist("video", 500_000, HlsFormat::Cmaf).unwrap();
    assert!(
        text.contains(
            "#EXT-X-MAP:URI=\"Fragments(video=i,format=m3u8-cmaf,encryption=cbc)\"\n\
             #EXT-X-KEY:METHOD=AES-128,URI=\"https://keys.example/?a=%221%22&kid=da3813af\",\
             IV=0xD7D7D7D7D7D7D7D7D7D7D7D7D7D7D7D7\n#EXTINF"
        ),
        "{text}"
    );
    let master = view.manifest(Format::Hls(HlsFormat::Cmaf)).unwrap();
    assert!(master.contains("Manifest(video,format=m3u8-cmaf,encryption=cbc)\n"), "{master}");
    // The initialization segment is clear, and in DASH it is not.
    let clear = presentation.init("video", 500_000, Format::Hls(HlsFormat::Cmaf)).unwrap();
    assert_eq!(view.init("video", 500_000, Format::Hls(HlsFormat::Cmaf)).unwrap(), clear);
    let dash = view.init("video", 500_000, Format::Dash(DashFormat::Csf)).unwrap();
    assert_eq!(dash.len(), clear.len() / 16 * 16 + 16);

    let common = common(Scheme::Cbcs);
    let view = presentation.view(&parameters, Some(&common));
    let text = view.playlist("video", 500_000, HlsFormat::Cmaf).unwrap();
    let keys: Vec<_> = text.lines().filter(|line| line.starts_with("#EXT-X-KEY")).collect();
    assert_eq!(keys.len(), 4);
    assert!(keys.iter().all(|line| line.starts_with("#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"")));
    assert!(
        keys[0].contains("\"skd://fp.example/k\",KEYFORMAT=\"com.apple.streamingkeydelivery\"")
    );
    assert!(
        keys[1].contains("charset=UTF-16;base64,") && keys[1].contains("com.microsoft.playready")
    );
    assert!(
        keys[2].contains(",KEYID=0xda3813af55e648e7aa9fa4d6031f7b4d,KEYFORMAT=\"urn:uuid:edef8ba9")
    );
    assert!(keys[3].contains("KEYFORMAT=\"org.w3.clearkey\""));
}

#[test]
fn dash_manifests_name_all_key_systems() {
    let presentation = presentation().unwrap();
    let parameters = Parameters::default();
    let mut protection = common(Scheme::Cenc);
    let manifest = |protection: &Protection| {
        let view = presentation.view(&parameters, Some(protection));
        view.manifest(Format::Dash(DashFormat::Csf)).unwrap()
    };
    let text = manifest(&protection);
    let of_video = text.split("contentType=\"video\"").nth(1).unwrap();
    for part in [
        "<ContentProtection schemeIdUri=\"urn:mpeg:dash:mp4protection:2011\" value=\"cenc\" \
         cenc:default_KID=\"da3813af-55e6-48e7-aa9f-a4d6031f7b4d\"/>",
        "urn:uuid:9a04f079-9840-4286-ab92-e65be0885f95\" value=\"MSPR 2.0\"><cenc:pssh>",
        "</cenc:pssh><mspr:pro>",
        "licenseUrl=\"https://pr.example/?a=1&amp;b=&lt;2&gt;\"/>",
        "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\" value=\"Widevine\"><cenc:pssh>",
        "<dashif:Laurl>https://wv.example/</dashif:Laurl>",
        "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e\" value=\"ClearKey1.0\">\
         <dashif:Laurl Lic_type=\"EME-1.0\">https://keys.example/clear</dashif:Laurl>",
    ] {
        assert!(of_video.contains(part), "{part} in {text}");
    }
    assert_eq!(text.matches("default_KID").count(), 2);
    assert!(text.contains("xmlns:dashif=\"https://dashif.org/CPS\""));
    // Tracks of a codec may be left clear.
    protection.clear_codecs = vec!["aacl".to_owned()];
    assert_eq!(manifest(&protection).matches("default_KID").count(), 1);
    let sea = manifest(&envelope(None));
    assert_eq!(sea.matches("<sea:CryptoPeriod IV=\"0x").count(), 2);
    assert!(
        sea.contains("keyUriTemplate=\"https://keys.example/?a=&quot;1&quot;&amp;kid=da3813af\"")
    );
}

#[test]
fn smooth_manifests_and_what_they_cannot_say() {
    let presentation = presentation().unwrap();
    let parameters = asking(Encryption::Cenc);
    let smooth = Format::Smooth(SmoothFormat::Latest);
    let cenc = common(Scheme::Cenc);
    let text = presentation.view(&parameters, Some(&cenc)).manifest(smooth).unwrap();
    let header =
        "<Protection>\n<ProtectionHeader SystemID=\"9A04F079-9840-4286-AB92-E65BE0885F95\">";
    let object = text.split(header).nth(1).unwrap().split("</ProtectionHeader>").next().unwrap();
    let object = STANDARD.decode(object).unwrap();
    assert_eq!(object.len(), u32::from_le_bytes(object[..4].try_into().unwrap()) as usize);
    assert!(text.contains("Fragments(video={start time},encryption=cenc)"));

    let cbcs = common(Scheme::Cbcs);
    let view = presentation.view(&parameters, Some(&cbcs));
    let refused = Error::Unprotectable { format: "Smooth Streaming", scheme: "cbcs" };
    assert_eq!(view.manifest(smooth).unwrap_err(), refused);
    assert_eq!(view.fragment("video", 500_000, 0, smooth).unwrap_err(), refused);
    assert!(view.manifest(Format::Dash(DashFormat::Cmaf)).is_ok());

    let sea = envelope(None);
    let text = presentation.view(&parameters, Some(&sea)).manifest(smooth).unwrap();
    assert!(text.contains(
        "<ProtectionHeader SystemID=\"B47B251A-2409-4B42-958E-08DBAE7B4EE9\"><ContentProtection"
    ));
}

/// The text of a PlayReady object.
fn header(object: &[u8]) -> String {
    assert_eq!(object[4..8], [1, 0, 1, 0]);
    let units = object[10..].chunks(2).map(|two| u16::from_le_bytes([two[0], two[1]]));
    char::decode_utf16(units).map(Result::unwrap).collect()
}

#[test]
fn play_ready_headers() {
    let key = ContentKey::new(
        uuid!("09a2212a-a803-4989-9a6e-6cd2e69500e7"),
        hex("1234567890abcdef1234567890abcdef").try_into().unwrap(),
    );
    let mut system = PlayReady {
        license_url: Some("https://pr.example/?a&b".to_owned()),
        custom_attributes: Some("<a b=\"1\">x</a><c/>".to_owned()),
    };
    let text = header(&system.object(&key, Scheme::Cenc));
    let id = STANDARD.encode(hex("2a21a20903a889499a6e6cd2e69500e7"));
    assert!(text.contains(&format!("<KID>{id}</KID>")), "{text}");
    // As `openssl enc -aes-128-ecb` encrypts the id.
    assert!(text.contains("<CHECKSUM>luNrJYKp3IQ=</CHECKSUM>"));
    assert!(text.contains("version=\"4.0.0.0\"") && text.contains("<ALGID>AESCTR</ALGID>"));
    assert!(text.contains("<LA_URL>https://pr.example/?a&amp;b</LA_URL>"));
    assert!(text.contains("<CUSTOMATTRIBUTES><a b=\"1\">x</a><c/></CUSTOMATTRIBUTES>"));
    for broken in ["</DATA><x>", "<a>", "a<b", "<!DOCTYPE a>", "<?a?>", "</CUSTOMATTRIBUTES><x>"] {
        system.custom_attributes = Some(broken.to_owned());
        let text = header(&system.object(&key, Scheme::Cbcs));
        assert!(!text.contains(broken), "{text}");
        assert!(text.contains(&format!("<KID ALGID=\"AESCBC\" VALUE=\"{id}\">")), "{text}");
    }
}

#[test]
fn widevine_headers() {
    let bytes = super::widevine::header(&key(), Scheme::Cenc);
    let mut want = vec![0x08, 0x01, 0x12, 0x10];
    want.extend(key().id().as_bytes());
    // Field 9 is the scheme's name as a number.
    want.extend([0x48, 0xe3, 0xdc, 0x95, 0x9b, 0x06]);
    assert_eq!(bytes, want);
}

#[test]
fn initialization_vectors_are_stable_and_apart() {
    let track = |id: u32, mark: u8| {
        altered(video(25, 1, 50, 25), |track, _| {
            (track.id, track.fingerprint) = (id, [mark; 32]);
        })
    };
    let iv = |key: &ContentKey, track: &Track| Common::first_iv(key, track);
    let own = iv(&key(), &track(1, 1));
    assert_eq!(own, iv(&key(), &track(1, 1)));
    let other_id = ContentKey::new(uuid!("00000000-0000-0000-0000-000000000001"), NIST_KEY);
    let other_key = ContentKey::new(key().id(), [1; 16]);
    let others = [
        (&key(), track(2, 1)),
        (&key(), track(1, 2)),
        (&other_id, track(1, 1)),
        (&other_key, track(1, 1)),
    ];
    for (key, track) in &others {
        assert_ne!(iv(key, track), own);
    }
}

/// Two files of sound of a constant bitrate have the same `moov` box, and not the same samples.
#[test]
fn files_of_the_same_tables_are_apart_by_name() {
    let moov = bytes::Bytes::from_static(include_bytes!("../../tests/fixtures/clip.moov"));
    let iv = |file: &str, boxes: crate::Boxes| {
        let film = crate::Mp4::parse(file, boxes, 1 << 20).unwrap();
        Common::first_iv(&key(), film.first(crate::TrackKind::Audio).unwrap())
    };
    let boxes = || crate::Boxes::from(moov.clone());
    let own = iv("en.mp4", boxes());
    assert_eq!(own, iv("en.mp4", boxes()));
    assert_ne!(own, iv("fr.mp4", boxes()));
    assert_ne!(own, iv("en.mp4", boxes().named("another asset/en.mp4")));
}

fn place() -> Place<'static> {
    Place { file: "out", track: 0, path: "out" }
}

/// Reads what a fragment says of its samples, and decrypts them with nothing but single blocks.
fn decrypt(head: &[u8], data: &[u8], quality: &Quality, scheme: Scheme, smooth: bool) -> Vec<u8> {
    let aes = key().cipher();
    let track = quality.track();
    let CutSamples::Tables(index) = &quality.samples else { panic!() };
    let video = track.kind == crate::TrackKind::Video;
    let moof = Reader::new(head, place()).child(b"moof", "moof").unwrap();
    let traf = moof.child(b"traf", "traf").unwrap();
    let sizes: Vec<usize> = (0..index.count).map(|n| index.sizes.get(n) as usize).collect();
    let mut senc = if smooth {
        let mut uuid = traf.child(b"uuid", "uuid").unwrap();
        assert_eq!(uuid.take(16).unwrap()[..4], [0xa2, 0x39, 0x4f, 0x52]);
        Some(uuid)
    } else {
        traf.optional_child(b"senc", "senc").unwrap()
    };
    if let Some(senc) = &mut senc {
        senc.take(8).unwrap();
    }
    let constant = match &common(scheme).method {
        Method::Common(common) => common.constant_iv(&key(), track),
        Method::Envelope(_) => unreachable!(),
    };
    let mut clear = Vec::new();
    let mut rest = data;
    let mut seen = std::collections::BTreeSet::new();
    for size in sizes {
        let mut iv = [0; 16];
        if scheme == Scheme::Cenc {
            iv[..8].copy_from_slice(senc.as_mut().unwrap().take(8).unwrap());
            assert!(seen.insert(iv), "an IV comes twice");
        }
        let mut parts = vec![(0, size)];
        if video {
            let senc = senc.as_mut().unwrap();
            let count = senc.u16().unwrap();
            let part = |_| (usize::from(senc.u16().unwrap()), senc.u32().unwrap() as usize);
            parts = (0..count).map(part).collect();
            assert_eq!(parts.iter().map(|(clear, hidden)| clear + hidden).sum::<usize>(), size);
            assert!(parts.len() <= 42);
        }
        let mut stream = Vec::new();
        for (in_clear, hidden) in parts {
            let (part, behind) = rest.split_at(in_clear + hidden);
            rest = behind;
            clear.extend(&part[..in_clear]);
            let mut hidden = part[in_clear..].to_vec();
            if scheme == Scheme::Cenc {
                stream.extend(hidden);
                hidden = Vec::new();
                counter(&aes, iv, &mut stream, &mut clear, part.len() - in_clear);
            } else {
                chained(&aes, constant, if video { 10 } else { 1 }, &mut hidden);
            }
            clear.extend(hidden);
        }
    }
    assert!(rest.is_empty());
    if let Some(senc) = senc {
        assert!(senc.rest().is_empty(), "nothing is left of senc");
    }
    clear
}

/// Decrypts the last bytes of a stream of encrypted bytes.
fn counter(aes: &aes::Aes128, iv: [u8; 16], stream: &mut [u8], out: &mut Vec<u8>, last: usize) {
    let start = stream.len() - last;
    let (mut key_stream, mut of) = ([0; 16], None);
    for (at, byte) in stream.iter().enumerate().skip(start) {
        if of != Some(at / 16) {
            let mut block = iv;
            block[8..].copy_from_slice(&((at / 16) as u64).to_be_bytes());
            let mut block = block.into();
            aes.encrypt_block(&mut block);
            (key_stream, of) = (block.into(), Some(at / 16));
        }
        out.push(byte ^ key_stream[at % 16]);
    }
}

fn chained(aes: &aes::Aes128, iv: [u8; 16], every: usize, bytes: &mut [u8]) {
    let mut before = iv;
    for (_, chunk) in
        bytes.as_chunks_mut::<16>().0.iter_mut().enumerate().filter(|(at, _)| at % every == 0)
    {
        let hidden = *chunk;
        let mut block = hidden.into();
        aes.decrypt_block(&mut block);
        for (byte, mask) in block.iter_mut().zip(before) {
            *byte ^= mask;
        }
        chunk.copy_from_slice(&block);
        before = hidden;
    }
}

/// A presentation of one track with samples of these sizes, in one fragment.
fn of_sizes(track: IndexedTrack, sizes: Vec<u32>) -> Presentation {
    let track = altered(track, |_, index| {
        index.total_bytes = sizes.iter().map(|size| u64::from(*size)).sum();
        index.sizes = Sizes::Each(sizes);
    });
    Presentation::new(vec![Rendition::new("a.mp4", Arc::new(track))]).unwrap()
}

fn round_trip(presentation: &Presentation, data: &[u8], scheme: Scheme, format: Format) {
    let (parameters, protection) = (Parameters::default(), common(scheme));
    let stream = &presentation.streams()[0];
    let view = presentation.view(&parameters, Some(&protection));
    let packaged =
        view.fragment(stream.name(), stream.qualities()[0].bitrate(), 0, format).unwrap();
    let Packaged::Samples(encryptor) = packaged else { panic!() };
    let mut encrypted = data.to_vec();
    let head = encryptor.encrypt(&mut encrypted).unwrap();
    let mut again = data.to_vec();
    assert_eq!(encryptor.encrypt(&mut again).unwrap(), head);
    assert!(again == encrypted, "the same bytes each time");
    let mut pieces = data.to_vec();
    let described = encryptor.describe(data).unwrap();
    assert_eq!(described.fragment().head, head);
    for run in described.runs(1000) {
        let range = run.data.start as usize..run.data.end as usize;
        described.encrypt(&run, &mut pieces[range]).unwrap();
    }
    assert!(pieces == encrypted, "also piece by piece");
    let quality = &stream.qualities()[0];
    let smooth = matches!(format, Format::Smooth(_));
    assert!(decrypt(&head, &encrypted, quality, scheme, smooth) == data);
}

/// NAL units with lengths before them, and at times bytes that are none.
fn sample() -> impl Strategy<Value = Vec<u8>> {
    let unit = (any::<u8>(), 0..400_usize, any::<u8>()).prop_map(|(first, size, fill)| {
        let mut unit = vec![fill; size];
        if let Some(byte) = unit.first_mut() {
            *byte = first;
        }
        let length = u32::try_from(size).unwrap().to_be_bytes();
        [length.as_slice(), &unit].concat()
    });
    let large = (60_000..200_000_usize, prop_oneof![Just(0x65), Just(6), Just(0x26)]).prop_map(
        |(size, first)| {
            let mut unit = u32::try_from(size).unwrap().to_be_bytes().to_vec();
            unit.push(first);
            unit.resize(size + 4, 0x80);
            unit
        },
    );
    let unit = prop_oneof![40 => unit, 1 => large];
    let garbage = proptest::collection::vec(any::<u8>(), 0..20);
    (proptest::collection::vec(unit, 0..90), garbage)
        .prop_map(|(units, garbage)| [units.concat(), garbage].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_protected_can_be_read_again(
        samples in proptest::collection::vec(sample(), 1..5),
        cbcs in any::<bool>(),
        smooth in any::<bool>(),
    ) {
        let sizes: Vec<_> = samples.iter().map(|s| u32::try_from(s.len()).unwrap()).collect();
        let data = samples.concat();
        let scheme = if cbcs { Scheme::Cbcs } else { Scheme::Cenc };
        let format = if smooth && !cbcs {
            Format::Smooth(SmoothFormat::Latest)
        } else {
            Format::Dash(DashFormat::Cmaf)
        };
        let count = u32::try_from(samples.len()).unwrap();
        let picture = of_sizes(video(25, 1, count, 25), sizes.clone());
        round_trip(&picture, &data, scheme, format);
        let sound = of_sizes(audio(48_000, 1024, count), sizes);
        round_trip(&sound, &data, scheme, format);
    }

    #[test]
    fn an_envelope_opens(data in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let Method::Envelope(envelope) = envelope(None).method else { panic!() };
        let mut bytes = envelope.encryptor(&key()).encrypt(&data);
        chained(&key().cipher(), envelope.iv(&key()), 1, &mut bytes);
        let padding = usize::from(*bytes.last().unwrap());
        prop_assert!((1..=16).contains(&padding));
        bytes.truncate(bytes.len() - padding);
        prop_assert_eq!(bytes, data);
    }
}

#[test]
fn parts_of_encrypted_fragments_fit_together() {
    let presentation = presentation().unwrap();
    let (parameters, protection) = (Parameters::default(), common(Scheme::Cenc));
    let view = presentation.view(&parameters, Some(&protection));
    let smooth = Format::Smooth(SmoothFormat::Latest);
    let encrypted = |noun| {
        let plan = view.plan("video", 500_000, 0, smooth, noun).unwrap();
        let Packaged::Samples(encryptor) = plan.package(&[]).unwrap() else { panic!() };
        let ranges = encryptor.fragment().ranges.clone();
        let length: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        let mut data = vec![7; length as usize];
        let head = encryptor.encrypt(&mut data).unwrap();
        (head, data, ranges)
    };
    let (head, data, ranges) = encrypted(FragmentNoun::Fragments);
    // The description says what is encrypted, so the data has to be read for it.
    let info = encrypted(FragmentNoun::FragmentInfo);
    assert_eq!((&info.0[..], info.1.len()), (&head[..head.len() - 8], 0));
    assert_eq!(info.2, ranges);
    let raw = encrypted(FragmentNoun::RawFragments);
    assert_eq!((raw.0.len(), raw.1), (0, data.clone()));
    // A key frame is encrypted as it is in the whole fragment.
    let key_frames = encrypted(FragmentNoun::KeyFrames);
    assert_eq!(key_frames.2, [40..140, 5040..5140, 10_040..10_140]);
    assert_eq!(key_frames.1, [&data[..100], &data[5000..5100], &data[10_000..10_100]].concat());
}

#[test]
fn data_of_another_length_is_refused() {
    let presentation = presentation().unwrap();
    let (parameters, protection) = (Parameters::default(), common(Scheme::Cenc));
    let view = presentation.view(&parameters, Some(&protection));
    let dash = Format::Dash(DashFormat::Csf);
    let Packaged::Samples(encryptor) = view.fragment("video", 500_000, 0, dash).unwrap() else {
        panic!()
    };
    assert_eq!(encryptor.fragment().ranges, std::slice::from_ref(&(40..15_040)));
    let error = encryptor.encrypt(&mut vec![0; 14_999]).unwrap_err();
    let wrong = |wanted, found| Error::WrongLength { file: "low.mp4".to_owned(), wanted, found };
    assert_eq!(error, wrong(15_000, 14_999));
    let described = encryptor.describe(&[0; 15_000]).unwrap();
    let run = described.runs(250).next().unwrap();
    assert_eq!(described.encrypt(&run, &mut [0; 201]).unwrap_err(), wrong(200, 201));
}

#[test]
fn runs_are_of_whole_samples() {
    let sizes = vec![100, 100, 0, 300, 700, 0, 250, 1];
    let presentation = of_sizes(audio(48_000, 1024, 8), sizes.clone());
    let (parameters, protection) = (Parameters::default(), common(Scheme::Cenc));
    let view = presentation.view(&parameters, Some(&protection));
    let stream = &presentation.streams()[0];
    let (name, bitrate) = (stream.name(), stream.qualities()[0].bitrate());
    let dash = Format::Dash(DashFormat::Csf);
    let Packaged::Samples(encryptor) = view.fragment(name, bitrate, 0, dash).unwrap() else {
        panic!()
    };
    let described = encryptor.describe(&[0; 1451]).unwrap();
    let runs = |longest| described.runs(longest).map(|run| run.data).collect::<Vec<_>>();
    assert_eq!(runs(500), [0..500, 500..1200, 1200..1451]);
    assert_eq!(runs(1), [0..100, 100..200, 200..500, 500..1200, 1200..1450, 1450..1451]);
    assert_eq!(runs(u64::MAX), std::slice::from_ref(&(0..1451)));
    assert!(described.memory() > described.fragment().head.len());
}
