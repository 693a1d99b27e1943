//! What clients in other languages send, word for word where it is odd, and what each of them
//! checks in the answers.

#![allow(clippy::unwrap_used)]

use acceptance::{Call, Service, id_of, new_id, percent};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const ATOM: &str = "application/atom+xml";

/// Headers that a client sends with every request, in place of those of the article.
fn speak(call: Call, service: &str, protocol: &str, accept: &str) -> Call {
    call.header("x-ms-version", service)
        .header("dataserviceversion", protocol)
        .header("accept", accept)
}

fn encoded(id: &str) -> String {
    id.replace(':', "%3A")
}

/// The text of an element, whatever its prefix.
fn element<'x>(xml: &'x str, name: &str) -> &'x str {
    let start = xml.find(&format!(":{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    let rest = &xml[start + name.len() + 2..];
    &rest[..rest.find('<').unwrap()]
}

#[test]
fn java() {
    let api = &Service::shared().api;
    let call = |method: &str, path: &str| {
        speak(api.call(method, path), "2.11", "3.0", "application/atom+xml,application/xml")
    };
    // JAXB picks prefixes of its own, and gives no types.
    let entry = |properties: &str| {
        format!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><ns2:entry xmlns:ns2="http://www.w3.org/2005/Atom" xmlns:ns3="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" xmlns:ns4="http://schemas.microsoft.com/ado/2007/08/dataservices"><ns2:content type="application/xml"><ns3:properties>{properties}</ns3:properties></ns2:content></ns2:entry>"#
        )
    };
    let body = entry("<ns4:Name>java asset</ns4:Name><ns4:Options>0</ns4:Options>");
    let made = call("POST", "/Assets").header("content-type", ATOM).body(body).send().expect(201);
    assert_eq!(made.header("content-type"), "application/atom+xml;type=entry;charset=utf-8");
    let id = element(made.text(), "Id").to_owned();
    // The verb is in a header.
    let renamed = call("POST", &format!("/Assets('{id}')"))
        .header("content-type", ATOM)
        .header("x-http-method", "MERGE")
        .body(entry("<ns4:Name>java renamed</ns4:Name>"));
    renamed.send().expect(204);
    let found = call("GET", "/Assets?$filter=Name+eq+'java+renamed'").send().expect(200);
    assert!(found.text().contains(&id), "{found}");
    // Its tests tell malformed from unknown, of each verb.
    for method in ["GET", "DELETE"] {
        call(method, "/Assets('notAValidId')").send().expect(400);
        call(method, &format!("/Assets('{}')", new_id("cid"))).send().expect(404);
    }
    // What HttpURLConnection accepts if nobody says otherwise.
    let accept = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";
    let delete = call("DELETE", &format!("/Assets('{id}')")).header("accept", accept);
    delete.send().expect(204);
}

#[test]
fn go() {
    let service = Service::shared();
    let (api, info) = (&service.api, &service.info);
    // golang.org/x/oauth2: both are percent-encoded before they are one.
    let credentials = format!("{}:{}", percent(&info.client_id), percent(&info.client_secret));
    let form = "grant_type=client_credentials&resource=https%3A%2F%2Frest.media.azure.net";
    let basic = format!("Basic {}", STANDARD.encode(credentials));
    let token = api.form(&info.token, form).header("authorization", &basic).send().expect(200);
    let token = token.json()["access_token"].as_str().unwrap().to_owned();
    let call = |method: &str, path: &str| {
        speak(api.call(method, path), "2.15", "3.0", "application/json")
            .header("authorization", &format!("Bearer {token}"))
    };
    let asset = call("POST", "Assets").json(r#"{"Name":"go"}"#).send().expect(201).json();
    let body = format!(r#"{{"Name":"go.mp4","ParentAssetId":"{}"}}"#, id_of(&asset));
    let mut file = call("POST", "Files").json(body).send().expect(201).json();
    assert_eq!(file["ContentFileSize"], "0", "decoded into a text");
    // All that was read goes back.
    file["ContentFileSize"] = "1234".into();
    let path = format!("Files('{}')", encoded(&id_of(&file)));
    assert_eq!(call("MERGE", &path).json(&file).send().expect(204).body, b"");
    assert_eq!(call("GET", &path).send().expect(200).json()["ContentFileSize"], "1234");
    call("DELETE", &format!("Assets('{}')", encoded(&id_of(&asset)))).send().expect(204);
}

#[test]
fn ruby() {
    let service = Service::shared();
    let api = &service.api;
    let verbose = "application/json;odata=verbose";
    let call = |method: &str, path: &str| {
        speak(api.call(method, path), "2.9", "3.0", verbose).header("content-type", verbose)
    };
    let made = call("POST", "Assets").body(r#"{"Name":"ruby"}"#).send().expect(201).json();
    let asset = &made["d"];
    // Parentheses and colons are encoded, quotes are not.
    let path = format!("Assets%28'{}'%29", encoded(&id_of(asset)));
    assert_eq!(call("GET", &path).send().expect(200).json()["d"]["Name"], "ruby");
    // Exactly this is taken off a URL, and the rest asked for.
    let files = asset["Files"]["__deferred"]["uri"].as_str().unwrap();
    let (_, files) = files.split_once("/api/").unwrap();
    let found = call("GET", &files.replace('(', "%28").replace(')', "%29")).send().expect(200);
    assert!(found.json()["d"]["results"].as_array().unwrap().is_empty(), "{found}");
    let first = call("GET", "MediaProcessors?$top=1").send().expect(200).json();
    assert_eq!(first["d"]["results"].as_array().unwrap().len(), 1);
    let gone = call("GET", &format!("Jobs%28'{}'%29", encoded(&new_id("jid")))).send();
    assert!(gone.expect(404).json()["error"]["message"]["value"].is_string());
    call("DELETE", &path).send().expect(204);
}

#[test]
fn dot_net() {
    let service = Service::shared();
    let api = &service.api;
    let call = |method: &str, path: &str| {
        speak(api.call(method, path), "2.19", "3.0;NetFx", "application/atom+xml,application/xml")
            .header("accept-charset", "UTF-8")
    };
    // Where the API is: 200 keeps the URL.
    call("GET", "").header("accept", "*/*").send().expect(200);
    // Every property goes along, also what only the service sets.
    let entry = r#"<?xml version="1.0" encoding="utf-8"?><entry xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><category scheme="http://schemas.microsoft.com/ado/2007/08/dataservices/scheme" term="Microsoft.Cloud.Media.Vod.Rest.Data.Models.Asset" /><id /><title /><updated>2026-11-22T00:00:00Z</updated><author><name /></author><content type="application/xml"><m:properties><d:AlternateId m:null="true" /><d:Created m:type="Edm.DateTime">0001-01-01T00:00:00</d:Created><d:FormatOption m:type="Edm.Int32">0</d:FormatOption><d:Id m:null="true" /><d:LastModified m:type="Edm.DateTime">0001-01-01T00:00:00</d:LastModified><d:Name>net</d:Name><d:Options m:type="Edm.Int32">0</d:Options><d:State m:type="Edm.Int32">0</d:State><d:StorageAccountName m:null="true" /><d:Uri m:null="true" /></m:properties></content></entry>"#;
    let made = call("POST", "Assets").header("content-type", ATOM).body(entry).send().expect(201);
    let id = element(made.text(), "Id").to_owned();
    assert!(id.starts_with("nb:cid:UUID:"), "{made}");
    // A read is a query, and what is not there an empty feed.
    let query = |id: &str| format!("Assets()?$filter=Id%20eq%20'{}'&$top=2", encoded(id));
    let entries = |id: &str| {
        let reply = call("GET", &query(id)).send().expect(200);
        reply.text().matches("<entry").count()
    };
    assert_eq!((entries(&id), entries(&new_id("cid"))), (1, 0));
    let path = format!("Assets('{}')?keepcontainer=false", encoded(&id));
    call("DELETE", &path).send().expect(204);
    assert_eq!(entries(&id), 0);
}
