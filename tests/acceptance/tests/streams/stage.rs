//! A service with an asset to stream: two levels of video of 14 seconds, and sound in two languages.

use std::sync::OnceLock;

use acceptance::{Api, Reply, Service, ffmpeg, server_manifest};
use serde_json::Value as Json;

/// What the server manifest of the asset lists.
const TRACKS: &str = "<video src=\"low.mp4\" systemBitrate=\"100000\"/>\
    <video src=\"high.mp4\" systemBitrate=\"200000\"/>\
    <audio src=\"eng.mp4\" systemBitrate=\"64000\" systemLanguage=\"eng\" title=\"aac_eng\"/>\
    <audio src=\"fra.mp4\" systemBitrate=\"64000\" systemLanguage=\"fra\" title=\"aac_fra\"/>";

/// And another, which is of sound alone.
const SOUND_TRACK: &str = "<audio src=\"eng.mp4\" systemBitrate=\"64000\" systemLanguage=\"eng\"/>";

/// The service with its default endpoint running, and an asset with a locator.
pub(crate) struct Stage {
    pub(crate) service: Service,
    pub(crate) asset: String,
    pub(crate) locator: Json,
}

impl Stage {
    /// One for all tests that leave it as it is.
    pub(crate) fn shared() -> &'static Self {
        static STAGE: OnceLock<Stage> = OnceLock::new();
        STAGE.get_or_init(|| Self::start(&[]))
    }

    pub(crate) fn start(arguments: &[&str]) -> Self {
        let service = Service::start_with(arguments);
        let api = service.api.clone();
        Self::of(service, &api)
    }

    /// One of a service, by a client of it.
    pub(crate) fn of(service: Service, api: &Api) -> Self {
        api.endpoint("Running");
        let asset = film(api);
        let locator = api.origin(&asset);
        Self { service, asset, locator }
    }

    pub(crate) fn api(&self) -> &Api {
        &self.service.api
    }

    /// A URL below the locator.
    pub(crate) fn url(&self, rest: &str) -> String {
        format!("{}{rest}", self.locator["Path"].as_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn get(&self, rest: &str) -> Reply {
        self.api().plain("GET", &self.url(rest)).send()
    }
}

/// A server manifest of a picture.
pub(crate) fn naming(file: &str) -> String {
    server_manifest(&format!("<video src=\"{file}\" systemBitrate=\"50000\"/>"))
}

/// Makes the asset.
fn film(api: &Api) -> String {
    let asset = api.asset("film");
    api.put(&asset, "film.ism", server_manifest(TRACKS).as_bytes());
    api.put(&asset, "sound.ism", server_manifest(SOUND_TRACK).as_bytes());
    let folder = tempfile::tempdir().unwrap();
    for (name, source, codec) in [
        ("low.mp4", "testsrc2=s=160x90:r=25:d=14", PICTURE),
        ("high.mp4", "testsrc2=s=320x180:r=25:d=14", PICTURE),
        ("eng.mp4", "sine=f=440:r=48000:d=14", SOUND),
        ("fra.mp4", "sine=f=880:r=48000:d=14", SOUND),
    ] {
        let path = folder.path().join(name);
        ffmpeg(&format!("-y -f lavfi -i {source} {codec} {}", path.to_str().unwrap()));
        api.put(&asset, name, &std::fs::read(&path).unwrap());
    }
    asset
}

const PICTURE: &str =
    "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 50 -keyint_min 50 -sc_threshold 0";
const SOUND: &str = "-c:a aac -ac 2";
