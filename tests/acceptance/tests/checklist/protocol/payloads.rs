//! Points about what is in payloads: dates, errors, queries, documents.

use acceptance::{ENCODER, Service, ago, elements, error_message, id_of, key, new_id, percent};
use serde_json::{Value as Json, json};

use super::ATOM;

#[test]
fn point_23_dates_have_the_form_of_their_version() {
    let service = Service::shared();
    let api = &service.api;
    let made = api.post("Assets", r#"{"Name":"dates"}"#).send().expect(201).json();
    let exact = made["Created"].as_str().unwrap();
    assert_eq!((exact.len(), exact.ends_with('Z')), ("2015-01-18T22:06:40.6010903Z".len(), true));
    let path = key("Assets", &made);
    let read = api.get(&path).send().expect(200).json();
    let stored = read["Created"].as_str().unwrap();
    assert!(stored.len() <= "2015-01-18T22:06:40.601".len() && !stored.ends_with('Z'), "{read}");
    assert!(exact.starts_with(stored), "{exact} {stored}");
    let verbose = api.get(&path).verbose().send().expect(200);
    assert!(verbose.text().contains(r#""Created":"\/Date("#), "{verbose}");
    let verbose = verbose.expect_header("dataserviceversion", "1.0;");
    assert!(verbose.json()["d"]["Created"].as_str().unwrap().starts_with("/Date("));
    let feed = api.get("Assets?$top=1").verbose().send().expect(200);
    let feed = feed.expect_header("dataserviceversion", "2.0;");
    assert!(feed.text().contains(r"\/Date("), "{feed}");
    // Types with collections are of V3, and V3 has dates of ISO 8601.
    let asset = api.upload("dates.mp4", b"not a video").asset;
    let job = api.job(&asset, "Adaptive Streaming");
    assert!(job["Created"].as_str().unwrap().ends_with('Z'), "{job}");
    let reply = api.get(&key("Jobs", &job)).verbose().send().expect(200);
    let reply = reply.expect_header("dataserviceversion", "3.0;");
    let created = reply.json()["d"]["Created"].as_str().unwrap().to_owned();
    assert!(created.starts_with("20") && !created.ends_with('Z'), "{reply}");
    let selected = api.get(&format!("{path}?$select=Created")).verbose().send().expect(200);
    let selected = selected.expect_header("dataserviceversion", "3.0;");
    assert!(selected.json()["d"]["Created"].as_str().unwrap().starts_with("20"), "{selected}");
    let atom = api.get(&path).header("accept", ATOM).send().expect(200);
    assert!(atom.text().contains(&format!("<d:Created m:type=\"Edm.DateTime\">{stored}</")));
}

#[test]
fn point_24_errors_speak_the_format_of_the_request() {
    let service = Service::shared();
    let api = &service.api;
    let xml = "application/xml;charset=utf-8";
    let light = "application/json;odata=minimalmetadata;streaming=true;charset=utf-8";
    let verbose = "application/json;odata=verbose;charset=utf-8";
    for (method, path, body, status) in [
        ("GET", "Nothing".to_owned(), None, 404),
        ("GET", "Assets('notAValidId')".to_owned(), None, 400),
        ("DELETE", "Assets('notAValidId')".to_owned(), None, 400),
        ("MERGE", "Jobs('notAValidId')".to_owned(), Some("{}"), 400),
        ("GET", format!("Assets('{}')", new_id("cid")), None, 404),
        ("DELETE", format!("Locators('{}')", new_id("lid")), None, 404),
        ("MERGE", format!("Files('{}')", new_id("cid")), Some("{}"), 404),
        ("GET", "CancelJob?jobid='x'".to_owned(), None, 400),
        ("GET", "Assets('x".to_owned(), None, 400),
        ("GET", "Assets?$filter=Nope eq 1".to_owned(), None, 400),
        ("GET", "Assets?$top=x".to_owned(), None, 400),
        ("POST", "Assets".to_owned(), Some(r#"{"Nope":1}"#), 400),
        ("POST", "Assets".to_owned(), Some("{"), 400),
        ("POST", "CancelJob".to_owned(), Some("{}"), 405),
        ("BREW", "Assets".to_owned(), Some("{}"), 405),
        ("DELETE", "Assets".to_owned(), None, 405),
    ] {
        for (accept, content_type) in [
            ("application/json", light),
            ("application/json;odata=verbose", verbose),
            (ATOM, xml),
            ("*/*", xml),
        ] {
            let mut call = api.call(method, &path).header("accept", accept);
            if let Some(body) = body {
                call = call.json(body);
            }
            let reply = call.send().expect(status).expect_header("content-type", content_type);
            let message = match content_type {
                c if c == xml => {
                    let found = elements(reply.text());
                    let names: Vec<_> = found.iter().map(|e| e.name.as_str()).collect();
                    assert_eq!(names, ["error", "code", "message"], "{reply}");
                    assert_eq!(found[1].text, "");
                    assert!(reply.text().contains(r#"<m:message xml:lang="en-US">"#), "{reply}");
                    found[2].text.clone()
                }
                c if c == verbose => {
                    let error = &reply.json()["error"];
                    assert_eq!(
                        (&error["code"], &error["message"]["lang"]),
                        (&json!(""), &json!("en-US"))
                    );
                    error["message"]["value"].as_str().unwrap().to_owned()
                }
                _ => error_message(&reply),
            };
            assert!(message.len() > 10, "{reply}");
        }
    }
    for accept in ["application/json", ATOM] {
        let call = |name: &str, value: &str| {
            api.get("Assets").header("accept", accept).header(name, value).send()
        };
        let expected = if accept == ATOM { xml } else { light };
        for (name, value, status) in [
            ("authorization", "Bearer x", 401),
            ("x-ms-version", "1.0", 400),
            ("dataserviceversion", "9.0", 400),
            ("maxdataserviceversion", "junk", 400),
        ] {
            call(name, value).expect(status).expect_header("content-type", expected);
        }
        let unsupported = api.post("Assets", "{}").header("accept", accept);
        let unsupported = unsupported.header("content-type", "text/plain").send().expect(415);
        unsupported.expect_header("content-type", expected);
    }
    // What is accepted may be what is wrong.
    let other = api.get("Nothing").header("accept", "text/html").send().expect(404);
    other.expect_header("content-type", xml);
    let missing = api.get(&format!("Assets('{}')", new_id("cid"))).send();
    assert_eq!(error_message(&missing), "Resource Asset not found");
}

#[test]
fn point_25_queries_filter_order_page_and_select() {
    let service = Service::shared();
    let api = &service.api;
    let mark = new_id("x").rsplit(':').next().unwrap().to_owned();
    let names = ["b", "a", "c"].map(|name| format!("{mark} {name}"));
    let ids: Vec<_> = names.iter().map(|name| api.asset(name)).collect();
    let file = api.file(&ids[0], "query.mp4");
    let find = |query: &str| -> Vec<String> {
        let path = format!("Assets?{}", query.replace("MARK", &mark));
        let feed = api.get(&path).send().expect(200).feed();
        feed.iter().map(|asset| asset["Name"].as_str().unwrap()[37..].to_owned()).collect()
    };
    for (query, expected) in [
        ("$filter=startswith(Name,'MARK') eq true", &["b", "a", "c"][..]),
        ("$filter=startswith(Name,'MARK')&$orderby=Name", &["a", "b", "c"]),
        ("$filter=startswith(Name,'MARK')&$orderby=Name desc&$top=2", &["c", "b"]),
        ("%24filter=startswith(Name,'MARK')&%24skip=1&%24top=1", &["a"]),
        ("$filter=Name+eq+'MARK+a'", &["a"]),
        ("$filter=Name%20eq%20%27MARK%20c%27", &["c"]),
        (
            "$filter=(startswith(Name,'MARK') and State eq 0) and not endswith(Name,'b')",
            &["a", "c"],
        ),
        ("$filter=substringof('MARK',Name) and State eq 1", &[]),
        ("$filter=startswith(Name,'MARK')&$top=0", &[]),
    ] {
        assert_eq!(find(query), expected, "{query}");
    }
    let by_id = |id: &str| api.get(&format!("Assets?$filter=Id eq '{id}'&$top=2")).send().feed();
    assert_eq!(id_of(&by_id(&ids[1])[0]), ids[1]);
    assert_eq!(id_of(&by_id(&percent(&ids[1]))[0]), ids[1]);
    assert_eq!(by_id(&new_id("cid")), Vec::<Json>::new(), "an empty feed, not 404");
    let query = format!("Files?$filter=ParentAssetId eq '{}' and Name eq 'query.mp4'", ids[0]);
    assert_eq!(id_of(&api.get(&query).send().feed()[0]), file);
    let selected = api.get(&format!("Assets('{}')?$select=State", ids[0])).send().expect(200);
    let metadata = format!("{}$metadata#Assets/@Element&$select=State", service.info.api);
    assert_eq!(selected.json(), json!({ "odata.metadata": metadata, "State": 0 }));
    for query in [
        "$filter=Nope eq 1",
        "$filter=State eq 'x'",
        "$orderby=Nope",
        "$top=-1",
        "$select=Nope",
        "$expand=Files",
        "$filter=Name eq 'x",
        "$nope=1",
    ] {
        for accept in ["application/json", "application/json;odata=verbose", ATOM] {
            api.get(&format!("Assets?{query}")).header("accept", accept).send().expect(400);
        }
    }
}

#[test]
fn point_33_plain_json_of_version_1_is_verbose_and_all_of_it_is_read() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("plain");
    let policy = api.policy(1);
    let post = |body: &str, version: Option<&str>| {
        let call = api.post("Locators", body);
        match version {
            Some(version) => call.header("dataserviceversion", version),
            None => call.without("dataserviceversion"),
        }
        .send()
    };
    let body = |start: &str| {
        format!(
            r#"{{"AccessPolicyId":"{policy}","AssetId":"{asset}","StartTime":{start},"Type":"2"}}"#
        )
    };
    for (start, version, expected) in [
        (r#""5/17/2014 4:45:53 PM""#, Some("1.0;NetFx"), json!("2014-05-17T16:45:53")),
        (r#""11/22/2026 12:32:02 AM""#, Some("2.0"), json!("2026-11-22T00:32:02")),
        (r#""\/Date(1400345153000)\/""#, Some("1.0"), json!("2014-05-17T16:45:53")),
        (r#""2014-05-17T16:45:53""#, Some("3.0;NetFx"), json!("2014-05-17T16:45:53")),
        (r#""2014-05-17T16:45:53+00:00""#, None, json!("2014-05-17T16:45:53")),
        ("null", None, Json::Null),
    ] {
        let made = post(&body(start), version).expect(201).json();
        let read = api.get(&key("Locators", &made)).send().expect(200).json();
        assert_eq!(read["StartTime"], expected, "{start}");
        api.delete(&key("Locators", &made)).send().expect(204);
    }
    // Links by URL: `__metadata.uri` as in verbose JSON, `@odata.bind` as in light.
    let (asset_uri, policy_uri) = (api.uri("Assets", &asset), api.uri("AccessPolicies", &policy));
    for body in [
        json!({ "Type": 2, "Asset": { "__metadata": { "uri": asset_uri } },
                "AccessPolicy": { "__metadata": { "uri": policy_uri } } }),
        json!({ "Type": 2, "Asset@odata.bind": asset_uri, "AccessPolicy@odata.bind": policy_uri }),
    ] {
        for version in [Some("1.0"), Some("3.0"), None] {
            let made = post(&body.to_string(), version).expect(201).json();
            assert_eq!(
                (&made["AssetId"], &made["AccessPolicyId"]),
                (&json!(asset), &json!(policy))
            );
            api.delete(&key("Locators", &made)).send().expect(204);
        }
    }
    // Texts in single quotes, names without any, tabs and line ends in texts.
    let source = api.upload("quotes.mp4", b"not a video").asset;
    let job = format!(
        "{{'Name':'quoted \"job\"', InputMediaAssets:[{{'__metadata':{{'uri':\"{}\"}}}}],\n\
         \"Tasks\":[{{\"Configuration\":'{{\n\t\"Version\": 1.0\n}}','MediaProcessorId':'{ENCODER}',\
         \"TaskBody\":'<?xml version=\"1.0\" encoding=\"utf-16\"?><taskBody><inputAsset>\
         JobInputAsset(0)</inputAsset><outputAsset>JobOutputAsset(0)</outputAsset></taskBody>'}}]}}",
        api.uri("Assets", &source)
    );
    let made = api.post("Jobs", &job).verbose().send().expect(201).json()["d"].clone();
    assert_eq!(made["Name"], "quoted \"job\"");
    let configuration = api.tasks(&id_of(&made))[0]["Configuration"].clone();
    assert_eq!(configuration, "{\n\t\"Version\": 1.0\n}");
}

#[test]
fn point_34_what_is_wrong_is_400_and_what_is_the_services_is_ignored() {
    let service = Service::shared();
    let api = &service.api;
    for body in [
        r#"{"Nope":1}"#,
        r#"{"Name":1}"#,
        r#"{"Options":1.0}"#,
        r#"{"Options":"x"}"#,
        r#"{"Options":null}"#,
        r#"{"Options":true}"#,
        "[]",
        "",
    ] {
        for accept in ["application/json", "application/json;odata=verbose", ATOM] {
            api.post("Assets", body).header("accept", accept).send().expect(400);
        }
    }
    let entry = |properties: &str| {
        let body = format!(
            "<entry xmlns=\"http://www.w3.org/2005/Atom\" \
             xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\" \
             xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\"><id/><title/>\
             <content type=\"application/xml\"><m:properties>{properties}</m:properties></content></entry>"
        );
        let call = api.call("POST", "Assets").header("accept", "application/json");
        call.header("content-type", "application/atom+xml").body(body).send()
    };
    for wrong in ["<d:Nope>1</d:Nope>", "<d:Options>x</d:Options>", "<d:Options m:null=\"true\"/>"]
    {
        assert!(!error_message(&entry(wrong).expect(400)).is_empty());
    }
    // As .NET sends a new asset: every property, the service's own with nothing in them.
    let own = entry(
        "<d:Id m:null=\"true\"/><d:Name>net</d:Name><d:State m:type=\"Edm.Int32\">2</d:State>\
         <d:Created m:type=\"Edm.DateTime\">0001-01-01T00:00:00</d:Created>\
         <d:LastModified m:type=\"Edm.DateTime\">0001-01-01T00:00:00</d:LastModified>\
         <d:AlternateId m:null=\"true\"/><d:Options>0</d:Options><d:Uri></d:Uri>",
    );
    let made = own.expect(201).json();
    assert_eq!((&made["Name"], &made["State"]), (&json!("net"), &json!(0)));
    assert!(made["Created"].as_str().unwrap().starts_with("20"), "{made}");
    let own = json!({ "Id": "", "Name": "j", "Created": "0001-01-01T00:00:00", "State": "2" });
    let made = api.post("Assets", own).send().expect(201).json();
    assert!(id_of(&made).starts_with("nb:cid:UUID:"));
}

#[test]
fn point_35_all_that_was_read_may_be_sent_back() {
    let service = Service::shared();
    let api = &service.api;
    let upload = api.upload("back.mp4", b"content");
    for path in [
        format!("Assets('{}')", percent(&upload.asset)),
        format!("Files('{}')", percent(&upload.file)),
    ] {
        let light = api.get(&path).send().expect(200).json();
        api.merge(&path, &light).send().expect(204);
        let verbose = api.get(&path).verbose().send().expect(200).json()["d"].clone();
        api.merge(&path, &verbose).verbose().send().expect(204);
        let atom = api.get(&path).header("accept", ATOM).send().expect(200).body;
        let merge = api.call("MERGE", &path).header("content-type", "application/atom+xml");
        merge.body(atom).send().expect(204);
        let mut now = api.get(&path).send().expect(200).json();
        now["LastModified"] = light["LastModified"].clone();
        assert_eq!(now, light);
    }
    let origin = api.origin(&upload.asset);
    let path = key("Locators", &origin);
    let mut read = api.get(&path).send().expect(200).json();
    read["StartTime"] = ago(3).into();
    api.merge(&path, &read).send().expect(204);
}

#[test]
fn point_42_documents_counts_and_kept_containers() {
    let service = Service::shared();
    let api = &service.api;
    let sets: Vec<_> = api.get("").send().expect(200).json()["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|set| {
            assert_eq!(set["name"], set["url"]);
            set["name"].as_str().unwrap().to_owned()
        })
        .collect();
    let order = "AccessPolicies, Locators, ContentKeys, ContentKeyAuthorizationPolicyOptions, \
        ContentKeyAuthorizationPolicies, Files, Assets, AssetDeliveryPolicies, IngestManifestFiles, \
        IngestManifestAssets, IngestManifests, StorageAccounts, Tasks, NotificationEndPoints, Jobs, \
        TaskTemplates, JobTemplates, MediaProcessors, EncodingReservedUnitTypes, Operations, \
        StreamingEndpoints, Channels, Programs";
    let order: Vec<_> = order.split(", ").collect();
    assert_eq!(sets[..order.len()], order);
    let xml = api.get("").header("accept", ATOM).send().expect(200);
    let xml = xml.expect_header("content-type", "application/xml;charset=utf-8");
    let found = elements(xml.text());
    let hrefs: Vec<_> =
        found.iter().filter(|e| e.name == "collection").map(|e| e.get("href")).collect();
    assert_eq!(hrefs, sets);
    let verbose = api.get("").verbose().send().expect(200).json();
    assert_eq!(verbose["d"]["EntitySets"], json!(sets));
    let metadata = api.get("$metadata").header("accept", "application/xml").send().expect(200);
    let metadata = metadata.expect_header("content-type", "application/xml;charset=utf-8");
    let found = elements(metadata.text());
    assert!(
        found
            .iter()
            .any(|e| e.name == "EntityContainer" && e.get("Name") == "WindowsAzureMediaServices")
    );
    api.get("$metadata").send().expect(415);
    for path in
        ["Assets()/$count", "Assets/$count", "Files()/$count", "Files/$count?$filter=Name eq 'x'"]
    {
        let count = api.get(path).header("accept", "text/plain").send().expect(200);
        let count = count.expect_header("content-type", "text/plain;charset=utf-8");
        count.text().parse::<u64>().unwrap();
    }
    let kept = api.upload("kept.mp4", b"content");
    let path = format!("Assets('{}')", percent(&kept.asset));
    api.delete(&format!("{path}?keepcontainer=true")).send().expect(204);
    api.get(&path).send().expect(404);
    let gone = format!("Assets('{}')?keepcontainer=false", percent(&api.asset("gone")));
    api.delete(&gone).send().expect(204);
}

#[test]
fn point_45_the_headers_of_the_vendor_are_there() {
    let service = Service::shared();
    let api = &service.api;
    let asset = format!("Assets('{}')", percent(&api.asset("headers")));
    for (call, version) in [
        (api.get(&asset), "3.0;"),
        (api.get("Assets?$top=1"), "3.0;"),
        (api.post("Assets", "{}"), "3.0;"),
        (api.merge(&asset, r#"{"Name":"x"}"#), "1.0;"),
        (api.get("Nothing"), "3.0;"),
        (api.get("Nothing").header("accept", ATOM), "1.0;"),
        (api.get(&asset).header("accept", ATOM), "1.0;"),
    ] {
        let reply = call.send().expect_header("dataserviceversion", version);
        assert!(reply.header("server").starts_with("Microsoft-IIS/"), "{reply}");
        for (name, value) in [
            ("x-powered-by", "ASP.NET"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-cache"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
            ("access-control-expose-headers", "request-id, x-ms-request-id"),
        ] {
            assert_eq!(reply.header(name), value, "{name}: {reply}");
        }
    }
}
