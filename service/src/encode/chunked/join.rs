//! Puts encoded chunks together, without encoding anything again.

use std::collections::BTreeMap;
use std::io;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use packager::TrackKind;
use tokio::fs;

use super::part::{Failure, Seen, Site, chunk_folder, sound_file};
use crate::encode::command::{joining, work_name};
use crate::encode::measure::{Measured, read_index};
use crate::encode::plan::{FilePlan, Plan, chunks::Micros, chunks::micros};
use crate::encode::preset::Container;
use crate::encode::progress::Rising;
use crate::encode::{ENCODED, disk};

/// How many renditions are joined side by side: a process that copies waits for the disk as much as
/// for a processor.
const AT_ONCE: usize = 2;

/// Makes the files of `plan` in the working folder, as a single ffmpeg would have. Returns why they
/// are not what that would have made, if they are not. No process is left then.
///
/// The chunks of a rendition are removed when it is joined: the folder never holds more than all
/// renditions, and [`AT_ONCE`] of them twice.
pub(super) async fn join(
    site: &Site,
    plan: &Plan,
    seen: &[Seen],
    progress: &mut Rising<'_>,
) -> Result<Option<String>, Failure> {
    let mut pictures: BTreeMap<usize, Vec<(usize, &FilePlan)>> = BTreeMap::new();
    let mut alone = 0;
    for (number, file) in plan.files.iter().enumerate() {
        match file.rendition {
            Some(rendition) => pictures.entry(rendition).or_default().push((number, file)),
            None => {
                let made = site.work.join(sound_file(alone, file.container));
                let target = site.work.join(work_name(number, file.container));
                fs::rename(made, target).await.map_err(disk)?;
                alone += 1;
            }
        }
    }
    let joining = Joining { site, plan, seen, sound: sound_file(alone, Container::Mp4) };
    let (begun, renditions) = (ENCODED * super::JOINING, pictures.len());
    let mut each: Vec<BoxFuture<'_, _>> = Vec::new();
    for (rendition, files) in pictures {
        each.push(joining.rendition(rendition, files).boxed());
    }
    let mut joined = stream::iter(each).buffer_unordered(AT_ONCE);
    let (mut ended, mut unlike, mut failed) = (0, None, None);
    while let Some(joined) = joined.next().await {
        match joined {
            Ok(None) => {
                ended += 1;
                progress.to(begun + (ENCODED - begun) * f64::from(ended) / renditions as f64);
            }
            // The others go on: nothing writes into the folder any more when this returns.
            Ok(why) => unlike = unlike.or(why),
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    failed.map_or(Ok(unlike), Err)
}

/// What is joined.
struct Joining<'a> {
    site: &'a Site,
    plan: &'a Plan,
    seen: &'a [Seen],
    /// The file with the sound of files that have a picture too, if there is any.
    sound: String,
}

impl Joining<'_> {
    /// Makes all files of a rendition, and removes its chunks.
    async fn rendition(
        &self,
        rendition: usize,
        files: Vec<(usize, &FilePlan)>,
    ) -> Result<Option<String>, Failure> {
        let Self { site, plan, seen, .. } = self;
        let list = format!("list-{rendition}");
        fs::write(site.work.join(&list), chunk_list(site, seen, rendition)).await.map_err(disk)?;
        for (number, file) in files {
            let audio = plan.audio.as_ref().filter(|_| file.audio);
            let sound = audio.map(|audio| (self.sound.as_str(), audio.language.as_str()));
            let arguments = joining(number, file.container, &list, sound);
            site.ffmpeg(&arguments, &site.work, site.settings.stall_limit, |_| ()).await?;
            if let Some(why) = check(site, plan, seen, number, file).await.map_err(disk)? {
                return Ok(Some(why));
            }
        }
        remove(site, rendition).await.map_err(disk)?;
        Ok(None)
    }
}

/// The list of files that ffmpeg's `concat` demuxer reads (see its manual of formats).
///
/// It adds up the lengths of files to know when each begins. Those that it would read from the
/// files are rounded to microseconds, each by itself: said here, they never drift.
fn chunk_list(site: &Site, seen: &[Seen], rendition: usize) -> String {
    let mut list = "ffconcat version 1.0\n".to_owned();
    for (number, (chunk, seen)) in site.chunks.iter().zip(seen).enumerate() {
        let Some(cut) = &chunk.cut else { continue };
        let frames = seen.frames.get(rendition).copied().unwrap_or_default();
        let time = |frame| micros(frame, cut.frame_rate);
        let length = time(cut.first + u64::from(frames)) - time(cut.first);
        let name = work_name(rendition, Container::Mp4);
        list.push_str(&format!("file {}/{name}\n", chunk_folder(number)));
        list.push_str(&format!("duration {}\n", Micros(length)));
    }
    list
}

/// What is wrong with a joined file: frames, decode times and key frames are known beforehand.
async fn check(
    site: &Site,
    plan: &Plan,
    seen: &[Seen],
    number: usize,
    file: &FilePlan,
) -> io::Result<Option<String>> {
    let (Container::Mp4, Some(video)) = (file.container, &plan.video) else { return Ok(None) };
    let rendition = file.rendition.unwrap_or_default();
    let frames = seen.iter().filter_map(|seen| seen.frames.get(rendition));
    let frames: u64 = frames.map(|frames| u64::from(*frames)).sum();
    let (gop, name) = (video.gop, work_name(number, file.container));
    let path = site.work.join(&name);
    let reading = tokio::task::spawn_blocking(move || match read_index(&path, &name) {
        Ok(measured) => irregular(&measured, frames, gop),
        Err(error) => Some(format!("the joined file cannot be read: {error}")),
    });
    reading.await.map_err(io::Error::other)
}

fn irregular(measured: &Measured, frames: u64, gop: u32) -> Option<String> {
    let track = measured.mp4.as_ref().and_then(|mp4| mp4.first(TrackKind::Video).ok());
    let Some(index) = track.and_then(|track| track.index()) else {
        return Some("the joined file has no picture".to_owned());
    };
    if u64::from(index.len()) != frames {
        return Some(format!("the joined file has {} frames, not {frames}", index.len()));
    }
    let mut usual = None;
    for sample in index.samples(0..index.len()) {
        if sample.sync != (sample.number % gop == 0) {
            return Some(format!("frame {} breaks the order of key frames", sample.number));
        }
        if *usual.get_or_insert(sample.duration) != sample.duration {
            return Some(format!("frame {} is shown for too long or short", sample.number));
        }
    }
    None
}

async fn remove(site: &Site, rendition: usize) -> io::Result<()> {
    for number in 0..site.chunks.len() {
        let folder = site.work.join(chunk_folder(number));
        fs::remove_file(folder.join(work_name(rendition, Container::Mp4))).await?;
    }
    Ok(())
}
