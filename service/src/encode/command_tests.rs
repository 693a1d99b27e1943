use super::*;
use crate::encode::material;
use crate::encode::plan::plan;
use crate::encode::preset;
use crate::encode::probe::{AudioSource, Source, VideoSource};
use crate::encode::tools::X264Preset;

fn source(width: u32, height: u32) -> Source {
    Source {
        video: Some(VideoSource {
            width,
            height,
            stored: (width, height),
            frame_rate: preset::Rational { num: 30_000, den: 1001 },
            ..VideoSource::default()
        }),
        audio: Some(AudioSource { index: 1, language: "eng".to_owned(), ..Default::default() }),
        duration: Some(6.0),
        start: 0.0,
    }
}

/// The arguments after the fixed head, one string per line of the result.
fn golden(configuration: &str, source: &Source) -> String {
    let preset = preset::parse(configuration).expect("a preset");
    let materials = material::sample(&preset, source, "clip.mp4");
    let plan = plan(&preset, &materials, X264Preset::default()).expect("a plan");
    let args = arguments(&plan, 0);
    let args: Vec<String> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let head = ["-hide_banner", "-nostdin", "-y", "-v", "error", "-progress", "pipe:1", "-nostats"];
    assert_eq!(args[..head.len()], head);
    let mut text = String::new();
    for arg in args[head.len()..].iter().filter(|arg| !guards(arg)) {
        let is_option = arg.starts_with('-') && arg != "-1";
        text.push_str(if is_option { "\n" } else { " " });
        text.push_str(arg);
    }
    text.trim().to_owned()
}

/// What goes with every input.
fn guards(arg: &str) -> bool {
    ["-protocol_whitelist", "file", "-format_whitelist"].contains(&arg)
        || arg.starts_with("mov,mp4")
}

const TAIL: &str = "-map_metadata -1\n-map_chapters -1";

#[test]
fn adaptive_streaming_of_360p() {
    let expected = format!(
        "-i file:/in/clip.mp4\n\
         -filter_complex [0:0]fps=30000/1001:start_time=0,split=3[s0][s1][s2];\
         [s0]scale=640:360:flags=bicubic,setsar=1,format=yuv420p[v0];\
         [s1]scale=480:270:flags=bicubic,setsar=1,format=yuv420p[v1];\
         [s2]scale=320:180:flags=bicubic,setsar=1,format=yuv420p[v2];\
         [0:1]aresample=48000:async=1:first_pts=0[a]\n\
         -map [v0]\n-map [v1]\n-map [v2]\n-map [a]\n\
         {TAIL}\n\
         -c:v libx264\n-preset:v veryfast\n-flags:v +global_header\n\
         -g:v 60\n-keyint_min:v 60\n-sc_threshold:v 0\n-x264-params:v open-gop=0\n\
         {}\n{}\n{}\n\
         -c:a aac\n-flags:a +global_header\n-b:a 128k\n-ac:a 2\n-metadata:s:a:0 language=eng\n\
         -f tee \
         [f=mp4:select=0:movflags=+faststart:chunk_duration=2000000]0.mp4|\
         [f=mp4:select=1:movflags=+faststart:chunk_duration=2000000]1.mp4|\
         [f=mp4:select=2:movflags=+faststart:chunk_duration=2000000]2.mp4|\
         [f=mp4:select=3:movflags=+faststart:chunk_duration=2000000]3.mp4",
        layer(0, 700),
        layer(1, 440),
        layer(2, 230),
    );
    assert_eq!(golden("Adaptive Streaming", &source(640, 360)), expected);
}

/// The options of a layer that has the schema's defaults.
fn layer(number: usize, rate: u32) -> String {
    format!(
        "-profile:v:{number} high\n-b:v:{number} {rate}k\n-maxrate:v:{number} {rate}k\n\
         -bufsize:v:{number} {}k\n-bf:v:{number} 3\n-b_strategy:v:{number} 1\n\
         -refs:v:{number} 3\n-coder:v:{number} cabac",
        rate * 5
    )
}

#[test]
fn single_bitrate_for_android_of_interlaced_video() {
    let mut interlaced = source(720, 540);
    if let Some(video) = &mut interlaced.video {
        video.interlaced = true;
    }
    let expected = format!(
        "-i file:/in/clip.mp4\n\
         -filter_complex [0:0]yadif=deint=interlaced,fps=30000/1001:start_time=0,\
         scale=480:360:flags=bicubic,setsar=1,format=yuv420p[v0];\
         [0:1]aresample=48000:async=1:first_pts=0[a]\n\
         -map [v0]\n-map [a]\n\
         {TAIL}\n\
         -c:v libx264\n-preset:v veryfast\n-flags:v +global_header\n\
         -g:v 150\n-x264-params:v open-gop=0\n\
         -profile:v:0 baseline\n-level:v:0 3\n-b:v:0 500k\n-maxrate:v:0 500k\n\
         -bufsize:v:0 2500k\n-bf:v:0 0\n-b_strategy:v:0 0\n-refs:v:0 3\n-coder:v:0 cavlc\n\
         -c:a aac\n-flags:a +global_header\n-b:a 128k\n-ac:a 2\n-metadata:s:a:0 language=eng\n\
         -f tee [f=mp4:select=0,1:movflags=+faststart:chunk_duration=2000000]0.mp4"
    );
    assert_eq!(golden("H264 Single Bitrate High Quality SD for Android", &interlaced), expected);
}

#[test]
fn aac_audio() {
    let expected = format!(
        "-i file:/in/clip.mp4\n\
         -filter_complex [0:1]aresample=48000:async=1:first_pts=0[a]\n\
         -map [a]\n\
         {TAIL}\n\
         -c:a aac\n-flags:a +global_header\n-b:a 192k\n-ac:a 2\n-metadata:s:a:0 language=eng\n\
         -f tee [f=mp4:select=0:movflags=+faststart:chunk_duration=2000000]0.mp4"
    );
    assert_eq!(golden("AAC Good Quality Audio", &source(640, 360)), expected);
}

#[test]
fn letterbox_silence_and_transport_stream() {
    let preset = r#"{"Codecs":[
        {"Type":"H264Video","StretchMode":"AutoFit","H264Layers":[
          {"Bitrate":800,"MaxBitrate":1000,"BufferWindow":"00:00:01","Width":640,"Height":480,
           "Slices":4,"Level":"3.1","Profile":"Main","FrameRate":"25/1"}]},
        {"Type":"AACAudio","Channels":1,"SamplingRate":44100,"Bitrate":64,
         "Condition":"InsertSilenceIfNoAudio"}],
      "Outputs":[{"FileName":"{Basename}{Extension}","Format":{"Type":"TSFormat"}},
                 {"FileName":"{Basename}{Extension}","Format":{"Type":"MP4Format"}}]}"#;
    let mut silent = source(640, 360);
    silent.audio = None;
    let expected = format!(
        "-i file:/in/clip.mp4\n\
         -filter_complex [0:0]fps=25/1:start_time=0,\
         scale=640:360:flags=bicubic,pad=640:480:0:60,setsar=1,format=yuv420p[v0];\
         anullsrc=r=44100:cl=stereo:d=6.000,aresample=44100:async=1:first_pts=0[a]\n\
         -map [v0]\n-map [a]\n\
         {TAIL}\n\
         -c:v libx264\n-preset:v veryfast\n-flags:v +global_header\n\
         -g:v 50\n-keyint_min:v 50\n-sc_threshold:v 0\n-x264-params:v open-gop=0\n\
         -profile:v:0 main\n-level:v:0 3.1\n-b:v:0 800k\n-maxrate:v:0 1000k\n\
         -bufsize:v:0 1000k\n-bf:v:0 0\n-b_strategy:v:0 0\n-refs:v:0 3\n-coder:v:0 cabac\n\
         -slices:v:0 4\n\
         -c:a aac\n-flags:a +global_header\n-b:a 64k\n-ac:a 1\n-metadata:s:a:0 language=und\n\
         -f tee [f=mpegts:select=0,1]0.ts|\
         [f=mp4:select=0,1:movflags=+faststart:chunk_duration=2000000]1.mp4"
    );
    assert_eq!(golden(preset, &silent), expected);
}

#[test]
fn sound_is_encoded_once_for_all_files() {
    let args = golden("H264 Multiple Bitrate 1080p", &source(1920, 1080));
    assert_eq!(args.matches("-map [a]").count(), 1);
    assert_eq!(args.matches("-c:a aac").count(), 1);
    for number in 0..8 {
        assert!(args.contains(&format!("[f=mp4:select={number},8:")), "{args}");
    }
}

#[test]
fn threads_bound_decoder_filters_and_encoders() {
    let preset = preset::parse("Adaptive Streaming").expect("a preset");
    let materials = material::sample(&preset, &source(640, 360), "clip.mp4");
    let plan = plan(&preset, &materials, X264Preset::default());
    let args = arguments(&plan.expect("a plan"), 2);
    let threads = args.iter().filter(|arg| *arg == "-threads").count();
    assert_eq!(threads, 2, "one before the input and one before the output");
    let input = args.iter().position(|arg| arg == "-i");
    let first = args.iter().position(|arg| arg == "-threads");
    assert!(first < input);
}

#[test]
fn only_the_first_chunk_begins_with_a_full_buffer() {
    let preset = preset::parse("Adaptive Streaming").expect("a preset");
    let materials = material::sample(&preset, &source(640, 360), "clip.mp4");
    let plan = plan(&preset, &materials, X264Preset::default()).expect("a plan");
    let parameters = |plan: &Plan| {
        let args = arguments(plan, 0);
        let option = args.iter().position(|arg| arg == "-x264-params:v").expect("x264");
        args[option + 1].to_string_lossy().into_owned()
    };
    let chunks: Vec<_> = plan.chunks(&[0, 60, 120]).iter().map(parameters).collect();
    assert_eq!(parameters(&plan), "open-gop=0");
    assert_eq!(chunks, ["open-gop=0", "open-gop=0:vbv-init=0.5", "open-gop=0:vbv-init=0.5"]);
}

#[test]
fn buffers_are_no_larger_than_ffmpeg_can_count() {
    let preset = r#"{"Version":1.0,"Codecs":[{"Type":"H264Video","H264Layers":[
        {"Type":"H264Layer","Bitrate":50000,"Width":640,"Height":360,"BufferWindow":"00:01:40"}]}],
        "Outputs":[{"FileName":"a.mp4","Format":{"Type":"MP4Format"}}]}"#;
    let args = golden(preset, &source(640, 360));
    assert!(args.contains("-bufsize:v:0 2147483k\n"), "{args}");
}
