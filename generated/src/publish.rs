//! Publishes an asset: locators, and the URLs that they give.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use url::Url;

use crate::blob::child;
use crate::cleanup::{Cleanup, Created};
use crate::error::{AtStep as _, PublishError, Step};
use crate::upload::start_time;
use crate::{
    AccessPermissions, AccessPolicy, AccessPolicyId, AssetFile, AssetId, Locator, LocatorType,
    MediaServices,
};

/// A publication, prepared by [`MediaServices::publish`]; it runs when it is awaited.
#[must_use = "a publication does nothing until it is awaited"]
#[derive(Debug)]
pub struct Publish {
    media: MediaServices,
    asset: AssetId,
    duration: Duration,
    downloads: bool,
}

/// The URLs under which an asset is public.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Published {
    /// The streaming locator. Deleting it ends the streaming.
    pub locator: Locator,
    /// The locator for downloads from storage, if there is one. Deleting it ends them.
    pub download_locator: Option<Locator>,
    /// The manifests, if the asset has a server manifest: a file with the extension `.ism`.
    pub streaming: Option<StreamingUrls>,
    /// Name and URL of each MP4 file, on the streaming endpoint.
    pub progressive: Vec<(String, String)>,
    /// Name and signed URL of each file in storage, if there is a locator for downloads.
    pub downloads: Vec<(String, String)>,
}

/// The manifests of an asset that can be streamed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamingUrls {
    /// Smooth Streaming.
    pub smooth: String,
    /// HLS.
    pub hls: String,
    /// MPEG-DASH.
    pub dash: String,
}

// The signatures of downloads are secrets.
impl fmt::Debug for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Published")
            .field("locator", &self.locator.id)
            .field("streaming", &self.streaming)
            .field("progressive", &self.progressive)
            .field("downloads", &self.downloads.len())
            .finish_non_exhaustive()
    }
}

impl MediaServices {
    /// Prepares the publication of an asset for streaming, for a year.
    pub fn publish(&self, asset: impl Into<AssetId>) -> Publish {
        Publish {
            media: self.clone(),
            asset: asset.into(),
            duration: Duration::from_secs(365 * 24 * 60 * 60),
            downloads: false,
        }
    }
}

impl Publish {
    /// How long the URLs are valid.
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = duration;
        self
    }

    /// Gives signed URLs for downloads from storage, too.
    pub fn with_downloads(mut self) -> Self {
        self.downloads = true;
        self
    }

    async fn run(self) -> Result<Published, PublishError> {
        let mut cleanup = Cleanup::new(self.media.clone());
        let result = self.run_steps(&mut cleanup).await;
        match &result {
            Ok(_) => cleanup.succeeded().await,
            Err(_) => cleanup.failed().await,
        }
        result
    }

    async fn run_steps(&self, cleanup: &mut Cleanup) -> Result<Published, PublishError> {
        let policy = self
            .media
            .access_policies()
            .create()
            .set(AccessPolicy::NAME, "publish")
            .set(AccessPolicy::DURATION_IN_MINUTES, self.duration.as_secs_f64() / 60.0)
            .set(AccessPolicy::PERMISSIONS, AccessPermissions::READ)
            .await
            .at(Step::CreatePolicy)?;
        cleanup.result(Created::Policy(policy.id.clone()));
        let locator = self.locator(LocatorType::OnDemandOrigin, &policy.id, cleanup).await?;
        let download_locator = match self.downloads {
            true => Some(self.locator(LocatorType::SAS, &policy.id, cleanup).await?),
            false => None,
        };
        let files = self.media.asset(&self.asset).files().all().await.at(Step::ReadFiles)?;
        Ok(Published::new(locator, download_locator, &files))
    }

    async fn locator(
        &self,
        locator_type: LocatorType,
        policy: &AccessPolicyId,
        cleanup: &mut Cleanup,
    ) -> Result<Locator, PublishError> {
        let create = self
            .media
            .locators()
            .create()
            .set(Locator::ACCESS_POLICY_ID, policy)
            .set(Locator::ASSET_ID, &self.asset)
            .set(Locator::START_TIME, start_time())
            .set(Locator::LOCATOR_TYPE, locator_type);
        let locator = create.await.at(Step::CreateLocator)?;
        cleanup.result(Created::Locator(locator.id.clone()));
        Ok(locator)
    }
}

impl Published {
    /// The URLs that locators of an asset with these files give.
    pub fn new(locator: Locator, download_locator: Option<Locator>, files: &[AssetFile]) -> Self {
        let below = |locator: &Locator, names: &[&str]| {
            let base = Url::parse(locator.path.as_deref()?).ok()?;
            child(&base, names.iter().copied()).map(String::from)
        };
        let urls = |locator: &Locator, wanted: fn(&str) -> bool| {
            let names = files.iter().filter_map(|file| file.name.as_deref());
            let url = |name: &str| Some((name.to_owned(), below(locator, &[name])?));
            names.filter(|name| wanted(name)).filter_map(url).collect()
        };
        let manifest = |name: &str, format: &str| below(&locator, &[name, format]);
        let streaming = server_manifest(files).and_then(|name| {
            Some(StreamingUrls {
                smooth: manifest(name, "manifest")?,
                hls: manifest(name, "manifest(format=m3u8-aapl)")?,
                dash: manifest(name, "manifest(format=mpd-time-csf)")?,
            })
        });
        let is_mp4 = |name: &str| has_extension(name, "mp4");
        Self {
            streaming,
            progressive: urls(&locator, is_mp4),
            downloads: download_locator.as_ref().map_or_else(Vec::new, |to| urls(to, |_| true)),
            locator,
            download_locator,
        }
    }
}

/// The first file with the extension `.ism`; a primary file goes first.
fn server_manifest(files: &[AssetFile]) -> Option<&str> {
    let is_manifest =
        |file: &&AssetFile| file.name.as_deref().is_some_and(|n| has_extension(n, "ism"));
    let manifests = || files.iter().filter(is_manifest);
    let first = manifests().find(|file| file.is_primary).or_else(|| manifests().next());
    first.and_then(|file| file.name.as_deref())
}

fn has_extension(name: &str, wanted: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case(wanted))
}

impl IntoFuture for Publish {
    type Output = Result<Published, PublishError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
