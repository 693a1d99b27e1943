//! The way of a video with the generated client, told to speak each format.

use acceptance::{Service, video};
use azure_media::auth::AadTokens;
use azure_media::{Asset, AssetFile, AssetId, Format, MediaServices};

async fn walk(service: &Service, format: Format) {
    let info = &service.info;
    let tokens =
        AadTokens::new(&info.token, info.client_id.as_str(), info.client_secret.as_str()).unwrap();
    let builder = MediaServices::service_builder(&info.api, tokens).format(format);
    let media = MediaServices::new(builder.build().unwrap());

    let scratch = tempfile::tempdir().unwrap();
    let film = scratch.path().join("film.mp4");
    std::fs::write(&film, video("128x72", 1)).unwrap();
    let uploaded = media.upload(&film).await.unwrap();
    let source = &uploaded.asset;
    let name = "<a> & 'film' \u{e9}\u{65e5}";
    media.asset(&source.id).update().set(Asset::NAME, name).await.unwrap();

    let named = media.assets().filter(Asset::NAME.eq(name));
    let found = named.filter(Asset::ID.eq(source.id.clone())).list().await.unwrap();
    assert_eq!(found.items.iter().map(|asset| &asset.id).collect::<Vec<_>>(), [&source.id]);
    let file = media.asset_file(&uploaded.file.id);
    file.update().set(AssetFile::MIME_TYPE, "video/x-<test>").await.unwrap();
    let read = file.get().await.unwrap();
    assert_eq!(read.mime_type.as_deref(), Some("video/x-<test>"));
    assert_eq!(read.content_file_size, uploaded.file.content_file_size);

    let job = media.encode(&source.id).preset("Adaptive Streaming").await.unwrap();
    let encoded = job.wait().await.unwrap();
    let output = &encoded.outputs[0];
    media.start_streaming_endpoint("default").await.unwrap();
    let published = media.publish(&output.id).with_downloads().await.unwrap();
    assert!(published.streaming.is_some(), "{format:?}");
    let files = media.asset(&output.id).files().all().await.unwrap();
    let (name, url) = published.downloads.iter().find(|(name, _)| name.ends_with(".mp4")).unwrap();
    let got = media.download(url, scratch.path().join("back.mp4")).await.unwrap();
    let file = files.iter().find(|file| file.name.as_ref() == Some(name)).unwrap();
    assert_eq!(i64::try_from(got.size), Ok(file.content_file_size), "{format:?}");

    // Both or none.
    let mut batch = media.service().batch();
    let mut changes = batch.change_set();
    let gone = changes.add(media.asset(&source.id).delete());
    let nobody = AssetId::from(acceptance::new_id("cid"));
    let missing = changes.add(media.asset(&nobody).delete());
    let results = batch.send().await.unwrap();
    assert!(results.get(&gone).is_err() && results.get(&missing).is_err(), "{format:?}");
    media.asset(&source.id).get().await.unwrap();
}

#[tokio::test]
async fn the_generated_client_goes_the_whole_way_in_every_format() {
    let service = tokio::task::spawn_blocking(Service::shared).await.unwrap();
    for format in [Format::Light, Format::Verbose, Format::Atom] {
        walk(service, format).await;
    }
}
