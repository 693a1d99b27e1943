//! `JpgImage`, `PngImage` and `BmpImage`: how many, how large, and of what.

use serde_json::{Value as Json, json};

use crate::filters::{BLUE, RED, colour, size};
use crate::lab::{asset, drawn, encoded, preset, red_then_blue, refused};

/// A codec of images, and its output.
fn images(kind: &str, pick: &Json, sizes: &[&str], name: &str) -> (Json, Json) {
    let layers: Vec<_> = sizes
        .iter()
        .map(|size| json!({ "Type": format!("{kind}Layer"), "Width": size, "Height": size }))
        .collect();
    let mut codec = json!({ "Type": format!("{kind}Image"), format!("{kind}Layers"): layers });
    for (member, value) in pick.as_object().unwrap() {
        codec[member] = value.clone();
    }
    let format = json!({ "Type": format!("{kind}Format") });
    (codec, json!({ "FileName": name, "Format": format }))
}

fn only(parts: &[(Json, Json)]) -> Json {
    let (codecs, outputs): (Vec<_>, Vec<_>) = parts.iter().cloned().unzip();
    json!({ "Version": 1.0, "Codecs": codecs, "Outputs": outputs })
}

#[test]
fn images_are_taken_while_encoding() {
    let asset = asset(&[("film.mp4", &red_then_blue(2))]);
    let name = "{Basename}_{Index}{Extension}";
    let mut preset = preset(&json!([]), &json!({}), None);
    for (codec, output) in [
        images("Jpg", &json!({ "Start": "5%", "Step": "10%", "Range": "96%" }), &["25%"], name),
        images("Png", &json!({ "Start": "{Best}" }), &["100%"], name),
        images("Bmp", &json!({ "Start": "00:00:03", "Step": "1", "Range": "1" }), &["50%"], name),
    ] {
        preset["Codecs"].as_array_mut().unwrap().push(codec);
        preset["Outputs"].as_array_mut().unwrap().push(output);
    }
    let made = encoded(&[&asset], &preset);
    assert_eq!(made.primary(), "film.ism");
    let jpgs = made.named(".jpg");
    assert_eq!(jpgs.len(), 10, "{jpgs:?}");
    assert_eq!((jpgs[0], jpgs[9]), ("film_000001.jpg", "film_000010.jpg"));
    for (position, name) in jpgs.iter().enumerate() {
        let image = made.file(name);
        assert_eq!(size(&image), "80x46", "{name}");
        let expected = if position < 5 { RED } else { BLUE };
        assert_eq!(colour(&image, 0.0, (40, 20)), expected, "{name}");
    }
    assert_eq!(made.named(".png"), ["film_000001.png"]);
    assert_eq!(size(&made.file("film_000001.png")), "320x180");
    assert_eq!(made.named(".bmp"), ["film_000001.bmp"]);
    let bmp = made.file("film_000001.bmp");
    assert!(bmp.starts_with(b"BM"));
    assert_eq!((size(&bmp).as_str(), colour(&bmp, 0.0, (40, 20))), ("160x90", BLUE));
    assert_eq!(acceptance::decode(&made.mp4(), "v").count, 100);
}

#[test]
fn images_alone_in_two_sizes() {
    let asset = asset(&[("film.mp4", &red_then_blue(2))]);
    let name = "{Basename}_{Resolution}_{Index}{Extension}";
    let pick = json!({ "Start": "25", "Step": "00:00:02", "Range": "100%" });
    let preset = only(&[images("Png", &pick, &["100%", "50%"], name)]);
    let made = encoded(&[&asset], &preset);
    let names = ["film_320x180_000001.png", "film_320x180_000002.png", "film_160x90_000001.png"];
    assert_eq!(made.names()[..3], names);
    assert_eq!(made.named(".png").len(), 4);
    assert_eq!(made.primary(), names[0]);
    assert_eq!(colour(&made.file(names[0]), 0.0, (40, 20)), RED);
    assert_eq!(colour(&made.file(names[1]), 0.0, (40, 20)), BLUE);
    assert_eq!(made.named(".ism"), [] as [&str; 0]);
}

#[test]
fn the_best_image_is_not_a_black_one() {
    let fade = "color=c=black:s=160x90:r=25:d=1[a];testsrc2=s=160x90:r=25:d=2[b];[a][b]concat";
    let asset = asset(&[("film.mp4", &drawn(fade, None))]);
    let preset = only(&[images("Jpg", &json!({}), &["100%"], "{Basename}{Extension}")]);
    let made = encoded(&[&asset], &preset);
    assert_eq!(made.named(".jpg"), ["film.jpg"]);
    let image = made.file("film.jpg");
    let black = (0..8).all(|n| colour(&image, 0.0, (n * 20, 45)) == crate::filters::BLACK);
    assert!(!black);
}

#[test]
fn images_that_cannot_be() {
    let asset = asset(&[("film.mp4", &red_then_blue(1))]);
    let name = "{Basename}_{Index}{Extension}";
    let with = |pick: Json, sizes: &[&str], name: &str| {
        refused(&[&asset], &only(&[images("Jpg", &pick, sizes, name)]))
    };
    let every = json!({ "Start": "0", "Step": "1" });
    let message = with(json!({ "Start": "00:00:30" }), &["100%"], name);
    assert!(message.contains("JpgImage: Start is behind the end"), "{message}");
    let message = with(every.clone(), &["100%"], "{Basename}{Extension}");
    assert!(message.contains("needs {Index}"), "{message}");
    let message = with(every.clone(), &["100%"], "{Index}_{Index}{Extension}");
    assert!(message.contains("more than once"), "{message}");
    let message = with(every.clone(), &["100%", "50%"], name);
    assert!(message.contains("two images called"), "{message}");
    let message = with(every.clone(), &["100%"], "{VideoBitrate}_{Index}{Extension}");
    assert!(message.contains("{VideoBitrate}"), "{message}");
    let message = with(every.clone(), &["100%"], "../{Index}{Extension}");
    assert!(message.contains("'/'"), "{message}");
    let message = with(every, &["0%"], name);
    assert!(message.contains("preset.Codecs[0].JpgLayers[0]: Width is \"0%\""), "{message}");
}
