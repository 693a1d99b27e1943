use std::time::Duration;

use azure_media::Step;
use serde_json::json;

use crate::fake::Fake;

const ASSET: &str = "nb:cid:UUID:a";

async fn service(files: &[(&str, bool)]) -> Fake {
    let fake = Fake::start().await;
    for (name, is_primary) in files {
        let file = json!({ "Name": name, "IsPrimary": is_primary, "ParentAssetId": ASSET });
        fake.put("Files", &format!("nb:cid:UUID:{name}"), file);
    }
    fake
}

#[tokio::test]
async fn urls_are_made_of_the_locators_and_the_files() {
    let files = [("a.ism", false), ("b c.ism", true), ("b c_1.MP4", false), ("b.ismc", false)];
    let fake = service(&files).await;
    let publish = fake.media().publish(ASSET).duration(Duration::from_secs(90 * 60));
    let published = publish.with_downloads().await.unwrap();
    let base = fake.contents().base.clone();
    let streaming = published.streaming.clone().unwrap();
    assert_eq!(streaming.smooth, format!("{base}/origin-1/b%20c.ism/manifest"));
    let hls = format!("{base}/origin-1/b%20c.ism/manifest(format=m3u8-aapl)");
    assert_eq!(streaming.hls, hls);
    let dash = format!("{base}/origin-1/b%20c.ism/manifest(format=mpd-time-csf)");
    assert_eq!(streaming.dash, dash);
    let url = format!("{base}/origin-1/b%20c_1.MP4");
    assert_eq!(published.progressive, [("b c_1.MP4".to_owned(), url)]);
    assert_eq!(published.downloads.len(), 4);
    let url = format!("{base}/asset-1/a.ism?sv=2012-02-12&sig=s3cret%3D");
    assert_eq!(published.downloads[0], ("a.ism".to_owned(), url));
    assert!(!format!("{published:?}").contains("s3cret"), "{published:?}");

    let contents = fake.contents();
    let policy = contents.sets["AccessPolicies"].values().next().unwrap();
    assert_eq!((&policy["DurationInMinutes"], &policy["Permissions"]), (&json!(90.0), &json!(1)));
    assert_eq!(contents.sets["Locators"].len(), 2);
}

#[tokio::test]
async fn an_asset_without_a_server_manifest_is_not_streamed() {
    let fake = service(&[("a.mp4", true)]).await;
    let published = fake.media().publish(ASSET).await.unwrap();
    assert_eq!((published.streaming, published.downloads), (None, Vec::new()));
    assert_eq!(published.progressive.len(), 1);
}

#[tokio::test]
async fn whatever_fails_nothing_is_left() {
    for (line, step) in [
        ("POST /api/AccessPolicies", Step::CreatePolicy),
        ("POST /api/Locators", Step::CreateLocator),
        ("/Files", Step::ReadFiles),
    ] {
        let fake = service(&[]).await;
        fake.fail(line, 400, 1);
        let error = fake.media().publish(ASSET).with_downloads().await.unwrap_err();
        assert_eq!(error.to_string(), format!("cannot {step}"));
        assert_eq!((fake.count("AccessPolicies"), fake.count("Locators")), (0, 0), "{line}");
    }
}
