//! What is meant to be written.
use azure_media::{
    AccessPolicy, AccessPermissions, Asset, AssetCreationOptions, AssetFile, AssetId, Job,
    Locator, LocatorType, MediaServices, Task,
};
use edm::Insert;

async fn read(media: &MediaServices, id: &AssetId) -> Result<(), azure_media::Error> {
    let holidays = Asset::NAME.starts_with("holiday").and(!Asset::ALTERNATE_ID.is_null());
    let query = media.assets().filter(holidays).order_by(Asset::CREATED.desc()).top(20);
    let _: Vec<Asset> = query.all().await?;
    let _: Option<Locator> =
        media.asset(id).locators().filter(Locator::LOCATOR_TYPE.eq(LocatorType::SAS)).first().await?;
    let _: i64 = media.asset_file("nb:cid:UUID:1").read(AssetFile::CONTENT_FILE_SIZE).await?;
    Ok(())
}

async fn write(media: &MediaServices, id: &AssetId) -> Result<(), azure_media::Error> {
    let create = media.assets().create().set(Asset::NAME, "a");
    let _: Asset = create.set(Asset::OPTIONS, AssetCreationOptions::NONE).await?;
    media.asset(id).update().set(Asset::NAME, "b").clear(Asset::ALTERNATE_ID).await?;
    let task = Insert::new().set(Task::CONFIGURATION, "Adaptive Streaming");
    let job = media.jobs().create().set(Job::PRIORITY, 1);
    let job = job.bind(Job::INPUT_MEDIA_ASSETS, &media.asset(id).path()).with(Job::TASKS, task);
    media.cancel_job(job.await?.id).await?;
    let both = AccessPermissions::READ | AccessPermissions::LIST;
    let policy = media.access_policies().create().set(AccessPolicy::PERMISSIONS, both);
    policy.set(AccessPolicy::DURATION_IN_MINUTES, 30.0).await?;
    media.asset(id).delete().await
}

fn is_send<T: Send>(_: T) {}

fn main() {
    let service = odata_client::Service::builder("http://host/api/").build().unwrap();
    let (media, id) = (MediaServices::new(service), AssetId::from("nb:cid:UUID:1"));
    is_send(read(&media, &id));
    is_send(write(&media, &id));
    is_send(media.upload("a.mp4"));
    is_send(std::future::IntoFuture::into_future(media.encode(&id)));
}
