//! Filters of the account and of assets: what may be made, and what they leave of a stream.

use acceptance::{Api, Reply, decode, elements, new_id, percent};
use serde_json::{Value as Json, json};

use super::stage::Stage;

#[track_caller]
fn make(api: &Api, filter: Json) -> Json {
    api.post("Filters", filter).send().expect(201).json()
}

#[track_caller]
fn make_of_asset(api: &Api, asset: &str, mut filter: Json) -> Json {
    filter["ParentAssetId"] = asset.into();
    api.post("AssetFilters", filter).send().expect(201).json()
}

/// Selections of tracks, each a list of conditions.
fn tracks(selections: &[&[(&str, &str, &str)]]) -> Json {
    let condition = |(property, operator, value): &(&str, &str, &str)| json!({ "Property": property, "Operator": operator, "Value": value });
    let selection = |conditions: &&[(&str, &str, &str)]| json!({ "PropertyConditions": conditions.iter().map(condition).collect::<Vec<_>>() });
    selections.iter().map(selection).collect()
}

/// A time range in seconds, as strings in units of 100 ns.
fn seconds(start: f64, end: f64) -> Json {
    let units = |seconds: f64| format!("{}", (seconds * 1e7) as u64);
    json!({ "StartTimestamp": units(start), "EndTimestamp": units(end) })
}

/// Bitrates of a Smooth manifest, best first, video first.
#[track_caller]
fn levels(reply: &Reply) -> Vec<String> {
    let elements = elements(reply.text());
    let levels = elements.iter().filter(|element| element.name == "QualityLevel");
    levels.map(|level| level.get("Bitrate").to_owned()).collect()
}

#[test]
fn what_is_made_is_read_changed_and_deleted() {
    let (stage, api) = (Stage::shared(), Stage::shared().api());
    let body = json!({
        "Name": "made", "PresentationTimeRange": { "StartTimestamp": "0", "EndTimestamp": 70000000 },
        "Tracks": tracks(&[&[("Type", "Equal", "video"), ("Bitrate", "Equal", "0-150000")], &[("Type", "NotEqual", "video")]]),
        "FirstQuality": { "Bitrate": 100000 },
    });
    let made = make(api, body.clone());
    let range = &made["PresentationTimeRange"];
    for (member, value) in [
        ("StartTimestamp", "0"),
        ("EndTimestamp", "70000000"),
        ("PresentationWindowDuration", "9223372036854775807"),
        ("LiveBackoffDuration", "0"),
        ("Timescale", "10000000"),
    ] {
        assert_eq!(range[member], value, "{made}");
    }
    assert_eq!(made["Tracks"], body["Tracks"]);
    assert_eq!(made["FirstQuality"], body["FirstQuality"]);
    api.post("Filters", body.clone()).send().expect(409);
    let all = api.get("Filters").send().expect(200).feed();
    assert!(all.iter().any(|filter| filter["Name"] == "made"));
    api.merge("Filters('made')", json!({ "FirstQuality": { "Bitrate": 5 } })).send().expect(204);
    let read = api.get("Filters('made')").send().expect(200).json();
    assert_eq!(read["FirstQuality"]["Bitrate"], 5);
    assert_eq!(read["Tracks"], body["Tracks"]);
    api.merge("Filters('made')", json!({ "Name": "other" })).send().expect(400);
    api.delete("Filters('made')").send().expect(204);
    api.get("Filters('made')").send().expect(404);

    let made = make_of_asset(api, &stage.asset, body);
    assert_eq!(made["Id"], format!("{}__###__made", stage.asset));
    let key = format!("AssetFilters('{}')", percent(made["Id"].as_str().unwrap()));
    let list = format!("Assets('{}')/AssetFilters", percent(&stage.asset));
    assert_eq!(api.get(&list).send().expect(200).feed().len(), 1);
    api.merge(&key, json!({ "PresentationTimeRange": null })).send().expect(204);
    assert!(api.get(&key).send().expect(200).json()["PresentationTimeRange"].is_null());
    api.delete(&key).send().expect(204);
    api.get(&key).send().expect(404);
}

#[test]
fn what_was_read_in_verbose_json_is_taken_back() {
    let (stage, api) = (Stage::shared(), Stage::shared().api());
    let body = json!({
        "Name": "verbose", "PresentationTimeRange": { "StartTimestamp": "0", "EndTimestamp": "50000000" },
        "Tracks": tracks(&[&[("Type", "Equal", "video")]]), "FirstQuality": { "Bitrate": 100000 },
    });
    let made = api.post("Filters", &body).verbose().send().expect(201).json()["d"].clone();
    assert!(made["Tracks"]["results"].is_array(), "{made}");
    api.merge("Filters('verbose')", &made).verbose().send().expect(204);
    api.call("PUT", "Filters('verbose')").json(&made).verbose().send().expect(204);
    let read = api.get("Filters('verbose')").send().expect(200).json();
    assert_eq!(read["Tracks"], body["Tracks"]);
    assert_eq!(read["PresentationTimeRange"]["EndTimestamp"], "50000000");
    assert_eq!(levels(&stage.get("film.ism/Manifest(filter=verbose)").expect(200)).len(), 2);
}

#[test]
fn a_filter_is_made_and_read_in_atom() {
    let (stage, api) = (Stage::shared(), Stage::shared().api());
    let entry = "<entry xmlns=\"http://www.w3.org/2005/Atom\" \
        xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\" \
        xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\">\
        <content type=\"application/xml\"><m:properties><d:Name>atom</d:Name>\
        <d:Tracks><d:element><d:PropertyConditions><d:element><d:Operator>Equal</d:Operator>\
        <d:Property>Type</d:Property><d:Value>audio</d:Value></d:element></d:PropertyConditions>\
        </d:element></d:Tracks><d:PresentationTimeRange>\
        <d:EndTimestamp m:type=\"Edm.Int64\">50000000</d:EndTimestamp></d:PresentationTimeRange>\
        </m:properties></content></entry>";
    let call =
        api.call("POST", "Filters").body(entry).header("content-type", "application/atom+xml");
    let made = call.header("accept", "application/atom+xml").send().expect(201);
    let values = elements(made.text());
    let value = |name: &str| &values.iter().find(|element| element.name == name).unwrap().text;
    assert_eq!(value("Name"), "atom");
    assert_eq!(value("EndTimestamp"), "50000000");
    assert_eq!(value("Timescale"), "10000000");
    let left = stage.get("film.ism/Manifest(filter=atom)").expect(200);
    assert_eq!(levels(&left), ["64000", "64000"]);
}

#[test]
fn what_has_no_meaning_is_refused() {
    let api = Stage::shared().api();
    let video = tracks(&[&[("Type", "Equal", "video")]]);
    let range = |range: Json| json!({ "Name": "bad", "PresentationTimeRange": range });
    let condition = |condition: Json| json!({ "Name": "bad", "Tracks": [{ "PropertyConditions": [condition] }] });
    let on = |property: &str, operator: &str, value: &str| {
        condition(json!({ "Property": property, "Operator": operator, "Value": value }))
    };
    for body in [
        json!({ "Tracks": video }),
        json!({ "Name": "", "Tracks": video }),
        json!({ "Name": "a;b", "Tracks": video }),
        json!({ "Name": "a,b", "Tracks": video }),
        json!({ "Name": "a)b", "Tracks": video }),
        json!({ "Name": "../a", "Tracks": video }),
        json!({ "Name": "x".repeat(200), "Tracks": video }),
        json!({ "Name": "bad", "Nope": 1 }),
        json!({ "Name": "bad", "Tracks": null }),
        json!({ "Name": "bad", "Tracks": [{ "PropertyConditions": [] }] }),
        json!({ "Name": "bad", "FirstQuality": { "Bitrate": 0 } }),
        json!({ "Name": "bad", "FirstQuality": { "Bitrate": "fast" } }),
        range(json!({ "StartTimestamp": "5", "EndTimestamp": "5" })),
        range(json!({ "StartTimestamp": "-1" })),
        range(json!({ "StartTimestamp": "soon" })),
        range(json!({ "StartTimestamp": "99999999999999999999" })),
        range(json!({ "Timescale": "0" })),
        range(json!({ "PresentationWindowDuration": "1190000000" })),
        range(json!({ "LiveBackoffDuration": "600000001" })),
        on("Colour", "Equal", "red"),
        on("Type", "Equal", "pictures"),
        on("Type", "Greater", "video"),
        on("Language", "Equal", "not a language"),
        on("FourCC", "Equal", "toolong"),
        on("Bitrate", "Equal", "5-4"),
        on("Bitrate", "Equal", "fast"),
        on("Name", "Equal", ""),
        condition(json!({ "Property": "Type", "Value": "video" })),
        condition(json!({ "Operator": "Equal", "Value": "video" })),
    ] {
        api.post("Filters", &body).send().expect(400);
    }
    api.get("Filters('bad')").send().expect(404);
    let mut body = json!({ "Name": "bad", "Tracks": video, "ParentAssetId": new_id("cid") });
    api.post("AssetFilters", &body).send().expect(404);
    body["ParentAssetId"] = "film".into();
    api.post("AssetFilters", &body).send().expect(400);
}

#[test]
fn tracks_are_left_out_of_every_format() {
    let (stage, api) = (Stage::shared(), Stage::shared().api());
    let small = tracks(&[
        &[("Bitrate", "Equal", "0-150000"), ("Type", "Equal", "video")],
        &[("Language", "Equal", "fr")],
    ]);
    make(api, json!({ "Name": "small", "Tracks": small }));
    assert_eq!(levels(&stage.get("film.ism/Manifest")), ["200000", "100000", "64000", "64000"]);
    let smooth = stage.get("film.ism/Manifest(filter=small)").expect(200);
    assert_eq!(levels(&smooth), ["100000", "64000"]);
    assert!(smooth.text().contains("aac_fra") && !smooth.text().contains("aac_eng"));
    let dash = stage.get("film.ism/Manifest(FILTER=small, format=mpd-time-csf)").expect(200);
    let dash = elements(dash.text());
    let levels: Vec<_> =
        dash.iter().filter(|e| e.name == "Representation").map(|e| e.get("bandwidth")).collect();
    assert_eq!(levels, ["64000", "100000"]);
    let hls = stage.get("film.ism/Manifest(format=m3u8-cmaf,filter=small).m3u8").expect(200);
    assert!(!hls.text().contains("aac_eng") && !hls.text().contains("QualityLevels(200000)"));
    let uris: Vec<_> = hls.text().lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        uris,
        [
            "QualityLevels(100000)/Manifest(video,format=m3u8-cmaf,filter=small)",
            "QualityLevels(64000)/Manifest(aac_fra,format=m3u8-cmaf,filter=small)",
        ]
    );
    for uri in uris {
        stage.get(&format!("film.ism/{uri}")).expect(200);
    }
    // What was left out is there without the filter, and not with it.
    let high = "film.ism/QualityLevels(200000)/Manifest(video,format=m3u8-cmaf";
    stage.get(&format!("{high})")).expect(200);
    let gone = stage.get(&format!("{high},filter=small)")).expect(404);
    assert!(gone.text().starts_with("MPE_MANIFEST_MEDIA_ENTRY_NOT_FOUND"), "{gone}");
    let fragment = "film.ism/QualityLevels(64000)/Fragments(aac_eng=0,format=m3u8-cmaf";
    stage.get(&format!("{fragment})")).expect(200);
    stage.get(&format!("{fragment},filter=small)")).expect(404);
}

#[test]
fn times_snap_to_fragments_in_every_format() {
    let (stage, api) = (Stage::shared(), Stage::shared().api());
    // Fragments start at 0, 6 and 12 s.
    make(api, json!({ "Name": "middle", "PresentationTimeRange": seconds(7.0, 11.0) }));
    let mut scaled = seconds(0.0, 1.0);
    (scaled["StartTimestamp"], scaled["EndTimestamp"]) = ("1080001".into(), "1170000".into());
    scaled["Timescale"] = "90000".into();
    make(api, json!({ "Name": "end", "PresentationTimeRange": scaled }));
    make(api, json!({ "Name": "nothing", "PresentationTimeRange": seconds(100.0, 200.0) }));
    let chunks = |name: &str| {
        let reply = stage.get(&format!("film.ism/Manifest(filter={name})")).expect(200);
        let elements = elements(reply.text());
        let video = elements.iter().skip_while(|e| e.get("Type") != "video");
        let chunk = video.clone().find(|e| e.name == "c").unwrap();
        assert_eq!(elements[0].name, "SmoothStreamingMedia");
        let chunks = elements.iter().find(|e| e.get("Type") == "video").unwrap().get("Chunks");
        (chunks.to_owned(), chunk.get("t").to_owned(), chunk.get("d").to_owned())
    };
    let texts = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(chunks("middle"), texts("1", "60000000", "60000000"));
    assert_eq!(chunks("end"), texts("1", "120000000", "20000000"));
    let dash = stage.get("film.ism/Manifest(format=mpd-time-csf,filter=middle)").expect(200);
    let dash = elements(dash.text());
    assert!(dash[0].get("mediaPresentationDuration").starts_with("PT6.0"), "{:?}", dash[0]);
    for template in dash.iter().filter(|e| e.name == "SegmentTemplate") {
        assert_eq!(template.get("presentationTimeOffset"), "60000000");
    }
    let list = "film.ism/QualityLevels(100000)/Manifest(video,format=m3u8-cmaf,filter=middle)";
    let list = stage.get(list).expect(200);
    assert_eq!(list.text().matches("#EXTINF").count(), 1, "{list}");
    assert!(list.text().contains("Fragments(video=60000000,"), "{list}");
    // What is listed decodes, at its time on the whole timeline.
    let part = |what: &str| {
        let url = format!("film.ism/QualityLevels(100000)/Fragments(video={what},format=m3u8-cmaf");
        stage.get(&format!("{url},filter=middle)")).expect(200).body
    };
    let frames = decode(&[part("i"), part("60000000")].concat(), "v");
    assert_eq!(frames.count, 150);
    assert!((frames.first - 6.0).abs() < 0.001 && frames.last < 12.0, "{frames:?}");
    let fragment = "film.ism/QualityLevels(100000)/Fragments(video=0,format=m3u8-cmaf";
    stage.get(&format!("{fragment})")).expect(200);
    stage.get(&format!("{fragment},filter=middle)")).expect(404);
    // Several filters leave what all of them do.
    for names in ["nothing", "middle;end"] {
        let none = stage.get(&format!("film.ism/Manifest(filter={names})")).expect(404);
        assert!(none.text().starts_with("MPE_EGRESS_TIMESTAMP_NOT_FOUND"), "{none}");
    }
}

#[test]
fn the_first_quality_comes_first_in_hls() {
    let (stage, api) = (Stage::shared(), Stage::shared().api());
    make(api, json!({ "Name": "best", "FirstQuality": { "Bitrate": 200000 } }));
    let variants = |parameters: &str| {
        let url = format!("film.ism/Manifest(format=m3u8-aapl,audio-only=false{parameters})");
        let reply = stage.get(&url).expect(200);
        let uris = reply.text().lines().filter(|line| !line.starts_with('#'));
        uris.map(|uri| uri.split(['(', ')']).nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(variants(""), ["100000", "200000"]);
    assert_eq!(variants(",filter=best"), ["200000", "100000"]);
}

#[test]
fn the_filter_of_the_asset_wins_and_three_can_be_combined() {
    let (stage, api) = (Stage::shared(), Stage::shared().api());
    make(api, json!({ "Name": "same", "Tracks": tracks(&[&[("Bitrate", "Equal", "100000")]]) }));
    assert_eq!(levels(&stage.get("film.ism/Manifest(filter=same)").expect(200)), ["100000"]);
    let own = json!({ "Name": "same", "Tracks": tracks(&[&[("Bitrate", "Equal", "200000")]]) });
    let own = make_of_asset(api, &stage.asset, own);
    assert_eq!(levels(&stage.get("film.ism/Manifest(filter=same)").expect(200)), ["200000"]);
    // Names are what they are: an asset has no filter of another's name.
    let other = stage.get("film.ism/Manifest(filter=SAME)").expect(404);
    assert!(other.text().starts_with("MPE_EGRESS_FILTER_NOT_FOUND"), "{other}");
    make(
        api,
        json!({ "Name": "no french", "Tracks": tracks(&[&[("Language", "NotEqual", "fra")]]) }),
    );
    make(
        api,
        json!({ "Name": "not-high", "Tracks": tracks(&[&[("Bitrate", "notEqual", "200000")]]) }),
    );
    make(api, json!({ "Name": "aac", "Tracks": tracks(&[&[("FourCC", "Equal", "AACL")]]) }));
    let three = stage.get("film.ism/manifest(filter=no%20french;not-high;aac)").expect(200);
    assert_eq!(levels(&three), ["64000"]);
    assert!(three.text().contains("aac_eng"), "{three}");
    let four = stage.get("film.ism/manifest(filter=no%20french;not-high;aac;same)").expect(400);
    assert!(four.text().starts_with("MPE_BAD_URL_SYNTAX"), "{four}");
    let unknown = stage.get("film.ism/manifest(filter=aac;nope)").expect(404);
    assert!(unknown.text().starts_with("MPE_EGRESS_FILTER_NOT_FOUND"), "{unknown}");
    let key = format!("AssetFilters('{}')", percent(own["Id"].as_str().unwrap()));
    api.delete(&key).send().expect(204);
    assert_eq!(levels(&stage.get("film.ism/Manifest(filter=same)").expect(200)), ["100000"]);
}

#[test]
fn filters_go_with_their_asset() {
    let api = Stage::shared().api();
    let asset = api.asset("short-lived");
    let made = make_of_asset(api, &asset, json!({ "Name": "f" }));
    api.delete(&format!("Assets('{}')", percent(&asset))).send().expect(204);
    let key = format!("AssetFilters('{}')", percent(made["Id"].as_str().unwrap()));
    api.get(&key).send().expect(404);
}

#[test]
fn the_audio_track_of_the_url_is_the_default() {
    let stage = Stage::shared();
    let default = |parameters: &str| {
        let url = format!("film.ism/Manifest(format=m3u8-aapl{parameters})");
        let reply = stage.get(&url).expect(200);
        let line = reply.text().lines().find(|line| line.contains("DEFAULT=YES")).unwrap();
        line.split("NAME=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!(default(""), "aac_eng");
    assert_eq!(default(",audioTrack=aac_fra"), "aac_fra");
    assert_eq!(default(",AUDIOTRACK=aac_fra, audio-only=false"), "aac_fra");
    let unknown = stage.get("film.ism/Manifest(format=m3u8-aapl,audioTrack=nope)").expect(404);
    assert!(unknown.text().starts_with("MPE_EGRESS_TRACK_NOT_FOUND"), "{unknown}");
}
