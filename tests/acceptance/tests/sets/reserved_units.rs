//! Reserved units: what they can be set to, and that they bound how many tasks run at once.

use std::time::{Duration, Instant};

use acceptance::{Api, Service, error_message, id_of, video};
use serde_json::{Value as Json, json};

fn row(api: &Api) -> Json {
    let rows = api.get("EncodingReservedUnitTypes").send().expect(200).feed();
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows[0].clone()
}

fn path(api: &Api) -> String {
    format!("EncodingReservedUnitTypes(guid'{}')", row(api)["AccountId"].as_str().unwrap())
}

#[test]
fn units_of_each_type_have_a_maximum() {
    let service = Service::start();
    let api = &service.api;
    let first = row(api);
    assert_eq!(
        (&first["ReservedUnitType"], &first["MaxReservableUnits"], &first["CurrentReservedUnits"]),
        (&json!(0), &json!(25), &json!(1))
    );
    let path = path(api);
    for (method, body, most) in [
        ("PUT", json!({ "CurrentReservedUnits": 25 }), 25),
        ("MERGE", json!({ "ReservedUnitType": 2, "CurrentReservedUnits": 10 }), 10),
        ("PATCH", json!({ "ReservedUnitType": "1", "CurrentReservedUnits": "2" }), 25),
        ("PUT", json!({ "CurrentReservedUnits": 0 }), 25),
    ] {
        api.call(method, &path).json(&body).send().expect(204);
        let changed = row(api);
        for (name, value) in body.as_object().unwrap() {
            let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
            assert_eq!(changed[name].as_i64(), number, "{name}");
        }
        assert_eq!(changed["MaxReservableUnits"], most);
    }
    let before = row(api);
    for (body, expected) in [
        (json!({ "CurrentReservedUnits": 26 }), "only reserve up to 25 S2"),
        (json!({ "ReservedUnitType": 2, "CurrentReservedUnits": 11 }), "only reserve up to 10 S3"),
        (json!({ "CurrentReservedUnits": -1 }), "CurrentReservedUnits"),
        (json!({ "ReservedUnitType": 3 }), "ReservedUnitType"),
        (json!({ "CurrentReservedUnits": null }), "CurrentReservedUnits"),
        (json!({ "CurrentReservedUnits": "many" }), "CurrentReservedUnits"),
        (json!({ "Units": 1 }), "Units"),
    ] {
        let reply = api.call("PUT", &path).json(&body).send().expect(400);
        assert!(error_message(&reply).contains(expected), "{expected}: {reply}");
    }
    assert_eq!(row(api), before);
    api.post("EncodingReservedUnitTypes", json!({})).send().expect(405);
    api.delete(&path).send().expect(405);
    let other = "EncodingReservedUnitTypes(guid'00000000-0000-0000-0000-000000000001')";
    api.call("PUT", other).json(json!({ "CurrentReservedUnits": 1 })).send().expect(404);
}

/// Runs jobs to their end; returns how many tasks were at work at the same time at most.
fn most_at_once(api: &Api, asset: &str, jobs: usize) -> usize {
    let jobs: Vec<_> = (0..jobs).map(|_| id_of(&api.job(asset, "AAC Audio"))).collect();
    let end = Instant::now() + Duration::from_secs(120);
    let mut most = 0;
    loop {
        let busy = api.get("Tasks?$filter=State eq 1 or State eq 2").send().expect(200).feed();
        most = most.max(busy.len());
        if jobs.iter().all(|job| api.state(job) == 3) {
            return most;
        }
        assert!(Instant::now() < end, "the jobs are not over");
    }
}

#[test]
fn units_bound_how_many_tasks_run_at_once() {
    let service = Service::start_with(&["--x264-preset", "ultrafast", "--encoders", "3"]);
    let api = &service.api;
    assert_eq!(row(api)["CurrentReservedUnits"], 3);
    let path = path(api);
    let set = |units: u32| {
        api.call("PUT", &path).json(json!({ "CurrentReservedUnits": units })).send().expect(204);
    };
    let asset = api.upload("film.mp4", &video("64x64", 60)).asset;
    // Without units, one task runs all the same.
    for units in [0, 1] {
        set(units);
        assert_eq!(most_at_once(api, &asset, 2), 1);
    }
    // More of them count at once, and never beyond what the operator allows.
    set(20);
    let most = most_at_once(api, &asset, 4);
    assert!((2..=3).contains(&most), "{most}");
}
