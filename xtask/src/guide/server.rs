//! A server that stands in for the services of the guide.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::Context as _;

/// A server on this machine, until the program ends.
pub(crate) struct Server {
    root: String,
}

impl Server {
    /// Offers the files of a directory, each as the `$metadata` of a service of its name.
    pub(crate) fn start(folder: PathBuf) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("listening on a port")?;
        let root = format!("http://{}", listener.local_addr()?);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Who does not get an answer says so.
                let _ = answer(&folder, stream);
            }
        });
        Ok(Self { root })
    }

    /// Commands with this server in the place of services.
    pub(crate) fn localised(&self, script: &str, services: &[(&str, &str)]) -> String {
        services.iter().fold(script.to_owned(), |script, (service, document)| {
            script.replace(service, &format!("{}/{document}", self.root))
        })
    }
}

/// Answers `GET /NAME/$metadata` with the file `NAME.xml`.
fn answer(folder: &Path, mut stream: TcpStream) -> io::Result<()> {
    let lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let request: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let target = request.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let name = target.trim_start_matches('/').strip_suffix("/$metadata").unwrap_or_default();
    let is_plain = |char: char| char.is_ascii_alphanumeric() || char == '-';
    let file = Some(name).filter(|name| name.chars().all(is_plain));
    let (status, body) =
        match file.and_then(|name| fs::read(folder.join(format!("{name}.xml"))).ok()) {
            Some(body) => ("200 OK", body),
            None => ("404 Not Found", Vec::new()),
        };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/xml\r\n\
         ETag: \"{length}\"\r\nContent-Length: {length}\r\n\r\n"
    )?;
    stream.write_all(&body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_replaced() {
        let server = Server { root: "http://here".to_owned() };
        let services = [("https://there/service", "a")];
        let script = server.localised("fetch https://there/service/ --out x", &services);
        assert_eq!(script, "fetch http://here/a/ --out x");
    }
}
