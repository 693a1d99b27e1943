//! The films that are uploaded, encoded beforehand, and what is in them.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use acceptance::{Service, ffmpeg, server_manifest};

use crate::media::{AAC_FRAME, HEIGHT, Media, WIDTH};

/// An uploaded film.
pub(crate) struct Film {
    pub(crate) name: &'static str,
    /// What the uploaded files decode to.
    pub(crate) media: Media,
    manifest: String,
}

impl Film {
    /// The URL of its manifest; `format` is such as `(format=m3u8-cmaf)`.
    pub(crate) fn url(&self, format: &str) -> String {
        format!("{}{format}", self.manifest)
    }
}

/// How a film is made.
struct Recipe {
    name: &'static str,
    /// Pictures in a second.
    rate: &'static str,
    seconds: &'static str,
    /// How the picture is encoded.
    options: &'static str,
    /// Languages, and how long the sound is in seconds. A single one is in the file of the
    /// picture, others are in files of their own.
    sounds: &'static [(&'static str, &'static str)],
}

const RECIPES: [Recipe; 5] = [
    Recipe {
        name: "25 pictures a second",
        rate: "25",
        seconds: "12",
        options: "-g 50 -keyint_min 50",
        sounds: &[("eng", "12")],
    },
    Recipe {
        name: "29.97 pictures a second, with B-frames",
        rate: "30000/1001",
        seconds: "13.013",
        options: "-bf 3 -g 60 -keyint_min 60",
        sounds: &[("eng", "13.013")],
    },
    Recipe {
        name: "no whole number of fragments",
        rate: "24",
        seconds: "6.8",
        options: "-g 48 -keyint_min 48",
        sounds: &[("eng", "6.4")],
    },
    Recipe {
        name: "two languages",
        rate: "25",
        seconds: "8",
        options: "-g 50 -keyint_min 50",
        sounds: &[("eng", "8"), ("fra", "8.2")],
    },
    Recipe {
        name: "silent",
        rate: "25",
        seconds: "14",
        options: "-g 50 -keyint_min 50",
        sounds: &[],
    },
];

const SHORT: Recipe = Recipe {
    name: "short and silent",
    rate: "25",
    seconds: "2",
    options: "-g 50 -keyint_min 50",
    sounds: &[],
};

/// The service with the films.
struct Stage {
    films: Vec<Film>,
    short: Film,
    _service: Service,
}

fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let service = Service::start();
        service.api.endpoint("Running");
        let films = RECIPES.iter().map(|recipe| recipe.shoot(&service)).collect();
        Stage { films, short: SHORT.shoot(&service), _service: service }
    })
}

/// The films that every client downloads.
pub(crate) fn films() -> &'static [Film] {
    &stage().films
}

/// That of them which has two languages.
pub(crate) fn bilingual() -> &'static Film {
    films().iter().find(|film| film.media.sounds.len() == 2).unwrap()
}

/// A film with as short a manifest as there can be.
pub(crate) fn short() -> &'static Film {
    &stage().short
}

const ISM: &str = "film.ism";

/// The file with the picture.
const FILM: &str = "film.mp4";

impl Recipe {
    /// Makes and uploads it.
    fn shoot(&self, service: &Service) -> Film {
        let folder = tempfile::tempdir().unwrap();
        let asset = service.api.asset(self.name);
        service.api.put(&asset, ISM, self.ism().as_bytes());
        for (name, arguments) in self.files() {
            let path = folder.path().join(&name);
            ffmpeg(&format!("{arguments} {}", path.to_str().unwrap()));
            service.api.put(&asset, &name, &std::fs::read(path).unwrap());
        }
        let path = service.api.origin(&asset)["Path"].as_str().unwrap().to_owned();
        let manifest = format!("{path}{ISM}/manifest");
        Film { name: self.name, media: self.decode(folder.path()), manifest }
    }

    fn is_one_file(&self) -> bool {
        self.sounds.len() == 1
    }

    fn file_of(&self, language: &str) -> String {
        if self.is_one_file() { FILM.to_owned() } else { format!("{language}.mp4") }
    }

    /// The files, and what has ffmpeg make them.
    fn files(&self) -> Vec<(String, String)> {
        let picture =
            format!("-f lavfi -i testsrc2=s={WIDTH}x{HEIGHT}:r={}:d={}", self.rate, self.seconds);
        let encoded = format!("{PICTURE} {}", self.options);
        // It sweeps, so that no part of it is like another.
        let sounds = self.sounds.iter().zip([300, 600]).map(|((language, seconds), pitch)| {
            let wave = format!("0.4*sin(2*PI*t*({pitch}+40*t))");
            (self.file_of(language), format!("-f lavfi -i aevalsrc={wave}:s=48000:d={seconds}"))
        });
        let mut files: Vec<_> = match self.is_one_file() {
            true => sounds
                .map(|(file, sound)| (file, format!("{picture} {sound} {encoded} {SOUND}")))
                .collect(),
            false => sounds.map(|(file, sound)| (file, format!("{sound} {SOUND}"))).collect(),
        };
        if !self.is_one_file() {
            files.push((FILM.to_owned(), format!("{picture} {encoded}")));
        }
        files
    }

    fn ism(&self) -> String {
        let mut tracks = format!("<video src=\"{FILM}\" systemBitrate=\"300000\"/>");
        for (language, _) in self.sounds {
            // Writing to a String cannot fail.
            let _ = write!(
                tracks,
                "<audio src=\"{}\" systemBitrate=\"64000\" systemLanguage=\"{language}\" \
                 title=\"aac_{language}\"/>",
                self.file_of(language)
            );
        }
        server_manifest(&tracks)
    }

    /// What is in the files, priming left out: an edit list takes it from presentation, which
    /// ffmpeg is told to ignore, because some versions cut the end as well.
    fn decode(&self, folder: &Path) -> Media {
        let path = |file: &str| folder.join(file).to_str().unwrap().to_owned();
        let input = |file| ["-ignore_editlist".to_owned(), "1".to_owned(), "-i".to_owned(), file];
        let mut inputs = input(path(FILM)).to_vec();
        let mut maps = Vec::new();
        for (at, (language, _)) in self.sounds.iter().enumerate() {
            inputs.extend(input(path(&self.file_of(language))));
            maps.push(format!("{}:a:0", at + 1));
        }
        let mut media = Media::decode(&inputs, &maps).unwrap();
        for sound in &mut media.sounds {
            sound.drain(..AAC_FRAME);
        }
        media
    }
}

const PICTURE: &str = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -sc_threshold 0";

/// Without noise that decoders may make up as they like (PNS).
const SOUND: &str = "-ac 2 -c:a aac -b:a 64k -aac_pns 0";
