//! HTTP by hand, for what no client library sends: paths that it would tidy up, bodies that stop
//! half-way, a missing header.

use std::io::{BufRead, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// One connection.
pub struct Connection {
    stream: TcpStream,
}

/// A status line and headers, as they came.
#[derive(Debug)]
pub struct RawReply {
    /// The status.
    pub status: u16,
    /// The headers, one a line.
    pub headers: String,
    /// The body, as long as `content-length` says.
    pub body: Vec<u8>,
}

impl Connection {
    /// Connects to the host of a URL such as `http://127.0.0.1:80/x`.
    pub fn open(url: &str) -> Self {
        let host = url.trim_start_matches("http://").split('/').next().unwrap_or_default();
        let stream = TcpStream::connect(host).expect("connecting");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("setting a timeout");
        Self { stream }
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("sending");
        self.stream.flush().expect("sending");
    }

    /// Reads one answer.
    pub fn reply(&mut self) -> RawReply {
        RawReply::read(&mut BufReader::new(&self.stream))
    }

    /// Reads all that comes until the other end closes the connection.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        match self.stream.read_to_end(&mut all) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "reading"),
        }
        all
    }

    /// Sends a request without body to a path as it is written here, and reads the answer.
    pub fn request(url: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> RawReply {
        let mut connection = Self::open(url);
        let headers: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: test\r\n{headers}\r\n");
        connection.send(head.as_bytes());
        connection.reply()
    }
}

impl RawReply {
    fn read(reader: &mut impl BufRead) -> Self {
        let mut line = String::new();
        reader.read_line(&mut line).expect("reading the status line");
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status line: {line:?}"));
        let mut headers = String::new();
        loop {
            line.clear();
            reader.read_line(&mut line).expect("reading headers");
            if line.trim().is_empty() {
                break;
            }
            headers.push_str(&line.to_ascii_lowercase());
        }
        let length = headers.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("reading the body");
        Self { status, headers, body }
    }
}
