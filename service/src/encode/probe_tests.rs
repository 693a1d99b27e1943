use super::*;

fn stream(json: &str) -> Stream {
    serde_json::from_str(json).expect("a stream")
}

#[test]
fn rotation_and_pixel_shape_make_the_displayed_size() {
    let phone = stream(
        r#"{"index":0,"codec_type":"video","width":1920,"height":1080,
            "r_frame_rate":"30/1","avg_frame_rate":"2970/100",
            "side_data_list":[{"side_data_type":"Display Matrix","rotation":-90}]}"#,
    );
    let source = video_source(&phone, Some(2_500_999.0)).expect("a picture");
    assert_eq!((source.width, source.height), (1080, 1920));
    assert!(source.rotated);
    assert_eq!(source.frame_rate, Rational { num: 30, den: 1 });
    assert_eq!(source.bitrate_kbps, Some(2500));

    let pal = stream(
        r#"{"index":0,"width":720,"height":576,"sample_aspect_ratio":"64:45",
            "field_order":"tb","avg_frame_rate":"25/1","r_frame_rate":"50/1"}"#,
    );
    let source = video_source(&pal, None).expect("a picture");
    assert_eq!((source.width, source.height), (1024, 576));
    assert!(source.interlaced);
    assert_eq!(source.frame_rate, Rational { num: 25, den: 1 });
}

#[test]
fn odd_rates_become_common_ones() {
    let rate = |r: &str, avg: &str| {
        frame_rate(&stream(&format!(
            r#"{{"index":0,"r_frame_rate":"{r}","avg_frame_rate":"{avg}"}}"#
        )))
        .to_string()
    };
    assert_eq!(rate("24000/1001", "24000/1001"), "24000/1001");
    assert_eq!(rate("1000/1", "147/10"), "15/1");
    assert_eq!(rate("90000/1", "2997/100"), "30000/1001");
    assert_eq!(rate("0/0", "0/0"), "25/1");
    assert_eq!(rate("240/1", "240/1"), "60/1");
    assert_eq!(rate("1/0", "1000000/1"), "60/1");
}

#[test]
fn cover_art_is_not_video_and_defaults_win() {
    let description: Description = serde_json::from_str(
        r#"{"streams":[
            {"index":0,"codec_type":"video","codec_name":"mjpeg","width":500,"height":500,
             "disposition":{"attached_pic":1,"default":0}},
            {"index":1,"codec_type":"audio","codec_name":"mp3","tags":{"language":"<x>"}},
            {"index":2,"codec_type":"audio","codec_name":"aac","tags":{"language":"ENG"},
             "disposition":{"default":1}}],
           "format":{"duration":"12.5","bit_rate":"N/A"}}"#,
    )
    .expect("a description");
    let source = source(&description, "song.mp3").expect("a source");
    assert_eq!(source.video, None);
    let audio = source.audio.expect("audio");
    assert_eq!((audio.index, audio.language.as_str()), (2, "eng"));
    assert_eq!(source.duration, Some(12.5));
    assert_eq!(description.streams[1].language(), "und");
}

#[test]
fn nothing_to_encode_is_an_unsupported_format() {
    for (streams, expected) in [
        (r#"[{"index":0,"codec_type":"subtitle"}]"#, "no video and no audio"),
        ("[]", "no video and no audio"),
        (
            r#"[{"index":0,"codec_type":"video","codec_tag_string":"XVVC"}]"#,
            "codec that is not supported (XVVC)",
        ),
        (
            r#"[{"index":0,"codec_type":"video","codec_name":"h264","width":0,"height":9}]"#,
            "unusable size",
        ),
    ] {
        let description: Description =
            serde_json::from_str(&format!(r#"{{"streams":{streams}}}"#)).expect("json");
        let error = source(&description, "a.mp4").expect_err("nothing to encode");
        assert_eq!(error.code, ErrorCode::ExecutingTaskUnsupportedFormat);
        assert!(error.message.contains(expected), "{error}");
    }
}
