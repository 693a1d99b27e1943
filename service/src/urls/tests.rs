#![allow(clippy::unwrap_used)]
use super::*;

fn urls(public: &str, options: UrlOptions) -> Urls {
    Urls::new(&Url::parse(public).unwrap(), &options, "contoso").unwrap()
}

fn azure() -> Urls {
    let url = |text: &str| Some(Url::parse(text).unwrap());
    let options = UrlOptions {
        public_url: None,
        api_url: url("https://contoso.restv2.westus.media.azure.net"),
        token_url: url("https://login.microsoftonline.com"),
        blob_url: url("https://contoso.blob.core.windows.net"),
        streaming_url: url("http://contoso.streaming.mediaservices.windows.net"),
        key_delivery_url: url("https://contoso.keydelivery.mediaservices.windows.net"),
    };
    urls("https://localhost:8443", options)
}

#[test]
fn one_public_url_is_enough() {
    let urls = urls("https://media.example:8443", UrlOptions::default());
    assert_eq!(urls.api(), "https://media.example:8443/api/");
    assert_eq!(urls.token(), "https://media.example:8443/tenant/oauth2/token");
    assert_eq!(urls.blob("contoso"), "https://media.example:8443/contoso");
    assert_eq!(urls.streaming("default"), "https://media.example:8443");
    assert_eq!(urls.streaming("Two"), "https://two-contoso.streaming.media.example:8443");
    assert_eq!(urls.key_delivery(), "https://media.example:8443/keydelivery");
}

#[test]
fn an_address_has_endpoints_below_localhost() {
    let urls = urls("http://127.0.0.1:4000", UrlOptions::default());
    assert_eq!(urls.streaming("default"), "http://127.0.0.1:4000");
    assert_eq!(urls.streaming("two"), "http://two-contoso.streaming.localhost:4000");
    assert_eq!(urls.streaming_host("two"), "two-contoso.streaming.localhost:4000");
}

#[test]
fn the_names_that_azure_had() {
    let urls = azure();
    assert_eq!(urls.api(), "https://contoso.restv2.westus.media.azure.net/api/");
    assert_eq!(urls.token(), "https://login.microsoftonline.com/tenant/oauth2/token");
    assert_eq!(urls.blob("contoso"), "https://contoso.blob.core.windows.net");
    assert_eq!(urls.blob("second"), "https://second.blob.core.windows.net");
    assert_eq!(urls.streaming("default"), "http://contoso.streaming.mediaservices.windows.net");
    assert_eq!(urls.streaming("two"), "http://two-contoso.streaming.mediaservices.windows.net");
    assert_eq!(urls.key_delivery(), "https://contoso.keydelivery.mediaservices.windows.net");
}

#[test]
fn a_certificate_holds_every_name() {
    let one = urls("https://media.example:8443", UrlOptions::default());
    assert_eq!(one.hosts(), ["*.streaming.media.example", "media.example"]);
    let address = urls("https://[::1]:8443", UrlOptions::default());
    assert_eq!(address.hosts(), ["*.streaming.localhost", "::1"]);
    let hosts = azure().hosts();
    for name in [
        "localhost",
        "login.microsoftonline.com",
        "contoso.blob.core.windows.net",
        "*.blob.core.windows.net",
        "*.streaming.mediaservices.windows.net",
    ] {
        assert!(hosts.contains(&name.to_owned()), "{name} in {hosts:?}");
    }
}

#[test]
fn a_host_selects_what_answers() {
    let urls = azure();
    for (host, role) in [
        ("media.windows.net", Role::Gateway),
        ("MEDIA.windows.net:8443", Role::Gateway),
        ("contoso.blob.core.windows.net", Role::Blob("contoso".to_owned())),
        ("Contoso.Blob.core.windows.net:443", Role::Blob("contoso".to_owned())),
        ("two-contoso.streaming.mediaservices.windows.net", Role::Streaming),
        ("contoso.origin.mediaservices.windows.net", Role::Streaming),
        ("contoso.keydelivery.mediaservices.windows.net", Role::KeyDelivery),
        ("contoso.restv2.westus.media.azure.net", Role::Shared),
        ("login.microsoftonline.com", Role::Shared),
        ("localhost:8443", Role::Shared),
        ("[::1]:8443", Role::Shared),
        ("blob", Role::Shared),
        ("", Role::Shared),
    ] {
        assert_eq!(urls.role(host), role, "{host}");
    }
}

#[test]
fn a_host_that_was_given_for_one_thing_is_for_nothing_else() {
    let streaming_url = Some(Url::parse("https://cdn.example").unwrap());
    let options = UrlOptions { streaming_url, ..UrlOptions::default() };
    let urls = urls("https://media.example", options);
    assert_eq!(urls.role("cdn.example"), Role::Streaming);
    assert_eq!(urls.role("media.example"), Role::Shared);
    assert_eq!(urls.streaming("default"), "https://cdn.example");
}

#[test]
fn bases_are_a_scheme_and_a_host() {
    for url in [
        "ftp://media.example",
        "https://media.example/api",
        "https://media.example/?a=b",
        "https://media.example/#a",
        "https://user:secret@media.example",
        "data:text/plain,x",
    ] {
        let url = Url::parse(url).unwrap();
        let error = Urls::new(&url, &UrlOptions::default(), "contoso").unwrap_err();
        assert!(!format!("{error:#}").contains("secret"), "{error:#}");
    }
    let gateway = Url::parse("https://media.windows.net").unwrap();
    assert!(Urls::new(&gateway, &UrlOptions::default(), "contoso").is_err());
}

#[test]
fn key_delivery_on_a_shared_host_has_its_path() {
    assert_eq!(strip_key_delivery("/keydelivery/x"), Some("/x"));
    assert_eq!(strip_key_delivery("/keydelivery"), Some(""));
    assert_eq!(strip_key_delivery("/keydeliveryx"), None);
    assert_eq!(strip_key_delivery("/x"), None);
}
