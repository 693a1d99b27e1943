//! What came out, for people and for programs.

use std::fmt;

use serde::Serialize;

/// Everything under which the video can be reached.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) api: String,
    /// Id of the asset that was uploaded.
    pub(crate) source: String,
    pub(crate) job: String,
    /// Id of the asset that was published.
    pub(crate) output: String,
    pub(crate) smooth: String,
    pub(crate) hls: String,
    pub(crate) dash: String,
    pub(crate) progressive: Vec<File>,
    pub(crate) downloads: Vec<File>,
    pub(crate) downloaded: Downloaded,
    pub(crate) checks: Vec<Check>,
    /// URL of the page that plays it, if it is served.
    pub(crate) player: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) url: String,
}

/// A file that was downloaded and compared.
#[derive(Debug, Serialize)]
pub(crate) struct Downloaded {
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) md5: String,
}

/// A fragment that was fetched and checked.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    pub(crate) protocol: &'static str,
    pub(crate) track: String,
    pub(crate) url: String,
    pub(crate) bytes: usize,
    /// How many frames ffmpeg decoded.
    pub(crate) frames: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Smooth Streaming  {}", self.smooth)?;
        writeln!(f, "HLS               {}", self.hls)?;
        writeln!(f, "DASH              {}", self.dash)?;
        for file in &self.progressive {
            writeln!(f, "Progressive       {}", file.url)?;
        }
        for file in &self.downloads {
            writeln!(f, "Download          {}", file.url)?;
        }
        match &self.player {
            Some(url) => writeln!(f, "Player            {url}"),
            None => Ok(()),
        }
    }
}
