//! Bodies that are made to hurt, or that stop half-way: in every format, and with nothing made.

use acceptance::{Connection, Service, elements};

const ATOM: &str = "application/atom+xml";

fn entry(properties: &str) -> String {
    format!(
        "<entry xmlns=\"http://www.w3.org/2005/Atom\" \
         xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\" \
         xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\">\
         <content type=\"application/xml\"><m:properties>{properties}</m:properties></content></entry>"
    )
}

#[test]
fn xml_that_is_made_to_hurt() {
    let service = Service::shared();
    let name = "xml that hurts";
    let good = entry(&format!("<d:Name>{name}</d:Name>"));
    let post = |body: String| {
        let call = service
            .api
            .call("POST", "Assets")
            .header("accept", "application/atom+xml,application/xml");
        call.header("content-type", ATOM).body(body).send()
    };
    let laughs: String = (1..10)
        .map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)))
        .collect();
    for body in [
        format!("<!DOCTYPE entry [<!ENTITY l0 \"ha\">{laughs}]>{}", good.replace(name, "&l9;")),
        format!(
            "<!DOCTYPE entry [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{}",
            good.replace(name, "&x;")
        ),
        format!("<!DOCTYPE entry SYSTEM \"http://127.0.0.1:1/x\">{good}"),
        good.replace(name, "&x;"),
        good.replace(name, "&#xFFFFFFFF;"),
        good.replace(name, "\u{0}"),
        good.replace("<d:Name>", &"<d:Name>".repeat(100_000)),
        "<a>".repeat(500_000),
        good.replace("<entry ", &format!("<entry {}", "a:b='' ".repeat(100_000))),
        good.replace("</entry>", ""),
        good[..good.len() / 2].to_owned(),
        good.replace("</d:Name>", "</d:Nome>"),
        good.replace("<entry", "<feed").replace("</entry", "</feed"),
        format!("{good}{good}"),
        good.replace("d:Name", "d:Nope"),
        String::new(),
        "{}".to_owned(),
    ] {
        let start: String = body.chars().take(100).collect();
        let reply = post(body).expect(400);
        let reply = reply.expect_header("content-type", "application/xml;charset=utf-8");
        let message = elements(reply.text()).pop().unwrap();
        assert!(message.name == "message" && message.text.len() > 10, "{start}: {reply}");
        assert!(!reply.text().contains("root:"), "{reply}");
    }
    let huge = good.replace(name, &"x".repeat(9 << 20));
    post(huge).expect(413).expect_header("content-type", "application/xml;charset=utf-8");
    let found = service.api.get(&format!("Assets?$filter=Name eq '{name}'")).send().expect(200);
    assert_eq!(found.feed().len(), 0, "nothing half-made");
    post(good).expect(201);
}

#[test]
fn a_body_that_stops_makes_nothing() {
    let service = Service::shared();
    let name = "a body that stops";
    for (content_type, body) in [
        ("application/json", format!("{{\"Name\":\"{name}\"}}")),
        (ATOM, entry(&format!("<d:Name>{name}</d:Name>"))),
    ] {
        let mut connection = Connection::open(&service.info.api);
        connection.send(
            format!(
                "POST /api/Assets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
                 x-ms-version: 2.19\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
                service.api.token,
                body.len() + 1
            )
            .as_bytes(),
        );
    }
    std::thread::sleep(std::time::Duration::from_millis(200));
    let found = service.api.get(&format!("Assets?$filter=Name eq '{name}'")).send().expect(200);
    assert_eq!(found.feed().len(), 0);
}

#[test]
fn headers_go_on_in_another_line_only_between_requests() {
    let service = Service::shared();
    let request = |body: &str, fold: &str| {
        format!(
            "POST /api/Assets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer\r\n {}\r\n\
             x-ms-version:{fold}2.19\r\nContent-Type: application/json;{fold}odata=verbose\r\n\
             Accept: application/json\r\nContent-Length:{fold}{}\r\n\r\n{body}",
            service.api.token,
            body.len()
        )
    };
    // What looks like a folded header in a body stays as it is; requests may follow at once.
    let body = "{\"Name\":\"a: b\\r\\n c\",\r\n \"Options\":\r\n 0}";
    let mut connection = Connection::open(&service.info.api);
    let both = format!("{}{}", request(body, "\r\n "), request(body, "\n\t"));
    connection.send(both.as_bytes());
    for _ in 0..2 {
        let reply = connection.reply();
        assert_eq!(reply.status, 201, "{reply:?}");
        let json: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(json["Name"], "a: b\r\n c");
    }
}

#[test]
fn a_post_below_an_entity_makes_what_belongs_to_it() {
    let service = Service::shared();
    let api = &service.api;
    let asset = api.asset("below");
    let path = format!("Assets('{}')", acceptance::percent(&asset));
    let file = api.post(&format!("{path}/Files"), r#"{"Name":"below.mp4"}"#).send().expect(201);
    assert_eq!(file.json()["ParentAssetId"], asset);
    assert!(file.header("location").contains("/api/Files('"), "{file}");
    api.post(&format!("{path}/Files"), r#"{"Name":"below.mp4"}"#).send().expect(409);
    // What cannot be linked is not made.
    let before = api.get("Assets?$filter=Name eq 'parent'").send().feed().len();
    api.post(&format!("{path}/ParentAssets"), r#"{"Name":"parent"}"#).send().expect(405);
    assert_eq!(api.get("Assets?$filter=Name eq 'parent'").send().feed().len(), before);
}
