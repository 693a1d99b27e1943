//! Tests with the real ffmpeg on small generated clips.

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;

/// `None`, with a loud note, where ffmpeg is not installed.
fn settings() -> Option<EncodeSettings> {
    match Tools::find() {
        Ok(tools) => Some(EncodeSettings {
            x264_preset: "ultrafast".parse().expect("a known preset"),
            ..EncodeSettings::new(tools)
        }),
        Err(error) => {
            eprintln!("SKIPPED: {error}");
            None
        }
    }
}

/// Nobody helps.
fn alone() -> Team {
    team(1)
}

pub(super) fn team(size: usize) -> Team {
    Team::new(Crew::new(size, Arc::default()), size)
}

pub(super) struct Bench {
    pub(super) settings: EncodeSettings,
    folder: tempfile::TempDir,
}

impl Bench {
    pub(super) fn new() -> Option<Self> {
        let bench = Self {
            settings: settings()?,
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        std::fs::create_dir(bench.path("out")).expect("an output folder");
        Some(bench)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a clip with the given ffmpeg arguments.
    pub(super) fn clip(&self, name: &str, args: &str) {
        let status = Command::new(&self.settings.tools.ffmpeg)
            .args(["-v", "error", "-nostdin", "-y"])
            .args(args.split_whitespace())
            .arg(self.path(name))
            .status()
            .expect("ffmpeg runs");
        assert!(status.success(), "{args}");
    }

    pub(super) fn request(&self, configuration: &str, file: &str) -> Request {
        Request {
            configuration: Configuration::parse(configuration).expect("a configuration"),
            inputs: vec![InputAsset {
                id: "nb:cid:UUID:41114ad3-eb5e-4c57-8d92-5354e2b7d4a4".to_owned(),
                files: vec![InputFile {
                    name: file.to_owned(),
                    path: self.path(file),
                    role: Role::Primary,
                }],
            }],
            output_dir: self.path("out"),
        }
    }

    async fn run(&self, configuration: &str, file: &str) -> Result<Encoded, TaskError> {
        let request = self.request(configuration, file);
        run(&self.settings, &alone(), &request, |_| {}, &CancellationToken::new()).await
    }

    /// What ffprobe prints for an output, one value a line.
    pub(super) fn probe(&self, path: &Path, args: &str) -> Vec<String> {
        let output = Command::new(&self.settings.tools.ffprobe)
            .args(["-v", "error", "-of", "default=nw=1:nk=1"])
            .args(args.split_whitespace())
            .arg(path)
            .output()
            .expect("ffprobe runs");
        assert!(output.status.success(), "{}", path.display());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().map(str::to_owned).collect()
    }

    fn key_frames(&self, path: &Path) -> Vec<String> {
        self.probe(path, "-skip_frame nokey -select_streams v -show_entries frame=pts_time")
            .into_iter()
            .filter(|line| line.parse::<f64>().is_ok())
            .collect()
    }
}

const PICTURE: &str = "-f lavfi -i testsrc2=s=640x360:r=25:d=6";
const SOUND: &str = "-f lavfi -i sine=d=6";
pub(super) const X264: &str = "-c:v libx264 -preset ultrafast -crf 18 -pix_fmt yuv420p";

fn names(encoded: &Encoded) -> Vec<&str> {
    encoded.files.iter().map(|f| f.name.as_str()).collect()
}

#[tokio::test]
async fn adaptive_streaming_makes_aligned_renditions() {
    let Some(bench) = Bench::new() else { return };
    bench.clip(
        "clip.mp4",
        &format!("{PICTURE} {SOUND} {X264} -c:a aac -metadata:s:a:0 language=eng"),
    );
    let mut seen = Vec::new();
    let request = bench.request("Adaptive Streaming", "clip.mp4");
    let encoded = run(
        &bench.settings,
        &alone(),
        &request,
        |percent| seen.push(percent),
        &CancellationToken::new(),
    )
    .await
    .expect("the task finishes");

    assert_eq!(
        names(&encoded),
        [
            "clip_640x360_610.mp4",
            "clip_480x270_380.mp4",
            "clip_320x180_200.mp4",
            "clip_AACAudio_128.mp4",
            "clip.ism",
            "clip.ismc",
            "41114ad3-eb5e-4c57-8d92-5354e2b7d4a4_metadata.xml",
            "clip_manifest.xml",
        ]
    );
    let primary: Vec<_> = encoded.files.iter().filter(|f| f.primary).collect();
    assert_eq!(primary.len(), 1);
    assert_eq!(primary[0].name, "clip.ism");
    for file in &encoded.files {
        let size = std::fs::metadata(&file.path).expect("the file is there").len();
        assert_eq!(size, file.size, "{}", file.name);
    }
    assert!(!bench.path("out").join(WORK_FOLDER).exists());

    for file in &encoded.files[..3] {
        assert_eq!(
            bench.key_frames(&file.path),
            ["0.000000", "2.000000", "4.000000"],
            "{}",
            file.name
        );
        let kinds = bench.probe(&file.path, "-show_entries stream=codec_type");
        assert_eq!(kinds, ["video"]);
    }
    let audio = &encoded.files[3];
    assert_eq!(
        bench.probe(
            &audio.path,
            "-show_entries stream=codec_name,sample_rate,channels:stream_tags=language"
        ),
        ["aac", "48000", "2", "eng"]
    );

    assert_eq!(seen.first(), Some(&0.0));
    assert_eq!(seen.last(), Some(&100.0));
    assert!(seen.windows(2).all(|pair| pair[0] <= pair[1]), "{seen:?}");
    assert!(seen.len() > 2, "{seen:?}");

    let ism = std::fs::read_to_string(&primary[0].path).expect("the manifest");
    assert_eq!(ism.matches("<video ").count(), 3, "{ism}");
    assert!(ism.contains(r#"<audio src="clip_AACAudio_128.mp4""#), "{ism}");
    assert!(ism.contains(r#"systemLanguage="eng""#), "{ism}");
    let ismc = std::fs::read_to_string(&encoded.files[5].path).expect("the manifest");
    assert!(ismc.contains("<SmoothStreamingMedia "), "{ismc}");
    assert_eq!(ismc.matches("CodecPrivateData=").count(), 4, "{ismc}");
    let input = std::fs::read_to_string(&encoded.files[6].path).expect("the metadata");
    assert!(input.contains(r#"AssetFile Name="clip.mp4""#), "{input}");
    let output = std::fs::read_to_string(&encoded.files[7].path).expect("the metadata");
    assert_eq!(output.matches("<AssetFile ").count(), 4, "{output}");
    assert!(output.contains(r#"TargetBitrate="610" MaxGOPBitrate=""#), "{output}");
}

#[tokio::test]
async fn interleaved_presets_share_one_sound_track() {
    let Some(bench) = Bench::new() else { return };
    bench.clip("clip.mkv", &format!("{PICTURE} {SOUND} {X264} -c:a flac"));
    let encoded =
        bench.run("H264 Multiple Bitrate 16x9 SD", "clip.mkv").await.expect("the task finishes");
    assert_eq!(
        names(&encoded)[..5],
        [
            "clip_848x478_1900.mp4",
            "clip_848x478_1300.mp4",
            "clip_640x360_900.mp4",
            "clip_640x360_650.mp4",
            "clip_426x240_400.mp4",
        ]
    );
    let sound =
        |file: &OutputFile| bench.probe(&file.path, "-select_streams a -show_entries packet=size");
    let first = sound(&encoded.files[0]);
    assert!(first.len() > 200, "{}", first.len());
    for file in &encoded.files[1..5] {
        assert_eq!(sound(file), first, "{}", file.name);
        assert_eq!(bench.key_frames(&file.path).len(), 3);
    }
}

#[tokio::test]
async fn pictures_without_sound_and_sound_without_pictures() {
    let Some(bench) = Bench::new() else { return };
    bench.clip("silent.mp4", &format!("{PICTURE} {X264}"));
    let encoded = bench.run("Adaptive Streaming", "silent.mp4").await;
    let encoded = encoded.expect("the task finishes");
    assert_eq!(encoded.files.iter().filter(|f| f.mime_type == "audio/mp4").count(), 0);
    assert!(encoded.files[0].name.starts_with("silent_640x360_"));

    bench.clip("sound.wav", SOUND);
    let encoded = bench.run("Adaptive Streaming", "sound.wav").await;
    let encoded = encoded.expect("the task finishes");
    assert_eq!(names(&encoded)[..2], ["sound_AACAudio_128.mp4", "sound.ism"]);
    let error = bench.run("AAC Audio", "silent.mp4").await;
    let error = error.expect_err("there is no sound");
    assert_eq!(error.code, ErrorCode::ExecutingTaskUnsupportedFormat);
    assert!(error.message.contains("silent.mp4"), "{error}");
}

#[tokio::test]
async fn json_presets_fill_in_silence_and_write_transport_streams() {
    let Some(bench) = Bench::new() else { return };
    bench.clip("silent.mp4", &format!("{PICTURE} {X264}"));
    let preset = r#"{"Version":1.0,"Codecs":[
        {"Type":"H264Video","KeyFrameInterval":"00:00:01","StretchMode":"AutoFit","H264Layers":[
          {"Type":"H264Layer","Profile":"Main","Level":"3.1","Bitrate":"400","Width":320,
           "Height":240,"BFrames":2,"AdaptiveBFrame":true,"FrameRate":"30000/1001","Slices":2}]},
        {"Type":"AACAudio","Bitrate":96,"Condition":"InsertSilenceIfNoAudio"}],
      "Outputs":[{"FileName":"{Basename}_{Index}{Extension}","Format":{"Type":"TSFormat"}},
                 {"FileName":"{Basename}_{Index}{Extension}","Format":{"Type":"MP4Format"}}]}"#;
    let encoded = bench.run(preset, "silent.mp4").await.expect("the task finishes");
    assert_eq!(names(&encoded)[..3], ["silent_1.ts", "silent_1.mp4", "silent.ism"]);
    for file in &encoded.files[..2] {
        let streams = bench.probe(&file.path, "-show_entries stream=codec_name");
        let mut streams: Vec<_> = streams.iter().map(String::as_str).collect();
        streams.dedup();
        assert!(streams.contains(&"h264") && streams.contains(&"aac"), "{streams:?}");
    }
    let facts = bench.probe(
        &encoded.files[1].path,
        "-select_streams v -show_entries stream=profile,width,height,level,r_frame_rate",
    );
    assert_eq!(facts, ["Main", "320", "240", "31", "30000/1001"]);
    let key_frames = bench.key_frames(&encoded.files[1].path);
    assert_eq!(key_frames[..3], ["0.000000", "1.001000", "2.002000"]);
}

#[tokio::test]
async fn the_index_of_a_file_says_what_ffprobe_says() {
    let Some(bench) = Bench::new() else { return };
    let clip = "-f lavfi -i testsrc2=s=642x360:r=30000/1001:d=2 -f lavfi -i sine=d=2";
    for (profile, level) in [("baseline", "3.1"), ("main", "3.0"), ("high", "4.0")] {
        let codec = format!("-c:v libx264 -profile:v {profile} -level {level} -pix_fmt yuv420p");
        bench.clip("clip.mp4", &format!("{clip} {codec} -c:a aac -ac 2 -ar 44100"));
        let (path, cancel) = (bench.path("clip.mp4"), CancellationToken::new());
        let settings = &bench.settings;
        let described =
            probe::describe(settings, &path, "clip.mp4", probe::Accept::Media, &cancel).await;
        let described = described.expect("ffprobe reads it");
        let measured =
            measure::measure(settings, &path, "clip.mp4", preset::Container::Mp4, &cancel).await;
        let measured = measured.expect("it is indexed");
        let told = |stream: &probe::Stream| {
            let texts = [
                &stream.codec_name,
                &stream.display_aspect_ratio,
                &stream.avg_frame_rate.clone().filter(|_| stream.is_video()),
                &stream.profile.clone().filter(|_| stream.is_video()),
                &stream.sample_rate,
            ]
            .map(Option::clone);
            let level = stream.level.filter(|_| stream.is_video());
            (texts, stream.width, stream.height, stream.channels, level)
        };
        for (stream, facts) in described.streams.iter().zip([&measured.video, &measured.audio]) {
            let facts = facts.as_ref().expect("both tracks are there");
            assert_eq!(told(&facts.stream), told(stream));
        }
        let stated = described.format.duration.and_then(|text| text.parse::<f64>().ok());
        assert!(stated.is_some_and(|stated| (stated - measured.duration).abs() < 0.05));
        assert_eq!(described.format.size, Some(measured.size.to_string()));
    }
}

#[tokio::test]
async fn rotated_recordings_come_out_upright() {
    let Some(bench) = Bench::new() else { return };
    bench.clip("flat.mp4", &format!("-f lavfi -i testsrc2=s=320x180:r=25:d=1 {X264}"));
    // Turned by a quarter in the track header (ISO/IEC 14496-12 §8.3.2), as
    // phones do: the matrix is 40 bytes behind the box type.
    let mut movie = std::fs::read(bench.path("flat.mp4")).expect("read");
    let header = movie.windows(4).position(|bytes| bytes == b"tkhd");
    let matrix = header.expect("a track header") + 4 + 40;
    let turned: [i32; 5] = [0, 0x1_0000, 0, -0x1_0000, 0];
    for (entry, value) in movie[matrix..].chunks_exact_mut(4).zip(turned) {
        entry.copy_from_slice(&value.to_be_bytes());
    }
    std::fs::write(bench.path("phone.mp4"), movie).expect("written");
    let encoded = bench.run("Adaptive Streaming", "phone.mp4").await;
    let encoded = encoded.expect("the task finishes");
    assert!(encoded.files[0].name.starts_with("phone_180x320_"), "{:?}", names(&encoded));
}

#[tokio::test]
async fn cancelling_stops_ffmpeg_and_leaves_nothing() {
    let Some(bench) = Bench::new() else { return };
    bench.clip("clip.mp4", &format!("-f lavfi -i testsrc2=s=640x360:r=25:d=120 {X264}"));
    let cancel = CancellationToken::new();
    let trigger = cancel.clone();
    let last = Arc::new(Mutex::new(0.0));
    let seen = Arc::clone(&last);
    let request = bench.request("Adaptive Streaming", "clip.mp4");
    let error = run(
        &bench.settings,
        &alone(),
        &request,
        move |percent| {
            *seen.lock().expect("not poisoned") = percent;
            if percent > 0.0 {
                trigger.cancel();
            }
        },
        &cancel,
    )
    .await
    .expect_err("the task was canceled");
    assert_eq!(error.code, ErrorCode::CancelingTask, "{error}");
    let last = *last.lock().expect("not poisoned");
    assert!(last > 0.0 && last < ENCODED, "{last}");
    let left: Vec<_> = std::fs::read_dir(bench.path("out")).expect("the output folder").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn overlong_tasks_are_stopped() {
    let Some(mut bench) = Bench::new() else { return };
    bench.clip("clip.mp4", &format!("-f lavfi -i testsrc2=s=640x360:r=25:d=120 {X264}"));
    bench.settings.wall_clock_limit = Duration::from_millis(1200);
    let error = bench.run("Adaptive Streaming", "clip.mp4").await;
    let error = error.expect_err("the limit is reached");
    assert_eq!(error.code, ErrorCode::ProcessingTask);
    assert!(error.message.contains("time limit"), "{error}");
}

#[tokio::test]
async fn garbage_is_malformed_content() {
    let Some(bench) = Bench::new() else { return };
    std::fs::write(bench.path("noise.mp4"), b"this is not a video".repeat(500)).expect("written");
    let error = bench.run("Adaptive Streaming", "noise.mp4").await;
    let error = error.expect_err("noise cannot be encoded");
    assert_eq!(error.code, ErrorCode::DownloadingInputAssetMalformedContent);
    assert!(error.message.contains("noise.mp4"), "{error}");
    let folder = bench.folder.path().display().to_string();
    assert!(!error.message.contains(&folder), "{error}");

    // The index is there, the pictures are not.
    bench.clip("cut.mp4", &format!("{PICTURE} {X264} -movflags +faststart"));
    let whole = std::fs::read(bench.path("cut.mp4")).expect("read");
    let index_end = whole.windows(4).position(|bytes| bytes == b"mdat").expect("a media data box");
    std::fs::write(bench.path("cut.mp4"), &whole[..index_end + 4]).expect("written");
    let error = bench.run("Adaptive Streaming", "cut.mp4").await;
    let error = error.expect_err("there is nothing to decode");
    assert!(error.message.contains("cut.mp4"), "{error}");
}

#[tokio::test]
async fn playlists_cannot_make_ffmpeg_open_other_files() {
    let Some(bench) = Bench::new() else { return };
    bench.clip("secret.ts", &format!("{PICTURE} {X264} -f mpegts"));
    let secret = bench.path("secret.ts");
    let playlists = [
        (
            "hls.mp4",
            format!(
                "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:6,\n{}\n\
                 #EXT-X-ENDLIST\n",
                secret.display()
            ),
        ),
        ("concat.mp4", format!("ffconcat version 1.0\nfile '{}'\n", secret.display())),
        (
            "dash.mp4",
            "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" \
             profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\" type=\"static\" \
             mediaPresentationDuration=\"PT6S\"><Period><AdaptationSet><Representation id=\"1\" \
             bandwidth=\"1\"><BaseURL>secret.ts</BaseURL></Representation></AdaptationSet>\
             </Period></MPD>"
                .to_owned(),
        ),
    ];
    for (name, text) in playlists {
        std::fs::write(bench.path(name), text).expect("written");
        let error = bench.run("Adaptive Streaming", name).await;
        let error = error.expect_err("playlists are not encoded");
        assert!(
            matches!(
                error.code,
                ErrorCode::ExecutingTaskUnsupportedFormat
                    | ErrorCode::DownloadingInputAssetMalformedContent
            ),
            "{error}"
        );
        assert!(error.message.contains(name), "{error}");
    }
}

#[tokio::test]
async fn requests_are_checked_before_anything_runs() {
    let settings = EncodeSettings::new(Tools {
        ffmpeg: PathBuf::from("/nonexistent/ffmpeg"),
        ffprobe: PathBuf::from("/nonexistent/ffprobe"),
    });
    let request = |files: Vec<InputFile>| Request {
        configuration: Configuration::parse("Adaptive Streaming").expect("a configuration"),
        inputs: vec![InputAsset { id: String::new(), files }],
        output_dir: PathBuf::from("/nonexistent"),
    };
    let fail = async |request: Request| {
        run(&settings, &alone(), &request, |_| {}, &CancellationToken::new())
            .await
            .expect_err("the request is wrong")
    };
    let file = |name: &str| InputFile {
        name: name.to_owned(),
        path: PathBuf::from("/nonexistent").join(name),
        role: Role::Other,
    };

    let error = Configuration::parse("Best Quality").expect_err("there is no such preset");
    assert_eq!(error.code, ErrorCode::ParsingConfiguration);
    assert!(error.message.contains("Best Quality"), "{error}");
    let error = Configuration::parse("VC1 Broadband 720p").expect_err("it cannot be encoded");
    assert!(error.message.contains("use an H264 preset"), "{error}");
    let error = fail(Request { inputs: Vec::new(), ..request(Vec::new()) }).await;
    assert_eq!(error.code, ErrorCode::DownloadingInputAssetMalformedContent);
    let error = fail(request(Vec::new())).await;
    assert_eq!(error.code, ErrorCode::DownloadingInputAssetMalformedContent);
    let error = fail(request(vec![file("a.mp4"), file("b.mp4")])).await;
    assert!(error.message.contains("IsPrimary"), "{error}");
    let error = fail(request(vec![file("a.mp4")])).await;
    assert_eq!(error.code, ErrorCode::ProcessingTask);
    assert!(error.message.contains("ffprobe could not be started"), "{error}");
}
