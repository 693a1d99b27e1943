//! Which policy applies, and what is blocked.

use std::time::Duration;

use acceptance::{eventually, percent};
use serde_json::json;

use crate::stage::{Asset, Key, api, film, key_delivery, open, policy};

const SMOOTH: &str = "film.ism/manifest";
const DASH: &str = "film.ism/manifest(format=mpd-time-csf)";
const HLS: &str = "film.ism/manifest(format=m3u8-cmaf)";

/// The status and code of an answer; the code is empty if it is none.
fn asked(asset: &Asset, path: &str) -> (u16, String) {
    let reply = asset.get(path);
    let code = match reply.status {
        200 => String::new(),
        _ => reply.text().split(' ').next().unwrap_or_default().to_owned(),
    };
    (reply.status, code)
}

#[track_caller]
fn assert_asked(asset: &Asset, path: &str, status: u16, code: &str) {
    assert_eq!(asked(asset, path), (status, code.to_owned()), "{path}");
}

#[test]
fn without_policies_everything_is_clear() {
    let key = Key::new(4, &open());
    let asset = Asset::new(&[&key], &[]);
    for path in [SMOOTH, DASH, HLS, "film.mp4"] {
        assert_asked(&asset, path, 200, "");
    }
    assert_eq!(asset.get("film.mp4").body, film());
    for (path, encryption) in [(HLS, "cbc"), (DASH, "cenc"), (HLS, "cbcs-aapl"), (HLS, "CBCS")] {
        let path = path.replace(')', &format!(",encryption={encryption})"));
        assert_asked(&asset, &path, 403, "MPE_ENC_ENCRYPTION_NOT_SET_IN_DELIVERY_POLICY");
    }
    for encryption in ["", "none", "cbc,encryption=cbc"] {
        let path = HLS.replace(')', &format!(",encryption={encryption})"));
        assert_asked(&asset, &path, 400, "MPE_BAD_URL_SYNTAX");
    }
}

#[test]
fn protocols_that_no_policy_lists_are_blocked() {
    let key = Key::new(4, &open());
    let policies = [policy(4, 3, &[(2, &key_delivery())]), policy(1, 2, &[]), policy(2, 1, &[])];
    let asset = Asset::new(&[&key], &policies);
    let blocked = "MPE_OUTPUT_FORMAT_BLOCKED";
    assert_asked(&asset, SMOOTH, 200, "");
    assert!(!asset.get(SMOOTH).text().contains("Protection"));
    assert_asked(&asset, HLS, 200, "");
    assert_asked(&asset, &HLS.replace(')', ",encryption=cbc)"), 200, "");
    let cenc = HLS.replace(')', ",encryption=cenc)");
    assert_asked(&asset, &cenc, 403, "MPE_ENC_ENCRYPTION_NOT_SET_IN_DELIVERY_POLICY");
    assert_asked(&asset, DASH, 403, blocked);
    assert_asked(&asset, "film.mp4", 403, blocked);
    // Not only manifests.
    for part in ["Fragments(video=0,format=mpd-time-csf)", "Fragments(video=i,format=mpd-time-csf)"]
    {
        assert_asked(&asset, &format!("film.ism/QualityLevels(300000)/{part}"), 403, blocked);
    }
}

#[test]
fn downloads_need_a_policy_that_leaves_them_clear() {
    let key = Key::new(4, &open());
    let all = 0xffff;
    let encrypted = Asset::new(&[&key], &[policy(all, 3, &[(2, &key_delivery())])]);
    assert_asked(&encrypted, "film.mp4", 403, "MPE_ENC_ENCRYPTION_REQUIRED");
    assert_asked(&encrypted, DASH, 200, "");
    let clear = Asset::new(&[], &[policy(16, 2, &[])]);
    assert_asked(&clear, "film.mp4", 200, "");
    assert_asked(&clear, HLS, 403, "MPE_OUTPUT_FORMAT_BLOCKED");
}

#[test]
fn protected_films_show_no_pictures() {
    const PICTURES: &str = "film.ism/Thumbnails.vtt";
    let key = Key::new(4, &open());
    let (all, required) = (0xffff, "MPE_ENC_ENCRYPTION_REQUIRED");
    for policies in [vec![], vec![policy(all, 2, &[])]] {
        let clear = Asset::new(&[], &policies);
        api().plain("GET", &clear.url(PICTURES)).send_patiently().expect(200);
    }
    // In one protocol or in all: what is protected is the film.
    for protocols in [4, all] {
        let encrypted = Asset::new(&[&key], &[policy(protocols, 3, &[(2, &key_delivery())])]);
        for rest in [PICTURES, "film.ism/Thumbnails(sheet=0).jpg"] {
            assert_asked(&encrypted, rest, 403, required);
        }
    }
    let mixed = [policy(16, 2, &[]), policy(4, 3, &[(2, &key_delivery())])];
    assert_asked(&Asset::new(&[&key], &mixed), PICTURES, 403, required);
    for policies in [policy(all, 1, &[]), policy(7, 2, &[])] {
        let blocked = Asset::new(&[], &[policies]);
        assert_asked(&blocked, PICTURES, 403, "MPE_OUTPUT_FORMAT_BLOCKED");
    }
}

#[test]
fn several_policies_for_a_protocol_are_told_apart_by_the_url() {
    let (envelope, common) = (Key::new(4, &open()), Key::new(0, &open()));
    let first = policy(4, 3, &[(2, &key_delivery())]);
    let second = policy(2, 4, &[]);
    let asset = Asset::new(&[&envelope, &common], &[first, second.clone()]);
    // Only one can be linked for a protocol; a change brings it about.
    asset.close();
    let path = format!("AssetDeliveryPolicies('{}')", percent(&second));
    api().merge(&path, json!({ "AssetDeliveryProtocol": 6 })).send().expect(204);
    let asset = Asset::with(asset.id, &[], &[]);
    eventually(Duration::from_secs(10), "the change is seen", || {
        (asked(&asset, HLS) == (400, "MPE_ENC_ENCRYPTION_NOT_SPECIFIED_IN_URL".to_owned()))
            .then_some(())
    });
    let playlist = |encryption: &str| {
        let path = "film.ism/QualityLevels(300000)/Manifest(video,format=m3u8-cmaf,encryption=";
        asset.get(&format!("{path}{encryption})")).expect(200).text().to_owned()
    };
    assert!(playlist("cbc").contains("METHOD=AES-128"));
    assert!(playlist("cenc").contains("METHOD=SAMPLE-AES-CTR"));
    assert_asked(&asset, DASH, 200, "");
}

#[test]
fn changes_are_seen_soon_and_a_missing_key_is_no_reason_to_send_in_the_clear() {
    let key = Key::new(4, &open());
    let envelope = policy(4, 3, &[(2, &key_delivery())]);
    let asset = Asset::new(&[&key], std::slice::from_ref(&envelope));
    let media = "film.ism/QualityLevels(300000)/Manifest(video,format=m3u8-cmaf)";
    assert!(asset.get(media).expect(200).text().contains("EXT-X-KEY"));
    // Keys can be unlinked at any time.
    let of_asset = format!("Assets('{}')/$links", percent(&asset.id));
    api().delete(&format!("{of_asset}/ContentKeys('{}')", percent(&key.id))).send().expect(204);
    eventually(Duration::from_secs(10), "the key is missed", || {
        (asked(&asset, media) == (403, "MPE_ENC_ENCRYPTION_REQUIRED".to_owned())).then_some(())
    });
    asset.close();
    asset.get(media).expect(404);
    let path = format!("{of_asset}/DeliveryPolicies('{}')", percent(&envelope));
    api().delete(&path).send().expect(204);
    let asset = Asset::with(asset.id, &[], &[policy(4, 2, &[])]);
    eventually(Duration::from_secs(10), "the policy is seen", || {
        (asked(&asset, media).0 == 200).then_some(())
    });
    assert!(!asset.get(media).expect(200).text().contains("EXT-X-KEY"));
}
