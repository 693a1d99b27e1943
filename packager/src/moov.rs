//! The `moov` box: the tracks of an MP4 file.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::boxes::Reader;
use crate::edit::Edit;
use crate::error::{Error, Place};
use crate::fragmented::{Fragments, TrackFragments};
use crate::indexed::IndexedTrack;
use crate::outline::{MAX_ROWS, MAX_RUNS};
use crate::sample_entry::SampleEntry;
use crate::source::Boxes;
use crate::tables::{MAX_SAMPLES_OF_FILE, sample_index};
use crate::track::{Display, Totals, Track, TrackKind};

const MVHD: &str = "moov/mvhd";
const TKHD: &str = "tkhd";
const MDHD: &str = "mdia/mdhd";
const HDLR: &str = "mdia/hdlr";

/// Most tracks of audio and video in a file: as many as a server manifest may name.
pub(crate) const MAX_TRACKS: usize = 1024;

/// The tracks of an MP4 file.
#[derive(Debug, Clone)]
pub struct Mp4 {
    file: String,
    tracks: Vec<Arc<IndexedTrack>>,
    /// Audio and video tracks that cannot be packaged.
    refused: Vec<Refused>,
}

/// A track that cannot be packaged.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) id: u32,
    pub(crate) kind: TrackKind,
    pub(crate) reason: Error,
}

/// What all tracks of a file share.
struct Movie {
    timescale: u32,
    fingerprint: [u8; 32],
    file_len: u64,
    /// Bytes of the samples of all tracks so far.
    data: u64,
    /// How many samples there may still be.
    samples_left: u32,
}

impl Mp4 {
    /// Most rows of the tables of all files of a presentation, which bounds the memory that they
    /// take: about 24 bytes each. A [`crate::Presentation`] is refused that has more.
    pub const MAX_ROWS: usize = MAX_ROWS;

    /// Parses what [`crate::Locate`] has found, or the payload of the `moov` box of a progressive
    /// file.
    ///
    /// `file` names the file in error messages; `file_len` is its size in bytes. Tracks that are
    /// neither audio nor video are ignored. A track with an unsupported codec or edit list does
    /// not spoil the others: the reason comes back when it is asked for.
    ///
    /// # Errors
    /// [`Error::Malformed`] for broken boxes, samples outside the file, or samples that together
    /// are larger than the file.
    pub fn parse(file: &str, boxes: impl Into<Boxes>, file_len: u64) -> Result<Mp4, Error> {
        let Boxes { moov, mut fragments, name } = boxes.into();
        let place = Place { file, track: 0, path: "moov" };
        let root = Reader::new(&moov, place);
        let told = fragments
            .as_deref()
            .map_or_else(|| Sha256::digest(&moov).into(), Fragments::fingerprint);
        // What is told does not do alone: sound of a constant bitrate, such as the languages of a
        // film in E-AC-3, has the same sizes whatever is to be heard.
        let name = name.as_deref().unwrap_or(file);
        let fingerprint = Sha256::new().chain_update(told).chain_update(name).finalize().into();
        let timescale = header_timescale(root.child(b"mvhd", MVHD)?)?;
        let samples_left = MAX_SAMPLES_OF_FILE;
        let mut movie = Movie { timescale, fingerprint, file_len, data: 0, samples_left };
        let mut mp4 = Mp4 { file: file.to_owned(), tracks: Vec::new(), refused: Vec::new() };
        let mut children = root;
        while let Some((kind, payload)) = children.next_box()? {
            if kind == *b"trak" {
                let trak = Reader::new(payload, place.at("moov/trak"));
                mp4.add(trak, &mut movie, fragments.as_deref_mut())?;
            }
        }
        Ok(mp4)
    }

    fn add(
        &mut self,
        trak: Reader<'_>,
        movie: &mut Movie,
        fragments: Option<&mut Fragments>,
    ) -> Result<(), Error> {
        let Some(trak) = Trak::parse(trak)? else {
            return Ok(());
        };
        let (id, kind, place) = (trak.id, trak.kind, trak.root.place());
        if self.tracks.len() + self.refused.len() == MAX_TRACKS {
            return Err(place.malformed(format!("more than {MAX_TRACKS} tracks")));
        }
        // Ids are unique (ISO/IEC 14496-12 §8.3.2), and encryption relies on it: two tracks of one
        // id would have the same initialization vectors.
        if self.ids().any(|other| other == id) {
            return Err(place.malformed("another track has the same id"));
        }
        let fragments = fragments.map(|fragments| fragments.take(id));
        match trak.track(movie, fragments) {
            Ok(track) => {
                // What two samples share they would both be sent with: a small file could make a
                // huge stream.
                movie.data = movie.data.saturating_add(track.totals.bytes);
                if movie.data > movie.file_len {
                    let problem = "the samples together are larger than the file";
                    return Err(place.malformed(problem));
                }
                self.tracks.push(Arc::new(track));
            }
            Err(reason @ Error::Unsupported { .. }) => {
                self.refused.push(Refused { id, kind, reason });
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    pub(crate) fn new(file: String, tracks: Vec<Arc<IndexedTrack>>, refused: Vec<Refused>) -> Self {
        Mp4 { file, tracks, refused }
    }

    /// Ids of all tracks of audio and video.
    fn ids(&self) -> impl Iterator<Item = u32> {
        let refused = self.refused.iter().map(|refused| refused.id);
        self.tracks.iter().map(|track| track.id).chain(refused)
    }

    /// Number of rows of the tables that are held of it: of those that many files together may
    /// have, see [`Mp4::MAX_ROWS`].
    pub fn rows(&self) -> usize {
        self.tracks.iter().map(|track| track.outline().rows()).sum()
    }

    pub(crate) fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// Name of the file, as given to [`Mp4::parse`].
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The tracks that can be packaged, in file order.
    pub fn tracks(&self) -> &[Arc<IndexedTrack>] {
        &self.tracks
    }

    /// The first track of a kind.
    ///
    /// # Errors
    /// [`Error::NoTrack`], or the reason why the only such track is [`Error::Unsupported`].
    pub fn first(&self, kind: TrackKind) -> Result<&Arc<IndexedTrack>, Error> {
        let refused = self.refused.iter().find(|refused| refused.kind == kind);
        self.tracks
            .iter()
            .find(|track| track.kind == kind)
            .ok_or_else(|| self.missing(refused, format!("{} track", kind.name())))
    }

    /// The track with this id.
    ///
    /// # Errors
    /// [`Error::NoTrack`], or the reason why the track is [`Error::Unsupported`].
    pub fn track(&self, id: u32) -> Result<&Arc<IndexedTrack>, Error> {
        let refused = self.refused.iter().find(|refused| refused.id == id);
        self.tracks
            .iter()
            .find(|track| track.id == id)
            .ok_or_else(|| self.missing(refused, format!("track with id {id}")))
    }

    fn missing(&self, refused: Option<&Refused>, wanted: String) -> Error {
        refused.map_or_else(
            || Error::NoTrack { file: self.file.clone(), wanted },
            |refused| refused.reason.clone(),
        )
    }
}

/// A `trak` box that is audio or video.
struct Trak<'a> {
    id: u32,
    kind: TrackKind,
    display: Display,
    root: Reader<'a>,
    mdia: Reader<'a>,
}

impl<'a> Trak<'a> {
    /// Reads as far as it takes to know the kind; `None` if it is another one.
    fn parse(trak: Reader<'a>) -> Result<Option<Self>, Error> {
        let (id, display) = track_header(trak.child(b"tkhd", "moov/trak/tkhd")?)?;
        let root = Reader::new(trak.rest(), Place { track: id, path: "", ..trak.place() });
        let mdia = root.child(b"mdia", "mdia")?;
        let kind = match &handler(mdia.child(b"hdlr", HDLR)?)? {
            b"vide" => TrackKind::Video,
            b"soun" => TrackKind::Audio,
            _ => return Ok(None),
        };
        Ok(Some(Trak { id, kind, display, root, mdia }))
    }

    fn track(
        self,
        movie: &mut Movie,
        fragments: Option<TrackFragments>,
    ) -> Result<IndexedTrack, Error> {
        let place = self.root.place();
        let mdhd = self.mdia.child(b"mdhd", MDHD)?;
        let timescale = header_timescale(mdhd)?;
        let stbl = self.mdia.child(b"minf", "mdia/minf")?.child(b"stbl", "mdia/minf/stbl")?;
        let entry = SampleEntry::parse(stbl, self.kind)?;
        let tables = sample_index(stbl, movie.file_len, &mut movie.samples_left)?;
        let (index, start) = match fragments {
            None => (tables.ok_or_else(|| place.unsupported("an empty track"))?, 0),
            Some(fragments) => fragments.join(tables, self.kind, place)?,
        };
        if self.kind == TrackKind::Audio && index.times.len() > MAX_RUNS {
            return Err(place.unsupported("an audio track whose frames all last differently"));
        }
        if index.end == 0 {
            return Err(place.unsupported("a track that takes no time"));
        }
        let edit = Edit::parse(self.root, movie.timescale, timescale)?.of_media_from(start);
        let placement = edit.place(&index, self.kind, timescale, place)?;
        let track = Track {
            id: self.id,
            kind: self.kind,
            timescale,
            language: language(mdhd)?,
            codec: entry.codec,
            video: entry.video,
            display: self.display,
            sample_entry: entry.raw,
            totals: Totals::of(&index, &placement),
            placement,
            fingerprint: movie.fingerprint,
        };
        if track.is_too_long() {
            return Err(place.malformed("the track is longer than 31 days"));
        }
        Ok(IndexedTrack::new(track, index))
    }
}

/// Timescale of `mvhd` or `mdhd`, which start alike.
fn header_timescale(mut r: Reader<'_>) -> Result<u32, Error> {
    let version = r.version()?;
    r.take(if version == 1 { 16 } else { 8 })?;
    match r.u32()? {
        0 => Err(r.place().malformed("timescale 0")),
        timescale => Ok(timescale),
    }
}

fn track_header(mut r: Reader<'_>) -> Result<(u32, Display), Error> {
    let version = r.version()?;
    r.take(if version == 1 { 16 } else { 8 })?;
    let id = r.u32()?;
    // Reserved, duration, reserved, layer, group, volume, reserved.
    r.take(4 + if version == 1 { 8 } else { 4 } + 16)?;
    let mut display = [0; 44];
    display.copy_from_slice(r.take(44)?);
    if id == 0 {
        return Err(r.place().at(TKHD).malformed("track id 0"));
    }
    Ok((id, display))
}

fn handler(mut r: Reader<'_>) -> Result<[u8; 4], Error> {
    r.take(8)?;
    r.fourcc()
}

/// Three letters of five bits each in `mdhd`.
fn language(mut r: Reader<'_>) -> Result<Option<String>, Error> {
    let version = r.version()?;
    r.take(if version == 1 { 28 } else { 16 })?;
    let packed = r.u16()?;
    let letters: String =
        [10, 5, 0].iter().map(|shift| char::from((packed >> shift & 31) as u8 + 0x60)).collect();
    let known = letters.chars().all(|c| c.is_ascii_lowercase()) && letters != "und";
    Ok(known.then_some(letters))
}
