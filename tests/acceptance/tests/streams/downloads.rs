//! Progressive download: which files there are by which names, and as what they are sent.

use acceptance::{Connection, blob_url, key};

use crate::stage::Stage;

#[test]
fn files_by_their_names() {
    let stage = Stage::shared();
    let (api, sas) = (stage.api(), stage.api().sas(&stage.asset, 2));
    for (name, encoded) in [
        ("two words.mp4", "two%20words.mp4"),
        ("caf\u{e9}.mp4", "caf%C3%A9.mp4"),
        ("plus+sign.txt", "plus+sign.txt"),
        ("(1)=a;b,c.mp4", "(1)%3Da;b,c.mp4"),
        ("100%.mp4", "100%25.mp4"),
        ("%41.mp4", "%2541.mp4"),
        ("film.ism.mp4", "film.ism.mp4"),
    ] {
        let url = blob_url(&sas, name);
        let put = api.plain("PUT", &url).header("x-ms-blob-type", "BlockBlob");
        put.body(name).send().expect(201);
        let path = stage.url(encoded);
        let path = path.splitn(4, '/').nth(3).unwrap();
        let reply = Connection::request(&stage.url(""), "GET", &format!("/{path}"), &[]);
        assert_eq!(reply.status, 200, "{encoded}");
        assert_eq!(reply.body, name.as_bytes(), "{encoded}");
    }
    for (missing, status) in [
        ("two+words.mp4", 404),
        ("Two%20words.mp4", 404),
        ("two%2520words.mp4", 404),
        ("LOW.mp4", 404),
        ("low.mp4%2F", 404),
        ("x%2F..%2Flow.mp4", 404),
        ("low.mp4/x", 404),
        ("low.mp4%20", 404),
        ("film.ISM", 400),
        ("film.Ismc", 404),
        ("film%2Eism", 400),
    ] {
        let reply = stage.get(missing).expect(status);
        assert!(reply.text().starts_with("MPE_"), "{reply}");
    }
    api.delete(&key("Locators", &sas)).send().expect(204);
}

#[test]
fn files_are_sent_as_what_they_were_uploaded() {
    let stage = Stage::shared();
    let (api, sas) = (stage.api(), stage.api().sas(&stage.asset, 2));
    for (name, sent, want) in [
        ("typed.mp4", "video/mp4", "video/mp4"),
        ("page.html", "text/html; charset=utf-8", "text/html; charset=utf-8"),
        ("plain.bin", "", "application/octet-stream"),
        ("page.xml", "", "application/octet-stream"),
        ("untold.mp4", "", "video/mp4"),
        ("untold.M4A", "application/octet-stream", "audio/mp4"),
    ] {
        let mut put = api.plain("PUT", &blob_url(&sas, name));
        if !sent.is_empty() {
            put = put.header("x-ms-blob-content-type", sent);
        }
        put.header("x-ms-blob-type", "BlockBlob").body("x").send().expect(201);
        let reply = stage.get(name).expect(200).expect_header("content-type", want);
        // A browser is not to guess what it is.
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
    api.delete(&key("Locators", &sas)).send().expect(204);
}
