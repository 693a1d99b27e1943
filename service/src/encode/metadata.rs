//! The two metadata files of an encoded asset: `{name}_manifest.xml` about the
//! outputs and `{input asset}_metadata.xml` about the input, after the schemas
//! in Microsoft's public Media Services documentation ("output metadata" and
//! "input metadata").

use std::collections::BTreeMap;
use std::io;

use super::measure::{Facts, Measured};
use super::preset::Rational;
use super::probe::{Description, Stream, positive};
use super::xml::{Xml, duration};

const OUTPUT_NAMESPACE: &str =
    "http://schemas.microsoft.com/windowsazure/mediaservices/2013/05/mediaencoder/metadata";
const INPUT_NAMESPACE: &str =
    "http://schemas.microsoft.com/windowsazure/mediaservices/2014/07/mediaencoder/inputmetadata";

/// An output file and what the preset asked of it.
pub(super) struct OutputDetails<'a> {
    pub(super) name: &'a str,
    pub(super) measured: &'a Measured,
    /// Target kbit/s and frames per second of the picture.
    pub(super) target: Option<(u32, f64)>,
}

/// The output metadata of `files`, made from the file called `source`.
pub(super) fn output(files: &[OutputDetails<'_>], source: &str) -> io::Result<Vec<u8>> {
    let mut xml = Xml::new()?;
    xml.element("AssetFiles", &[("xmlns", OUTPUT_NAMESPACE.to_owned())], |xml| {
        for file in files {
            let attributes = [
                ("Name", file.name.to_owned()),
                ("Size", file.measured.size.to_string()),
                ("Duration", duration(file.measured.duration)),
            ];
            xml.element("AssetFile", &attributes, |xml| {
                xml.element("Sources", &[], |xml| {
                    xml.empty("Source", &[("Name", source.to_owned())])
                })?;
                if let Some(track) = &file.measured.video {
                    xml.element("VideoTracks", &[], |xml| {
                        xml.empty("VideoTrack", &output_video(track, file.target))
                    })?;
                }
                if let Some(track) = &file.measured.audio {
                    xml.element("AudioTracks", &[], |xml| {
                        xml.empty("AudioTrack", &output_audio(track))
                    })?;
                }
                Ok(())
            })?;
        }
        Ok(())
    })?;
    Ok(xml.finish())
}

fn output_video(track: &Facts, target: Option<(u32, f64)>) -> Vec<(&'static str, String)> {
    let stream = &track.stream;
    let (ratio_width, ratio_height) = display_aspect_ratio(stream);
    let fps = track.frames_per_second();
    let (target_rate, target_fps) = target.unwrap_or((kbps(track.bitrate), fps));
    vec![
        ("Id", "0".to_owned()),
        ("FourCC", "AVC1".to_owned()),
        ("Profile", stream.profile.clone().unwrap_or_default()),
        ("Level", level(stream)),
        ("Width", stream.width.unwrap_or(0).to_string()),
        ("Height", stream.height.unwrap_or(0).to_string()),
        ("DisplayAspectRatioNumerator", ratio_width),
        ("DisplayAspectRatioDenominator", ratio_height),
        ("Framerate", format!("{fps:.3}")),
        ("TargetFramerate", format!("{target_fps:.3}")),
        ("Bitrate", kbps(track.bitrate).to_string()),
        ("TargetBitrate", target_rate.to_string()),
        ("MaxGOPBitrate", kbps(track.max_gop_bitrate).to_string()),
    ]
}

fn output_audio(track: &Facts) -> Vec<(&'static str, String)> {
    vec![
        ("Id", "0".to_owned()),
        ("Codec", "AacLc".to_owned()),
        ("Channels", track.stream.channels.unwrap_or(0).to_string()),
        ("SamplingRate", track.stream.sample_rate.clone().unwrap_or_default()),
        ("Bitrate", kbps(track.bitrate).to_string()),
        ("BitsPerSample", "16".to_owned()),
    ]
}

fn kbps(bits_per_second: u64) -> u32 {
    u32::try_from(bits_per_second.saturating_add(500) / 1000).unwrap_or(u32::MAX)
}

/// H.264 levels are stored as ten times their name.
fn level(stream: &Stream) -> String {
    match stream.level {
        Some(level) if stream.codec_name.as_deref() == Some("h264") && level > 0 => {
            format!("{}.{}", level / 10, level % 10)
        }
        Some(level) if level >= 0 => level.to_string(),
        _ => String::new(),
    }
}

fn display_aspect_ratio(stream: &Stream) -> (String, String) {
    let ratio = stream
        .display_aspect_ratio
        .as_deref()
        .and_then(|ratio| Rational::parse(&ratio.replace(':', "/")));
    match ratio {
        Some(ratio) => (ratio.num.to_string(), ratio.den.to_string()),
        None => (stream.width.unwrap_or(0).to_string(), stream.height.unwrap_or(0).to_string()),
    }
}

/// The input metadata of the file that the client calls `name`.
pub(super) fn input(name: &str, file: &Description) -> io::Result<Vec<u8>> {
    let format = &file.format;
    let overall = positive(format.bit_rate.as_deref());
    let mut attributes = vec![
        ("Name", name.to_owned()),
        ("Size", format.size.clone().unwrap_or_default()),
        ("Duration", time(format.duration.as_deref())),
        ("NumberOfStreams", file.streams.len().to_string()),
        ("FormatNames", format.format_name.clone()),
        ("FormatVerboseNames", format.format_long_name.clone()),
        ("StartTime", time(format.start_time.as_deref())),
    ];
    attributes.extend(overall.map(|rate| ("OverallBitRate", whole_kbps(rate))));
    let videos: Vec<_> = file.streams.iter().filter(|s| s.is_video()).collect();
    let audios: Vec<_> = file.streams.iter().filter(|s| s.is_audio()).collect();

    let mut xml = Xml::new()?;
    xml.element("AssetFiles", &[("xmlns", INPUT_NAMESPACE.to_owned())], |xml| {
        xml.element("AssetFile", &attributes, |xml| {
            input_tracks(xml, "VideoTrack", &videos, input_video)?;
            input_tracks(xml, "AudioTrack", &audios, input_audio)?;
            tags(xml, &format.tags)
        })
    })?;
    Ok(xml.finish())
}

type Attributes = Vec<(&'static str, String)>;

fn input_tracks(
    xml: &mut Xml,
    element: &str,
    streams: &[&Stream],
    details: fn(&Stream) -> Attributes,
) -> io::Result<()> {
    if streams.is_empty() {
        return Ok(());
    }
    xml.element(&format!("{element}s"), &[], |xml| {
        for stream in streams {
            let mut attributes = input_track(stream);
            attributes.extend(details(stream));
            xml.element(element, &attributes, |xml| {
                xml.empty("Disposition", &disposition(stream))?;
                tags(xml, &stream.tags)
            })?;
        }
        Ok(())
    })
}

fn input_track(stream: &Stream) -> Attributes {
    let mut attributes = vec![("Id", stream.index.to_string())];
    let mut known = |name, value: &Option<String>| {
        attributes.extend(value.clone().map(|value| (name, value)));
    };
    known("Codec", &stream.codec_name);
    known("CodecLongName", &stream.codec_long_name);
    known("TimeBase", &stream.time_base);
    known("NumberOfFrames", &stream.nb_frames);
    attributes.push(("StartTime", time(stream.start_time.as_deref())));
    if stream.duration.is_some() {
        attributes.push(("Duration", time(stream.duration.as_deref())));
    }
    attributes
}

fn input_video(stream: &Stream) -> Attributes {
    let (ratio_width, ratio_height) = display_aspect_ratio(stream);
    let pixel = stream
        .sample_aspect_ratio
        .as_deref()
        .and_then(|ratio| Rational::parse(&ratio.replace(':', "/")))
        .unwrap_or(Rational { num: 1, den: 1 });
    let fps =
        stream.avg_frame_rate.as_deref().and_then(Rational::parse).map_or(0.0, Rational::value);
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut attributes = vec![
        ("FourCC", text(&stream.codec_tag_string)),
        ("Profile", text(&stream.profile)),
        ("Level", level(stream)),
        ("PixelFormat", text(&stream.pix_fmt)),
        ("Width", stream.width.unwrap_or(0).to_string()),
        ("Height", stream.height.unwrap_or(0).to_string()),
        ("DisplayAspectRatioNumerator", ratio_width),
        ("DisplayAspectRatioDenominator", ratio_height),
        ("SampleAspectRatioNumerator", pixel.num.to_string()),
        ("SampleAspectRatioDenominator", pixel.den.to_string()),
        ("FrameRate", format!("{fps:.3}")),
    ];
    attributes.extend(stream.bits_per_second().map(|r| ("Bitrate", whole_kbps(r))));
    attributes.extend(stream.has_b_frames.map(|n| ("HasBFrames", n.to_string())));
    attributes
}

fn input_audio(stream: &Stream) -> Attributes {
    let mut attributes = Vec::new();
    let mut known = |name, value: &Option<String>| {
        attributes.extend(value.clone().map(|value| (name, value)));
    };
    known("SampleFormat", &stream.sample_fmt);
    known("ChannelLayout", &stream.channel_layout);
    attributes.push(("Channels", stream.channels.unwrap_or(0).to_string()));
    attributes.push(("SamplingRate", stream.sample_rate.clone().unwrap_or_default()));
    attributes.extend(stream.bits_per_second().map(|r| ("Bitrate", whole_kbps(r))));
    attributes.extend(stream.bits_per_sample.map(|n| ("BitsPerSample", n.to_string())));
    attributes
}

fn disposition(stream: &Stream) -> Attributes {
    [
        ("Default", "default"),
        ("Dub", "dub"),
        ("Original", "original"),
        ("Comment", "comment"),
        ("Lyrics", "lyrics"),
        ("Karaoke", "karaoke"),
        ("Forced", "forced"),
        ("HearingImpaired", "hearing_impaired"),
        ("VisualImpaired", "visual_impaired"),
        ("CleanEffects", "clean_effects"),
        ("AttachedPic", "attached_pic"),
    ]
    .map(|(name, key)| {
        let flag = stream.disposition.get(key).copied().unwrap_or(0);
        (name, flag.to_string())
    })
    .to_vec()
}

fn tags(xml: &mut Xml, tags: &BTreeMap<String, String>) -> io::Result<()> {
    for (key, value) in tags {
        xml.empty("Metadata", &[("key", key.clone()), ("value", value.clone())])?;
    }
    Ok(())
}

fn time(seconds: Option<&str>) -> String {
    duration(positive(seconds).unwrap_or(0.0))
}

fn whole_kbps(bits_per_second: f64) -> String {
    format!("{:.0}", bits_per_second / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_metadata_states_measured_and_target_rates() -> io::Result<()> {
        let measured = Measured {
            size: 1000,
            duration: 6.006,
            video: Some(Facts {
                stream: Stream {
                    codec_name: Some("h264".to_owned()),
                    profile: Some("High".to_owned()),
                    level: Some(31),
                    width: Some(640),
                    height: Some(360),
                    display_aspect_ratio: Some("16:9".to_owned()),
                    avg_frame_rate: Some("30000/1001".to_owned()),
                    ..Stream::default()
                },
                bitrate: 687_858,
                max_gop_bitrate: 712_345,
            }),
            ..Measured::default()
        };
        let file =
            OutputDetails { name: "a_700.mp4", measured: &measured, target: Some((700, 29.97)) };
        let text = String::from_utf8_lossy(&output(&[file], "a<.mp4")?).into_owned();
        for part in [
            r#"<AssetFile Name="a_700.mp4" Size="1000" Duration="PT6.006S">"#,
            r#"<Source Name="a&lt;.mp4"/>"#,
            r#"Profile="High" Level="3.1" Width="640" Height="360""#,
            r#"DisplayAspectRatioNumerator="16" DisplayAspectRatioDenominator="9""#,
            r#"Framerate="29.970" TargetFramerate="29.970" Bitrate="688" TargetBitrate="700" MaxGOPBitrate="712""#,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("AudioTracks"), "{text}");
        Ok(())
    }

    #[test]
    fn input_metadata_escapes_the_uploads_own_texts() -> io::Result<()> {
        let description: Description = serde_json::from_str(
            r#"{"streams":[{"index":0,"codec_type":"audio","codec_name":"mp3","channels":2,
                 "sample_rate":"44100","bit_rate":"156000","disposition":{"default":1},
                 "tags":{"title":"<b>\"x\" & y"}}],
                "format":{"format_name":"mp3","size":"77","duration":"61.5","bit_rate":"160000"}}"#,
        )
        .map_err(io::Error::other)?;
        let text = String::from_utf8_lossy(&input("s.mp3", &description)?).into_owned();
        for part in [
            r#"Name="s.mp3" Size="77" Duration="PT1M1.5S" NumberOfStreams="1""#,
            r#"OverallBitRate="160""#,
            r#"Channels="2" SamplingRate="44100" Bitrate="156""#,
            r#"<Disposition Default="1" Dub="0""#,
            r#"value="&lt;b&gt;&quot;x&quot; &amp; y""#,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        Ok(())
    }
}
