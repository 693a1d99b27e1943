//! PES headers (ISO/IEC 13818-1 §2.4.3.6), and the clock that their times are of.

use crate::time::{TIMESCALE, rescale, to_units};
use crate::track::Track;

/// Units of PTS, DTS and PCR per second.
pub(super) const CLOCK: u32 = 90_000;
/// Where the presentation starts on that clock: 10 seconds, so that neither reordered frames nor
/// the program clock, which runs ahead of decoding, lie before 0. It is the same in all tracks and
/// all segments.
pub(crate) const ORIGIN: u64 = 10 * CLOCK as u64;
/// By how much the program clock lies before the time of decoding: what a decoder may buffer, and
/// longer than a frame lasts.
const LEAD: i64 = 7 * CLOCK as i64 / 10;

/// How much may lie between two program clock references (ISO/IEC 13818-1 §2.7.2): 100 ms.
const CLOCK_INTERVAL: u64 = CLOCK as u64 / 10;

/// stream_id of the first video stream (ISO/IEC 13818-1 table 2-22).
const VIDEO: u8 = 0xe0;

/// Marker bits `10`, and data_alignment_indicator: an access unit begins with the payload.
const ALIGNED: u8 = 0x84;

/// Bytes of a header with PTS, and with PTS and DTS.
const WITH_PTS: usize = 14;
const WITH_DTS: usize = 19;
/// Bytes of a header of audio.
pub(super) const AUDIO_HEADER: usize = WITH_PTS;
/// Bytes of a header that its length field does not count: start code, stream id, and that field.
const NOT_COUNTED: usize = 6;
/// The longest audio that one PES packet can have: its length field has 16 bits.
pub(super) const LONGEST_PAYLOAD: usize = u16::MAX as usize - (AUDIO_HEADER - NOT_COUNTED);

/// From decode times of a track to the clock of the transport stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    timescale: u32,
    decode_shift: i64,
    offset_base: i64,
    reorder_delay: i64,
}

/// When an access unit is decoded and shown, in units of the track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    decode: i64,
    show: i64,
}

impl Times {
    pub(super) fn of(track: &Track) -> Self {
        let placement = &track.placement;
        Times {
            timescale: track.timescale,
            decode_shift: placement.decode_shift,
            offset_base: placement.offset_base,
            reorder_delay: placement.reorder_delay,
        }
    }

    pub(super) fn timescale(self) -> u32 {
        self.timescale
    }

    /// A transport stream knows no negative composition offsets and no edit list: frames decode
    /// earlier by the reorder delay instead.
    ///
    /// hls.js and shaka-player take the first DTS for the start of a segment, and so show its frames
    /// late by the delay. No other DTS would mend that: if the first frame was decoded no earlier
    /// than it is shown, shaka-player would be right, but there would be a hole of the delay behind the
    /// segment before, which hls.js closes by showing the first frame over the last ones before it.
    pub(super) fn moment(self, dts: u64, composition_offset: i64) -> Moment {
        let at = i64::try_from(dts).unwrap_or(i64::MAX).saturating_add(self.decode_shift);
        let shift = composition_offset.saturating_sub(self.offset_base);
        let decode = at.saturating_sub(self.reorder_delay);
        // A sample index that lies may have a smaller offset than the smallest.
        Moment { decode, show: at.saturating_add(shift).max(decode) }
    }

    /// On the clock of the transport stream, not cut to 33 bits.
    pub(super) fn clock(self, time: i64) -> i64 {
        rescale(time, self.timescale, CLOCK).saturating_add_unsigned(ORIGIN)
    }

    /// The program clock at a time of decoding, or at a reference behind it.
    pub(super) fn program_clock(self, moment: Moment, reference: u16) -> u64 {
        wrapped(self.later(self.clock(moment.decode), reference).saturating_sub(LEAD))
    }

    /// How many more references there must be until something that lasts so long, in
    /// units of the track, is over.
    pub(super) fn more_clocks(self, lasts: u64) -> u64 {
        let lasts = i64::try_from(lasts).unwrap_or(i64::MAX);
        let lasts = rescale(lasts, self.timescale, CLOCK).unsigned_abs();
        lasts.saturating_sub(1) / CLOCK_INTERVAL
    }

    /// The time of one of these references, which count from 1, behind a time in units of 90 kHz.
    pub(super) fn later(self, clock: i64, number: u16) -> i64 {
        clock.saturating_add_unsigned(u64::from(number) * CLOCK_INTERVAL)
    }

    /// When a frame is shown, in 100-ns units of the presentation.
    pub(super) fn shown(self, moment: Moment) -> u64 {
        to_units(moment.show, self.timescale)
    }

    /// Decode time on the clock of the transport stream, to put tracks in order.
    pub(super) fn decode_clock(self, moment: Moment) -> i64 {
        self.clock(moment.decode)
    }

    /// Writes the header of a video access unit. Its length is not given, which is allowed for video
    /// only, and necessary for access units beyond 64 KiB.
    pub(super) fn video_header(self, moment: Moment, out: &mut Vec<u8>) {
        out.extend_from_slice(&[0, 0, 1, VIDEO, 0, 0, ALIGNED]);
        let show = wrapped(self.clock(moment.show));
        if moment.is_reordered() {
            out.extend_from_slice(&[0xc0, 10]);
            out.extend_from_slice(&stamp(3, show));
            out.extend_from_slice(&stamp(1, wrapped(self.clock(moment.decode))));
        } else {
            out.extend_from_slice(&[0x80, 5]);
            out.extend_from_slice(&stamp(2, show));
        }
    }

    /// Writes the header of audio frames of so many bytes, headers included. Audio is never
    /// reordered.
    pub(super) fn audio_header(
        self,
        stream_id: u8,
        moment: Moment,
        length: usize,
        out: &mut Vec<u8>,
    ) {
        let behind = u16::try_from(length + AUDIO_HEADER - NOT_COUNTED).unwrap_or(0).to_be_bytes();
        out.extend_from_slice(&[0, 0, 1, stream_id]);
        out.extend_from_slice(&behind);
        out.extend_from_slice(&[ALIGNED, 0x80, 5]);
        out.extend_from_slice(&stamp(2, wrapped(self.clock(moment.decode))));
    }
}

impl Moment {
    /// DTS is there if, and only if, it differs from PTS (ISO/IEC 13818-1 §2.7.5).
    fn is_reordered(self) -> bool {
        self.show != self.decode
    }

    pub(super) fn header_length(self) -> usize {
        if self.is_reordered() { WITH_DTS } else { WITH_PTS }
    }
}

/// How many clock references are needed within a duration in 100-ns units at most.
pub(super) fn clocks_within(duration: u64) -> u64 {
    duration.div_ceil(u64::from(TIMESCALE) / 10)
}

/// Times have 33 bits and start again after 26.5 hours.
fn wrapped(time: i64) -> u64 {
    time.rem_euclid(1 << 33).unsigned_abs()
}

/// PTS or DTS: 33 bits in three parts with a marker bit behind each.
fn stamp(prefix: u64, time: u64) -> [u8; 5] {
    let part = |shift: u32, bits: u64| (time >> shift & bits) << 1 | 1;
    let word = (prefix << 4 | part(30, 7)) << 32 | part(15, 0x7fff) << 16 | part(0, 0x7fff);
    let [_, _, _, bytes @ ..] = word.to_be_bytes();
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_have_their_markers() {
        // The example with all bits of the time set.
        assert_eq!(stamp(3, 0x1_ffff_ffff), [0x3f, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(stamp(1, 0), [0x11, 0, 1, 0, 1]);
        // 10 seconds.
        assert_eq!(stamp(2, 900_000), [0x21, 0, 0x37, 0x77, 0x41]);
    }

    #[test]
    fn the_clock_wraps_after_33_bits() {
        let times = Times { timescale: 1, decode_shift: 0, offset_base: 0, reorder_delay: 0 };
        // 27 hours.
        let moment = times.moment(97_200, 0);
        assert_eq!(times.decode_clock(moment), 8_748_900_000);
        assert_eq!(wrapped(times.clock(moment.show)), 8_748_900_000 - (1 << 33));
        assert_eq!(wrapped(-1), (1 << 33) - 1);
        assert_eq!(times.program_clock(times.moment(0, 0), 0), 837_000);
        assert_eq!(times.program_clock(moment, 3), times.program_clock(moment, 0) + 27_000);
        let counts = [0, 1, 2, 60].map(|seconds| times.more_clocks(seconds));
        assert_eq!(counts, [0, 9, 19, 599]);
    }

    #[test]
    fn frames_are_never_shown_before_they_decode() {
        let times = Times { timescale: 25, decode_shift: 2, offset_base: 2, reorder_delay: 2 };
        let moments = [2, 5, 0, -9].map(|offset| times.moment(0, offset));
        let delays = moments.map(|moment| moment.show - moment.decode);
        assert_eq!(delays, [2, 5, 0, 0]);
        assert_eq!(moments.map(Moment::header_length), [19, 19, 14, 14]);
        // The first frame is shown where it is on the timeline of the presentation.
        assert_eq!(times.clock(moments[0].show), 907_200);
    }
}
