//! Connect, asset, file, policy, SAS locator, blob, MERGE, and away with the locator.

use acceptance::{Api, Service, ago, blob_url, id_of, key, percent, poll};
use serde_json::{Value as Json, json};

use super::NAME;
use super::answers::{check_headers, created, is_time, light, members, no_content, verbose};

pub(super) fn start_endpoint(api: &Api) {
    let endpoints = light(api.get("StreamingEndpoints").send(), 200)["value"].clone();
    let [endpoint] = endpoints.as_array().unwrap().as_slice() else { panic!("{endpoints}") };
    assert_eq!(endpoint["Name"], "default");
    assert_eq!(endpoint["State"], "Stopped");
    assert_eq!(endpoint["StreamingEndpointVersion"], "2.0");
    assert!(id_of(endpoint).starts_with("nb:oid:UUID:"));
    let path = key("StreamingEndpoints", endpoint);
    let accepted = api.call("POST", &format!("{path}/Start")).send().expect(202);
    check_headers(&accepted, "1.0;");
    assert!(accepted.body.is_empty());
    let operation = api.get(&format!("Operations('{}')", accepted.header("operation-id")));
    let operation = light(operation.send(), 200);
    assert_eq!(
        members(&operation)[1..],
        ["Id", "State", "TargetEntityId", "ErrorCode", "ErrorMessage"]
    );
    assert_eq!(operation["TargetEntityId"], endpoint["Id"]);
    poll(api, &accepted);
    let now = light(api.get(&path).send(), 200);
    assert_eq!(now["State"], "Running");
    // Start is for endpoints that are stopped.
    api.call("POST", &format!("{path}/Start")).send().expect(400);
}

pub(super) fn create_asset(service: &Service) -> Json {
    const REQUEST: &str = "c59de965-bc89-4295-9a57-75d897e5221e";
    let call = service.api.post("Assets", r#"{"Name":"BigBuckBunny.mp4", "Options":"0"}"#);
    let reply = call.header("x-ms-client-request-id", REQUEST).send();
    assert_eq!(reply.header("x-ms-client-request-id"), REQUEST);
    let asset = light(reply, 201);
    let expected = [
        "odata.metadata",
        "Id",
        "State",
        "Created",
        "LastModified",
        "AlternateId",
        "Name",
        "Options",
        "FormatOption",
        "Uri",
        "StorageAccountName",
    ];
    assert_eq!(members(&asset), expected);
    assert_eq!(asset["State"], 0);
    assert_eq!(asset["Options"], 0);
    assert_eq!(asset["AlternateId"], Json::Null);
    assert_eq!(asset["Name"], NAME);
    assert!(is_time(&asset["Created"], 7..=7, "Z"), "{asset}");
    assert!(is_time(&asset["LastModified"], 7..=7, "Z"), "{asset}");
    let uuid = id_of(&asset).replace("nb:cid:UUID:", "");
    assert_eq!(asset["Uri"], format!("{}/asset-{uuid}", service.info.blob));

    // Later reads have milliseconds and no zone; verbose ones, their number.
    let path = key("Assets", &asset);
    let read = light(service.api.get(&path).send(), 200);
    assert_eq!(members(&read), expected);
    assert!(is_time(&read["Created"], 0..=3, ""), "{read}");
    let read = verbose(service.api.get(&path).verbose().send(), 200, "1.0;");
    let date = read["Created"].as_str().unwrap();
    let millis = date.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/"));
    assert!(millis.unwrap().parse::<u64>().unwrap() > 1_700_000_000_000, "{date}");
    let text = service.api.get(&path).verbose().send().text().to_owned();
    assert!(text.contains(r#""Created":"\/Date("#), "slashes are escaped: {text}");
    let uri = format!("{}{}", service.info.api, path);
    assert_eq!(read["__metadata"]["uri"], uri);
    assert_eq!(read["__metadata"]["id"], uri);
    assert_eq!(read["__metadata"]["type"], "Microsoft.Cloud.Media.Vod.Rest.Data.Models.Asset");
    assert_eq!(read["Files"]["__deferred"]["uri"], format!("{uri}/Files"));
    asset
}

pub(super) fn create_file(service: &Service, asset: &Json) -> Json {
    let body = json!({
        "IsEncrypted": "false", "IsPrimary": "false", "MimeType": "video/mp4", "Name": NAME,
        "ParentAssetId": asset["Id"],
    });
    let file = created(service, service.api.post("Files", body), "Files", "nb:cid:UUID:");
    assert_eq!(file["ContentFileSize"], "0", "an Int64 is a text");
    assert_eq!(file["IsEncrypted"], false);
    assert_eq!(file["IsPrimary"], false);
    assert_eq!(file["ParentAssetId"], asset["Id"]);
    assert_eq!(file["MimeType"], "video/mp4");
    for unset in ["EncryptionVersion", "EncryptionScheme", "EncryptionKeyId", "ContentChecksum"] {
        assert_eq!(file[unset], Json::Null, "{unset}");
    }
    file
}

pub(super) fn upload(service: &Service, asset: &Json, content: &[u8]) {
    let api = &service.api;
    let body = r#"{"Name":"NewUploadPolicy", "DurationInMinutes":"440", "Permissions":"2"}"#;
    let reply = api.post("AccessPolicies", body).send();
    assert!(reply.text().contains(r#""DurationInMinutes":440.0,"Permissions":2"#), "{reply}");
    let policy = light(reply, 201);
    assert_eq!(policy["Name"], "NewUploadPolicy");
    assert!(id_of(&policy).starts_with("nb:pid:UUID:"));
    let path = key("AccessPolicies", &policy);
    let text = api.get(&path).verbose().send().text().to_owned();
    assert!(text.contains(r#""DurationInMinutes":440,"#), "verbose has no .0: {text}");

    let start = ago(5);
    let body = json!({
        "AccessPolicyId": policy["Id"], "AssetId": asset["Id"], "StartTime": start, "Type": 1,
    });
    let locator = created(service, api.post("Locators", body), "Locators", "nb:lid:UUID:");
    check_sas(service, &locator, asset, &start);
    let put = api.plain("PUT", &blob_url(&locator, NAME)).header("x-ms-blob-type", "BlockBlob");
    let put = put.header("content-type", "application/octet-stream").body(content).send();
    let put = put.expect(201);
    assert!(put.header("etag").starts_with('"') && put.body.is_empty(), "{put}");
    for name in ["last-modified", "content-md5", "x-ms-request-id", "x-ms-version"] {
        assert!(!put.header(name).is_empty(), "no {name}\n{put}");
    }
    no_content(api.delete(&key("Locators", &locator)).send());
    no_content(api.delete(&path).send());
    api.get(&path).send().expect(404);
}

#[track_caller]
pub(super) fn check_sas(service: &Service, locator: &Json, asset: &Json, start: &str) {
    let text = |name: &str| locator[name].as_str().unwrap().to_owned();
    assert_eq!(text("BaseUri"), asset["Uri"].as_str().unwrap());
    assert_eq!(text("Path"), text("BaseUri") + &text("ContentAccessComponent"));
    assert!(text("BaseUri").starts_with(&service.info.blob));
    let access = text("ContentAccessComponent");
    let uuid = text("Id").replace("nb:lid:UUID:", "");
    assert!(access.starts_with("?sv=2012-02-12&sr=c&"), "{access}");
    for part in [format!("si={uuid}"), "sig=".to_owned(), format!("st={}", percent(start))] {
        assert!(access.contains(&part), "{part} in {access}");
    }
    let starts: jiff::Timestamp = start.parse().unwrap();
    let ends = starts + jiff::SignedDuration::from_mins(440);
    let ends = ends.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    assert!(text("ExpirationDateTime").starts_with(&ends), "{locator}");
    assert!(access.contains(&percent(&ends)), "{access}");
}

pub(super) fn update_file(api: &Api, file: &Json, asset: &Json, size: usize) {
    let path = key("Files", file);
    let body = json!({
        "ContentFileSize": size.to_string(), "Id": file["Id"], "MimeType": "video/mp4",
        "Name": NAME, "ParentAssetId": asset["Id"],
    });
    no_content(api.merge(&path, &body).send());
    let read = light(api.get(&path).send(), 200);
    assert_eq!(read["ContentFileSize"], size.to_string());
    let files = light(api.get(&format!("{}/Files", key("Assets", asset))).send(), 200);
    assert_eq!(files["value"].as_array().unwrap().len(), 1);
}
