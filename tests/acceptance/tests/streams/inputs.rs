//! Files that others made: assets of the first encoders for Smooth Streaming, recordings that were
//! broken off, other codecs, and what is no film at all.

use acceptance::{Api, Reply, decode, elements, made_by_ffmpeg, not_a_video};

use super::stage::Stage;

/// Two levels of video and a sound, all in one file, as Expression Encoder described it.
const ISM: &str = "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n\
    <!--Created with Expression Encoder version 4.0.4276.0-->\r\n\
    <smil xmlns=\"http://www.w3.org/2001/SMIL20/Language\"><head>\
    <meta name=\"clientManifestRelativePath\" content=\"film.ismc\" /></head><body><switch>\
    <video src=\"film.ismv\" systemBitrate=\"100000\">\
    <param name=\"trackID\" value=\"1\" valuetype=\"data\" /></video>\
    <video src=\"film.ismv\" systemBitrate=\"200000\">\
    <param name=\"trackID\" value=\"2\" valuetype=\"data\" /></video>\
    <audio src=\"film.ismv\" systemBitrate=\"64000\">\
    <param name=\"trackID\" value=\"3\" valuetype=\"data\" /></audio>\
    </switch></body></smil>";

const X264: &str =
    "-c:v libx264 -preset ultrafast -bf 2 -pix_fmt yuv420p -g 50 -keyint_min 50 -sc_threshold 0";

/// An asset of these files, and the path of its locator.
struct Asset<'a> {
    api: &'a Api,
    path: String,
}

impl<'a> Asset<'a> {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let api: &'a Api = Stage::shared().api();
        let asset = api.asset("inputs");
        files.iter().for_each(|(name, content)| api.put(&asset, name, content));
        Asset { api, path: api.origin(&asset)["Path"].as_str().unwrap().to_owned() }
    }

    /// One file with what its server manifest says of it.
    fn of(name: &str, entries: &str, file: &[u8]) -> Self {
        let ism = format!("<smil><body><switch>{entries}</switch></body></smil>");
        Self::new(&[("film.ism", ism.as_bytes()), (name, file)])
    }

    #[track_caller]
    fn get(&self, rest: &str) -> Reply {
        self.api.plain("GET", &format!("{}film.ism/{rest}", self.path)).send()
    }

    /// All of a quality level, by DASH.
    #[track_caller]
    fn level(&self, bitrate: u64, track: &str) -> Vec<u8> {
        let manifest = self.get("manifest(format=mpd-time-csf)").expect(200);
        let mut sets = manifest.text().split("<AdaptationSet").skip(1);
        let set = sets.find(|set| set.contains(&format!("Fragments({track}="))).unwrap();
        let mut file = Vec::new();
        let mut fragment = |start: &str| {
            let rest =
                format!("QualityLevels({bitrate})/Fragments({track}={start},format=mpd-time-csf)");
            file.extend(self.get(&rest).expect(200).body);
        };
        fragment("i");
        let mut start = 0;
        for run in set.split("<S ").skip(1) {
            let number = |name: &str| {
                let value = run.split_once(name)?.1.split('"').next()?;
                value.parse::<u64>().ok()
            };
            let run_end = run.find("/>").unwrap();
            let repeated =
                if run[..run_end].contains(" r=\"") { number(" r=\"").unwrap() } else { 0 };
            if run[..run_end].contains("t=\"") {
                start = number("t=\"").unwrap();
            }
            for _ in 0..=repeated {
                fragment(&start.to_string());
                start += number("d=\"").unwrap();
            }
        }
        file
    }
}

fn ismv() -> Vec<u8> {
    let sources = "-f lavfi -i testsrc2=s=160x90:r=25:d=14 -f lavfi -i testsrc2=s=320x180:r=25:d=14 \
        -f lavfi -i sine=f=440:r=48000:d=14 -map 0 -map 1 -map 2";
    made_by_ffmpeg(&format!("{sources} {X264} -c:a aac -ac 2"), "ismv")
}

#[test]
fn an_asset_of_smooth_streaming() {
    let ism: Vec<u8> =
        std::iter::once(0xfeff).chain(ISM.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let film = ismv();
    let asset = Asset::new(&[("film.ism", &ism), ("film.ismv", &film), ("film.ismc", b"<x/>")]);
    let manifest = asset.get("manifest").expect(200);
    let found = elements(manifest.text());
    let levels: Vec<_> = found
        .iter()
        .filter(|element| element.name == "QualityLevel")
        .map(|level| level.get("Bitrate").to_owned())
        .collect();
    assert_eq!(levels, ["200000", "100000", "64000"]);
    assert!(
        asset.get("manifest(format=m3u8-cmaf)").expect(200).text().contains("RESOLUTION=320x180")
    );
    for bitrate in [100_000, 200_000] {
        let frames = decode(&asset.level(bitrate, "video"), "v");
        assert_eq!(frames.count, 350);
        assert!(frames.first.abs() < 0.001 && (frames.last - 13.96).abs() < 0.001, "{frames:?}");
    }
    let sound = decode(&asset.level(64_000, "audio"), "a");
    assert!(sound.first.abs() < 0.025 && (sound.last - 13.98).abs() < 0.025, "{sound:?}");
}

#[test]
fn a_recording_that_was_broken_off_plays_to_there() {
    let film = ismv();
    let entries = "<video src=\"film.ismv\" systemBitrate=\"100000\"/>";
    let asset = Asset::of("film.ismv", entries, &film[..film.len() / 2]);
    let frames = decode(&asset.level(100_000, "video"), "v");
    assert!((100..250).contains(&frames.count) && frames.count.is_multiple_of(50), "{frames:?}");
}

#[test]
fn a_codec_that_smooth_streaming_does_not_have() {
    let source = "-f lavfi -i testsrc2=s=160x90:r=25:d=4";
    let film = made_by_ffmpeg(
        &format!("{source} -c:v libaom-av1 -usage realtime -cpu-used 8 -g 50"),
        "mp4",
    );
    let asset = Asset::of("av1.mp4", "<video src=\"av1.mp4\" systemBitrate=\"100000\"/>", &film);
    for format in
        ["manifest", "manifest(format=fmp4-v20)", "QualityLevels(100000)/Fragments(video=0)"]
    {
        let refused = asset.get(format).expect(415);
        let text = refused.text();
        assert!(
            text.starts_with("MPE_OUTPUT_FORMAT_NOT_SUPPORTED") && text.contains("AV1"),
            "{text}"
        );
    }
    let playlist = asset.get("manifest(format=m3u8-cmaf)").expect(200);
    assert!(playlist.text().contains("CODECS=\"av01.0.00M.08\""), "{}", playlist.text());
    assert_eq!(decode(&asset.level(100_000, "video"), "v").count, 100);
}

#[test]
fn what_is_no_film_is_refused() {
    let entries = "<video src=\"film.mp4\"/>";
    let film = ismv();
    for file in [&not_a_video()[..], b"", &film[..600], &[0; 5000]] {
        let asset = Asset::of("film.mp4", entries, file);
        let refused = asset.get("manifest").expect(415);
        assert!(refused.text().starts_with("MPE_FORMAT_NOT_SUPPORTED"), "{}", refused.text());
    }
}
