//! What operators see: whether the service lives and can work, and what it has streamed.

use std::collections::HashMap;
use std::time::Duration;

use acceptance::{Api, Reply, Service};
use serde_json::json;

use crate::stage::Stage;

const DASH: &str = "film.ism/Manifest(format=mpd-time-csf)";
const HLS: &str = "film.ism/Manifest(format=m3u8-cmaf)";
const INIT: &str = "film.ism/QualityLevels(200000)/Fragments(video=i,format=mpd-time-csf)";
const FRAGMENT: &str = "film.ism/QualityLevels(200000)/Fragments(video=0,format=mpd-time-csf)";
const MISSING: &str = "film.ism/QualityLevels(200000)/Fragments(none=0)";

/// How long a report of readiness is good for, and a little more.
const LIFETIME: Duration = Duration::from_millis(1100);

/// The metrics by name and labels, as they are written.
struct Metrics(HashMap<String, f64>);

impl Metrics {
    fn read(service: &Service) -> Self {
        let url = format!("http://{}/metrics", service.info.metrics.as_ref().unwrap());
        let reply = service.api.plain("GET", &url).send().expect(200);
        let reply = reply.expect_header("content-type", "text/plain; version=0.0.4; charset=utf-8");
        let text = reply.text();
        let samples = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        });
        Self(samples.collect())
    }

    #[track_caller]
    fn get(&self, name: &str) -> f64 {
        *self.0.get(name).unwrap_or_else(|| panic!("there is no {name} in {:?}", self.0))
    }

    fn requests(&self) -> HashMap<&str, f64> {
        let prefix = "mediad_stream_requests_total";
        let all = self.0.iter().filter(|(_, value)| **value != 0.0);
        all.filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, *value))).collect()
    }
}

#[test]
fn streams_are_counted() {
    let stage = Stage::start(&["--metrics", "127.0.0.1:0"]);
    let before = Metrics::read(&stage.service);
    assert_eq!(before.requests(), HashMap::new());
    assert_eq!(before.get("mediad_stream_first_byte_seconds_count{protocol=\"hls\"}"), 0.0);

    let ask = |method: &str, rest: &str, headers: &[(&str, &str)]| -> Reply {
        let call = stage.api().plain(method, &stage.url(rest));
        headers.iter().fold(call, |call, (name, value)| call.header(name, value)).send()
    };
    let manifest = ask("GET", DASH, &[]).expect(200);
    ask("GET", DASH, &[]).expect(200);
    ask("GET", DASH, &[("if-none-match", manifest.header("etag"))]).expect(304);
    let init = ask("GET", INIT, &[]).expect(200);
    let fragment = ask("GET", FRAGMENT, &[]).expect(200);
    ask("GET", FRAGMENT, &[("range", "bytes=10-109")]).expect(206);
    ask("HEAD", FRAGMENT, &[]).expect(200);
    let hls = ask("GET", HLS, &[]).expect(200);
    let smooth = ask("GET", "film.ism/Manifest", &[]).expect(200);
    let missing = ask("GET", MISSING, &[]);
    assert!((400..500).contains(&missing.status), "{missing}");
    let file = ask("GET", "low.mp4", &[]).expect(200);
    ask("GET", "low.mp4", &[("range", "bytes=0-9")]).expect(206);
    ask("GET", "low.mp4", &[("range", "bytes=99999999-")]).expect(416);
    ask("GET", "film.ism/Manifest(format=none)", &[]);
    ask("OPTIONS", DASH, &[]).expect(204);

    let after = Metrics::read(&stage.service);
    let want = [
        ("dash", "manifest", "2xx", 2.0),
        ("dash", "manifest", "3xx", 1.0),
        ("dash", "init", "2xx", 1.0),
        ("dash", "fragment", "2xx", 3.0),
        ("hls", "manifest", "2xx", 1.0),
        ("smooth", "manifest", "2xx", 1.0),
        ("smooth", "fragment", "4xx", 1.0),
        ("download", "download", "2xx", 2.0),
        ("download", "download", "4xx", 1.0),
        ("other", "other", "4xx", 1.0),
        ("other", "other", "2xx", 1.0),
    ]
    .map(|(protocol, kind, status, value)| {
        (format!("{{protocol=\"{protocol}\",kind=\"{kind}\",status=\"{status}\"}}"), value)
    });
    assert_eq!(after.requests(), want.iter().map(|(name, value)| (&**name, *value)).collect());
    for (protocol, kind, want) in [
        ("dash", "manifest", 2 * manifest.body.len()),
        ("dash", "init", init.body.len()),
        ("dash", "fragment", fragment.body.len() + 100),
        ("hls", "manifest", hls.body.len()),
        ("hls", "fragment", 0),
        ("smooth", "manifest", smooth.body.len()),
        ("smooth", "fragment", 0),
        ("download", "download", file.body.len() + 10),
    ] {
        let name = format!("mediad_stream_bytes_total{{protocol=\"{protocol}\",kind=\"{kind}\"}}");
        assert_eq!(after.get(&name), want as f64, "{name}");
    }
    for (protocol, want) in
        [("dash", 7.0), ("hls", 1.0), ("smooth", 2.0), ("download", 3.0), ("other", 2.0)]
    {
        let of = |part: &str, label: &str| {
            let name = "mediad_stream_first_byte_seconds";
            after.get(&format!("{name}_{part}{{protocol=\"{protocol}\"{label}}}"))
        };
        assert_eq!((of("count", ""), of("bucket", ",le=\"+Inf\"")), (want, want), "{protocol}");
        assert!(of("sum", "") > 0.0, "{protocol}");
    }
    let cache = |cache: &str, result: &str| {
        let labels = format!("{{cache=\"{cache}\",result=\"{result}\"}}");
        after.get(&format!("mediad_stream_cache_requests_total{labels}"))
    };
    // Every GET and HEAD looks for its answer first.
    assert_eq!(cache("answers", "hit") + cache("answers", "miss"), 14.0);
    assert!(cache("answers", "hit") >= 1.0 && cache("presentations", "miss") >= 1.0);
    for cache in ["answers", "presentations", "files"] {
        assert!(after.get(&format!("mediad_stream_cache_entries{{cache=\"{cache}\"}}")) >= 1.0);
        assert!(after.get(&format!("mediad_stream_cache_bytes{{cache=\"{cache}\"}}")) >= 100.0);
    }
    assert!(after.get("mediad_connections_open") >= 1.0);
    assert_eq!(after.get("mediad_tasks{state=\"queued\"}"), 0.0);
    assert_eq!(after.get("mediad_tasks{state=\"running\"}"), 0.0);
}

#[track_caller]
fn probe(api: &Api, address: &str, path: &str) -> Reply {
    api.plain("GET", &format!("http://{address}{path}")).send()
}

#[test]
fn what_is_not_ready_is_named() {
    let service = Service::start_with(&["--metrics", "127.0.0.1:0"]);
    let api = &service.api;
    let (main, monitoring) = (&service.info.listen[0], service.info.metrics.as_ref().unwrap());
    let ready = json!({ "status": "ok", "checks": { "entities": "ok", "blobs": "ok" } });
    for address in [main, monitoring] {
        assert_eq!(probe(api, address, "/health").expect(200).json(), json!({ "status": "ok" }));
        assert_eq!(probe(api, address, "/ready").expect(200).json(), ready);
    }

    let (blobs, elsewhere) = (service.data().join("blobs"), service.data().join("elsewhere"));
    std::fs::rename(&blobs, &elsewhere).unwrap();
    std::thread::sleep(LIFETIME);
    for address in [main, monitoring] {
        let checks = json!({ "entities": "ok", "blobs": "failed" });
        let want = json!({ "status": "unavailable", "checks": checks });
        assert_eq!(probe(api, address, "/ready").expect(503).json(), want);
        // The process is not to be started anew for that.
        probe(api, address, "/health").expect(200);
    }
    std::fs::rename(&elsewhere, &blobs).unwrap();
    std::thread::sleep(LIFETIME);
    assert_eq!(probe(api, main, "/ready").expect(200).json(), ready);
}

#[test]
fn probes_and_metrics_are_where_they_belong() {
    let service = Service::start_with(&["--metrics", "127.0.0.1:0"]);
    let api = &service.api;
    let (main, monitoring) = (&service.info.listen[0], service.info.metrics.as_ref().unwrap());
    probe(api, main, "/metrics").expect(404);
    for path in ["/", "/api/Assets", "/crossdomain.xml"] {
        probe(api, monitoring, path).expect(404);
    }
    // A container may be called so, and is not for everybody.
    let url = format!("http://{main}/health");
    let of_account = api.plain("GET", &url).header("host", "mediad.blob.core.windows.net").send();
    let by_path = probe(api, main, &format!("/{}/health", service.info.account));
    for reply in [of_account, by_path] {
        assert!((400..500).contains(&reply.status), "{reply}");
    }
    let streaming = api.plain("GET", &url).header("host", "mediad.streaming.example.net");
    streaming.send().expect(200);
    assert_ne!(api.plain("POST", &url).body("").send().status, 200);
    assert_eq!(api.plain("HEAD", &url).send().expect(200).body.len(), 0);
    // Without the option there is no such address.
    assert_eq!(Service::shared().info.metrics, None);
}
