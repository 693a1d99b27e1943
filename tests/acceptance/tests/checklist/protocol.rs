//! Points about the protocol: addresses, formats, verbs, batches.

mod payloads;
mod requests;

use acceptance::{
    Connection, ENCODER, RawReply, Service, batch_parts, elements, id_of, key, percent, task_body,
};
use serde_json::{Value as Json, json};

const ATOM: &str = "application/atom+xml,application/xml";
const TYPE: &str = "Microsoft.Cloud.Media.Vod.Rest.Data.Models";

/// A request to a path as it is written here, with a good token.
fn raw(service: &Service, method: &str, path: &str, more: &[(&str, &str)]) -> RawReply {
    let bearer = format!("Bearer {}", service.api.token);
    let mut headers = vec![("authorization", bearer.as_str()), ("x-ms-version", "2.19")];
    headers.extend(more);
    Connection::request(&service.info.api, method, path, &headers)
}

#[test]
fn point_01_a_token_is_honoured_on_every_call_and_none_is_401() {
    let service = Service::shared();
    let (api, info) = (&service.api, &service.info);
    let secret = percent(&info.client_secret);
    let aad = format!(
        "grant_type=client_credentials&client_id={}&client_secret={secret}&resource={}",
        info.client_id,
        percent("https://rest.media.azure.net")
    );
    let acs = format!(
        "grant_type=client_credentials&client_id={}&client_secret={secret} \
         &scope=urn%3aWindowsAzureMediaServices",
        info.client_id
    );
    let acs_url = format!("{}/v2/OAuth2-13", info.streaming);
    for (url, form) in [(&info.token, &aad), (&acs_url, &acs)] {
        let token = api.form(url, form).send().expect(200).json();
        assert!(token["expires_in"].as_str().is_some_and(|s| s.parse::<u32>().is_ok()), "{token}");
        let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
        api.get("Assets").header("authorization", &bearer).send().expect(200);
        api.post("Assets", "{}").header("authorization", &bearer).send().expect(201);
        api.form(url, &form.replace(&secret, "wrong")).send().expect(401);
    }
    for path in ["", "$metadata", "Assets", "Nothing", "Assets('x", "$batch", "CancelJob"] {
        for bad in ["", "Bearer ", "Bearer x", "Basic x"] {
            let reply = api.get(path).header("authorization", bad).send().expect(401);
            assert!(!acceptance::error_message(&reply).is_empty(), "{reply}");
        }
        api.get(path).without("authorization").send().expect(401);
    }
}

#[test]
fn point_02_the_base_answers_and_every_path_below_it_in_any_case() {
    let service = Service::shared();
    let reply = service.api.get("").send().expect(200);
    assert!(reply.json()["value"].as_array().unwrap().len() > 20, "{reply}");
    let id = service.api.asset("base");
    for path in ["/api/", "/API/", "/Api", "//api//"] {
        assert_eq!(raw(service, "GET", path, &[]).status, 200, "{path}");
        let path = format!("{}/Assets('{id}')", path.trim_end_matches('/'));
        assert_eq!(raw(service, "GET", &path, &[]).status, 200, "{path}");
    }
    // Under the name of the old host there is only the way to the API.
    let old = [("host", "media.windows.net"), ("authorization", "")];
    let bearer = format!("Bearer {}", service.api.token);
    for path in ["/", "/API/", "/api/Assets"] {
        let headers = [old[0], ("authorization", bearer.as_str()), ("x-ms-version", "2.19")];
        let mut connection = Connection::open(&service.info.api);
        let lines: String = headers.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
        connection.send(format!("GET {path} HTTP/1.1\r\n{lines}\r\n").as_bytes());
        let reply = connection.reply();
        assert_eq!(reply.status, 301, "{path}: {reply:?}");
        let location = format!("location: {}", service.info.api.to_ascii_lowercase());
        assert!(reply.headers.lines().any(|line| line.trim() == location), "{reply:?}");
    }
}

#[test]
fn point_03_an_asset_is_made_with_its_options_as_a_text() {
    let service = Service::shared();
    let body = r#"{"Name":"BigBuckBunny.mp4","Options":"0"}"#;
    let reply = service.api.post("Assets", body).send().expect(201);
    let asset = reply.json();
    let id = id_of(&asset);
    assert!(id.starts_with("nb:cid:UUID:"), "{asset}");
    let location = format!("{}Assets('{}')", service.info.api, percent(&id));
    assert_eq!(reply.header("location"), location);
    assert_eq!(asset["odata.metadata"], format!("{}$metadata#Assets/@Element", service.info.api));
    let guid = id.rsplit(':').next().unwrap();
    assert_eq!(asset["Uri"], format!("{}/asset-{guid}", service.info.blob));
    assert_eq!((&asset["State"], &asset["Options"]), (&json!(0), &json!(0)));
    // The container is there: it can be listed at once.
    let sas = service.api.sas(&id, 9);
    let access = sas["ContentAccessComponent"].as_str().unwrap();
    let list = format!("{}{access}&restype=container&comp=list", asset["Uri"].as_str().unwrap());
    service.api.plain("GET", &list).send().expect(200);
}

#[test]
fn point_04_accept_switches_the_format() {
    let service = Service::shared();
    let asset = format!("Assets('{}')", percent(&service.api.asset("accept")));
    let minimal = "application/json;odata=minimalmetadata;streaming=true;charset=utf-8";
    let none = "application/json;odata=nometadata;streaming=true;charset=utf-8";
    let full = "application/json;odata=fullmetadata;streaming=true;charset=utf-8";
    let verbose = "application/json;odata=verbose;charset=utf-8";
    let (entry, feed) = (
        "application/atom+xml;type=entry;charset=utf-8",
        "application/atom+xml;type=feed;charset=utf-8",
    );
    let xml = "application/xml;charset=utf-8";
    let state = format!("{asset}/State");
    let links = format!("{asset}/$links/Files");
    for (accept, of_entity, of_set, of_value) in [
        (Some("application/json"), minimal, minimal, minimal),
        (Some("application/json;odata=minimalmetadata;streaming=true"), minimal, minimal, minimal),
        (Some("application/json, text/plain, */*"), minimal, minimal, minimal),
        (Some("application/json;odata=nometadata"), none, none, none),
        (Some("application/json;odata=fullmetadata"), full, full, full),
        (Some("application/json; odata=verbose"), verbose, verbose, verbose),
        (Some(ATOM), entry, feed, xml),
        (Some("*/*"), entry, feed, xml),
        (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), entry, feed, xml),
        (None, entry, feed, xml),
    ] {
        for (path, expected) in [
            (&asset, of_entity),
            (&"Assets?$top=1".to_owned(), of_set),
            (&state, of_value),
            (&links, of_value),
        ] {
            let call = service.api.get(path);
            let call = match accept {
                Some(accept) => call.header("accept", accept),
                None => call.without("accept"),
            };
            call.send().expect(200).expect_header("content-type", expected);
        }
    }
    for accept in ["application/json;odata=light", "application/xml", "text/html"] {
        let reply = service.api.get(&asset).header("accept", accept).send().expect(415);
        assert!(reply.text().contains("Unsupported media type requested."), "{reply}");
    }
    let count = service.api.get("Assets/$count").send().expect(415);
    assert!(!acceptance::error_message(&count).is_empty());
}

#[test]
fn point_05_verbose_json_wraps_and_links() {
    let service = Service::shared();
    let id = service.api.asset("verbose");
    let path = format!("Assets('{}')", percent(&id));
    let uri = format!("{}{path}", service.info.api);
    let asset = service.api.get(&path).verbose().send().expect(200).json()["d"].clone();
    assert_eq!(asset["__metadata"]["uri"], uri);
    assert_eq!(asset["__metadata"]["id"], uri);
    assert_eq!(asset["__metadata"]["type"], format!("{TYPE}.Asset"));
    for navigation in ["Files", "Locators", "ContentKeys", "ParentAssets", "DeliveryPolicies"] {
        let deferred = json!({ "__deferred": { "uri": format!("{uri}/{navigation}") } });
        assert_eq!(asset[navigation], deferred);
    }
    let query = format!("Assets?$filter=Id eq '{}'&$top=1", percent(&id));
    for path in ["Assets?$top=1", "Assets", query.as_str(), "Assets?$top=0"] {
        let feed = service.api.get(path).verbose().send().expect(200).json();
        assert!(feed["d"]["results"].is_array(), "{path}: {feed}");
    }
}

#[test]
fn point_06_atom_has_categories_links_and_typed_properties() {
    let service = Service::shared();
    let id = service.api.asset("größe <&>");
    let path = format!("Assets('{}')", percent(&id));
    let reply = service.api.get(&path).header("accept", ATOM).send().expect(200);
    let reply = reply.expect_header("dataserviceversion", "1.0;");
    let found = elements(reply.text());
    let text = |name: &str| found.iter().find(|e| e.name == name).unwrap().text.clone();
    assert_eq!(text("id"), format!("{}{path}", service.info.api));
    assert_eq!(text("Id"), id);
    let element = |name: &str| found.iter().find(|e| e.name == name).unwrap();
    assert_eq!(element("category").get("term"), format!("{TYPE}.Asset"));
    let links: Vec<_> = found.iter().filter(|e| e.name == "link").collect();
    assert_eq!((links[0].get("rel"), links[0].get("href")), ("edit", path.as_str()));
    let related = "http://schemas.microsoft.com/ado/2007/08/dataservices/related/Files";
    let files = links.iter().find(|e| e.get("rel") == related).unwrap();
    assert_eq!(files.get("href"), format!("{path}/Files"));
    assert_eq!(files.get("type"), "application/atom+xml;type=feed");
    for part in [
        r#"<d:State m:type="Edm.Int32">0</d:State>"#,
        r#"<d:AlternateId m:null="true" />"#,
        "<d:Name>größe &lt;&amp;&gt;</d:Name>",
        r#"<d:Created m:type="Edm.DateTime">20"#,
    ] {
        assert!(reply.text().contains(part), "{part}: {reply}");
    }
    let filter = format!("Assets?$filter=Id eq '{}'&$top=1", percent(&id));
    let feed = service.api.get(&filter).header("accept", ATOM).send().expect(200);
    let feed = feed.expect_header("dataserviceversion", "2.0;");
    let found = elements(feed.text());
    assert_eq!(found[0].name, "feed");
    assert_eq!(found.iter().filter(|e| e.name == "entry").count(), 1, "{feed}");
    let none = service.api.get("Assets?$filter=Name eq 'nobody'").header("accept", ATOM).send();
    assert!(elements(none.expect(200).text()).iter().all(|e| e.name != "entry"));
    let state = service.api.get(&format!("{path}/State")).header("accept", ATOM).send().expect(200);
    assert!(state.text().contains(r#"m:type="Edm.Int32">0</d:State>"#), "{state}");
    service
        .api
        .get("Jobs")
        .header("accept", ATOM)
        .send()
        .expect_header("dataserviceversion", "3.0;");
}

#[test]
fn point_07_a_job_is_made_in_verbose_json_with_its_tasks_inside() {
    let service = Service::shared();
    let asset = service.api.upload("job.mp4", b"not a video").asset;
    let body = json!({
        "Name": "NewTestJob",
        "InputMediaAssets": [{ "__metadata": { "uri": service.api.uri("Assets", &asset) } }],
        "Tasks": [{
            "Configuration": "Adaptive Streaming",
            "MediaProcessorId": ENCODER,
            "TaskBody": task_body("JobInputAsset(0)", "JobOutputAsset(0)"),
        }],
    });
    let reply = service.api.post("Jobs", body).verbose().send().expect(201);
    let reply = reply.expect_header("dataserviceversion", "3.0;");
    let job = reply.json()["d"].clone();
    let uri = format!("{}{}", service.info.api, key("Jobs", &job));
    assert_eq!(reply.header("location"), uri);
    assert_eq!(job["__metadata"]["uri"], uri);
    assert_eq!((&job["State"], &job["Priority"]), (&json!(0), &json!(0)));
    assert_eq!((&job["EndTime"], &job["Name"]), (&Json::Null, &json!("NewTestJob")));
    assert_eq!(job["Tasks"], json!({ "__deferred": { "uri": format!("{uri}/Tasks") } }));
    assert_eq!(job["JobNotificationSubscriptions"]["results"], json!([]));
    assert_eq!(service.api.tasks(&id_of(&job)).len(), 1);
}

/// A part of a batch as the PHP SDK sends it: Atom, bare line feeds, the id inside.
fn php_part(url: &str, id: u32, links: &str, properties: &str) -> String {
    format!(
        "--changeset_1\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\n\
         POST {url} HTTP/1.1\ncontent-id: {id}\ncontent-type: application/atom+xml\n\
         accept: application/atom+xml,application/xml\ndataserviceversion: 3.0;NetFx\n\
         maxdataserviceversion: 3.0;NetFx\nexpect: \n\n\
         <?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n\
         <atom:entry xmlns:atom=\"http://www.w3.org/2005/Atom\" \
         xmlns:data=\"http://schemas.microsoft.com/ado/2007/08/dataservices\" \
         xmlns:meta=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\">{links}\
         <atom:content type=\"application/xml\"><meta:properties>{properties}\
         </meta:properties></atom:content></atom:entry>\n"
    )
}

#[test]
fn point_08_batch_creates_a_job_with_its_tasks() {
    let service = Service::shared();
    let asset = service.api.upload("batch.mp4", b"not a video").asset;
    let link = format!(
        "<atom:link rel=\"http://schemas.microsoft.com/ado/2007/08/dataservices/related/\
         InputMediaAssets\" type=\"application/atom+xml;type=feed\" title=\"InputAssets\" \
         href=\"https://media.windows.net/api//Assets('{asset}')\"/>"
    );
    let task_body = task_body("JobInputAsset(0)", "JobOutputAsset(0)")
        .replace("utf-8", "utf-16")
        .replace('<', "&lt;");
    let task = format!(
        "<data:Configuration>H264 Multiple Bitrate 720p</data:Configuration>\
         <data:MediaProcessorId>{ENCODER}</data:MediaProcessorId>\
         <data:TaskBody>{task_body}</data:TaskBody>"
    );
    let job = "<data:Name>batch job</data:Name><data:Priority>1</data:Priority>";
    let body = format!(
        "--batch_1\nContent-Type: multipart/mixed;\n boundary=\"changeset_1\"\n\n{}{}\
         --changeset_1--\n--batch_1--",
        php_part("https://media.windows.net/api//Jobs", 1, &link, job),
        php_part("https://media.windows.net/api//$1/Tasks", 2, "", &task),
    );
    // The content type is folded, and `expect` is empty: no HTTP library sends that any more.
    let head = format!(
        "POST /api/$batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         x-ms-version: 2.17\r\nexpect:\r\ncontent-type: multipart/mixed;\r\n \
         boundary=\"batch_1\"\r\nAccept: multipart/mixed\r\ndataserviceversion: 1.0\r\n\
         Content-Length: {}\r\n\r\n",
        service.api.token,
        body.len()
    );
    let mut connection = Connection::open(&service.info.api);
    for _ in 0..2 {
        connection.send(head.as_bytes());
        connection.send(body.as_bytes());
        let reply = connection.reply();
        assert_eq!(reply.status, 202, "{reply:?}");
        let text = String::from_utf8(reply.body).unwrap();
        assert_eq!(text.matches("HTTP/1.1 201 Created\r\n").count(), 2, "{text}");
        assert!(text.starts_with("--batchresponse_"), "{text}");
        let (jobs, tasks) = (text.find("Content-ID: 1"), text.find("Content-ID: 2"));
        assert!(jobs.is_some() && jobs < tasks, "{text}");
        assert!(text.contains("application/atom+xml;type=entry;charset=utf-8"), "{text}");
        assert!(text.contains("0001-01-01T00:00:00</d:Created>"), "{text}");
        let id = text.split("<d:Id>").nth(1).unwrap().split('<').next().unwrap();
        assert_eq!(service.api.tasks(id).len(), 1);
        assert_eq!(service.api.outputs(id).len(), 1);
    }
    // What fails is one part with one error, and nothing is made.
    let count = || {
        let reply = service.api.get("Jobs/$count").header("accept", "*/*").send();
        reply.expect(200).text().to_owned()
    };
    let before = count();
    let broken = body.replace("JobInputAsset(0)", "JobInputAsset(3)");
    let call = service.api.call("POST", "$batch").header("accept", "multipart/mixed");
    let call = call.header("content-type", "multipart/mixed; boundary=\"batch_1\"").body(broken);
    let parts = batch_parts(&call.send());
    assert_eq!((parts.len(), parts[0].status), (1, 400), "{parts:?}");
    assert!(parts[0].body.contains("<m:error"), "{parts:?}");
    assert_eq!(count(), before);
}

#[test]
fn point_13_every_verb_of_update_is_204() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("verbs");
    let file = format!("Files('{}')", percent(&api.file(&asset, "verbs.mp4")));
    let read = || api.get(&file).send().expect(200).json()["ContentFileSize"].clone();
    for (size, verb, tunnel) in [
        ("1", "MERGE", None),
        ("2", "PATCH", None),
        ("3", "PUT", None),
        ("4", "POST", Some(("X-HTTP-Method", "MERGE"))),
        ("5", "POST", Some(("X-HTTP-METHOD", "merge"))),
        ("6", "POST", Some(("x-http-method", "Patch"))),
    ] {
        let body = json!({ "ContentFileSize": size }).to_string();
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(tunnel);
        let bearer = format!("Bearer {}", api.token);
        let lines: String = headers.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
        let mut connection = Connection::open(&service.info.api);
        connection.send(
            format!(
                "{verb} /api/{file} HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\n\
                 x-ms-version: 2.19\r\n{lines}Content-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        );
        let reply = connection.reply();
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{verb}: {reply:?}");
        assert!(reply.headers.contains("dataserviceversion: 1.0;"), "{reply:?}");
        assert_eq!(read(), size, "{verb}");
    }
    for body in [r#"{"ContentFileSize":"x"}"#, r#"{"Nope":1}"#, "{", ""] {
        api.merge(&file, body).send().expect(400);
    }
    assert_eq!(read(), "6", "nothing half-changed");
    // Who is answered nothing may accept anything.
    let call = api.merge(&file, r#"{"ContentFileSize":"7"}"#).header("accept", "text/html");
    call.send().expect(204);
    let java = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";
    api.delete(&file).header("accept", java).send().expect(204);
}

#[test]
fn point_14_access_policies_take_numbers_as_texts_and_need_a_duration() {
    let service = Service::shared();
    let body = r#"{"Name":"NewUploadPolicy","DurationInMinutes":"440","Permissions":"2"}"#;
    let light = service.api.post("AccessPolicies", body).send().expect(201);
    assert!(light.text().contains(r#""DurationInMinutes":440.0,"Permissions":2"#), "{light}");
    assert!(id_of(&light.json()).starts_with("nb:pid:UUID:"));
    let verbose = service.api.post("AccessPolicies", body).verbose().send().expect(201);
    assert!(verbose.text().contains(r#""DurationInMinutes":440,"#), "{verbose}");
    let missing = r#"{"Name":"x","Permissions":"2"}"#;
    service.api.post("AccessPolicies", missing).send().expect(500);
}

#[test]
fn point_21_a_key_may_be_written_in_many_ways() {
    let service = Service::shared();
    let id = service.api.asset("keys");
    let coded = percent(&id);
    for path in [
        format!("Assets('{id}')"),
        format!("Assets('{coded}')"),
        format!("Assets('{}')", coded.replace("%3A", "%3a")),
        format!("Assets%28%27{coded}%27%29"),
        format!("Assets%28'{coded}'%29"),
        format!("%2FAssets%28%27{coded}%27%29"),
        format!("Assets(%27{id}%27)"),
        format!("Assets(Id='{id}')"),
        format!("/Assets('{id}')/"),
    ] {
        let path = format!("/api/{path}");
        let reply = raw(service, "GET", &path, &[("accept", "application/json;odata=verbose")]);
        assert_eq!(reply.status, 200, "{path}");
        let json: Json = serde_json::from_slice(&reply.body).unwrap();
        let uri = format!("{}Assets('{coded}')", service.info.api);
        assert_eq!(json["d"]["__metadata"]["uri"], uri, "{path}");
    }
    for path in ["Assets()", "Assets()/$count", "Assets()/", "MediaProcessors()"] {
        assert_eq!(raw(service, "GET", &format!("/api/{path}"), &[]).status, 200, "{path}");
    }
    for path in [format!("Assets('{id}')/Files()"), format!("Assets%28'{coded}'%29/Locators()")] {
        assert_eq!(raw(service, "GET", &format!("/api/{path}"), &[]).status, 200, "{path}");
    }
}

#[test]
fn point_22_the_ids_of_requests_come_back() {
    let service = Service::shared();
    let name = "x-ms-client-request-id";
    for (path, status) in [("Assets?$top=1", 200), ("Nothing", 404), ("Assets('x')", 400)] {
        let reply = service.api.get(path).header(name, "my own id").send().expect(status);
        let reply = reply.expect_header(name, "my own id");
        let id = reply.header("request-id").to_owned();
        assert_eq!(id.len(), 36, "{reply}");
        reply.expect_header("x-ms-request-id", &id);
    }
    let long = "x".repeat(3000);
    let reply = service.api.get("Assets?$top=1").header(name, &long).send().expect(200);
    assert_eq!(reply.header(name), "", "longer than what the service repeats");
}
