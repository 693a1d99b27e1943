//! AES-128 of whole segments, and the key over HTTP.

use std::process::Command;

use acceptance::crypto;

use crate::stage::{
    Asset, FRAMES, Key, TRACKS, api, decode, film_frames, key_delivery, open, policy, token,
    token_restricted,
};

/// Smooth Streaming, DASH and HLS.
const STREAMING: i32 = 7;

fn asset(key: &Key) -> Asset {
    Asset::new(&[key], &[policy(STREAMING, 3, &[(2, &key_delivery())])])
}

/// Plays HLS with ffmpeg, in a format. Segments have no extension here: versions that mind have to be told.
fn play(asset: &Asset, format: &str, headers: &str, select: &str) -> Result<Vec<String>, String> {
    let help = Command::new("ffmpeg").args(["-hide_banner", "-h", "demuxer=hls"]).output().unwrap();
    let mut options = vec!["-headers", headers, "-allowed_extensions", "ALL"];
    if String::from_utf8_lossy(&help.stdout).contains("extension_picky") {
        options.extend(["-extension_picky", "0"]);
    }
    decode(&options, &asset.url(&format!("film.ism/manifest(format={format})")), select)
}

#[test]
fn ffmpeg_plays_with_an_open_key() {
    let key = Key::new(4, &open());
    let asset = asset(&key);
    for format in ["m3u8-cmaf", "m3u8-aapl", "m3u8-aapl-v3"] {
        for (_, _, select) in TRACKS {
            let frames = play(&asset, format, "", select).unwrap();
            assert_eq!(frames, film_frames(select), "{select} of {format}");
        }
    }
    assert_eq!(film_frames("v").len(), FRAMES);
    // Without the key there is nothing to see.
    let clear = Asset::new(&[], &[]);
    let of = |asset: &Asset| asset.track("video", 300_000, "m3u8-cmaf");
    assert_ne!(of(&asset), of(&clear));
}

#[test]
fn a_token_is_needed_where_the_policy_says_so() {
    let key = Key::new(4, &token_restricted());
    let asset = asset(&key);
    let refused = play(&asset, "m3u8-cmaf", "", "v").unwrap_err();
    assert!(refused.contains("Unable to open key file"), "{refused}");
    let forged = format!("Authorization: Bearer {}x\r\n", token());
    assert!(play(&asset, "m3u8-aapl", &forged, "v").is_err());
    let header = format!("Authorization: Bearer {}\r\n", token());
    assert_eq!(play(&asset, "m3u8-aapl", &header, "v").unwrap(), film_frames("v"));
}

#[test]
fn playlists_name_the_key_and_segments_open_with_it() {
    let key = Key::new(4, &open());
    let iv = "0F0E0D0C0B0A09080706050403020100";
    let exact = "https://keys.example/k?KID=7&x=\"1\"";
    let asset = Asset::new(&[&key], &[policy(STREAMING, 3, &[(1, exact), (6, iv)])]);
    let playlist = |format: &str| {
        let track = format!("Manifest(video,format={format},encryption=cbc)");
        asset.get(&format!("film.ism/QualityLevels(300000)/{track}")).expect(200)
    };
    let line = format!(
        "#EXT-X-KEY:METHOD=AES-128,URI=\"https://keys.example/k?KID=7&x=%221%22\",IV=0x{iv}\n"
    );
    let cmaf = playlist("m3u8-cmaf");
    let (before, behind) = cmaf.text().split_once(line.as_str()).expect("the key is named");
    assert!(
        before.contains("#EXT-X-MAP:URI=\"Fragments(video=i,format=m3u8-cmaf,encryption=cbc)\"")
    );
    assert!(behind.contains("Fragments(video=0,format=m3u8-cmaf,encryption=cbc)"));
    let transport = playlist("m3u8-aapl");
    let (_, behind) = transport.text().split_once(line.as_str()).expect("the key is named");
    let rest = "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000+00:00\n\
                #EXTINF:6.000000,no-desc\nFragments(video=0,format=m3u8-aapl,encryption=cbc)\n";
    assert!(behind.starts_with(rest), "{transport}");
    // Parts of what is encrypted as a whole would not open.
    let master = asset.get("film.ism/Manifest(format=m3u8-aapl)").expect(200);
    assert!(!master.text().contains("I-FRAME"), "{master}");
    let frames = "film.ism/QualityLevels(300000)/Manifest(video,format=m3u8-aapl,type=keyframes)";
    let refused = asset.get(frames).expect(415);
    assert!(refused.text().starts_with("MPE_OUTPUT_FORMAT_NOT_SUPPORTED"), "{refused}");

    // As openssl opens it, and the same each time.
    let part = |asset: &Asset, time: &str, format: &str| {
        let path = format!("film.ism/QualityLevels(300000)/Fragments(video={time}{format})");
        asset.get(&path).expect(200)
    };
    let clear = Asset::new(&[], &[]);
    for (time, format) in [
        ("0", ",format=m3u8-cmaf"),
        ("60000000", ",format=m3u8-cmaf"),
        ("0", ",format=m3u8-aapl"),
        ("60000000", ",format=m3u8-aapl-v3,audiotrack=aac_eng"),
        ("0", ",format=mpd-time-csf"),
        ("i", ",format=mpd-time-csf"),
        ("0", ""),
    ] {
        let hidden = part(&asset, time, format);
        let length = hidden.header("content-length").parse::<usize>().unwrap();
        assert_eq!((length, length % 16), (hidden.body.len(), 0));
        assert_eq!(part(&asset, time, format).body, hidden.body);
        let opened = crypto::cbc_open(&key.bytes, iv, &hidden.body);
        assert_eq!(opened, part(&clear, time, format).body, "{time}{format}");
        let head = api().plain(
            "HEAD",
            &asset.url(&format!("film.ism/QualityLevels(300000)/Fragments(video={time}{format})")),
        );
        assert_eq!(head.send().expect(200).header("content-length"), length.to_string());
    }
    // In HLS, the key does not apply to the initialization segment.
    let init = |asset| part(asset, "i", ",format=m3u8-cmaf").body;
    assert_eq!(init(&asset), init(&clear));
}

#[test]
fn dash_and_smooth_streaming_signal_segment_encryption() {
    let key = Key::new(4, &open());
    let asset = asset(&key);
    let url = format!("{}?kid={}", key_delivery(), key.kid());
    let dash = asset.get("film.ism/manifest(format=mpd-time-csf)").expect(200);
    let smooth = asset.get("film.ism/manifest").expect(200);
    for manifest in [&dash, &smooth] {
        let all = acceptance::elements(manifest.text());
        let period = all.iter().find(|element| element.name.ends_with("CryptoPeriod")).unwrap();
        assert_eq!(period.get("keyUriTemplate"), url);
        assert_eq!(period.get("IV").len(), 34);
    }
    let system = "<ProtectionHeader SystemID=\"B47B251A-2409-4B42-958E-08DBAE7B4EE9\">";
    assert!(smooth.text().contains(system));
    assert_eq!(dash.text().matches("urn:mpeg:dash:sea:aes128-cbc:2013").count(), 2);
    // The key that it leads to.
    assert_eq!(api().plain("GET", &url).send().expect(200).body, key.bytes);
}

#[test]
fn a_storage_encrypted_film_is_decrypted_on_the_way() {
    let key = Key::new(4, &open());
    let policies = [policy(4, 3, &[(2, &key_delivery())]), policy(2, 2, &[])];
    let asset = Asset::storage_encrypted(&[&key], &policies);
    for (_, _, select) in TRACKS {
        let played = play(&asset, "m3u8-aapl", "", select).unwrap();
        assert_eq!(played, film_frames(select), "{select}");
    }
    // In DASH it is clear, by a policy that says so; other protocols are blocked.
    let clear = Asset::new(&[], &[]);
    let path = "film.ism/QualityLevels(300000)/Fragments(video=0,format=mpd-time-csf)";
    assert_eq!(asset.get(path).expect(200).body, clear.get(path).expect(200).body);
    assert!(
        asset.get("film.ism/manifest").expect(403).text().contains("MPE_OUTPUT_FORMAT_BLOCKED")
    );
    assert!(asset.get("film.mp4").expect(403).text().contains("MPE_OUTPUT_FORMAT_BLOCKED"));
}
