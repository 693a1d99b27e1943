//! Asks for all that a file can give, and sees that it is sound. Fuzz targets read this file, too.

// Every user compiles this file and uses a part of it.
#![allow(dead_code, clippy::unwrap_used)]

use std::sync::Arc;

use bytes::Bytes;
use packager::{
    DashFormat, Error, Format, Fragment, FragmentNoun, HlsFormat, IndexFile, Locate, Mp4, Packaged,
    Parameters, Plan, Presentation, Rendition, SmoothFormat, Step, Stream, View,
};

/// Manifests that are asked for.
const FORMATS: [Format; 7] = [
    Format::Smooth(SmoothFormat::Latest),
    Format::Smooth(SmoothFormat::V20),
    Format::Hls(HlsFormat::Aapl),
    Format::Hls(HlsFormat::AaplV3),
    Format::Hls(HlsFormat::Cmaf),
    Format::Dash(DashFormat::Csf),
    Format::Dash(DashFormat::Cmaf),
];

/// Packages a file in every way.
///
/// # Errors
/// Why it was refused, which is always right.
///
/// # Panics
/// If what is sent is not sound.
pub(crate) fn serve(file: &[u8]) -> Result<(), Error> {
    let mp4 = open(file)?;
    let indexed = mp4.to_index();
    let known = indexed.as_ref().map(|bytes| Mp4::from_index("film.mp4", bytes).unwrap());
    // Not all tracks of a file have to go together.
    for (number, track) in mp4.tracks().iter().enumerate() {
        let presentation = Presentation::new(vec![Rendition::new("film.mp4", track.clone())])?;
        check(&presentation, file);
        if let (Some(known), Some(index)) = (&known, &indexed) {
            let track = Arc::clone(&known.tracks()[number]);
            let known = Presentation::new(vec![Rendition::new("film.mp4", track)]).unwrap();
            compare(&presentation, &known, index);
        }
    }
    let renditions = mp4.tracks().iter().map(|track| Rendition::new("film.mp4", track.clone()));
    check(&Presentation::new(renditions.collect())?, file);
    Ok(())
}

/// Reads what has to be read, and sees that it is no more than the file, once.
///
/// # Errors
/// Why it was refused.
pub(crate) fn open(file: &[u8]) -> Result<Mp4, Error> {
    let mut locate = Locate::new("film.mp4", file.len() as u64);
    let (mut step, mut end) = (locate.start(), 0);
    loop {
        match step {
            Step::Read(range) => {
                let (from, to) = (range.start as usize, range.end as usize);
                assert!(end <= from && from <= to && to <= file.len());
                end = to;
                step = locate.feed(Bytes::copy_from_slice(&file[from..to]))?;
            }
            Step::Found(boxes) => return Mp4::parse("film.mp4", boxes, file.len() as u64),
        }
    }
}

fn check(presentation: &Presentation, file: &[u8]) {
    let parameters = Parameters::default();
    let view = presentation.view(&parameters, None);
    for format in FORMATS {
        let Some(manifest) = fitting(view.manifest(format)) else { continue };
        let chunks: usize = presentation.streams().iter().map(|s| s.timeline().count()).sum();
        assert!(manifest.len() < 20_000 + 4_000 * presentation.streams().len() + 100 * chunks);
        for stream in presentation.streams() {
            check_stream(&view, stream, format, file);
        }
    }
}

/// What there is, unless a format has no place for a codec.
fn fitting<T>(result: Result<T, Error>) -> Option<T> {
    match result {
        Err(Error::NotInSmooth { .. } | Error::NotInTransportStream { .. }) => None,
        result => Some(result.unwrap()),
    }
}

fn check_stream(view: &View<'_>, stream: &Stream, format: Format, file: &[u8]) {
    let ends: Vec<_> =
        stream.timeline().chunks().map(|c| (c.start, c.start + c.duration)).collect();
    assert!(ends.windows(2).all(|pair| pair[0].1 == pair[1].0 && pair[0].0 < pair[1].0));
    for quality in stream.qualities() {
        let (name, bitrate) = (stream.name(), quality.bitrate());
        if let Format::Hls(format) = format
            && fitting(view.playlist(name, bitrate, format)).is_none()
        {
            continue;
        }
        let (mut data, mut decode, mut heads) = (0, None, false);
        for (start, _) in &ends {
            // A transport stream has no place for a very large frame of audio.
            let fragment = match fitting(view.fragment(name, bitrate, *start, format)) {
                None => continue,
                Some(Packaged::Clear(fragment)) => fragment,
                Some(Packaged::Segment(segment, None)) => {
                    check_segment(&segment, file);
                    continue;
                }
                Some(other) => panic!("{other:?}"),
            };
            heads |= !matches!(format, Format::Smooth(_));
            let end = file.len() as u64;
            assert!(fragment.ranges.iter().all(|r| r.start < r.end && r.end <= end));
            data += fragment.ranges.iter().map(|range| range.end - range.start).sum::<u64>();
            let rows = fragment_of(&fragment.head, fragment.content_length());
            if let Some(time) = rows.decode {
                assert!(decode.is_none_or(|decode| decode == time));
                decode = Some(time + rows.duration);
            }
        }
        if heads {
            view.init(name, bitrate, format).unwrap();
        }
        // A file cannot be blown up.
        assert!(data <= file.len() as u64, "{data}");
    }
}

/// A transport stream is as long as it said, unless samples turn out to be no NAL units.
fn check_segment(segment: &packager::ts::Segment, file: &[u8]) {
    let (mut length, mut data, mut pieces) = (0, 0, 0);
    for piece in segment.pieces() {
        let ranges = piece.reads.iter().map(|read| &read.range);
        let read: Vec<_> = ranges.map(|r| &file[r.start as usize..r.end as usize]).collect();
        assert_eq!(piece.bytes.start, length);
        length = piece.bytes.end;
        data += read.iter().map(|bytes| bytes.len() as u64).sum::<u64>();
        pieces += 1;
        let mut out = vec![0; piece.len()];
        match segment.write(&piece, &read, &mut out) {
            Ok(()) => assert!(out.chunks(188).all(|packet| packet[0] == 0x47)),
            Err(error) => assert!(matches!(error, Error::Malformed { .. }), "{error}"),
        }
    }
    assert_eq!(length, segment.content_length());
    assert!(pieces > 0 && data <= 2 * file.len() as u64);
}

/// What a fragment says of itself.
struct Rows {
    decode: Option<u64>,
    duration: u64,
}

/// Reads a head, with another parser than that of the packager.
fn fragment_of(head: &[u8], length: u64) -> Rows {
    let word = |bytes: &[u8], at: usize| {
        u64::from(u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()))
    };
    let (at, moof) = boxes(head).find(|(_, found)| found[4..8] == *b"moof").unwrap();
    let inside = |outer: &'_ [u8], kind: &[u8; 4]| {
        boxes(&outer[8..]).find(|(_, found)| found[4..8] == *kind).map(|(_, found)| found.to_vec())
    };
    let traf = inside(moof, b"traf").unwrap();
    let tfhd = &inside(&traf, b"tfhd").unwrap()[4..];
    let trun = &inside(&traf, b"trun").unwrap()[4..];
    let (set, present, count) = (word(tfhd, 4), word(trun, 4), word(trun, 8));
    let decode = inside(&traf, b"tfdt").map(|tfdt| word(&tfdt, 12) << 32 | word(&tfdt, 16));
    let stride = (present as u32 & 0xf00).count_ones() as usize * 4;
    let rows = trun[16..].chunks(stride.max(1)).take(count as usize);
    let (mut bytes, mut duration) = (0, 0);
    for row in rows {
        let own = present & 0x100 != 0;
        duration += if own { word(row, 0) } else { word(tfhd, 12) };
        bytes += word(row, if own { 4 } else { 0 });
    }
    assert!(present & 0x100 != 0 || set & 0x08 != 0);
    assert_eq!(word(trun, 12) as usize + at, head.len());
    assert_eq!(head.len() as u64 + bytes, length);
    Rows { decode, duration }
}

/// Boxes one behind the other, and where each begins. What they say is read where it belongs: any
/// number may look like the name of a box.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let size = u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize;
        // The last one may be the beginning of an `mdat`.
        let found = (at, &bytes[at..bytes.len().min(at + size.max(8))]);
        at += size.max(8);
        Some(found)
    })
}

/// A presentation that was read from an index gives the same.
fn compare(presentation: &Presentation, known: &Presentation, index: &[u8]) {
    let parameters = Parameters::default();
    for format in FORMATS {
        let manifest = presentation.manifest(format, &parameters);
        assert_eq!(manifest, known.manifest(format, &parameters));
    }
    let view = known.view(&parameters, None);
    let format = Format::Dash(DashFormat::Cmaf);
    for stream in presentation.streams() {
        let bitrate = stream.qualities()[0].bitrate();
        for chunk in stream.timeline().chunks() {
            let (name, start) = (stream.name(), chunk.start);
            let direct = presentation.fragment(name, bitrate, start, format).unwrap();
            let plan = view.plan(name, bitrate, start, format, FragmentNoun::Fragments).unwrap();
            assert_eq!(package(plan, index).unwrap(), direct);
        }
    }
}

/// Reads what a plan asks for.
fn package(plan: Plan<'_>, index: &[u8]) -> Result<Fragment, Error> {
    let part = |range: std::ops::Range<u64>| {
        index.get(range.start as usize..range.end as usize).map(Bytes::copy_from_slice)
    };
    let read: Vec<_> = plan.reads().into_iter().map_while(|read| part(read.range)).collect();
    match plan.package(&read)? {
        Packaged::Clear(fragment) => Ok(fragment),
        other => panic!("{other:?}"),
    }
}

/// The index of a file.
///
/// # Errors
/// Why it was refused.
pub(crate) fn index_of(file: &[u8]) -> Result<Vec<u8>, Error> {
    Ok(open(file)?.to_index().unwrap())
}

/// An index with the checksum of its head put right, without which nothing of it is read.
pub(crate) fn with_checksum(mut index: Vec<u8>) -> Vec<u8> {
    if let Ok(head) = IndexFile::head_length("film.mp4", &index)
        && head <= index.len()
    {
        let checksum = crc32fast::hash(&index[..head - 4]).to_le_bytes();
        index[head - 4..head].copy_from_slice(&checksum);
    }
    index
}

/// Asks for all that an index can give: samples, or an error.
///
/// # Errors
/// Why it was refused.
pub(crate) fn serve_index(index: &[u8]) -> Result<(), Error> {
    let known = Mp4::from_index("film.mp4", index)?;
    for track in known.tracks() {
        let presentation = Presentation::new(vec![Rendition::new("film.mp4", track.clone())])?;
        let parameters = Parameters::default();
        let view = presentation.view(&parameters, None);
        for format in [FORMATS[0], FORMATS[6]] {
            let _ = view.manifest(format);
            for stream in presentation.streams() {
                let bitrate = stream.qualities()[0].bitrate();
                for chunk in stream.timeline().chunks().take(100) {
                    let noun = FragmentNoun::Fragments;
                    let plan = view.plan(stream.name(), bitrate, chunk.start, format, noun)?;
                    if let Ok(fragment) = package(plan, index) {
                        // Twenty bytes describe a sample, which takes less than one in the index.
                        assert!(fragment.head.len() < 4096 + 64 * index.len());
                    }
                }
            }
        }
    }
    Ok(())
}
