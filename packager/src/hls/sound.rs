//! What there is to hear beside a variant.

use crate::codec::Codec;
use crate::stream::{Quality, Stream};
use crate::track::TrackKind;

/// Name of the first group of audio, which is all that most presentations have.
const GROUP: &str = "audio";

/// What is heard with a variant.
pub(super) enum Sound<'a> {
    None,
    /// One of the renditions of a group.
    Group(Group<'a>),
    /// The track that is in the segments of the video.
    Muxed(&'a Stream, &'a Quality),
}

/// Audio renditions of one codec, each at its best level. `CODECS` of a variant lists what all of
/// its group need (RFC 8216 §4.3.4.2), so a player that lacks one codec could play nothing if they
/// were together.
pub(super) struct Group<'a> {
    pub(super) id: String,
    pub(super) members: Vec<(&'a Stream, &'a Quality)>,
}

impl Group<'_> {
    pub(super) fn has(&self, stream: &Stream) -> bool {
        self.members.iter().any(|(member, _)| member.name() == stream.name())
    }

    /// The rendition to play if the viewer has no wish: the chosen one, or the first.
    pub(super) fn default(&self, chosen: &Stream) -> usize {
        self.members.iter().position(|(member, _)| member.name() == chosen.name()).unwrap_or(0)
    }

    /// Whether a player may choose a rendition for its language: one for each language, since no two
    /// should be alike in that (RFC 8216 §4.3.4.1.1).
    pub(super) fn is_for_language(&self, at: usize, default: usize) -> bool {
        let language = |at: usize| self.members.get(at).map(|(stream, _)| stream.language());
        let is_first = (0..at).chain([default]).all(|other| language(other) != language(at));
        at == default || is_first
    }
}

impl<'a> Sound<'a> {
    /// What it may add to a variant. An audio variant plays nothing else.
    pub(super) fn added(&self, stream: &Stream) -> Vec<&'a Quality> {
        match self {
            _ if stream.kind() != TrackKind::Video => Vec::new(),
            Sound::None => Vec::new(),
            Sound::Group(group) => group.members.iter().map(|(_, quality)| *quality).collect(),
            Sound::Muxed(_, quality) => vec![quality],
        }
    }
}

/// AAC comes first, which every player has: the first track is the default, and players start with
/// the first variant.
pub(super) fn sort(audio: &mut [(&Stream, &Quality)]) {
    audio.sort_by_key(|(_, quality)| !matches!(quality.track().codec(), Codec::Aac(_)));
}

/// A group for each codec, in order of first appearance.
pub(super) fn groups<'a>(audio: &[(&'a Stream, &'a Quality)]) -> Vec<Group<'a>> {
    let codec = |quality: &Quality| quality.track().codec().name();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for member in audio.iter().copied() {
        let same = |group: &&mut Group<'_>| {
            group.members.first().is_some_and(|(_, first)| codec(first) == codec(member.1))
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.members.push(member),
            None => {
                let id = match groups.len() {
                    0 => GROUP.to_owned(),
                    _ => format!("{GROUP}-{}", codec(member.1).to_ascii_lowercase()),
                };
                groups.push(Group { id, members: vec![member] });
            }
        }
    }
    groups
}

/// The `CHANNELS` attribute (RFC 8216 §4.3.4.1, and for objects the HLS Authoring Specification for
/// Apple Devices §2). Azure Media Services had none for AAC.
pub(super) fn channels(codec: &Codec) -> String {
    match codec {
        Codec::Ac3(config) | Codec::Eac3(config) => match config.objects {
            Some(count) => format!(",CHANNELS=\"{count}/JOC\""),
            None => format!(",CHANNELS=\"{}\"", config.channels),
        },
        Codec::Avc(_) | Codec::Hevc(_) | Codec::Av1(_) | Codec::Aac(_) => String::new(),
    }
}
