//! Processors that do something else than encode, and those that do nothing.

use acceptance::{Service, error_message};
use serde_json::Value as Json;

use crate::lab::{asset, job, process, red_then_blue};

fn id_of(name: &str) -> String {
    let query = format!("MediaProcessors()?$filter=Name eq '{name}'&$orderby=Version desc&$top=1");
    let found = Service::shared().api.get(&query).send().expect(200).feed();
    found[0]["Id"].as_str().unwrap().to_owned()
}

#[test]
fn storage_decryption_copies_all_files() {
    let film = red_then_blue(1);
    let asset = asset(&[("film.mp4", &film), ("notes.txt", b"some notes")]);
    let made = process(&[&asset], &id_of("Storage Decryption"), "");
    let made = made.unwrap_or_else(|failed| panic!("{failed:?}"));
    assert_eq!(made.names(), ["film.mp4", "notes.txt"]);
    assert_eq!((made.file("film.mp4"), made.primary()), (film, "film.mp4"));
    assert_eq!(made.file("notes.txt"), b"some notes");
    let failed = process(&[&asset], &id_of("Storage Decryption"), "AAC Audio").err().unwrap();
    assert_eq!(failed.code, "ErrorParsingConfiguration");
}

fn definition(id: &str) -> String {
    format!(
        "<taskDefinition xmlns=\"http://schemas.microsoft.com/iis/media/v4/TM/TaskDefinition#\">\
         <name>task</name><id>{id}</id><properties namespace=\"x\" prefix=\"mp4\">\
         <property name=\"keepSourceNames\" required=\"false\" value=\"true\"/></properties>\
         </taskDefinition>"
    )
}

#[test]
fn the_packager_makes_mp4_files_streamable() {
    let film = red_then_blue(1);
    let packager = id_of("Windows Azure Media Packager");
    let asset = asset(&[("film.mp4", &film)]);
    let smooth = definition("5e1e1a1c-bba6-11df-8991-0019d1916af0");
    let made = process(&[&asset], &packager, &smooth).unwrap_or_else(|failed| panic!("{failed:?}"));
    assert_eq!(made.names(), ["film.mp4", "film.ism", "film.ismc"]);
    assert_eq!((made.file("film.mp4"), made.primary()), (film, "film.ism"));
    let manifest = String::from_utf8(made.file("film.ism")).unwrap();
    assert!(manifest.contains("<video src=\"film.mp4\""), "{manifest}");
    for (configuration, says) in [
        (definition("A72D7A5D-3022-45f2-89B4-1DDC5457C111"), "m3u8-aapl"),
        (definition("00000000-0000-0000-0000-000000000000"), "unknown id"),
        ("Adaptive Streaming".to_owned(), "taskDefinition"),
    ] {
        let failed = process(&[&asset], &packager, &configuration).err().unwrap();
        assert_eq!(failed.code, "ErrorParsingConfiguration");
        assert!(failed.message.contains(says), "{failed:?}");
    }
    let text = crate::lab::asset(&[("notes.txt", b"some notes")]);
    let failed = process(&[&text], &packager, &smooth).err().unwrap();
    assert_eq!(failed.code, "ErrorExecutingTaskUnsupportedFormat");
}

#[test]
fn processors_that_cannot_run_are_listed_and_refused() {
    let service = Service::shared();
    let asset = asset(&[("film.mp4", &red_then_blue(1))]);
    for name in [
        "Azure Media Indexer 2 Preview",
        "Azure Media OCR",
        "Azure Media Face Detector",
        "Media Encoder Premium Workflow",
        "Windows Azure Media Encryptor",
    ] {
        let mut body = job(&[&asset], &id_of(name), "x");
        body["Name"] = "not to be made".into();
        let post = service.api.post("Jobs", body).header("dataserviceversion", "3.0").send();
        let message = error_message(&post.expect(403));
        assert!(message.contains(name), "{message}");
    }
    let made = service.api.get("Jobs?$filter=Name eq 'not to be made'").send().expect(200).feed();
    assert_eq!(made, [] as [Json; 0]);
}
