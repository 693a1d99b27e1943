//! URLs that the service hands out, and what answers at which host.

use std::sync::OnceLock;

use acceptance::{Api, Call, Service, percent};

const API: &str = "https://mediad.restv2.westus.media.azure.net";
const BLOB: &str = "https://mediad.blob.core.windows.net";
const STREAMING: &str = "http://mediad.streaming.mediaservices.windows.net";

/// A service that goes by the names of Azure.
fn service() -> &'static Service {
    static SERVICE: OnceLock<Service> = OnceLock::new();
    SERVICE.get_or_init(|| {
        Service::start_with(&[
            "--api-url",
            API,
            "--token-url",
            "https://login.microsoftonline.com",
            "--blob-url",
            BLOB,
            "--streaming-url",
            STREAMING,
            "--key-delivery-url",
            "https://mediad.keydelivery.mediaservices.windows.net",
        ])
    })
}

/// A request to a host that is not known where the test runs.
fn at(host: &str, method: &str, path: &str) -> Call {
    let api: &Api = &service().api;
    let url = format!("http://{}{path}", service().info.listen[0]);
    api.plain(method, &url)
        .header("host", host)
        .header("authorization", &format!("Bearer {}", api.token))
        .header("x-ms-version", "2.19")
        .header("accept", "application/json")
}

/// Takes scheme and host off a URL.
fn path_of<'a>(url: &'a str, base: &str) -> &'a str {
    url.strip_prefix(base).unwrap_or_else(|| panic!("{url} does not start with {base}"))
}

#[test]
fn every_url_has_the_name_that_it_was_given() {
    let info = &service().info;
    assert_eq!(info.api, format!("{API}/api/"));
    assert_eq!(info.token, "https://login.microsoftonline.com/tenant/oauth2/token");
    assert_eq!(info.blob, BLOB);
    assert_eq!(info.streaming, STREAMING);
    assert_eq!(info.key_delivery, "https://mediad.keydelivery.mediaservices.windows.net");

    let api = &service().api;
    let created = api.post("Assets", r#"{"Name":"names"}"#).send().expect(201);
    assert!(created.header("location").starts_with(&format!("{API}/api/Assets(")), "{created}");
    let asset = created.json();
    assert!(asset["odata.metadata"].as_str().unwrap().starts_with(API), "{asset}");
    assert!(asset["Uri"].as_str().unwrap().starts_with(&format!("{BLOB}/asset-")), "{asset}");
    let verbose = api.get("Assets").verbose().send().expect(200);
    let entity = &verbose.json()["d"]["results"][0];
    assert!(entity["__metadata"]["uri"].as_str().unwrap().starts_with(API), "{entity}");
    let endpoint = &api.get("StreamingEndpoints").send().feed()[0];
    assert_eq!(endpoint["HostName"], "mediad.streaming.mediaservices.windows.net");
    let refused = api.post("Assets('nb:cid:UUID:1')", "{}").send();
    assert!(!refused.text().contains(&info.listen[0]), "{refused}");
}

#[test]
fn a_host_header_makes_no_url() {
    for host in ["evil.example", "mediad.restv2.eastus.media.azure.net", "evil.example:99"] {
        let reply = at(host, "GET", "/api/").send().expect(200);
        assert!(reply.json()["odata.metadata"].as_str().unwrap().starts_with(API), "{reply}");
        let moved = at(host, "GET", "/").send().expect(301);
        assert_eq!(moved.header("location"), format!("{API}/api/"));
    }
}

#[test]
fn the_gateway_tells_where_the_api_is() {
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/API"),
        ("GET", "/API/Assets"),
        ("GET", "/api/Assets?$top=1"),
        ("POST", "/API/Assets"),
        ("MERGE", "/API%2FAssets%28%27nb%3Acid%3AUUID%3A1%27%29"),
    ] {
        let mut call = at("media.windows.net", method, path);
        if method != "GET" {
            call = call.json(r#"{"Name":"x"}"#);
        }
        let reply = call.send().expect(301);
        assert_eq!(reply.header("location"), format!("{API}/api/"), "the root, and no path");
        assert!(reply.text().contains("Object Moved"), "{reply}");
        assert_eq!(reply.header("request-id").len(), 36);
        assert_eq!(reply.header("request-id"), reply.header("x-ms-request-id"));
    }
    // Whose API it is, only a token tells.
    at("media.windows.net", "GET", "/API/").header("authorization", "Bearer x").send().expect(401);
    at("media.windows.net", "GET", "/API/").without("authorization").send().expect(401);
}

#[test]
fn the_api_answers_at_its_own_name_in_any_case() {
    for path in ["/api/", "/API/", "/api", "/Api//"] {
        let reply = at("mediad.restv2.westus.media.azure.net", "GET", path).send().expect(200);
        assert!(!reply.feed().is_empty(), "{reply}");
    }
}

#[test]
fn blobs_have_the_container_first_at_their_own_host() {
    let api = &service().api;
    let asset = api.asset("blobs");
    let sas = api.sas(&asset, 3);
    let path = path_of(sas["Path"].as_str().unwrap(), BLOB);
    let (container, query) = path.split_once('?').unwrap();
    let blob = format!("{container}/a%20b.txt?{query}");
    let put = |host: &str, path: &str| {
        at(host, "PUT", path)
            .without("authorization")
            .header("x-ms-blob-type", "BlockBlob")
            .body("hello")
            .send()
    };
    put("mediad.blob.core.windows.net", &blob).expect(201);
    let get = |host: &str, path: &str| at(host, "GET", path).without("authorization").send();
    assert_eq!(get("mediad.blob.core.windows.net:443", &blob).expect(200).text(), "hello");
    assert_eq!(get("MEDIAD.blob.core.windows.net", &blob).expect(200).text(), "hello");
    // On any other host the account comes first.
    assert_eq!(get("localhost", &format!("/mediad{blob}")).expect(200).text(), "hello");
    get("localhost", &blob).expect(404);
    // Another account has nothing here, and the API is not at this host.
    get("other.blob.core.windows.net", &blob).expect(404);
    let api_path = "/api/Assets";
    let status = at("mediad.blob.core.windows.net", "GET", api_path).send().status;
    assert!((400..500).contains(&status), "{status}");
    // The list of blobs says where it is.
    let list = get(
        "mediad.blob.core.windows.net",
        &format!("{container}?restype=container&comp=list&{query}"),
    );
    assert!([200, 403].contains(&list.status), "{list}");
}

#[test]
fn tokens_are_handed_out_at_every_name_there_was() {
    let info = &service().info;
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        percent(&info.client_id),
        percent(&info.client_secret)
    );
    for (host, path) in [
        ("login.microsoftonline.com", "/contoso.onmicrosoft.com/oauth2/token"),
        ("login.microsoftonline.com", "/contoso.onmicrosoft.com/oauth2/v2.0/token"),
        ("login.chinacloudapi.cn", "/common/OAuth2/Token"),
        ("wamsprodglobal001acs.accesscontrol.windows.net", "/v2/OAuth2-13"),
        ("wamsprodglobal001acs.accesscontrol.windows.net", "/v2/OAuth2-13/"),
    ] {
        let reply = at(host, "POST", path).body(form.clone()).without("authorization").send();
        assert!(reply.expect(200).json()["access_token"].is_string(), "{host}{path}");
    }
}

#[test]
fn a_streaming_host_serves_nothing_but_streams() {
    let host = "mediad.streaming.mediaservices.windows.net";
    at(host, "GET", "/api/Assets").send().expect(404);
    at(host, "GET", "/").send().expect(404);
    let token = at(host, "POST", "/t/oauth2/token").body("grant_type=client_credentials").send();
    assert!(matches!(token.status, 404 | 405), "{token}");
}

#[test]
fn bases_that_are_no_bases_are_refused() {
    for (option, value, says) in [
        ("--public-url", "ftp://x", "--public-url"),
        ("--blob-url", "https://x/y", "--blob-url"),
        ("--api-url", "https://media.windows.net", "--api-url"),
        ("--token-url", "https://user:secret@x", "--token-url"),
        ("--streaming-url", "nonsense", "--streaming-url"),
        ("--listen-tls", "127.0.0.1:0", "--tls-self-signed"),
        ("--tls-cert", "x.pem", "--tls-key"),
        ("--listen", "0.0.0.0:0", "--allow-remote"),
    ] {
        let data = tempfile::tempdir().unwrap();
        let output = std::process::Command::new(acceptance::binary())
            .args(["serve", option, value, "--data"])
            .arg(data.path().join("data"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{option} {value}");
        assert!(said.contains(says) && !said.contains("secret"), "{option} {value}: {said}");
        assert!(output.stdout.is_empty(), "{option} {value}");
    }
}
