//! The server manifest (`.ism`), which names the tracks that can be streamed,
//! and the client manifest (`.ismc`) beside it.

use std::collections::BTreeMap;
use std::sync::Arc;

use packager::{
    Codec, Error, MediaEntry, MediaKind, Mp4, Presentation, ServerManifest, Track, TrackKind,
};

/// Both manifests of an asset.
#[derive(Debug)]
pub(super) struct Manifests {
    pub(super) server: String,
    pub(super) client: String,
}

/// The manifests of `files` (name and index, in the order of the renditions);
/// `client_name` is the name of the `.ismc` file.
///
/// # Errors
/// When the files do not make a presentation.
pub(super) fn manifests(files: &[(&str, Arc<Mp4>)], client_name: &str) -> Result<Manifests, Error> {
    let mut entries: Vec<MediaEntry> = files
        .iter()
        .filter_map(|(name, mp4)| Some((name, mp4.first(TrackKind::Video).ok()?)))
        .map(|(name, track)| entry(MediaKind::Video, name, track, "video".to_owned()))
        .collect();
    // Every file with sound has the same, so it is named once; a file of its
    // own comes before a file shared with a picture.
    let sound = files
        .iter()
        .filter_map(|(name, mp4)| Some((name, mp4, mp4.first(TrackKind::Audio).ok()?)))
        .min_by_key(|(_, mp4, _)| mp4.tracks().len());
    entries.extend(sound.map(|(name, _, track)| {
        let language = track.language().unwrap_or("und").to_owned();
        let track_name = audio_track_name(track, &language);
        let entry = entry(MediaKind::Audio, name, track, track_name);
        MediaEntry { system_language: Some(language), ..entry }
    }));
    let manifest = ServerManifest {
        client_manifest: Some(client_name.to_owned()),
        formats: Some("mp4-v3".to_owned()),
        entries,
    };
    let indexes: BTreeMap<String, Arc<Mp4>> =
        files.iter().map(|(name, mp4)| ((*name).to_owned(), Arc::clone(mp4))).collect();
    let presentation = Presentation::new(manifest.renditions(&indexes)?)?;
    Ok(Manifests { server: manifest.to_xml(), client: presentation.client_manifest_file() })
}

fn entry(kind: MediaKind, file: &str, track: &Track, name: String) -> MediaEntry {
    MediaEntry {
        system_bitrate: Some(track.average_bitrate()),
        track_id: Some(track.id()),
        track_name: Some(name),
        ..MediaEntry::new(kind, file)
    }
}

/// Codec, language, channels, bits per second and track id.
fn audio_track_name(track: &Track, language: &str) -> String {
    let (codec, channels) = match track.codec() {
        Codec::Ac3(config) => ("ac3", config.channels),
        Codec::Eac3(config) => ("eac3", config.channels),
        Codec::Aac(config) => ("aac", config.channels),
        Codec::Avc(_) | Codec::Hevc(_) | Codec::Av1(_) => ("aac", 2),
    };
    format!("{codec}_{language}_{channels}_{}_{}_1", track.average_bitrate(), track.id())
}
