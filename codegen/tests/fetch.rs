//! Documents from services: a server that answers as the test says.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;

const DOCUMENT: &str = include_str!("diff/old.xml");

/// A request: its first line, and its headers in lower case.
type Request = Vec<String>;

/// A server on a port of its own, until the test ends.
struct Server {
    root: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers every request with what the function makes of it.
    fn start(answer: impl Fn(&Request) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let root = format!("http://{}", listener.local_addr().expect("bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let request = read(&stream);
                let answer = answer(&request);
                seen.lock().expect("not poisoned").push(request);
                stream.write_all(answer.as_bytes()).expect("the client reads");
            }
        });
        Self { root, requests }
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("not poisoned").clone()
    }
}

fn read(stream: &TcpStream) -> Request {
    let lines = BufReader::new(stream).lines().map(|line| line.expect("text"));
    let lines = lines.take_while(|line| !line.is_empty());
    lines.enumerate().map(|(n, line)| if n == 0 { line } else { line.to_lowercase() }).collect()
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_odata-codegen"));
    command.args(arguments).env_remove("ODATA_BEARER").env("NO_PROXY", "*");
    command.output().expect("the binary runs")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_document_is_stored_and_requested_again_only_if_it_changes() {
    let server = Server::start(|request| {
        if request.contains(&"if-none-match: \"1\"".to_owned()) {
            answer("304 Not Modified", "", "")
        } else {
            answer("200 OK", "Content-Type: application/xml\r\nETag: \"1\"\r\n", DOCUMENT)
        }
    });
    let directory = tempfile::tempdir().expect("a temporary directory");
    let out = directory.path().join("garden.xml");
    let root = format!("{}/garden/?key=secret", server.root);
    let fetch = || run(&["fetch", &root, "--bearer", "t0ken", "--out", text(&out)]);
    let first = fetch();
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    assert_eq!(fs::read_to_string(&out).expect("stored"), DOCUMENT);
    let sidecar = directory.path().join("garden.xml.fetched.json");
    let kept = fs::read_to_string(&sidecar).expect("stored");
    let object: serde_json::Value = serde_json::from_str(&kept).expect("JSON");
    assert_eq!(object["url"], format!("{}/garden/$metadata", server.root));
    assert_eq!(object["etag"], "\"1\"");
    assert!(object["date"].as_str().is_some_and(|date| date.ends_with('Z')), "{kept}");
    assert!(!kept.contains("secret") && !kept.contains("t0ken"), "{kept}");

    let second = fetch();
    assert!(stderr(&second).contains("has not changed"), "{}", stderr(&second));
    assert_eq!(fs::read_to_string(&out).expect("stored"), DOCUMENT);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0][0], "GET /garden/$metadata?key=secret HTTP/1.1");
    assert!(requests[0].contains(&"authorization: bearer t0ken".to_owned()));

    // Without the document, what is known of it is worth nothing.
    fs::remove_file(&out).expect("there");
    assert_eq!(fetch().status.code(), Some(0));
    assert_eq!(fs::read_to_string(&out).expect("stored"), DOCUMENT);
}

#[test]
fn redirects_are_followed_and_secrets_stay_where_they_belong() {
    let other = Server::start(|_| answer("200 OK", "", DOCUMENT));
    let target = format!("Location: {}/moved/$metadata\r\n", other.root);
    let server = Server::start(move |_| answer("302 Found", &target, ""));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let out = directory.path().join("x.xml");
    let options = ["--header", "X-Key: k", "--bearer", "t", "--out", text(&out)];
    let done = run(&[&["fetch", server.root.as_str()], &options[..]].concat());
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    let sent = server.requests();
    assert!(sent[0].contains(&"x-key: k".to_owned()), "{sent:?}");
    let sent = other.requests();
    assert_eq!(sent.len(), 1);
    let is_secret = |line: &String| line.starts_with("x-key") || line.starts_with("authorization");
    assert!(!sent[0].iter().any(is_secret), "{sent:?}");
    let kept = fs::read_to_string(directory.path().join("x.xml.fetched.json")).expect("stored");
    assert!(kept.contains("/moved/$metadata"), "{kept}");
}

#[test]
fn what_is_not_metadata_is_refused_and_nothing_is_stored() {
    let cases = [
        ("200 OK", "<!DOCTYPE html><title>Sign in</title>", "HTML page with the title \"Sign in\""),
        ("401 Unauthorized", "no token", "401 Unauthorized; give a token with --bearer"),
        ("404 Not Found", "", "404 Not Found; the URL is that of the service root"),
        ("500 Internal Server Error", "<a>\n oops </a>", "it says: <a> oops </a>"),
    ];
    for (status, body, expected) in cases {
        let server = Server::start(move |_| answer(status, "", body));
        let directory = tempfile::tempdir().expect("a temporary directory");
        let out = directory.path().join("x.xml");
        let refused = run(&["fetch", &server.root, "--out", text(&out)]);
        assert_eq!(refused.status.code(), Some(4), "{status}");
        assert!(stderr(&refused).contains(expected), "{expected} in {}", stderr(&refused));
        assert_eq!(fs::read_dir(directory.path()).expect("there").count(), 0);
    }
    let server = Server::start(|_| answer("302 Found", "Location: /again\r\n", ""));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let out = directory.path().join("x.xml");
    let refused = run(&["fetch", &server.root, "--out", text(&out)]);
    assert!(stderr(&refused).contains("more than 10 redirects"), "{}", stderr(&refused));
}

#[test]
fn documents_from_services_are_cached() {
    let server = Server::start(|_| answer("200 OK", "ETag: \"7\"\r\n", DOCUMENT));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let cache = directory.path().join("cache");
    let url = format!("{}/$metadata", server.root);
    let describe =
        |more: &[&str]| run(&[&["describe", &url, "--cache", text(&cache)], more].concat());
    let offline = describe(&["--no-fetch"]);
    assert_eq!(offline.status.code(), Some(4));
    assert!(stderr(&offline).contains("not in the cache"), "{}", stderr(&offline));
    let online = describe(&[]);
    assert_eq!(online.status.code(), Some(0), "{}", stderr(&online));
    let offline = describe(&["--no-fetch"]);
    assert_eq!((offline.status.code(), &offline.stdout), (Some(0), &online.stdout));
    assert_eq!(server.requests().len(), 1);
}

/// A document that refers to others, and has something of its own.
fn referring(uris: &[&str]) -> String {
    let references: String = uris
        .iter()
        .map(|uri| {
            format!(
                "<edmx:Reference Uri=\"{uri}\"><edmx:Include Namespace=\"Far\"/></edmx:Reference>"
            )
        })
        .collect();
    format!(
        "<edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">\
         {references}<edmx:DataServices><Schema Namespace=\"Main\" \
         xmlns=\"http://docs.oasis-open.org/odata/ns/edm\"><ComplexType Name=\"A\">\
         <Property Name=\"P\" Type=\"Far.Shape\"/></ComplexType></Schema></edmx:DataServices></edmx:Edmx>"
    )
}

const FAR: &str = "<Schema Namespace=\"Far\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\
                   <ComplexType Name=\"Shape\"/></Schema>";

#[test]
fn documents_that_are_referred_to_are_stored_beside_when_asked_for() {
    let other = Server::start(|_| answer("200 OK", "", FAR));
    let foreign = format!("{}/foreign.xml", other.root);
    let uris = ["parts/shapes.xml#x", &foreign, "parts/Cargo.toml", "own.xml", "gone.xml", "x.xml"];
    let main = referring(&uris);
    let server = Server::start(move |request| match request[0].as_str() {
        line if line.contains("/parts/shapes.xml") => answer("200 OK", "", FAR),
        line if line.contains("gone") => answer("404 Not Found", "", ""),
        _ => answer("200 OK", "", &main),
    });
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = |name: &str| directory.path().join(name);
    let own = FAR.replace("Far", "Own");
    fs::write(file("own.xml"), &own).expect("written");
    let out = file("x.xml");
    let fetch = ["fetch", &server.root, "--references", "--bearer", "t0ken", "--out", text(&out)];
    let done = run(&fetch);
    assert_eq!(done.status.code(), Some(0), "{}", stderr(&done));
    for name in ["shapes.xml", "foreign.xml"] {
        assert_eq!(fs::read_to_string(file(name)).expect("stored"), FAR);
    }
    assert_eq!(fs::read_to_string(file("own.xml")).expect("there"), own);
    assert!(!file("Cargo.toml").exists() && !file("gone.xml").exists());
    for name in ["Cargo.toml", "own.xml", "gone.xml", "x.xml"] {
        let told = format!("{}/", server.root);
        let told =
            |line: &str| line.contains(&told) && line.contains(&format!("{name} is not stored"));
        assert!(stderr(&done).lines().any(told), "{name} in {}", stderr(&done));
    }
    let is_secret = |line: &String| line.starts_with("authorization");
    assert!(server.requests().iter().all(|request| request.iter().any(is_secret)));
    assert!(!other.requests()[0].iter().any(is_secret), "{:?}", other.requests());

    let cache = file("cache");
    let described = run(&["describe", text(&out), "--no-fetch", "--cache", text(&cache)]);
    assert_eq!(described.status.code(), Some(0), "{}", stderr(&described));
    // Again, everything is still the same.
    assert_eq!(run(&fetch).status.code(), Some(0));
}

#[test]
fn credentials_are_not_for_hosts_that_documents_name() {
    let other = Server::start(|_| answer("200 OK", "", FAR));
    let main = referring(&[&format!("{}/far.xml", other.root), "near.xml"]);
    let server = Server::start(move |request| {
        let body = if request[0].contains("near.xml") { FAR } else { &main };
        answer("200 OK", "", body)
    });
    let directory = tempfile::tempdir().expect("a temporary directory");
    let out = directory.path().join("main.xml");
    let cache = directory.path().join("cache");
    let url = format!("{}/main.xml", server.root);
    let options =
        ["--bearer", "t0ken", "--header", "X-Key: k", "--lenient", "--cache", text(&cache)];
    let is_secret = |line: &String| line.starts_with("x-key") || line.starts_with("authorization");
    run(&["fetch", &url, "--bearer", "t0ken", "--out", text(&out)]);
    for metadata in [&url, text(&out)] {
        run(&[&["describe", metadata], &options[..]].concat());
    }
    let near = server.requests();
    assert_eq!(near.iter().filter(|request| request[0].contains("near.xml")).count(), 2);
    assert!(near.iter().all(|request| request.iter().any(is_secret)), "{near:?}");
    let far = other.requests();
    assert_eq!(far.len(), 2);
    assert!(!far.iter().flatten().any(is_secret), "{far:?}");
}
