//! The token endpoint in both of its forms, and the check of tokens and versions on every call.

#![allow(clippy::unwrap_used)]

use acceptance::{Reply, Service, error_message, percent};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value as Json;

fn acs_url(service: &Service) -> String {
    format!("{}/v2/OAuth2-13", service.info.streaming)
}

/// Whether the API takes a token.
fn is_taken(service: &Service, token: &str) -> bool {
    let call = service.api.get("Assets").header("authorization", &format!("Bearer {token}"));
    match call.send().status {
        200 => true,
        401 => false,
        status => panic!("{status}"),
    }
}

fn access_token(reply: &Reply) -> String {
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn azure_ad_form() {
    let service = Service::shared();
    let info = &service.info;
    assert!(info.token.ends_with("/oauth2/token"), "{}", info.token);
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&resource={}&scope=openid",
        percent(&info.client_id),
        percent(&info.client_secret),
        percent("https://rest.media.azure.net"),
    );
    // Any tenant will do.
    for tenant in ["tenant", "contoso.onmicrosoft.com", "72f988bf-86f1-41af-91ab-2d7cd011db47"] {
        let url = format!("{}/{tenant}/oauth2/token", info.streaming);
        let reply = service.api.form(&url, &form).send().expect(200);
        let reply = reply.expect_header("content-type", "application/json; charset=utf-8");
        assert!(reply.header("cache-control").contains("no-store"), "{reply}");
        let json = reply.json();
        assert_eq!(json["token_type"], "Bearer");
        assert_eq!(json["resource"], "https://rest.media.azure.net");
        for name in ["expires_in", "ext_expires_in", "expires_on", "not_before"] {
            assert!(json[name].as_str().unwrap().parse::<u64>().is_ok(), "{name} is a text");
        }
        assert_eq!(access_token(&reply).split('.').count(), 3, "a JWT");
        assert!(is_taken(service, &access_token(&reply)));
    }
}

#[test]
fn azure_ad_form_of_version_2() {
    let service = Service::shared();
    let info = &service.info;
    let form = |scope: &str| {
        let (id, secret) = (percent(&info.client_id), percent(&info.client_secret));
        format!(
            "grant_type=client_credentials&client_id={id}&client_secret={secret}&scope={}",
            percent(scope)
        )
    };
    let url = format!("{}/common/oauth2/v2.0/token", info.streaming);
    let ask = |scope: &str| service.api.form(&url, &form(scope)).send();
    let reply = ask("https://rest.media.azure.net/.default").expect(200);
    assert!(reply.json()["expires_in"].is_u64(), "{reply}");
    assert!(is_taken(service, &access_token(&reply)));
    assert_eq!(
        ask("https://graph.microsoft.com/.default").expect(400).json()["error"],
        "invalid_resource"
    );
}

#[test]
fn every_cloud_has_its_resource() {
    let service = Service::shared();
    let info = &service.info;
    let ask = |resource: &str| {
        let (id, secret) = (percent(&info.client_id), percent(&info.client_secret));
        let form = format!(
            "grant_type=client_credentials&client_id={id}&client_secret={secret}{resource}"
        );
        service.api.form(&info.token, &form).send()
    };
    for resource in [
        "",
        // As the clients of the Access Control Service say it.
        "&scope=urn:WindowsAzureMediaServices",
        "&resource=https://rest.media.azure.net",
        "&resource=https%3A%2F%2Frest.media.azure.net%2F",
        "&resource=https://rest.media.chinacloudapi.cn",
        "&resource=https://rest.media.usgovcloudapi.net",
        "&resource=https://rest.media.cloudapi.de",
    ] {
        assert!(is_taken(service, &access_token(&ask(resource).expect(200))), "{resource}");
    }
    for resource in ["&resource=https://management.azure.com", "&resource=x", "&resource="] {
        let reply = ask(resource).expect(400);
        assert_eq!(reply.json()["error"], "invalid_resource", "{reply}");
    }
}

#[test]
fn other_ways_to_sign_in_are_refused() {
    let service = Service::shared();
    let (id, secret) = (&service.info.client_id, percent(&service.info.client_secret));
    for (form, error, says) in [
        ("grant_type=password&username=u&password=p".to_owned(), "unsupported_grant_type", "users"),
        ("grant_type=authorization_code&code=x".to_owned(), "unsupported_grant_type", "grant_type"),
        (
            "grant_type=refresh_token&refresh_token=x".to_owned(),
            "unsupported_grant_type",
            "grant_type",
        ),
        (
            format!(
                "grant_type=client_credentials&client_id={id}&client_assertion=a.b.c\
                 &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
            ),
            "invalid_client",
            "client_assertion",
        ),
    ] {
        // A secret that is right does not help.
        let form = format!("{form}&client_secret={secret}");
        let reply = service.api.form(&service.info.token, &form).send().expect(400);
        let json = reply.json();
        assert_eq!(json["error"], error, "{reply}");
        assert!(json["error_description"].as_str().unwrap().contains(says), "{reply}");
    }
}

#[test]
fn the_documents_of_sign_in_libraries() {
    let service = Service::shared();
    let root = &service.info.streaming;
    let get = |path: &str| service.api.plain("GET", &format!("{root}{path}")).send();
    let instance = get(&format!(
        "/common/discovery/instance?api-version=1.1&authorization_endpoint={}",
        percent("https://login.microsoftonline.com/contoso.com/oauth2/authorize")
    ));
    let json = instance.expect(200).json();
    assert_eq!(
        json["tenant_discovery_endpoint"],
        format!("{root}/contoso.com/.well-known/openid-configuration")
    );
    let aliases = json["metadata"][0]["aliases"].as_array().unwrap();
    assert!(aliases.contains(&"login.microsoftonline.com".into()), "{json}");
    let json = get("/contoso.com/.well-known/openid-configuration").expect(200).json();
    assert_eq!(json["token_endpoint"], format!("{root}/contoso.com/oauth2/token"));
    let json = get("/contoso.com/v2.0/.well-known/openid-configuration").expect(200).json();
    assert_eq!(json["token_endpoint"], format!("{root}/contoso.com/oauth2/v2.0/token"));
    // What is no tenant gets into no URL.
    get("/con%22toso/.well-known/openid-configuration").expect(404);
    let evil = percent("https://login.microsoftonline.com/%22%3E/oauth2/authorize");
    let reply = get(&format!("/common/discovery/instance?authorization_endpoint={evil}"));
    assert!(!reply.expect(200).text().contains("%22"));
}

#[test]
fn access_control_service_form() {
    let service = Service::shared();
    let (id, secret) = (&service.info.client_id, &service.info.client_secret);
    // With the space that amspy sends behind the secret.
    let form = format!(
        "grant_type=client_credentials&client_id={id}&client_secret={} \
         &scope=urn%3aWindowsAzureMediaServices",
        percent(secret)
    );
    let call = service.api.form(&acs_url(service), &form);
    let reply = call.header("accept", "application/x-www-form-urlencoded").send().expect(200);
    let json = reply.json();
    // Jackson 1 of the Java SDK takes these members and no other.
    let members: Vec<_> = json.as_object().unwrap().keys().collect();
    assert_eq!(members, ["token_type", "access_token", "expires_in", "scope"]);
    assert_eq!(json["token_type"], "http://schemas.xmlsoap.org/ws/2009/11/swt-token-profile-1.0");
    assert_eq!(json["expires_in"], "21600");
    assert_eq!(json["scope"], "urn:WindowsAzureMediaServices");
    let token = access_token(&reply);
    for part in ["&Audience=urn%3aWindowsAzureMediaServices&", "&ExpiresOn=", "&HMACSHA256="] {
        assert!(token.contains(part), "{part} in {token}");
    }
    assert!(is_taken(service, &token));
    // One more hour, one other signature, one other account: none of them signed here.
    let digit = token.find("ExpiresOn=").unwrap() + "ExpiresOn=".len();
    let mut later = token.clone();
    later.replace_range(digit..=digit, "9");
    assert!(!is_taken(service, &later));
    assert!(!is_taken(service, &token.replace("HMACSHA256=", "HMACSHA256=A")));
    assert!(!is_taken(service, token.split("&HMACSHA256=").next().unwrap()));
    assert!(!is_taken(service, &format!("{token}&ExpiresOn=99999999999")));
    // Without a Content-Type, and with a wrong one, as two clients for node send it.
    let call = service.api.form(&acs_url(service), &form).without("content-type");
    call.send().expect(200);
    let call = service.api.form(&acs_url(service), &form);
    call.header("content-type", "application/json").send().expect(200);
    // Clients were accounts there.
    let account = service.info.blob.rsplit('/').next().unwrap();
    let form = form.replace(id.as_str(), account);
    let reply = service.api.form(&acs_url(service), &form).send().expect(200);
    assert!(is_taken(service, &access_token(&reply)));
}

#[test]
fn http_basic() {
    let service = Service::shared();
    let (id, secret) = (&service.info.client_id, &service.info.client_secret);
    let ask = |credentials: String| {
        let call = service.api.form(&service.info.token, "grant_type=client_credentials");
        call.header("authorization", &format!("Basic {}", STANDARD.encode(credentials))).send()
    };
    assert!(is_taken(service, &access_token(&ask(format!("{id}:{secret}")).expect(200))));
    ask(format!("{}:{}", percent(id), percent(secret))).expect(200);
    ask(format!("{id}:{secret}x")).expect(401);
    ask(String::new()).expect(401);
}

#[test]
fn wrong_credentials() {
    let service = Service::shared();
    let (id, secret) = (&service.info.client_id, percent(&service.info.client_secret));
    for url in [service.info.token.clone(), acs_url(service)] {
        for (form, status, error) in [
            (
                format!("grant_type=client_credentials&client_id={id}&client_secret=x"),
                401,
                "invalid_client",
            ),
            (
                format!("grant_type=client_credentials&client_id=x&client_secret={secret}"),
                401,
                "invalid_client",
            ),
            ("grant_type=client_credentials".to_owned(), 401, "invalid_client"),
            (format!("client_id={id}&client_secret={secret}"), 400, "unsupported_grant_type"),
            (String::new(), 400, "unsupported_grant_type"),
        ] {
            let reply = service.api.form(&url, &form).send().expect(status);
            let json = reply.json();
            assert_eq!(json["error"], error, "{reply}");
            assert!(!json["error_description"].as_str().unwrap().is_empty());
            assert!(!reply.text().contains(&service.info.client_secret));
        }
    }
    service.api.plain("GET", &service.info.token).send().expect(404);
    service.api.form(&service.info.token, &"x".repeat(100_000)).send().expect(400);
}

/// A token with other claims, signed as well as somebody without the key can.
fn forged(token: &str, change: impl FnOnce(&mut Json)) -> String {
    let parts: Vec<_> = token.split('.').collect();
    let mut claims: Json =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    change(&mut claims);
    format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2])
}

#[test]
fn bad_tokens_are_refused() {
    let service = Service::shared();
    let good = &service.api.token;
    assert!(is_taken(service, good));
    let head = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"none"}"#);
    let claims = good.split('.').nth(1).unwrap();
    for bad in [
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        "..".to_owned(),
        "&HMACSHA256=".to_owned(),
        good[..good.len() - 5].to_owned(),
        format!("{good}x"),
        format!("{head}.{claims}."),
        forged(good, |claims| claims["exp"] = 99_999_999_999_u64.into()),
        forged(good, |claims| claims["appid"] = "somebody".into()),
        "x".repeat(8000),
    ] {
        assert!(!is_taken(service, &bad), "{bad}");
    }
    let call = || service.api.get("Assets");
    call().header("authorization", &format!("bearer {good}")).send().expect(200);
    call().header("authorization", good).send().expect(401);
    call().header("authorization", &format!("Basic {good}")).send().expect(401);
    call().header("authorization", "Bearer").send().expect(401);
}

#[test]
fn a_refusal_has_the_format_that_was_asked_for() {
    let service = Service::shared();
    let call = || service.api.get("Assets").without("authorization");
    let light = call().send().expect(401);
    assert!(!error_message(&light).is_empty());
    assert_eq!(light.header("request-id").len(), 36);
    let verbose = call().verbose().send().expect(401);
    let verbose =
        verbose.expect_header("content-type", "application/json;odata=verbose;charset=utf-8");
    assert!(verbose.json()["error"]["message"]["value"].is_string(), "{verbose}");
    let xml = call().header("accept", "application/atom+xml,application/xml").send().expect(401);
    let xml = xml.expect_header("content-type", "application/xml;charset=utf-8");
    assert!(xml.text().contains("<m:code /><m:message xml:lang=\"en-US\">"), "{xml}");
    // A write is refused before its body is looked at, and so is what is not there.
    service.api.post("Assets", "{").without("authorization").send().expect(401);
    service.api.get("Nothing").without("authorization").send().expect(401);
    service.api.get("$metadata").without("authorization").send().expect(401);
}

#[test]
fn the_version_is_required() {
    let service = Service::shared();
    let call = |path: &str| service.api.get(path).without("x-ms-version");
    let reply = call("Assets").send().expect(400);
    assert!(error_message(&reply).contains("x-ms-version"), "{reply}");
    for version in ["2.0", "2.2", "2.9", "2.11", "2.15", "2.17", "2.19"] {
        call("Assets").header("x-ms-version", version).send().expect(200);
        call(&format!("Assets?api-version={version}")).send().expect(200);
    }
    for version in ["1.0", "2.20", "3.0", "2", "2.", "2.x", "2015-04-05"] {
        call("Assets").header("x-ms-version", version).send().expect(400);
        call(&format!("Assets?api-version={version}")).send().expect(400);
    }
}
