//! A webhook: what its owner would run.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use acceptance::eventually;
use serde_json::Value as Json;

/// Something that was delivered.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    /// The request line.
    pub(crate) request: String,
    /// The headers, with lower-case names.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// When it came.
    pub(crate) at: Instant,
}

impl Delivery {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn event(&self) -> String {
        self.json()["EventType"].as_str().unwrap().to_owned()
    }

    pub(crate) fn property(&self, name: &str) -> String {
        self.json()["Properties"][name].as_str().unwrap_or_default().to_owned()
    }
}

/// A running webhook.
pub(crate) struct Receiver {
    /// Its URL.
    pub(crate) url: String,
    deliveries: Arc<Mutex<Vec<Delivery>>>,
}

impl Receiver {
    /// Starts one that answers the n-th delivery with a status line and headers of its choice.
    pub(crate) fn start(answer: impl Fn(usize) -> &'static str + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self::on(listener, answer)
    }

    /// Starts one at an address that is listened at.
    pub(crate) fn on(
        listener: TcpListener,
        answer: impl Fn(usize) -> &'static str + Send + Sync + 'static,
    ) -> Self {
        let url = format!("http://{}/hook?code=secret", listener.local_addr().unwrap());
        let deliveries = Arc::new(Mutex::new(Vec::new()));
        let (shared, answer) = (Arc::clone(&deliveries), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, answer) = (Arc::clone(&shared), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &shared, answer.as_ref()));
            }
        });
        Self { url, deliveries }
    }

    /// What has come so far, each message once: what is delivered once at least can come again.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        let mut deliveries = self.attempts();
        let mut seen = BTreeSet::new();
        deliveries.retain(|delivery| seen.insert(delivery.json()["ETag"].to_string()));
        deliveries
    }

    /// What has come so far, all of it.
    pub(crate) fn attempts(&self) -> Vec<Delivery> {
        self.deliveries.lock().unwrap().clone()
    }

    /// What has come, once it is what is waited for.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, done: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        eventually(Duration::from_secs(120), what, || {
            let deliveries = self.deliveries();
            done(&deliveries).then_some(deliveries)
        })
    }
}

fn serve(
    stream: TcpStream,
    deliveries: &Mutex<Vec<Delivery>>,
    answer: &dyn Fn(usize) -> &'static str,
) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request).unwrap_or_default() == 0 {
            return;
        }
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or_default() == 0 {
                return;
            }
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let answer = {
            let mut all = deliveries.lock().unwrap();
            all.push(Delivery {
                request: request.trim_end().to_owned(),
                headers,
                body,
                at: Instant::now(),
            });
            answer(all.len() - 1)
        };
        let reply = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n");
        if reader.get_mut().write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}
