//! A service with a short film that is put into assets, each with keys and delivery policies.

use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use acceptance::crypto;
use acceptance::{Api, Reply, Service, ffmpeg, id_of, key, percent, server_manifest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

/// Frames of the film: 8 seconds, which are two fragments.
pub(crate) const FRAMES: usize = 200;

/// What the server manifest of the film lists.
const ENTRIES: &str = "<video src=\"film.mp4\" systemBitrate=\"300000\"/>\
    <audio src=\"film.mp4\" systemBitrate=\"64000\" systemLanguage=\"eng\" title=\"aac_eng\"/>";

/// Signs tokens.
const SECRET: [u8; 64] = [7; 64];

/// The service with its endpoint running.
pub(crate) fn service() -> &'static Service {
    static SERVICE: OnceLock<Service> = OnceLock::new();
    SERVICE.get_or_init(|| {
        let service = Service::start();
        service.api.endpoint("Running");
        service
    })
}

pub(crate) fn api() -> &'static Api {
    &service().api
}

/// The film, with key frames every two seconds and B-frames.
pub(crate) fn film() -> &'static [u8] {
    static FILM: OnceLock<Vec<u8>> = OnceLock::new();
    FILM.get_or_init(|| {
        let file = tempfile::Builder::new().suffix(".mp4").tempfile().unwrap();
        let path = file.path().to_str().unwrap();
        ffmpeg(&format!(
            "-y -f lavfi -i testsrc2=s=320x180:r=25:d=8 -f lavfi -i sine=f=440:r=48000:d=8 \
             -c:v libx264 -preset veryfast -pix_fmt yuv420p -g 50 -keyint_min 50 -sc_threshold 0 \
             -c:a aac -ac 2 {path}"
        ));
        std::fs::read(path).unwrap()
    })
}

/// An asset with the film.
pub(crate) struct Asset {
    pub(crate) id: String,
    /// Below the locator.
    root: String,
    locator: Json,
}

/// A content key.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) bytes: Vec<u8>,
}

impl Key {
    /// The GUID of its id.
    pub(crate) fn kid(&self) -> &str {
        self.id.rsplit(':').next().unwrap()
    }

    /// As ffmpeg takes it.
    pub(crate) fn hex(&self) -> String {
        self.bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A key that is delivered as it is, by these restrictions.
    pub(crate) fn new(ty: i32, restrictions: &Json) -> Self {
        let bytes = crypto::random(16);
        let id = api().content_key(ty, &bytes);
        let policy = api().post("ContentKeyAuthorizationPolicies", json!({ "Name": "p" })).send();
        let policy = id_of(&policy.expect(201).json());
        let body = json!({ "Name": "o", "KeyDeliveryType": 2, "Restrictions": restrictions });
        let option = api().post("ContentKeyAuthorizationPolicyOptions", body);
        let option = option.header("dataserviceversion", "3.0").send().expect(201).json();
        let from = format!("ContentKeyAuthorizationPolicies('{}')", percent(&policy));
        let set = "ContentKeyAuthorizationPolicyOptions";
        api().link(&from, "Options", set, &id_of(&option)).expect(204);
        let path = format!("ContentKeys('{}')", percent(&id));
        api().merge(&path, json!({ "AuthorizationPolicyId": policy })).send().expect(204);
        Key { id, bytes }
    }
}

pub(crate) fn open() -> Json {
    json!([{ "Name": "open", "KeyRestrictionType": 0, "Requirements": null }])
}

pub(crate) fn token_restricted() -> Json {
    let secret = STANDARD.encode(SECRET);
    let template = format!(
        "<TokenRestrictionTemplate xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns=\"http://schemas.microsoft.com/Azure/MediaServices/KeyDelivery/\
         TokenRestrictionTemplate/v1\"><AlternateVerificationKeys/><Audience>urn:test</Audience>\
         <Issuer>https://issuer/</Issuer><PrimaryVerificationKey \
         i:type=\"SymmetricVerificationKey\"><KeyValue>{secret}</KeyValue>\
         </PrimaryVerificationKey><RequiredClaims/><TokenType>JWT</TokenType>\
         </TokenRestrictionTemplate>"
    );
    json!([{ "Name": "token", "KeyRestrictionType": 1, "Requirements": template }])
}

/// A token that [`token_restricted`] lets pass.
pub(crate) fn token() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims =
        json!({ "iss": "https://issuer/", "aud": "urn:test", "nbf": now - 10, "exp": now + 600 });
    crypto::jwt(&SECRET, &claims)
}

/// Where the service delivers keys.
pub(crate) fn key_delivery() -> String {
    format!("{}/keydelivery/", service().info.streaming)
}

/// A delivery policy of these protocols, of a type, with configuration keys and values.
pub(crate) fn policy(protocols: i32, ty: i32, configuration: &[(i32, &str)]) -> String {
    let entry = |(key, value): &(i32, &str)| json!({ "Key": key, "Value": value });
    let configuration: Vec<_> = configuration.iter().map(entry).collect();
    let body = json!({
        "Name": "policy",
        "AssetDeliveryProtocol": protocols,
        "AssetDeliveryPolicyType": ty,
        "AssetDeliveryConfiguration": Json::from(configuration).to_string(),
    });
    id_of(&api().post("AssetDeliveryPolicies", body).send().expect(201).json())
}

impl Asset {
    /// An asset with the film, these keys and these policies, and a locator.
    pub(crate) fn new(keys: &[&Key], policies: &[String]) -> Self {
        let id = api().asset("protected");
        api().put(&id, "film.ism", server_manifest(ENTRIES).as_bytes());
        api().put(&id, "film.mp4", film());
        Self::with(id, keys, policies)
    }

    /// The same with files that are encrypted at rest.
    pub(crate) fn storage_encrypted(keys: &[&Key], policies: &[String]) -> Self {
        let secret = crypto::random(32);
        let storage = api().content_key(1, &secret);
        let body = json!({ "Name": "secret", "Options": 1 });
        let id = id_of(&api().post("Assets", body).send().expect(201).json());
        let from = format!("Assets('{}')", percent(&id));
        api().link(&from, "ContentKeys", "ContentKeys", &storage).expect(204);
        put_encrypted(&id, &storage, &secret);
        Self::with(id, keys, policies)
    }

    /// The same for an asset that has files.
    pub(crate) fn with(id: String, keys: &[&Key], policies: &[String]) -> Self {
        let from = format!("Assets('{}')", percent(&id));
        for key in keys {
            api().link(&from, "ContentKeys", "ContentKeys", &key.id).expect(204);
        }
        for policy in policies {
            api().link(&from, "DeliveryPolicies", "AssetDeliveryPolicies", policy).expect(204);
        }
        let locator = api().origin(&id);
        let root = locator["Path"].as_str().unwrap().to_owned();
        Asset { id, root, locator }
    }

    /// A URL below the locator.
    pub(crate) fn url(&self, rest: &str) -> String {
        format!("{}{rest}", self.root)
    }

    #[track_caller]
    pub(crate) fn get(&self, rest: &str) -> Reply {
        api().plain("GET", &self.url(rest)).send()
    }

    /// Ends streaming.
    pub(crate) fn close(&self) {
        api().delete(&key("Locators", &self.locator)).send().expect(204);
    }

    /// The initialization segment and all fragments of a track in a format, as the playlist lists
    /// them.
    pub(crate) fn track(&self, track: &str, bitrate: u64, format: &str) -> Vec<u8> {
        let folder = format!("film.ism/QualityLevels({bitrate})/");
        let playlist = self.get(&format!("{folder}Manifest({track},format=m3u8-cmaf)")).expect(200);
        let mut joined = Vec::new();
        for line in playlist.text().lines() {
            let map = line.strip_prefix("#EXT-X-MAP:URI=\"").map(|uri| uri.trim_end_matches('"'));
            if let Some(uri) = map.or(Some(line).filter(|line| !line.starts_with('#'))) {
                let uri = uri.replace("m3u8-cmaf", format);
                joined.extend(self.get(&format!("{folder}{uri}")).expect(200).body);
            }
        }
        joined
    }
}

/// Bitrates that name the film's tracks in URLs.
pub(crate) const TRACKS: [(&str, u64, &str); 2] =
    [("video", 300_000, "v"), ("aac_eng", 64_000, "a")];

/// Decodes; gives hashes of the decoded frames, or what ffmpeg said.
pub(crate) fn decode(options: &[&str], url: &str, select: &str) -> Result<Vec<String>, String> {
    let strict = ["-nostdin", "-v", "error", "-xerror"];
    let map = format!("0:{select}:0");
    let output = [
        "-i",
        url,
        "-map",
        &map,
        "-fps_mode",
        "passthrough",
        "-f",
        "framehash",
        "-hash",
        "md5",
        "-",
    ];
    let words = [&strict, options, &output].concat();
    let output = Command::new("ffmpeg").args(words).stdin(Stdio::null()).output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    // Times may be others; what is shown must not.
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    Ok(lines.filter_map(|line| line.rsplit(", ").next()).map(str::to_owned).collect())
}

/// Decodes bytes.
pub(crate) fn decode_bytes(
    options: &[&str],
    media: &[u8],
    select: &str,
) -> Result<Vec<String>, String> {
    let file = tempfile::Builder::new().suffix(".mp4").tempfile().unwrap();
    std::fs::write(file.path(), media).unwrap();
    decode(options, file.path().to_str().unwrap(), select)
}

/// The frames of the film as it was uploaded. Sound before time 0 is encoder priming, which streams
/// leave out.
pub(crate) fn film_frames(select: &str) -> &'static [String] {
    static FRAMES: OnceLock<[Vec<String>; 2]> = OnceLock::new();
    let frames = FRAMES.get_or_init(|| {
        let clear = Asset::new(&[], &[]);
        TRACKS.map(|(track, bitrate, select)| {
            decode_bytes(&[], &clear.track(track, bitrate, "mpd-time-csf"), select).unwrap()
        })
    });
    &frames[usize::from(select == "a")]
}

/// Uploads the film as a client with storage encryption does.
fn put_encrypted(asset: &str, key_id: &str, key: &[u8]) {
    let ism = server_manifest(ENTRIES);
    for (name, content, iv) in [("film.ism", ism.as_bytes(), 7_u64), ("film.mp4", film(), 11)] {
        api().put(asset, name, &crypto::ctr(key, u128::from(iv) << 64, content));
        let file = json!({
            "Name": name,
            "ParentAssetId": asset,
            "IsEncrypted": true,
            "EncryptionScheme": "StorageEncryption",
            "EncryptionVersion": "1.0",
            "EncryptionKeyId": key_id,
            "InitializationVector": iv.to_string(),
        });
        api().post("Files", file).send().expect(201);
    }
}
