//! Encoding: what Media Encoder Standard did for a task.
//!
//! [`run`] reads the task's configuration ([`preset`]), looks at the input
//! ([`probe`]), decides what to make ([`plan`], [`ladder`]), has ffmpeg make it
//! ([`command`], [`process`]), if it is long in parts that workers share ([`chunked`], [`crew`]),
//! and writes the manifests beside the media files ([`ism`], [`metadata`]).

mod chunked;
mod clip;
mod codec;
mod command;
mod crew;
mod document;
mod element;
mod error;
mod failure;
mod graph;
mod ism;
mod ladder;
mod legacy;
mod material;
mod measure;
mod metadata;
mod named;
mod names;
mod package;
mod plan;
mod preset;
mod probe;
mod process;
mod progress;
mod sprites;
mod time;
mod tools;
mod xml;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use tokio::fs;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use crew::{Crew, Team};
pub(crate) use error::{ErrorCode, TaskError};
pub(crate) use package::{PackageTask, mime_type_of, package};
pub(crate) use sprites::{Grid, sprites};
pub(crate) use tools::{EncodeSettings, Tools};

use material::Material;
use measure::Measured;
use plan::{FilePlan, Plan};
use preset::{Container, ImageFormat, Preset};
use process::Limits;
use progress::{Position, Rising};

/// Where ffmpeg writes, inside the output folder. No output can have this
/// name: their names do not start with a dot.
const WORK_FOLDER: &str = ".encode";
/// The part of a task's progress that is left for measuring and manifests.
const ENCODED: f64 = 98.0;

/// A task's `Configuration`, read.
#[derive(Debug, Clone)]
pub(crate) struct Configuration(Preset);

impl Configuration {
    /// Reads the name of a preset, or a JSON or XML preset.
    ///
    /// # Errors
    /// `ErrorParsingConfiguration`, which says what is wrong where.
    pub(crate) fn parse(text: &str) -> Result<Self, TaskError> {
        preset::parse(text).map(Self)
    }

    /// Names of files, besides the primary one, that it needs of its input assets.
    pub(crate) fn overlays(&self) -> Vec<String> {
        let clips = self.0.clips().into_iter();
        clips.filter_map(|clip| Some(clip.filters.overlay?.source)).collect()
    }
}

/// What a configuration would have ffmpeg do with a video of two tracks: its arguments, and the
/// names of the outputs. For fuzz targets, which have no video.
///
/// # Errors
/// As [`Configuration::parse`] and [`run`].
pub(crate) fn rehearse(text: &str) -> Result<(Vec<OsString>, Vec<String>), TaskError> {
    let preset = preset::parse(text)?;
    let source = probe::Source {
        video: Some(probe::VideoSource::default()),
        audio: Some(probe::AudioSource { index: 1, ..probe::AudioSource::default() }),
        duration: Some(60.0),
        start: 0.0,
    };
    let materials = material::sample(&preset, &source, "source.mp4");
    let plan = plan::plan(&preset, &materials, tools::X264Preset::default())?;
    let mut names: Vec<_> = plan.files.iter().map(|file| file.name.clone()).collect();
    for layer in plan.images.iter().flat_map(|image| &image.layers) {
        names.push(layer.name.of(1)?);
    }
    Ok((command::arguments(&plan, 1), names))
}

/// One encoding task.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// What to make.
    pub(crate) configuration: Configuration,
    /// The input assets, in the order of the task.
    pub(crate) inputs: Vec<InputAsset>,
    /// An existing empty folder for the outputs.
    pub(crate) output_dir: PathBuf,
}

/// An input asset, as far as the task needs it.
#[derive(Debug, Clone)]
pub(crate) struct InputAsset {
    /// Its id, with or without its `nb:cid:UUID:` prefix.
    pub(crate) id: String,
    /// Its primary file and those that the configuration names, already on this host.
    pub(crate) files: Vec<InputFile>,
}

impl InputAsset {
    /// Its GUID, fit for a file name.
    fn guid(&self) -> String {
        let guid = self.id.rsplit(':').next().unwrap_or_default();
        guid.chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .map(|c| c.to_ascii_lowercase())
            .collect()
    }
}

/// A file of an input asset.
#[derive(Debug, Clone)]
pub(crate) struct InputFile {
    /// What the client calls it.
    pub(crate) name: String,
    /// Where it is; absolute.
    pub(crate) path: PathBuf,
    /// What it is to the asset.
    pub(crate) role: Role,
}

/// What a file is to its asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The primary file, or the best picture of those that it names.
    Primary,
    /// The sound that belongs to the primary file.
    Sound,
    /// Another file.
    Other,
}

/// What a task made.
#[derive(Debug, Clone)]
pub(crate) struct Encoded {
    /// The files, in the order they are to be registered: media files first,
    /// output metadata last, exactly one of them primary.
    pub(crate) files: Vec<OutputFile>,
}

/// A file of the output asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputFile {
    /// The `AssetFile` name.
    pub(crate) name: String,
    /// Where it is on this host.
    pub(crate) path: PathBuf,
    /// The `AssetFile` MIME type.
    pub(crate) mime_type: &'static str,
    /// To be marked as primary: the server manifest.
    pub(crate) primary: bool,
    /// Bytes.
    pub(crate) size: u64,
}

/// Runs a task, together with those of the `team` that have nothing else to do. `progress` gets percentages from 0 to 100, never falling.
///
/// No process is left when this returns or is dropped.
///
/// # Errors
/// What the task's `ErrorDetails` shall say; [`ErrorCode::CancelingTask`] when
/// `cancel` fired.
pub(crate) async fn run(
    settings: &EncodeSettings,
    team: &Team,
    request: &Request,
    mut progress: impl FnMut(f64) + Send,
    cancel: &CancellationToken,
) -> Result<Encoded, TaskError> {
    let preset = &request.configuration.0;
    let (description, materials) =
        material::gather(settings, preset, &request.inputs, cancel).await?;
    let plan = plan::plan(preset, &materials, settings.x264_preset)?;

    let work = request.output_dir.join(WORK_FOLDER);
    fs::create_dir_all(&work).await.map_err(disk)?;
    let task =
        Task { settings, team, request, materials: &materials, plan: &plan, work: &work, cancel };
    let made = task.make(&description, &mut Rising::new(&mut progress)).await;
    // Also after a failure: half a file must not look like an output.
    let cleaned = fs::remove_dir_all(&work).await.map_err(disk);
    let files = made?;
    cleaned?;
    progress(100.0);
    Ok(Encoded { files })
}

fn disk(error: io::Error) -> TaskError {
    TaskError::processing(format!("the encoder's working folder is not usable: {error}"))
}

/// A planned task at work.
struct Task<'a> {
    settings: &'a EncodeSettings,
    team: &'a Team,
    request: &'a Request,
    materials: &'a [Material],
    plan: &'a Plan,
    work: &'a Path,
    cancel: &'a CancellationToken,
}

/// How many outputs are looked at at the same time.
const MEASURED_AT_ONCE: usize = 4;

impl Task<'_> {
    async fn measure(&self, number: usize, file: &FilePlan) -> Result<Measured, TaskError> {
        let path = self.work.join(command::work_name(number, file.container));
        measure::measure(self.settings, &path, &file.name, file.container, self.cancel).await
    }

    async fn make(
        &self,
        description: &probe::Description,
        progress: &mut Rising<'_>,
    ) -> Result<Vec<OutputFile>, TaskError> {
        self.encode(description, progress).await?;
        // Several at a time: starting a process is most of the work.
        let numbered = self.plan.files.iter().enumerate();
        let waiting: Vec<_> =
            numbered.map(|(number, file)| self.measure(number, file).boxed()).collect();
        let facts: Vec<_> = stream::iter(waiting).buffered(MEASURED_AT_ONCE).try_collect().await?;
        let mut files = Vec::new();
        let mut measured = Vec::new();
        for ((number, file), facts) in self.plan.files.iter().enumerate().zip(facts) {
            let path = self.work.join(command::work_name(number, file.container));
            self.check(file, &facts)?;
            let target = self.request.output_dir.join(&file.name);
            fs::rename(&path, &target).await.map_err(disk)?;
            files.push(OutputFile {
                name: file.name.clone(),
                path: target,
                mime_type: mime_type(file),
                primary: false,
                size: facts.size,
            });
            measured.push(facts);
        }
        self.collect_images(&mut files).await?;
        self.describe(description, &measured, &mut files).await?;
        if !files.iter().any(|file| file.primary) {
            // Transport streams and images are for download: the first is the asset.
            files.iter_mut().take(1).for_each(|file| file.primary = true);
        }
        Ok(files)
    }

    async fn encode(
        &self,
        description: &probe::Description,
        progress: &mut Rising<'_>,
    ) -> Result<(), TaskError> {
        progress.to(0.0);
        let deadline = Instant::now() + self.settings.wall_clock_limit;
        let source = chunked::Source {
            settings: self.settings,
            team: self.team,
            plan: self.plan,
            description,
            work: self.work,
            name: self.name(),
            path: self.path().to_owned(),
            deadline,
            cancel: self.cancel,
        };
        if let chunked::Ended::Whole = chunked::run(&source, progress).await? {
            return Ok(());
        }
        // What chunks have left, if there were any, must not look like outputs.
        fs::remove_dir_all(self.work).await.map_err(disk)?;
        fs::create_dir_all(self.work).await.map_err(disk)?;
        self.encode_whole(deadline, progress).await
    }

    /// Has one ffmpeg make everything.
    async fn encode_whole(
        &self,
        deadline: Instant,
        progress: &mut Rising<'_>,
    ) -> Result<(), TaskError> {
        let args = command::arguments(self.plan, self.settings.threads);
        let wall_clock = deadline.saturating_duration_since(Instant::now());
        let limits = Limits { wall_clock, stall: self.settings.stall_limit };
        let mut position = Position::default();
        let finished = process::run(
            &self.settings.tools.ffmpeg,
            &args,
            self.work,
            limits,
            self.cancel,
            &mut |line| {
                let ahead = position.advance(line);
                if let (true, Some(duration)) = (ahead, self.plan.duration) {
                    progress.to((position.seconds / duration).min(1.0) * ENCODED);
                }
                ahead
            },
        )
        .await
        .map_err(|error| {
            let error = error.of_limit(self.settings.wall_clock_limit);
            failure::from_process(error, self.name())
        })?;
        if !finished.status.success() {
            return Err(failure::encoding(self.name(), &finished.stderr, self.path()));
        }
        Ok(())
    }

    /// ffmpeg also succeeds when nothing could be decoded.
    fn check(&self, file: &FilePlan, facts: &Measured) -> Result<(), TaskError> {
        let complete = (file.rendition.is_none() || facts.video.is_some())
            && (!file.audio || facts.audio.is_some())
            && facts.duration > 0.0;
        if complete {
            return Ok(());
        }
        Err(self.nothing_decoded())
    }

    /// Writes the manifests and metadata files.
    async fn describe(
        &self,
        input: &probe::Description,
        measured: &[Measured],
        files: &mut Vec<OutputFile>,
    ) -> Result<(), TaskError> {
        let basename = names::basename(self.name());
        let (ism, ismc) = (format!("{basename}.ism"), format!("{basename}.ismc"));
        let streamable: Vec<_> = self
            .plan
            .files
            .iter()
            .zip(measured)
            .filter_map(|(file, measured)| Some((file.name.as_str(), measured.mp4.clone()?)))
            .collect();
        let mut documents = Vec::new();
        if !streamable.is_empty() {
            let made = ism::manifests(&streamable, &ismc).map_err(|error| {
                TaskError::processing(format!("the encoded files cannot be streamed: {error}"))
            })?;
            documents.push((ism, "application/octet-stream", true, made.server.into_bytes()));
            documents.push((ismc, "application/octet-stream", false, made.client.into_bytes()));
        }
        let about_input = metadata::input(self.name(), input).map_err(disk)?;
        let guid = self.request.inputs.first().map(InputAsset::guid).unwrap_or_default();
        let input_name = format!("{guid}_metadata.xml");
        documents.push((input_name, "text/xml", false, about_input));
        let about_outputs = metadata::output(&self.details(measured), self.name()).map_err(disk)?;
        let output_name = format!("{basename}_manifest.xml");
        documents.push((output_name, "text/xml", false, about_outputs));

        for (name, mime_type, primary, bytes) in documents {
            let path = self.request.output_dir.join(&name);
            fs::write(&path, &bytes).await.map_err(disk)?;
            files.push(OutputFile { name, path, mime_type, primary, size: bytes.len() as u64 });
        }
        Ok(())
    }

    /// Moves the images to where outputs are.
    async fn collect_images(&self, files: &mut Vec<OutputFile>) -> Result<(), TaskError> {
        for (number, image) in self.plan.images.iter().enumerate() {
            for (layer, layer_plan) in image.layers.iter().enumerate() {
                for index in 1.. {
                    let name = command::image_work_name(number, layer, index, image.format);
                    let path = self.work.join(name);
                    let Ok(facts) = fs::metadata(&path).await else { break };
                    let name = layer_plan.name.of(index)?;
                    let target = self.request.output_dir.join(&name);
                    fs::rename(&path, &target).await.map_err(disk)?;
                    files.push(OutputFile {
                        name,
                        path: target,
                        mime_type: image_mime_type(image.format),
                        primary: false,
                        size: facts.len(),
                    });
                }
            }
            if !files.iter().any(|file| file.mime_type == image_mime_type(image.format)) {
                return Err(self.nothing_decoded());
            }
        }
        Ok(())
    }

    /// What the client calls the first input file.
    fn name(&self) -> &str {
        self.materials.first().map_or("", |material| &material.name)
    }

    fn path(&self) -> &Path {
        self.materials.first().map_or(Path::new(""), |material| &material.path)
    }

    fn nothing_decoded(&self) -> TaskError {
        TaskError::new(
            ErrorCode::ExecutingTaskMalformedContent,
            format!(
                "nothing could be decoded from the input file {:?}; it is damaged or empty",
                self.name()
            ),
        )
    }

    fn details<'a>(&'a self, measured: &'a [Measured]) -> Vec<metadata::OutputDetails<'a>> {
        self.plan
            .files
            .iter()
            .zip(measured)
            .map(|(file, measured)| metadata::OutputDetails {
                name: &file.name,
                measured,
                target: self.plan.video.as_ref().zip(self.plan.picture.as_ref()).and_then(
                    |(video, picture)| {
                        let rendition = video.renditions.get(file.rendition?)?;
                        Some((rendition.layer.bitrate, picture.frame_rate.value()))
                    },
                ),
            })
            .collect()
    }
}

fn mime_type(file: &FilePlan) -> &'static str {
    match (file.container, file.rendition) {
        (Container::Mp4, Some(_)) => "video/mp4",
        (Container::Mp4, None) => "audio/mp4",
        (Container::MpegTs, _) => "video/mp2t",
    }
}

fn image_mime_type(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpg => "image/jpeg",
        ImageFormat::Png => "image/png",
        ImageFormat::Bmp => "image/bmp",
    }
}

#[cfg(test)]
mod tests;
