//! A navigation property leads to entities of one type.
use azure_media::{Job, JobId, MediaServices};

fn create(media: &MediaServices, id: &JobId) {
    let _ = media.jobs().create().bind(Job::INPUT_MEDIA_ASSETS, &media.job(id).path());
}

fn main() {}
