//! Sources, jobs, and what came of them.

use acceptance::{Api, ENCODER, Service, blob_url, id_of, key, made_by_ffmpeg};
use serde_json::{Value as Json, json};

/// The task's only output asset.
pub(crate) struct Made {
    /// Its id.
    pub(crate) asset: String,
    pub(crate) files: Vec<Json>,
    sas: Json,
}

/// Why a job failed: the code and the message of the only detail of its only task.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) code: String,
    pub(crate) message: String,
}

fn api() -> &'static Api {
    &Service::shared().api
}

/// Makes an asset of these files, of which the first is primary.
pub(crate) fn asset(files: &[(&str, &[u8])]) -> String {
    let api = api();
    let asset = api.asset("source");
    let sas = api.sas(&asset, 2);
    for (position, (name, content)) in files.iter().enumerate() {
        let file = json!({ "Name": name, "ParentAssetId": asset, "IsPrimary": position == 0 });
        api.post("Files", file).send().expect(201);
        let put = api.plain("PUT", &blob_url(&sas, name)).header("x-ms-blob-type", "BlockBlob");
        put.body(*content).send().expect(201);
    }
    api.delete(&key("Locators", &sas)).send().expect(204);
    asset
}

/// A job of one task.
pub(crate) fn job(assets: &[&str], processor: &str, configuration: &str) -> Json {
    let inputs: String =
        (0..assets.len()).map(|n| format!("<inputAsset>JobInputAsset({n})</inputAsset>")).collect();
    let body = format!("<taskBody>{inputs}<outputAsset>JobOutputAsset(0)</outputAsset></taskBody>");
    let links: Vec<_> = assets.iter().map(|id| api().uri("Assets", id)).collect();
    json!({
        "Name": "encoding",
        "InputMediaAssets@odata.bind": links,
        "Tasks": [{
            "Configuration": configuration, "MediaProcessorId": processor, "TaskBody": body,
        }],
    })
}

/// Runs a task on a processor.
#[track_caller]
pub(crate) fn process(
    assets: &[&str],
    processor: &str,
    configuration: &str,
) -> Result<Made, Failed> {
    let api = api();
    let job = job(assets, processor, configuration);
    let job = api.post("Jobs", job).header("dataserviceversion", "3.0").send().expect(201);
    let id = id_of(&job.json());
    let state = api.finish(&id);
    let [task] = api.tasks(&id).try_into().unwrap();
    assert_eq!(task["State"], state, "{task}");
    if state == 4 {
        let details = task["ErrorDetails"].as_array().unwrap();
        let [detail] = details.as_slice() else { panic!("{task}") };
        let text = |name: &str| detail[name].as_str().unwrap().to_owned();
        return Err(Failed { code: text("Code"), message: text("Message") });
    }
    assert_eq!(state, 3, "{task}");
    assert_eq!(task["Progress"], 100.0, "{task}");
    let output = api.outputs(&id)[0].clone();
    let files = api.get(&format!("{}/Files", key("Assets", &output))).send().expect(200).feed();
    let primary = files.iter().filter(|file| file["IsPrimary"] == true).count();
    assert_eq!(primary, 1, "{files:?}");
    let asset = id_of(&output);
    Ok(Made { files, sas: api.sas(&asset, 1), asset })
}

/// Encodes.
#[track_caller]
pub(crate) fn encode(assets: &[&str], preset: &str) -> Result<Made, Failed> {
    process(assets, ENCODER, preset)
}

/// Encodes what must succeed.
#[track_caller]
pub(crate) fn encoded(assets: &[&str], preset: &Json) -> Made {
    encode(assets, &preset.to_string()).unwrap_or_else(|failed| panic!("{failed:?}"))
}

/// Encodes what must fail for its preset; returns the message.
#[track_caller]
pub(crate) fn refused(assets: &[&str], preset: &Json) -> String {
    let failed = encode(assets, &preset.to_string()).err().expect("the preset is refused");
    assert_eq!(failed.code, "ErrorParsingConfiguration", "{failed:?}");
    failed.message
}

impl Made {
    /// The names of all files, in the order of their creation.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.files.iter().map(|file| file["Name"].as_str().unwrap()).collect()
    }

    /// The names with this extension.
    pub(crate) fn named(&self, extension: &str) -> Vec<&str> {
        self.names().into_iter().filter(|name| name.ends_with(extension)).collect()
    }

    /// The content of a file.
    #[track_caller]
    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        let url = blob_url(&self.sas, &name.replace(' ', "%20"));
        let content = api().plain("GET", &url).send().expect(200).body;
        let known = self.files.iter().find(|file| file["Name"] == name).expect("a known file");
        assert_eq!(known["ContentFileSize"], content.len().to_string(), "{known}");
        content
    }

    /// The content of the only MP4 file.
    #[track_caller]
    pub(crate) fn mp4(&self) -> Vec<u8> {
        let [name] = self.named(".mp4")[..] else { panic!("{:?}", self.names()) };
        self.file(name)
    }

    pub(crate) fn primary(&self) -> &str {
        let primary = self.files.iter().find(|file| file["IsPrimary"] == true);
        primary.unwrap()["Name"].as_str().unwrap()
    }
}

/// A video of what a filter graph draws (without spaces), with a tone if asked for.
pub(crate) fn drawn(graph: &str, sound: Option<&str>) -> Vec<u8> {
    let sound = sound.map(|graph| format!("-f lavfi -i {graph} -c:a aac -ac 2"));
    let arguments = format!(
        "-f lavfi -i {graph} {} -c:v libx264 -preset ultrafast -pix_fmt yuv420p",
        sound.unwrap_or_default()
    );
    made_by_ffmpeg(&arguments.replace("  ", " "), "mp4")
}

/// Red for so many seconds, then blue.
pub(crate) fn red_then_blue(seconds: u32) -> Vec<u8> {
    let color = |name: &str| format!("color=c={name}:s=320x180:r=25:d={seconds}");
    let graph = format!("{}[a];{}[b];[a][b]concat", color("red"), color("blue"));
    drawn(&graph, Some(&format!("sine=f=440:r=48000:d={}", seconds * 2)))
}

/// Red on the left and blue on the right.
pub(crate) fn red_beside_blue() -> Vec<u8> {
    drawn("color=c=red:s=320x180:r=25:d=1,drawbox=x=160:y=0:w=160:h=180:color=blue:t=fill", None)
}

/// A preset with one layer; `video` and `audio` are merged into the codecs.
pub(crate) fn preset(sources: &Json, video: &Json, audio: Option<&Json>) -> Json {
    let mut layer =
        json!({ "Type": "H264Layer", "Bitrate": 900, "Width": "100%", "Height": "100%" });
    let mut codec = json!({ "Type": "H264Video", "KeyFrameInterval": "00:00:02" });
    for (name, value) in video.as_object().unwrap() {
        let target = if name == "Width" || name == "Height" { &mut layer } else { &mut codec };
        target[name] = value.clone();
    }
    codec["H264Layers"] = json!([layer]);
    let mut codecs = vec![codec];
    codecs.extend(audio.cloned());
    json!({
        "Version": 1.0,
        "Sources": sources,
        "Codecs": codecs,
        "Outputs": [{ "FileName": "{Basename}_out.mp4", "Format": { "Type": "MP4Format" } }],
    })
}

/// AAC at the schema's defaults.
pub(crate) fn aac() -> Json {
    json!({ "Type": "AACAudio", "Profile": "AACLC", "Channels": 2, "SamplingRate": 48000,
            "Bitrate": 96 })
}
