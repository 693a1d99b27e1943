//! Program association and program map (ISO/IEC 13818-1 §2.4.4): what each segment begins with.

use super::packet::PACKET;

/// PIDs of the program map, and of its streams.
const PMT: u16 = 0x1000;
pub(super) const VIDEO: u16 = 0x100;
pub(super) const AUDIO: u16 = 0x101;

/// The only program.
const PROGRAM: u16 = 1;

/// stream_type of H.264, H.265 and AAC with ADTS headers (ISO/IEC 13818-1 table 2-34).
pub(super) const AVC: u8 = 0x1b;
pub(super) const HEVC: u8 = 0x24;
pub(super) const ADTS: u8 = 0x0f;
/// stream_type of AC-3 and E-AC-3 (ATSC A/52 §A3.2 and §G.3.2).
pub(super) const AC3: u8 = 0x81;
pub(super) const EAC3: u8 = 0x87;

/// Length of the two packets.
pub(super) const LENGTH: usize = 2 * PACKET;

/// A stream of the program.
pub(super) struct Stream {
    pub(super) pid: u16,
    pub(super) stream_type: u8,
    /// A few bytes: both tables have one packet each.
    pub(super) descriptors: Vec<u8>,
}

/// The two packets. The first stream carries the clock. There is one of each in a segment, so their
/// continuity counters are the number of the segment.
pub(super) fn write(streams: &[Stream], counter: u8, out: &mut [u8]) {
    let clock = streams.first().map_or(0x1fff, |stream| stream.pid);
    let mut map = Vec::with_capacity(48);
    // Reserved bits are 1.
    map.extend_from_slice(&(0xe000 | clock).to_be_bytes());
    map.extend_from_slice(&[0xf0, 0]);
    for Stream { pid, stream_type, descriptors } in streams {
        map.push(*stream_type);
        map.extend_from_slice(&(0xe000 | pid).to_be_bytes());
        let length = u16::try_from(descriptors.len()).unwrap_or(0);
        map.extend_from_slice(&(0xf000 | length).to_be_bytes());
        map.extend_from_slice(descriptors);
    }
    let mut association = Vec::with_capacity(4);
    association.extend_from_slice(&PROGRAM.to_be_bytes());
    association.extend_from_slice(&(0xe000 | PMT).to_be_bytes());
    let tables = [(0, section(0, 1, &association)), (PMT, section(2, PROGRAM, &map))];
    for (packet, (pid, section)) in out.chunks_exact_mut(PACKET).zip(tables) {
        packet.fill(0xff);
        let header = 0x4740_0010 | u32::from(pid) << 8 | u32::from(counter & 15);
        // The pointer field says that the section follows at once.
        let bytes = [&header.to_be_bytes()[..], &[0], &section].concat();
        if let Some(place) = packet.get_mut(..bytes.len()) {
            place.copy_from_slice(&bytes);
        }
    }
}

/// A section with its header and its check sum: version 0, valid now, the only one of its table.
fn section(table: u8, id: u16, contents: &[u8]) -> Vec<u8> {
    // Behind the length: five bytes of header and four of the check sum.
    let length = u16::try_from(contents.len() + 9).unwrap_or(0);
    let mut section = vec![table];
    section.extend_from_slice(&(0xb000 | length).to_be_bytes());
    section.extend_from_slice(&id.to_be_bytes());
    section.extend_from_slice(&[0xc1, 0, 0]);
    section.extend_from_slice(contents);
    let check = crc32(&section);
    section.extend_from_slice(&check.to_be_bytes());
    section
}

/// The check sum of ISO/IEC 13818-1 annex A.
fn crc32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc: u32, _| {
            let carry = crc >> 31 != 0;
            crc << 1 ^ if carry { 0x04c1_1db7 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_sums() {
        // The check value of CRC-32/MPEG-2.
        assert_eq!(crc32(b"123456789"), 0x0376_e6e7);
    }
}
