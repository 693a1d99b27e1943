//! What an endpoint is set to, and what its host name answers then.

use std::io::Write as _;
use std::sync::OnceLock;

use acceptance::{Reply, key, percent, poll};
use serde_json::{Value as Json, json};

use super::stage::Stage;

/// A service with many endpoints, behind a proxy that says whom it has got a request from.
fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let mut quotas = tempfile::NamedTempFile::new().unwrap();
        writeln!(quotas, "streaming-endpoints = 50").unwrap();
        let path = quotas.path().to_str().unwrap();
        Stage::start(&["--client-address-header", "X-Client", "--quotas", path])
    })
}

/// Makes a running endpoint; returns it.
fn running(body: Json) -> Json {
    let api = stage().api();
    let made = api.post("StreamingEndpoints", &body).send().expect(202);
    let path = key("StreamingEndpoints", &made.json());
    poll(api, &api.call("POST", &format!("{path}/Start")).send().expect(202));
    api.get(&path).send().expect(200).json()
}

fn host(endpoint: &Json) -> &str {
    endpoint["HostName"].as_str().unwrap()
}

/// Asks for a path below the locator, at a host.
fn ask(host: &str, rest: &str) -> Reply {
    ask_from(host, rest, "203.0.113.7")
}

fn ask_from(host: &str, rest: &str, client: &str) -> Reply {
    let call = stage().api().plain("GET", &stage().url(rest)).header("host", host);
    call.header("x-client", client).send()
}

/// Asks for something at the root of a host.
fn ask_root(host: &str, path: &str) -> Reply {
    let url = format!("{}{path}", stage().service.info.streaming);
    stage().api().plain("GET", &url).header("host", host).send()
}

const MANIFEST: &str = "film.ism/Manifest";

#[test]
fn every_endpoint_has_its_own_host_and_state() {
    let api = stage().api();
    let endpoint = running(json!({ "Name": "own" }));
    ask(host(&endpoint), MANIFEST).expect(200);
    ask(&host(&endpoint).to_uppercase(), MANIFEST).expect(200);
    let path = key("StreamingEndpoints", &endpoint);
    poll(api, &api.call("POST", &format!("{path}/Stop")).send().expect(202));
    let stopped = ask(host(&endpoint), MANIFEST).expect(404);
    assert!(stopped.text().contains("stopped"), "{stopped}");
    assert_eq!(stopped.header("access-control-allow-origin"), "*");
    // The default one goes on, and a name that nobody has is nobody's.
    stage().get(MANIFEST).expect(200);
    let unknown = ask("nobody-mediad.streaming.localhost", MANIFEST).expect(404);
    assert!(unknown.text().starts_with("MPE_RESOURCE_NOT_FOUND"), "{unknown}");
    poll(api, &api.delete(&path).send().expect(202));
    ask(host(&endpoint), MANIFEST).expect(404);
}

#[test]
fn custom_host_names_lead_to_their_endpoint() {
    let api = stage().api();
    let names = json!(["video.contoso.example", "Films.contoso.example"]);
    let endpoint = running(json!({
        "Name": "custom", "CustomHostNames": names, "CacheControl": { "MaxAge": "77" },
    }));
    for name in ["video.contoso.example", "VIDEO.contoso.example:8080", "films.contoso.example."] {
        let reply = ask(name, MANIFEST).expect(200);
        assert_eq!(reply.header("cache-control"), "public, max-age=77", "{name}");
    }
    let taken = json!({ "Name": "thief", "CustomHostNames": ["VIDEO.contoso.example"] });
    api.post("StreamingEndpoints", taken).send().expect(409);
    let path = key("StreamingEndpoints", &endpoint);
    poll(api, &api.merge(&path, json!({ "CustomHostNames": [] })).send().expect(202));
    // On a host that is nobody's own, the default endpoint answers.
    let usual = ask("video.contoso.example", MANIFEST).expect(200);
    assert_eq!(usual.header("cache-control"), "public, max-age=30");
}

#[test]
fn only_listed_addresses_are_served() {
    let range = |address: &str, length: Json| json!({ "Name": "r", "Address": address, "SubnetPrefixLength": length });
    let endpoint = running(json!({ "Name": "listed", "AccessControl": { "IP": { "Allow": [
        range("198.51.100.0", 24.into()), range("192.0.2.9", Json::Null), range("2001:db8::", 32.into()),
    ] } } }));
    let host = host(&endpoint);
    for (client, status) in [
        ("198.51.100.77", 200),
        ("192.0.2.9", 200),
        ("2001:db8:5::1", 200),
        ("[2001:db8::7]:4000", 200),
        ("198.51.100.77:5123", 200),
        ("::ffff:198.51.100.1", 200),
        ("203.0.113.7, 198.51.100.77", 200),
        ("198.51.100.77, 203.0.113.7", 403),
        ("198.51.101.1", 403),
        ("192.0.2.10", 403),
        ("2001:db9::1", 403),
        ("unknown", 403),
        ("", 403),
    ] {
        for rest in [MANIFEST, "low.mp4", "film.ism/QualityLevels(100000)/Fragments(video=0)"] {
            let reply = ask_from(host, rest, client);
            assert_eq!(reply.status, status, "{client}: {reply}");
        }
    }
    let call = stage().api().plain("GET", &stage().url(MANIFEST)).header("host", host);
    let refused = call.send().expect(403);
    assert!(refused.text().starts_with("MPE_UNAUTHORIZED"), "{refused}");
    // An empty list is nobody, and no list is everybody.
    for (name, access, status) in [
        ("nobody", json!({ "IP": { "Allow": [] } }), 403),
        ("everybody", json!({ "IP": { "Allow": null } }), 200),
        ("whoever", json!({ "IP": null, "Akamai": null }), 200),
    ] {
        let endpoint = running(json!({ "Name": name, "AccessControl": access }));
        ask(endpoint["HostName"].as_str().unwrap(), MANIFEST).expect(status);
    }
}

#[test]
fn the_other_end_of_the_connection_counts_without_a_proxy() {
    let stage = Stage::start(&[]);
    let api = stage.api();
    let endpoint = api.get("StreamingEndpoints").send().expect(200).feed()[0].clone();
    let path = key("StreamingEndpoints", &endpoint);
    for (address, status) in [("127.0.0.0", 200), ("10.0.0.0", 403)] {
        let range = json!({ "Name": "r", "Address": address, "SubnetPrefixLength": 8 });
        let body = json!({ "AccessControl": { "IP": { "Allow": [range] } } });
        poll(api, &api.merge(&path, body).send().expect(202));
        let call = api.plain("GET", &stage.url(MANIFEST)).header("x-forwarded-for", "10.0.0.1");
        call.send().expect(status);
    }
}

#[test]
fn caches_are_told_how_long() {
    let endpoint = running(json!({ "Name": "cached", "CacheControl": { "MaxAge": "1800" } }));
    let host = host(&endpoint);
    for rest in [
        MANIFEST,
        "film.ism/Manifest(format=m3u8-cmaf)",
        "film.ism/QualityLevels(100000)/Fragments(video=0)",
        "low.mp4",
    ] {
        let reply = ask(host, rest).expect(200);
        assert_eq!(reply.header("cache-control"), "public, max-age=1800", "{rest}");
    }
    // What is not there now may be there soon.
    assert_eq!(ask(host, "nope.mp4").expect(404).header("cache-control"), "no-store");
}

#[test]
fn policies_for_other_sites_are_at_the_root() {
    let silverlight = "<access-policy><cross-domain-access/></access-policy>";
    let flash = "<?xml version=\"1.0\"?><cross-domain-policy><allow-access-from domain=\"*\"/></cross-domain-policy>";
    let endpoint = running(json!({ "Name": "sites", "CrossSiteAccessPolicies": {
        "ClientAccessPolicy": silverlight, "CrossDomainPolicy": flash,
    } }));
    for (path, text) in [("/clientaccesspolicy.xml", silverlight), ("/crossdomain.xml", flash)] {
        let reply = ask_root(host(&endpoint), path).expect(200);
        assert_eq!((reply.text(), reply.header("content-type")), (text, "text/xml"));
        let default = stage().service.info.streaming.trim_start_matches("http://");
        ask_root(default, path).expect(404);
    }
    ask_root(host(&endpoint), "/").expect(404);
    ask_root(host(&endpoint), "/api/Assets").expect(404);
}

#[test]
fn a_classic_endpoint_hands_out_files_only() {
    let api = stage().api();
    let endpoint = running(json!({ "Name": "classic", "StreamingEndpointVersion": "1.0" }));
    let host = host(&endpoint);
    ask(host, "low.mp4").expect(200);
    let refused = ask(host, MANIFEST).expect(415);
    assert!(refused.text().starts_with("MPE_OUTPUT_FORMAT_NOT_SUPPORTED"), "{refused}");
    let path = format!("{}/Scale", key("StreamingEndpoints", &endpoint));
    poll(api, &api.post(&path, json!({ "scaleUnits": 1 })).send().expect(202));
    ask(host, MANIFEST).expect(200);
}

#[test]
fn locators_of_a_client_are_found_in_any_case() {
    let api = stage().api();
    let guid = uuid::Uuid::new_v4().to_string().to_uppercase();
    let mut body = acceptance::locator(&api.policy(1), &stage().asset, 2);
    body["Id"] = format!("nb:lid:UUID:{guid}").into();
    let made = api.post("Locators", &body).send().expect(201).json();
    let url = format!("{}{MANIFEST}", made["Path"].as_str().unwrap());
    api.plain("GET", &url).send().expect(200);
    api.post("Locators", &body).send().expect(409);
    let id = percent(made["Id"].as_str().unwrap());
    api.delete(&format!("Locators('{id}')")).send().expect(204);
    api.plain("GET", &url).send().expect(404);
}
