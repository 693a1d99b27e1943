//! nginx, as it comes with Debian, and with nginx-vod-module where there is one.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::process::SERVER_CORE;

/// A running nginx with one worker.
pub(crate) struct Nginx {
    /// Where it listens.
    pub(crate) address: String,
    process: Child,
}

impl Nginx {
    /// Sends the files of a folder.
    pub(crate) fn with_files(folder: &Path, files: &Path) -> anyhow::Result<Self> {
        let location = format!("location / {{ root \"{}\"; }}", files.display());
        Self::start(Path::new("nginx"), folder, &location)
    }

    /// Packages the MP4 files of a folder: transport streams below `/ts`, fragmented MP4 below
    /// `/fmp4`. `binary` is an nginx with nginx-vod-module.
    pub(crate) fn with_vod(binary: &Path, folder: &Path, files: &Path) -> anyhow::Result<Self> {
        let location = |name: &str, container: &str| {
            format!(
                "location /{name}/ {{ alias \"{}/\"; vod hls; vod_mode local; vod_segment_duration 6000; \
                 vod_align_segments_to_key_frames on; vod_hls_container_format {container}; \
                 vod_metadata_cache metadata_{name} 512m; vod_last_modified_types *; }}\n",
                files.display()
            )
        };
        let locations = location("ts", "mpegts") + &location("fmp4", "fmp4");
        Self::start(binary, folder, &locations)
    }

    fn start(binary: &Path, folder: &Path, locations: &str) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        // Otherwise the worker of root is nobody, who may not read what root has made.
        let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
        let configuration = format!(
            "{user} worker_processes 1; daemon off; pid pid; error_log error.log;\n\
             events {{ worker_connections 256; }}\n\
             http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;\n\
             open_file_cache max=10000 inactive=600s; open_file_cache_valid 600s;\n\
             client_body_temp_path body; proxy_temp_path proxy;\n\
             fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n\
             server {{ listen 127.0.0.1:{port};\n{locations}}} }}\n"
        );
        let path: PathBuf = folder.join("nginx.conf");
        fs::write(&path, configuration)?;
        let process = Command::new("taskset")
            .args(["-c", SERVER_CORE])
            .arg(binary)
            .arg("-p")
            .arg(folder)
            .arg("-c")
            .arg(&path)
            .spawn()
            .context("running taskset")?;
        let mut nginx = Self { address: format!("127.0.0.1:{port}"), process };
        nginx.wait(folder)?;
        Ok(nginx)
    }

    fn wait(&mut self, folder: &Path) -> anyhow::Result<()> {
        let end = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(&self.address).is_err() {
            if Instant::now() > end || self.process.try_wait()?.is_some() {
                let log = fs::read_to_string(folder.join("error.log")).unwrap_or_default();
                bail!("nginx does not start: {log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The process whose children do the work.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The worker ends with its master if that is told to end, not if it is killed.
        let pid = i32::try_from(self.pid()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.process.wait();
    }
}
