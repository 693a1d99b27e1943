//! The client of this repository against the service, where both must agree with what `openssl`
//! makes of it. What either does by itself is tested elsewhere.

use acceptance::{Service, decode, video};
use azure_media::auth::AadTokens;
use azure_media::{AssetFile, MediaServices};

#[test]
fn the_client_encrypts_and_decrypts_as_the_service_does() {
    let service = Service::shared();
    let content = video("128x72", 1);
    let folder = tempfile::tempdir().unwrap();
    let (source, copy) = (folder.path().join("film.mp4"), folder.path().join("copy.mp4"));
    std::fs::write(&source, &content).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let info = &service.info;
    let tokens =
        AadTokens::new(&info.token, info.client_id.as_str(), info.client_secret.as_str()).unwrap();
    let media = MediaServices::connect(&info.api, tokens).unwrap();
    let (uploaded, clear) = runtime.block_on(async {
        let uploaded = media.upload(&source).encrypt().block_size(64 << 10).await.unwrap();
        let url = acceptance::blob_url(
            &tokio::task::block_in_place(|| service.api.sas(uploaded.asset.id.as_str(), 1)),
            "film.mp4",
        );
        media.download(url, &copy).decrypt(&uploaded.file).await.unwrap();
        // The service reads what the client has encrypted.
        let job = media.encode(&uploaded.asset.id).preset("H264 Single Bitrate 4x3 SD").await;
        let encoded = job.unwrap().wait().await.unwrap();
        let output = &encoded.outputs[0].id;
        let files = media.asset(output).files().filter(AssetFile::NAME.ends_with(".mp4"));
        let file = files.all().await.unwrap().remove(0);
        let name = file.name.clone().unwrap();
        (uploaded, tokio::task::block_in_place(|| service.api.blob(output.as_str(), &name)))
    });
    assert!(std::fs::read(&copy).unwrap() == content, "the very bytes");
    let api = &service.api;
    assert_ne!(api.blob(uploaded.asset.id.as_str(), "film.mp4"), content);
    assert_eq!(api.decrypted(&api.files(uploaded.asset.id.as_str())[0]), content);
    assert!(decode(&clear, "v").count > 0);
}
