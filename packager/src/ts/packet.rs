//! Transport packets: 188 bytes, of which 184 are an adaptation field and payload
//! (ISO/IEC 13818-1 §2.4.3).

/// Length of a transport packet.
pub(super) const PACKET: usize = 188;
const HEADER: usize = 4;
/// What a packet without adaptation field carries.
const ROOM: usize = PACKET - HEADER;

/// Sync byte 0x47, and `adaptation_field_control` saying that there is payload.
const BASE: u32 = 0x4700_0000 | HAS_PAYLOAD;
const UNIT_START: u32 = 0x0040_0000;
const HAS_ADAPTATION: u32 = 0x20;
const HAS_PAYLOAD: u32 = 0x10;

const RANDOM_ACCESS: u8 = 0x40;
const HAS_CLOCK: u8 = 0x10;

/// The packets of one PID, numbered modulo 16.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lane {
    base: u32,
    counter: u32,
}

impl Lane {
    pub(super) fn new(pid: u16, counter: u8) -> Self {
        Lane { base: BASE | u32::from(pid & 0x1fff) << 8, counter: u32::from(counter & 15) }
    }

    /// The header of the next packet, all of it as one word.
    fn next(&mut self) -> u32 {
        let word = self.base | self.counter;
        self.counter = (self.counter + 1) & 15;
        word
    }
}

/// The adaptation field of the packet in which an access unit begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Adaptation {
    /// Program clock reference, in units of 90 kHz.
    pub(super) clock: Option<u64>,
    /// random_access_indicator: decoding can start here.
    pub(super) random_access: bool,
}

impl Adaptation {
    const NONE: Adaptation = Adaptation { clock: None, random_access: false };

    /// Its length in bytes if nothing is stuffed.
    pub(super) fn len(self) -> usize {
        match (self.clock, self.random_access) {
            (Some(_), _) => 8,
            (None, true) => 2,
            (None, false) => 0,
        }
    }
}

/// How a PES packet is spread over transport packets. It follows from lengths alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Payload of the first packet.
    first: usize,
    /// Payload of all packets but the singles.
    length: usize,
    /// Packets at the end that carry one byte each.
    singles: usize,
}

impl Layout {
    /// For `length` bytes, of which the last `singles` get a packet each.
    pub(super) fn new(adaptation: usize, length: usize, singles: usize) -> Self {
        let length = length.saturating_sub(singles);
        Layout { first: (ROOM - adaptation).min(length), length, singles }
    }

    /// The same bytes in as many packets as bring their number, added to `before`, to a multiple of
    /// 16. Each byte that gets a packet of its own adds one packet or none.
    pub(super) fn rounded(adaptation: usize, length: usize, before: usize) -> Self {
        let layouts = (0..length.min(32)).map(|singles| Layout::new(adaptation, length, singles));
        let fits = |layout: &Layout| (before + layout.packets()).is_multiple_of(16);
        layouts.clone().find(fits).unwrap_or(Layout::new(adaptation, length, 0))
    }

    pub(super) fn singles(self) -> usize {
        self.singles
    }

    pub(super) fn packets(self) -> usize {
        1 + (self.length - self.first).div_ceil(ROOM) + self.singles
    }

    /// Where a byte of the payload lies in the packets.
    fn place(self, at: usize) -> usize {
        if at < self.first {
            return PACKET - self.first + at;
        }
        let behind = self.length - self.first;
        if at >= self.length {
            let packets = 1 + behind.div_ceil(ROOM) + (at - self.length);
            return packets * PACKET + PACKET - 1;
        }
        let (packet, offset) = ((at - self.first) / ROOM, (at - self.first) % ROOM);
        let length = (behind - packet * ROOM).min(ROOM);
        (packet + 1) * PACKET + PACKET - length + offset
    }

    /// Writes over bytes of the payload that lie in the packets already.
    pub(super) fn patch(self, packets: &mut [u8], at: usize, bytes: &[u8]) {
        for (at, byte) in (at..).zip(bytes) {
            if let Some(place) = packets.get_mut(self.place(at)) {
                *place = *byte;
            }
        }
    }
}

/// What a PES packet consists of. Up to the length of its layout, zero bytes follow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Payload<'a> {
    /// PES header and what was made up for the access unit.
    pub(super) front: &'a [u8],
    /// Bytes of the file.
    pub(super) body: &'a [u8],
}

impl Payload<'_> {
    /// Copies from anywhere, in any lengths.
    fn copy(&self, at: usize, to: &mut [u8]) {
        let front = self.front.get(at..).unwrap_or_default();
        let (to, behind) = to.split_at_mut(front.len().min(to.len()));
        to.copy_from_slice(front.get(..to.len()).unwrap_or_default());
        let at = (at + to.len()).saturating_sub(self.front.len());
        let body = self.body.get(at..).unwrap_or_default();
        let (to, behind) = behind.split_at_mut(body.len().min(behind.len()));
        to.copy_from_slice(body.get(..to.len()).unwrap_or_default());
        behind.fill(0);
    }
}

/// Writes a PES packet into as many transport packets as its layout says.
pub(super) fn write(
    out: &mut [u8],
    lane: &mut Lane,
    layout: Layout,
    adaptation: Adaptation,
    payload: &Payload<'_>,
) {
    let (packets, _) = out.as_chunks_mut::<PACKET>();
    let Some((first, packets)) = packets.split_first_mut() else {
        return;
    };
    payload.copy(0, stuffed(first, lane.next() | UNIT_START, adaptation, layout.first));
    let mut at = layout.first;
    let (full, behind) = packets.split_at_mut(((layout.length - at) / ROOM).min(packets.len()));
    let mut full = full.iter_mut();
    // What was made up may need more than the first packet.
    while at < payload.front.len()
        && let Some(packet) = full.next()
    {
        payload.copy(at, whole(packet, lane.next()));
        at += ROOM;
    }
    let body = payload.body.get(at.saturating_sub(payload.front.len())..).unwrap_or_default();
    let (body, _) = body.as_chunks::<ROOM>();
    let count = body.len().min(full.len());
    // Nearly all packets are these: nothing here depends on what they carry.
    for (packet, bytes) in full.by_ref().take(count).zip(body) {
        whole(packet, lane.next()).copy_from_slice(bytes);
    }
    at += count * ROOM;
    for packet in full {
        payload.copy(at, whole(packet, lane.next()));
        at += ROOM;
    }
    let mut behind = behind.iter_mut();
    if at < layout.length
        && let Some(packet) = behind.next()
    {
        payload.copy(at, stuffed(packet, lane.next(), Adaptation::NONE, layout.length - at));
        at = layout.length;
    }
    for packet in behind.take(layout.singles) {
        payload.copy(at, stuffed(packet, lane.next(), Adaptation::NONE, 1));
        at += 1;
    }
}

/// Writes a packet of a lane with nothing but the clock, in units of 90 kHz. Packets without payload
/// are not counted (ISO/IEC 13818-1 §2.4.3.3).
pub(super) fn write_clock(out: &mut [u8], lane: Lane, clock: u64) {
    let word = lane.base & !HAS_PAYLOAD | HAS_ADAPTATION | lane.counter.wrapping_sub(1) & 15;
    if let Some(packet) = out.as_chunks_mut::<PACKET>().0.first_mut() {
        let field = whole(packet, word);
        field.fill(0xff);
        adapt(field, Adaptation { clock: Some(clock), random_access: false });
    }
}

/// A packet without adaptation field; gives the payload.
fn whole(packet: &mut [u8; PACKET], word: u32) -> &mut [u8] {
    let (header, payload) = packet.split_at_mut(HEADER);
    header.copy_from_slice(&word.to_be_bytes());
    payload
}

/// A packet that carries `length` bytes; the adaptation field takes the rest. Gives the payload.
fn stuffed(
    packet: &mut [u8; PACKET],
    word: u32,
    adaptation: Adaptation,
    length: usize,
) -> &mut [u8] {
    if length >= ROOM {
        return whole(packet, word);
    }
    let rest = whole(packet, word | HAS_ADAPTATION);
    let (field, payload) = rest.split_at_mut(ROOM - length);
    field.fill(0xff);
    adapt(field, adaptation);
    payload
}

/// Writes an adaptation field that is as long as its place, over stuffing bytes.
fn adapt(field: &mut [u8], adaptation: Adaptation) {
    let mut flags = if adaptation.random_access { RANDOM_ACCESS } else { 0 };
    if let Some(clock) = adaptation.clock
        && let Some(bytes) = field.get_mut(2..8)
    {
        flags |= HAS_CLOCK;
        bytes.copy_from_slice(&clock_reference(clock));
    }
    let length = field.len() - 1;
    if let Some((first, field)) = field.split_first_mut() {
        // At most 183.
        *first = u8::try_from(length).unwrap_or(0);
        if let Some(place) = field.first_mut() {
            *place = flags;
        }
    }
}

/// A program clock reference: 33 bits of 90 kHz, 6 reserved bits, 9 bits of 27 MHz, which are 0
/// (ISO/IEC 13818-1 §2.4.3.5).
fn clock_reference(clock: u64) -> [u8; 6] {
    let word = (clock & 0x1_ffff_ffff) << 15 | 0x3f << 9;
    let [_, _, bytes @ ..] = word.to_be_bytes();
    bytes
}
