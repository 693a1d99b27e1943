//! ffmpeg's filter graph for a plan.
//!
//! All texts in it are numbers and names made here: nothing that a client wrote gets in.

use super::plan::chunks::SEAM_FRAMES;
use super::plan::{
    AudioInput, AudioPlan, Cut, ImagePlan, OverlayPlan, Pick, Picture, PictureSegment, Plan, Shape,
    SoundSegment, VideoInput,
};
use super::preset::{ImageFormat, Rational};

/// The graph; empty when nothing is decoded. Its outputs are `[v0]`, `[v1]` … for renditions,
/// `[i0l0]` … for the layers of images, and `[a]`; of a chunk also `[seam]`.
pub(super) fn graph(plan: &Plan) -> String {
    let mut chains = Vec::new();
    let mut picture = None;
    let mut sound = None;
    if let Some(decoded) = &plan.picture {
        picture = Some(pictures(decoded, plan.cut.as_ref(), &mut chains));
    }
    if let Some(audio) = &plan.audio {
        sound = Some(sounds(audio, &mut chains));
    }
    let (picture, sound) = join(picture, sound, &mut chains);
    if let (Some(decoded), Some(picture)) = (&plan.picture, picture) {
        branch(plan, decoded.frame_rate, picture, &mut chains);
    }
    if let Some(sound) = sound {
        chains.push(format!("{sound}[a]"));
    }
    chains.join(";")
}

/// Joins segments; picture and sound together where they belong together, so that they stay so.
fn join(
    picture: Option<Vec<String>>,
    sound: Option<Vec<String>>,
    chains: &mut Vec<String>,
) -> (Option<String>, Option<String>) {
    let mut concat = |open: &[Vec<String>], video: u8, audio: u8, outputs: &str| {
        let mut pads = String::new();
        for number in 0..open[0].len() {
            for (kind, segments) in open.iter().enumerate() {
                let label = format!("[c{video}{audio}{kind}n{number}]");
                chains.push(format!("{}{label}", segments[number]));
                pads.push_str(&label);
            }
        }
        let count = open[0].len();
        chains.push(format!("{pads}concat=n={count}:v={video}:a={audio}{outputs}"));
    };
    match (picture, sound) {
        (Some(picture), Some(sound)) if picture.len() == sound.len() && picture.len() > 1 => {
            concat(&[picture, sound], 1, 1, "[p][s]");
            (Some("[p]null".to_owned()), Some("[s]anull".to_owned()))
        }
        (picture, sound) => {
            let mut one = |segments: Vec<String>, video, audio, label: &str, pass: &str| {
                if segments.len() == 1 {
                    return segments.into_iter().next().unwrap_or_default();
                }
                concat(&[segments], video, audio, label);
                format!("{label}{pass}")
            };
            let picture = picture.map(|segments| one(segments, 1, 0, "[p]", "null"));
            let sound = sound.map(|segments| one(segments, 0, 1, "[s]", "anull"));
            (picture, sound)
        }
    }
}

/// The open chain of each segment of the picture.
fn pictures(picture: &Picture, cut: Option<&Cut>, chains: &mut Vec<String>) -> Vec<String> {
    let rate = picture.frame_rate;
    let several = picture.segments.len() > 1;
    let segments = picture.segments.iter().enumerate();
    segments
        .map(|(number, segment)| {
            let mut chain = decoded(segment, rate, cut);
            if let Some(overlay) = &segment.overlay {
                chains.push(format!("{chain}[b{number}]"));
                chains.push(format!("{}[o{number}]", overlaid(overlay, rate)));
                let (x, y) = overlay.place;
                chain = format!("[b{number}][o{number}]overlay=x={x}:y={y}:shortest=1");
            }
            if several {
                let shape = Shape { picture: segment.fitted, frame: picture.canvas };
                chain = format!("{chain},{}", scaling(shape, "yuv420p"));
            }
            chain
        })
        .collect()
}

/// A constant frame rate makes the key frames, counted in frames, fall on the same times in every
/// rendition.
fn decoded(segment: &PictureSegment, rate: Rational, cut: Option<&Cut>) -> String {
    let mut filters = Vec::new();
    let input = match segment.input {
        VideoInput::Stream { input, index } => format!("[{input}:{index}]"),
        VideoInput::Black { seconds } => {
            filters.push(format!("color=c=black:s=1280x720:r={rate}:d={seconds}"));
            String::new()
        }
    };
    if segment.deinterlace {
        filters.push("yadif=deint=interlaced".to_owned());
    }
    filters.extend(match segment.turn {
        90 => Some("transpose=clock".to_owned()),
        180 => Some("hflip,vflip".to_owned()),
        270 => Some("transpose=cclock".to_owned()),
        _ => None,
    });
    if let Some((width, height, left, top)) = segment.crop {
        filters.push(format!("crop={width}:{height}:{left}:{top}"));
    }
    filters.push(format!("fps={rate}:start_time=0"));
    if let Some(length) = segment.length {
        // Frames between those of the clip's own rate would make it longer.
        filters.push(format!("trim=duration={length}"));
    }
    if let Some(cut) = cut {
        // Since `fps`, times are numbers of frames. Those before the first that is decoded are
        // copies of it, which costs next to nothing: they are dropped here, unseen.
        let end = cut.decoded_end().map(|end| format!(":end_pts={end}"));
        let first = cut.first;
        filters.push(format!("trim=start_pts={first}{}", end.unwrap_or_default()));
        filters.push(format!("setpts=PTS-{first}"));
    }
    format!("{input}{}", filters.join(","))
}

/// The overlay is made endless and transparent outside of its time: what ends the result is the
/// picture below.
fn overlaid(overlay: &OverlayPlan, rate: Rational) -> String {
    let mut filters = Vec::new();
    if let Some((width, height)) = overlay.size {
        filters.push(format!("scale={width}:{height}:flags=bicubic"));
    }
    filters.push("format=rgba".to_owned());
    if overlay.still {
        filters.push("loop=loop=-1:size=1:start=0".to_owned());
    }
    filters.push(format!("fps={rate}"));
    if let Some(length) = overlay.length {
        filters.push(format!("trim=duration={length}"));
    }
    filters.push(format!("setpts=PTS-STARTPTS+{}/TB", overlay.start));
    for (kind, fade) in [("in", overlay.fade_in), ("out", overlay.fade_out)] {
        if let Some((start, length)) = fade {
            filters.push(format!("fade=t={kind}:st={start}:d={length}:alpha=1"));
        }
    }
    filters.push("tpad=stop=-1:color=black@0".to_owned());
    format!("[{}:{}]{}", overlay.input, overlay.index, filters.join(","))
}

/// The open chain of each segment of the sound.
fn sounds(audio: &AudioPlan, chains: &mut Vec<String>) -> Vec<String> {
    let several = audio.segments.len() > 1;
    let segments = audio.segments.iter().enumerate();
    segments
        .map(|(number, segment)| {
            let mut chain = sound(segment, audio.codec.sampling_rate);
            if let Some(mixed) = &segment.mixed {
                chains.push(format!("{chain}[u{number}]"));
                let trim = mixed.length.map(|length| format!("atrim=duration={length},"));
                chains.push(format!(
                    "[{}:{}]{}asetpts=PTS-STARTPTS,volume={:.3},adelay={}:all=1[m{number}]",
                    mixed.input,
                    mixed.index,
                    trim.unwrap_or_default(),
                    mixed.gain,
                    mixed.start.millis()
                ));
                chain = format!("[u{number}][m{number}]amix=inputs=2:duration=first:normalize=0");
            }
            if several {
                let layout = layout(audio.codec.channels);
                chain.push_str(&format!(",aformat=channel_layouts={layout}"));
            }
            chain
        })
        .collect()
}

/// Gaps in the source become silence, and the track starts at 0, so that sound and picture stay
/// together when served in fragments.
fn sound(segment: &SoundSegment, rate: u32) -> String {
    let mut chain = match segment.input {
        AudioInput::Stream { input, index } => format!("[{input}:{index}]"),
        AudioInput::Silence { seconds } => format!("anullsrc=r={rate}:cl=stereo:d={seconds},"),
    };
    chain.push_str(&format!("aresample={rate}:async=1:first_pts=0"));
    if let Some(length) = segment.pad {
        chain.push_str(&format!(",apad=whole_dur={length}"));
    }
    chain
}

/// ffmpeg's name for so many channels.
fn layout(channels: u32) -> &'static str {
    match channels {
        1 => "mono",
        5 => "5.0",
        6 => "5.1",
        8 => "7.1",
        _ => "stereo",
    }
}

/// From the picture to everything that is made of it.
fn branch(plan: &Plan, rate: Rational, picture: String, chains: &mut Vec<String>) {
    let renditions = plan.video.as_ref().map(|video| video.renditions.as_slice());
    let renditions = renditions.unwrap_or_default();
    let count = renditions.len() + plan.images.len() + usize::from(plan.cut.is_some());
    let mut heads: Vec<String> = Vec::new();
    if count == 1 {
        heads.push(format!("{picture},"));
    } else {
        let labels: Vec<String> = (0..count).map(|number| format!("[s{number}]")).collect();
        chains.push(format!("{picture},split={count}{}", labels.concat()));
        heads.extend(labels);
    }
    let mut heads = heads.into_iter();
    for (number, (rendition, head)) in renditions.iter().zip(heads.by_ref()).enumerate() {
        let own = plan.cut.as_ref().and_then(Cut::own_frames);
        let own = own.map(|frames| format!("trim=end_pts={frames},")).unwrap_or_default();
        chains.push(format!("{head}{own}{}[v{number}]", scaling(rendition.shape, "yuv420p")));
    }
    for (number, (image, head)) in plan.images.iter().zip(heads.by_ref()).enumerate() {
        images(number, image, rate, &head, chains);
    }
    if let (Some(cut), Some(head)) = (&plan.cut, heads.next()) {
        let behind = cut.own_frames().map(|frames| format!("+gte(n,{frames})"));
        let edges = format!("lt(n,{SEAM_FRAMES}){}", behind.unwrap_or_default());
        chains.push(format!("{head}select='{edges}'[seam]"));
    }
}

fn images(number: usize, image: &ImagePlan, rate: Rational, head: &str, chains: &mut Vec<String>) {
    let pick = match image.pick {
        Pick::Best { among, every } => {
            let frames = u64::from(among) * u64::from(every);
            format!("select='lt(n,{frames})*not(mod(n,{every}))',thumbnail=n={among}")
        }
        Pick::Series { first, step, end } => {
            format!("select='between(n,{first},{})*not(mod(n-{first},{step}))'", end - 1)
        }
    };
    let format = match image.format {
        ImageFormat::Jpg => "yuvj420p",
        ImageFormat::Png => "rgb24",
        ImageFormat::Bmp => "bgr24",
    };
    // One frame behind the other, whatever their times were: none is repeated or dropped.
    let picked = format!("{head}{pick},settb={}/{},setpts=N", rate.den, rate.num);
    let shapes = image.layers.iter().map(|layer| scaling(layer.shape, format));
    if let [_] = image.layers.as_slice() {
        chains.extend(shapes.map(|shape| format!("{picked},{shape}[i{number}l0]")));
        return;
    }
    let labels: String =
        (0..image.layers.len()).map(|layer| format!("[t{number}l{layer}]")).collect();
    chains.push(format!("{picked},split={}{labels}", image.layers.len()));
    chains.extend(
        shapes
            .enumerate()
            .map(|(layer, shape)| format!("[t{number}l{layer}]{shape}[i{number}l{layer}]")),
    );
}

fn scaling(shape: Shape, format: &str) -> String {
    let (width, height) = shape.picture;
    let mut filters = format!("scale={width}:{height}:flags=bicubic");
    if shape.frame != shape.picture {
        let (frame_width, frame_height) = shape.frame;
        let (x, y) =
            (frame_width.saturating_sub(width) / 2, frame_height.saturating_sub(height) / 2);
        filters.push_str(&format!(",pad={frame_width}:{frame_height}:{x}:{y}"));
    }
    filters.push_str(&format!(",setsar=1,format={format}"));
    filters
}
