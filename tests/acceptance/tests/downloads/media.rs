//! Pictures and sounds as they are decoded.

use std::path::{Path, PathBuf};
use std::process::Command;

use acceptance::outside;

pub(crate) const WIDTH: usize = 160;
pub(crate) const HEIGHT: usize = 90;

/// Bytes of a picture in 4:2:0.
const PICTURE: usize = WIDTH * HEIGHT * 3 / 2;

const CHANNELS: usize = 2;

/// Samples of an AAC frame, of all channels.
pub(crate) const AAC_FRAME: usize = 1024 * CHANNELS;

/// Decoders may round in their own way, where full scale is 1.
const ROUNDING: f32 = 1e-3;

/// What decoding a stream gives.
pub(crate) struct Media {
    /// All pictures, one behind the other.
    pub(crate) pictures: Vec<u8>,
    /// The samples of every track of sound.
    pub(crate) sounds: Vec<Vec<f32>>,
}

impl Media {
    /// Reads what a program has decoded to files: pictures in 4:2:0, and sounds in 32-bit floats.
    pub(crate) fn read(files: &[PathBuf]) -> Result<Self, String> {
        Self::of_tracks(files.iter().map(|file| read(file)).collect::<Result<_, _>>()?)
    }

    /// Has ffmpeg decode files or streams: `inputs` are its arguments up to the last URL, and
    /// `sounds` tells the tracks of sound as its `-map` does.
    pub(crate) fn decode(inputs: &[String], sounds: &[String]) -> Result<Self, String> {
        let tracks: Vec<_> =
            [PICTURES].into_iter().chain(sounds.iter().map(|map| sound(map))).collect();
        Self::of_tracks(decode(inputs, &tracks)?)
    }

    /// The same with a run of ffmpeg for each track.
    pub(crate) fn decode_each(inputs: &[String], sounds: &[String]) -> Result<Self, String> {
        let tracks = [PICTURES].into_iter().chain(sounds.iter().map(|map| sound(map)));
        let decoded = tracks.map(|track| decode(inputs, &[track]));
        Self::of_tracks(decoded.collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// Pictures and then sounds.
    fn of_tracks(tracks: Vec<Vec<u8>>) -> Result<Self, String> {
        let mut tracks = tracks.into_iter();
        let pictures = tracks.next().ok_or("there is no track of pictures")?;
        Ok(Self { pictures, sounds: tracks.map(samples).collect() })
    }

    /// How what was downloaded differs from this, if it does: it must have every picture of this
    /// and no other, and `sounds` of the sounds of this.
    ///
    /// A sound has as many samples as this, to the sample. They are equal but for those of the
    /// first AAC frame: streams leave out the frame before that, which the edit list takes from
    /// presentation (priming), and each frame overlaps with the one before it.
    pub(crate) fn differs(&self, got: &Self, sounds: usize) -> Option<String> {
        if self.pictures != got.pictures {
            let [want, have] = [self, got].map(|media| media.pictures.len() / PICTURE);
            let [wants, haves] = [self, got].map(|media| media.pictures.chunks(PICTURE));
            let first = wants.zip(haves).position(|(want, have)| want != have);
            return Some(format!(
                "{have} pictures instead of {want}; the first that differs: {first:?}"
            ));
        }
        if got.sounds.len() != sounds {
            return Some(format!("{} sounds instead of {sounds}", got.sounds.len()));
        }
        let mut left: Vec<_> = self.sounds.iter().collect();
        for sound in &got.sounds {
            let differences: Vec<_> = left.iter().map(|want| differs(want, sound)).collect();
            let Some(same) = differences.iter().position(Option::is_none) else {
                return differences.into_iter().next().flatten();
            };
            left.remove(same);
        }
        None
    }
}

fn differs(want: &[f32], have: &[f32]) -> Option<String> {
    let samples = |sound: &[f32]| sound.len() / CHANNELS;
    if want.len() != have.len() {
        return Some(format!("{} samples instead of {}", samples(have), samples(want)));
    }
    let pairs = want.iter().zip(have).skip(AAC_FRAME);
    let first = pairs.clone().position(|(want, have)| (want - have).abs() > ROUNDING)?;
    Some(format!("sample {} is another", (AAC_FRAME + first) / CHANNELS))
}

/// What ffmpeg is told of a track: which it is, and as what it is to be written.
type Track<'a> = [&'a str; 8];

/// Every picture as it comes, none twice and none left out.
const PICTURES: Track<'static> =
    ["-map", "0:v:0", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo"];

fn sound(map: &str) -> Track<'_> {
    ["-map", map, "-c:a", "pcm_f32le", "-ac", "2", "-f", "f32le"]
}

fn decode(inputs: &[String], tracks: &[Track<'_>]) -> Result<Vec<Vec<u8>>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-xerror"]).args(inputs);
    let files: Vec<_> = (0..tracks.len()).map(|at| folder.path().join(at.to_string())).collect();
    for (track, file) in tracks.iter().zip(&files) {
        command.args(track).arg(file);
    }
    outside::run(outside::without_proxy(&mut command))?;
    files.iter().map(|file| read(file)).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn samples(bytes: Vec<u8>) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|sample| f32::from_le_bytes(*sample)).collect()
}
