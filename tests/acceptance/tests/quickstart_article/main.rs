//! The workflow of the quickstart article, request by request in its exact forms, with status,
//! headers and bodies of every answer.

#![allow(clippy::unwrap_used)]

mod answers;
mod encode;
mod ingest;
mod playback;

use acceptance::{Api, Service, key, video};
use serde_json::Value as Json;

use answers::no_content;

const NAME: &str = "BigBuckBunny.mp4";

#[test]
fn the_article() {
    let service = &Service::start();
    let api = &service.api;
    ingest::start_endpoint(api);
    let content = video("640x360", 8);
    let asset = ingest::create_asset(service);
    let file = ingest::create_file(service, &asset);
    ingest::upload(service, &asset, &content);
    ingest::update_file(api, &file, &asset, content.len());
    let processor = encode::find_processor(api);
    let job = encode::create_job(service, &asset, &processor);
    encode::wait(api, &job);
    let output = encode::output_asset(service, &job);
    let names = encode::output_files(api, &output, &content);
    let policy = playback::read_policy(service);
    playback::download(service, &policy, &output, &names);
    playback::stream(service, &policy, &output, &names);
    clean_up(api, &asset, &output, &job);
}

fn clean_up(api: &Api, asset: &Json, output: &Json, job: &Json) {
    no_content(api.delete(&key("Jobs", job)).send());
    api.get(&key("Jobs", job)).send().expect(404);
    no_content(api.delete(&key("Assets", output)).send());
    no_content(api.delete(&format!("{}?keepcontainer=false", key("Assets", asset))).send());
    assert_eq!(api.get("Assets").send().expect(200).feed(), [] as [Json; 0]);
    assert_eq!(api.get("Files").send().expect(200).feed(), [] as [Json; 0]);
    assert_eq!(api.get("Locators").send().expect(200).feed(), [] as [Json; 0]);
}
