//! Common encryption: `cenc` and `cbcs`.

use acceptance::elements;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};

use crate::stage::{
    Asset, Key, TRACKS, api, decode_bytes, film_frames, key_delivery, open, policy, token,
    token_restricted,
};

const CENC: i32 = 4;
const CBCS: i32 = 5;

/// Decrypts and decodes, fragment by fragment: ffmpeg 5 takes the last `senc` that it has read.
fn decrypt(key: &str, media: &[u8], select: &str) -> Result<Vec<String>, String> {
    decode_bytes(&["-fflags", "+ignidx", "-decryption_key", key], media, select)
}

#[test]
fn ffmpeg_decrypts_what_is_streamed() {
    for (ty, key_type, format) in [(CENC, 0, "mpd-time-csf"), (CBCS, 6, "m3u8-cmaf")] {
        let key = Key::new(key_type, &open());
        let asset = Asset::new(&[&key], &[policy(6, ty, &[])]);
        let hex = key.hex();
        for (track, bitrate, select) in TRACKS {
            let media = asset.track(track, bitrate, format);
            let frames = decrypt(&hex, &media, select).unwrap();
            assert_eq!(frames, film_frames(select), "{track}, type {ty}");
            // The same request gives the same bytes; without the key they are nothing to see.
            assert!(asset.track(track, bitrate, format) == media);
            let wrong = format!("{}{}", if hex.starts_with('0') { '1' } else { '0' }, &hex[1..]);
            let guessed = decrypt(&wrong, &media, select);
            assert!(guessed.is_err() || guessed.unwrap() != frames);
        }
    }
}

/// The elements of `ContentProtection`, by the end of their scheme.
#[track_caller]
fn protections(manifest: &str, scheme: &str) -> usize {
    let all = elements(manifest);
    let all = all.iter().filter(|element| element.name.ends_with("ContentProtection"));
    all.filter(|element| element.get("schemeIdUri").ends_with(scheme)).count()
}

#[test]
fn manifests_name_the_key_systems_of_the_policy() {
    let key = Key::new(0, &token_restricted());
    let configuration = [
        (4, "https://playready.example/rights?a=1&b=2"),
        (8, "https://widevine.example/license"),
        (10, "https://fairplay.example/ask"),
        (5, "<attribute>7</attribute>"),
        (12, "AACL"),
    ];
    let asset = Asset::new(&[&key], &[policy(7, CENC, &configuration)]);
    let dash = asset.get("film.ism/manifest(format=mpd-time-csf,encryption=cenc)").expect(200);
    let text = dash.text();
    // Of the two tracks, that of the sound is left clear.
    for scheme in [
        "mp4protection:2011",
        "9a04f079-9840-4286-ab92-e65be0885f95",
        "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",
        "e2719d58-a985-b3c9-781a-b030af78d30e",
    ] {
        assert_eq!(protections(text, scheme), 1, "{scheme}: {text}");
    }
    assert!(text.contains(&format!("cenc:default_KID=\"{}\"", key.kid())));
    assert!(text.contains(&format!("{}ClearKey/</dashif:Laurl>", key_delivery())));
    let widevine = format!("https://widevine.example/license?kid={}", key.kid());
    assert!(text.contains(&format!("<dashif:Laurl>{widevine}</dashif:Laurl>")), "{text}");
    assert!(text.contains("Fragments(video=$Time$,format=mpd-time-csf,encryption=cenc)"));
    let sound = asset.track("aac_eng", 64_000, "mpd-time-csf");
    assert_eq!(decode_bytes(&[], &sound, "a").unwrap(), film_frames("a"));

    let smooth = asset.get("film.ism/manifest").expect(200);
    let header = smooth.text().split("SystemID=\"9A04F079-9840-4286-AB92-E65BE0885F95\">").nth(1);
    let object = STANDARD.decode(header.unwrap().split('<').next().unwrap()).unwrap();
    let units: Vec<_> =
        object[10..].chunks(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect();
    let header = String::from_utf16(&units).unwrap();
    assert!(header.contains("<LA_URL>https://playready.example/rights?a=1&amp;b=2</LA_URL>"));
    assert!(header.contains("<CUSTOMATTRIBUTES><attribute>7</attribute></CUSTOMATTRIBUTES>"));
    // Its fragments have the same media data, described by a box of its own.
    let fragment = |format: &str| {
        let path = format!("film.ism/QualityLevels(300000)/Fragments(video=0{format})");
        asset.get(&path).expect(200).body
    };
    let (piff, iso) = (fragment(""), fragment(",format=mpd-time-csf"));
    let data = |bytes: &[u8]| {
        let at = bytes.windows(4).position(|kind| kind == b"mdat").unwrap();
        bytes[at..].to_vec()
    };
    assert!(data(&piff) == data(&iso));
    let uuid = [0xa2, 0x39, 0x4f, 0x52, 0x5a, 0x9b, 0x4f, 0x14];
    assert!(piff.windows(8).any(|window| window == uuid));
    assert!(!piff.windows(4).any(|kind| kind == b"senc"));

    let playlist = asset.get("film.ism/QualityLevels(300000)/Manifest(video,format=m3u8-cmaf)");
    let playlist = playlist.expect(200);
    let keys =
        playlist.text().lines().filter(|line| line.starts_with("#EXT-X-KEY:METHOD=SAMPLE-AES-CTR"));
    assert_eq!(keys.count(), 4);
    let fair_play = format!("URI=\"skd://fairplay.example/ask?kid={}\"", key.kid());
    assert!(playlist.text().contains(&fair_play));
}

#[test]
fn clear_keys_are_advertised_only_where_they_are_delivered() {
    let bare = Key { id: api().content_key(0, &[5; 16]), bytes: vec![5; 16] };
    let asset = Asset::new(&[&bare], &[policy(2, CENC, &[(4, "https://playready.example/")])]);
    let manifest = asset.get("film.ism/manifest(format=mpd-time-csf)").expect(200);
    assert_eq!(protections(manifest.text(), "e2719d58-a985-b3c9-781a-b030af78d30e"), 0);
    assert_eq!(protections(manifest.text(), "9a04f079-9840-4286-ab92-e65be0885f95"), 2);
}

#[test]
fn the_license_url_gives_the_key_for_a_token() {
    let key = Key::new(6, &token_restricted());
    let asset = Asset::new(&[&key], &[policy(6, CBCS, &[])]);
    let manifest = asset.get("film.ism/manifest(format=mpd-time-cmaf)").expect(200);
    let url = manifest.text().split("Lic_type=\"EME-1.0\">").nth(1).unwrap();
    let url = url.split('<').next().unwrap();
    let kid = URL_SAFE_NO_PAD.encode(uuid::Uuid::parse_str(key.kid()).unwrap().as_bytes());
    let request = json!({ "kids": [kid], "type": "temporary" });
    api().plain("POST", url).json(request.clone()).send().expect(401);
    let asked = api().plain("POST", url).header("authorization", &format!("Bearer {}", token()));
    let license: Json = asked.json(request).send().expect(200).json();
    assert_eq!(license["keys"][0]["k"], URL_SAFE_NO_PAD.encode(&key.bytes));
}

#[test]
fn smooth_streaming_has_no_cbcs() {
    let key = Key::new(6, &open());
    let asset =
        Asset::new(&[&key], &[policy(7, CBCS, &[(11, "000102030405060708090a0b0c0d0e0f")])]);
    for path in ["film.ism/manifest", "film.ism/QualityLevels(300000)/Fragments(video=0)"] {
        let reply = asset.get(path).expect(415);
        assert!(reply.text().contains("MPE_OUTPUT_PROTECTION_FORMAT_NOT_SUPPORTED"), "{reply}");
    }
    // The constant IV is that of the policy.
    let init = asset.get("film.ism/QualityLevels(300000)/Fragments(video=i,format=mpd-time-csf)");
    let init = init.expect(200).body;
    let iv: Vec<u8> = (0..16).collect();
    assert!(init.windows(17).any(|window| window[0] == 16 && window[1..] == iv));
}
