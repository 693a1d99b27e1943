//! The service over TLS.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use acceptance::{Api, Service};

#[test]
fn a_certificate_of_its_own() {
    let service = Service::start_with(&[
        "--tls-self-signed",
        "--tls-host",
        "media.windows.net",
        "--api-url",
        "https://mediad.restv2.westus.media.azure.net",
        "--blob-url",
        "https://mediad.blob.core.windows.net",
    ]);
    let info = &service.info;
    assert_eq!((info.listen.len(), info.listen_tls.len()), (1, 1));
    // Names and certificate are right, or the client refuses to talk.
    let api = Api::over_tls(info);
    let asset = api.asset("over TLS");
    let url = format!("{}?restype=container", api.sas(&asset, 9)["BaseUri"].as_str().unwrap());
    api.plain("GET", &url).send().expect(403);
    let moved = api.plain("GET", "https://media.windows.net/API/");
    let moved = moved.header("authorization", &format!("Bearer {}", api.token)).send().expect(301);
    assert_eq!(moved.header("location"), info.api);
    // The plain address is there beside it, and knows the asset.
    assert_eq!(service.api.get("Assets").send().feed().len(), 1);
}

#[test]
fn tls_alone() {
    let service = Service::start_with(&["--tls-self-signed", "--listen-tls", "127.0.0.1:0"]);
    let info = &service.info;
    assert!(info.listen.is_empty());
    assert_eq!(info.api, format!("https://{}/api/", info.listen_tls[0]));
    assert!(service.api.get("Assets").send().expect(200).feed().is_empty());
}

#[test]
fn several_addresses() {
    let service = Service::start_with(&[
        "--listen",
        "127.0.0.1:0",
        "--listen",
        "127.0.0.2:0",
        "--listen-tls",
        "127.0.0.1:0,127.0.0.2:0",
        "--tls-self-signed",
        "--public-url",
        "https://localhost",
    ]);
    let info = &service.info;
    assert_eq!((info.listen.len(), info.listen_tls.len()), (2, 2));
    for address in &info.listen {
        let url = format!("http://{address}/api/Assets");
        service.api.plain("GET", &url).send().expect(401);
    }
    Api::over_tls(info).get("Assets").send().expect(200);
}

#[test]
fn a_certificate_of_the_operator() {
    // Any certificate and key will do: those that another service has made for itself.
    let donor = Service::start_with(&["--tls-self-signed", "--listen-tls", "127.0.0.1:0"]);
    let identity = std::fs::read_to_string(donor.data().join("tls/identity.json")).unwrap();
    let identity: serde_json::Value = serde_json::from_str(&identity).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, identity[name].as_str().unwrap()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (certificate, key) = (write("certificate"), write("key"));
    let service = Service::start_with(&["--tls-cert", &certificate, "--tls-key", &key]);
    let mut info = service.info.clone();
    assert_eq!(info.ca, None, "the service has made none");
    info.ca.clone_from(&donor.info.ca);
    Api::over_tls(&info).get("Assets").send().expect(200);
}

#[test]
fn who_speaks_something_else_is_cut_off() {
    let service = Service::start_with(&["--tls-self-signed", "--listen-tls", "127.0.0.1:0"]);
    let address = &service.info.listen_tls[0];
    let mut plain = TcpStream::connect(address).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/"), "no request is answered in the clear");
    // One that says nothing does not keep its place; others are answered meanwhile.
    let mut silent = TcpStream::connect(address).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let start = Instant::now();
    service.api.get("Assets").send().expect(200);
    assert!(start.elapsed() < Duration::from_secs(5));
    let read = silent.read(&mut [0; 16]);
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
