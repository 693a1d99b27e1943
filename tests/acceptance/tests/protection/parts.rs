//! Ranges of what is encrypted or decrypted on its way: the bytes of the whole, wherever they begin.

use crate::stage::{Asset, Key, api, key_delivery, open, policy};

const FRAGMENT: &str = "film.ism/QualityLevels(300000)/Fragments(video=0,format=m3u8-cmaf)";
const SOUND: &str = "film.ism/QualityLevels(64000)/Fragments(aac_eng=0,format=m3u8-cmaf)";
const SEGMENT: &str = "film.ism/QualityLevels(300000)/Fragments(video=0,format=m3u8-aapl)";

#[track_caller]
fn check(asset: &Asset, rest: &str) {
    let part = |start: usize, end: usize| {
        let range = format!("bytes={start}-{}", end - 1);
        let reply = api().plain("GET", &asset.url(rest)).header("range", &range).send();
        reply.expect(206).expect_header("content-length", &(end - start).to_string()).body
    };
    // Also when it is the first to ask.
    let first = part(1000, 2000);
    let whole = asset.get(rest).expect(200).body;
    assert!(first == whole[1000..2000], "{rest}");
    let size = whole.len();
    let middle = size / 2;
    for (start, end) in [
        (0, 1),
        (0, size),
        (15, 17),
        (16, 4000),
        (middle, middle + 5000),
        (size - 17, size - 1),
        (size - 1, size),
        (3, size - 3),
    ] {
        assert!(part(start, end) == whole[start..end], "{rest}, {start} to {end} of {size}");
    }
    let head = api().plain("HEAD", &asset.url(rest)).send().expect(200);
    assert_eq!(head.header("content-length"), size.to_string());
}

#[test]
fn of_what_is_encrypted() {
    let delivery = key_delivery();
    for (key_type, policy_type, configuration) in
        [(0, 4, vec![]), (6, 5, vec![]), (4, 3, vec![(2, delivery.as_str())])]
    {
        let key = Key::new(key_type, &open());
        let asset = Asset::new(&[&key], &[policy(4, policy_type, &configuration)]);
        check(&asset, FRAGMENT);
        check(&asset, SOUND);
        if policy_type == 3 {
            check(&asset, SEGMENT);
        }
    }
}

#[test]
fn of_what_is_decrypted() {
    let asset = Asset::storage_encrypted(&[], &[policy(0x1f, 2, &[])]);
    let clear = Asset::new(&[], &[]);
    for rest in [FRAGMENT, SEGMENT, "film.mp4"] {
        check(&asset, rest);
        assert!(asset.get(rest).expect(200).body == clear.get(rest).expect(200).body, "{rest}");
    }
}
