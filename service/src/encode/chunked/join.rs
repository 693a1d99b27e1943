//! Puts encoded chunks together, without encoding anything again.

use std::io;

use packager::TrackKind;
use tokio::fs;

use super::part::{Failure, Seen, Site, chunk_folder, sound_file};
use crate::encode::command::{joining, work_name};
use crate::encode::measure::{Measured, read_index};
use crate::encode::plan::{FilePlan, Plan, chunks::Micros, chunks::micros};
use crate::encode::preset::Container;
use crate::encode::progress::Rising;
use crate::encode::{ENCODED, disk};

/// Makes the files of `plan` in the working folder, as a single ffmpeg would have. Returns why they
/// are not what that would have made, if they are not.
///
/// One rendition after the other, and its chunks are removed before the next one's turn: the
/// folder never holds more than all renditions, and one of them twice.
pub(super) async fn join(
    site: &Site,
    plan: &Plan,
    seen: &[Seen],
    progress: &mut Rising<'_>,
) -> Result<Option<String>, Failure> {
    let begun = ENCODED * super::JOINING;
    let numbered = plan.files.iter().enumerate();
    let (pictures, alone): (Vec<_>, Vec<_>) =
        numbered.partition(|(_, file)| file.rendition.is_some());
    let sounds = alone.len();
    for (made, (number, file)) in alone.into_iter().enumerate() {
        let made = site.work.join(sound_file(made, file.container));
        let target = site.work.join(work_name(number, file.container));
        fs::rename(made, target).await.map_err(disk)?;
    }
    for (number, file) in pictures {
        let Some(rendition) = file.rendition else { continue };
        let list = format!("list-{number}");
        fs::write(site.work.join(&list), chunk_list(site, seen, rendition)).await.map_err(disk)?;
        let sound = sound_file(sounds, Container::Mp4);
        let audio = plan.audio.as_ref().filter(|_| file.audio);
        let sound = audio.map(|audio| (sound.as_str(), audio.language.as_str()));
        site.ffmpeg(
            &joining(number, file.container, &list, sound),
            &site.work,
            site.settings.stall_limit,
            |_| (),
        )
        .await?;
        if let Some(why) = check(site, plan, seen, number, file).await.map_err(disk)? {
            return Ok(Some(why));
        }
        let later = plan.files.iter().skip(number + 1);
        if !later.into_iter().any(|other| other.rendition == Some(rendition)) {
            remove(site, rendition).await.map_err(disk)?;
        }
        let share = (number + 1) as f64 / plan.files.len() as f64;
        progress.to(begun + (ENCODED - begun) * share);
    }
    Ok(None)
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
