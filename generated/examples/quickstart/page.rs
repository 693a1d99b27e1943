//! A page that plays the video.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::report::Report;

const DASH: &str = include_str!("vendor/dash.all.min.js");
const HLS: &str = include_str!("vendor/hls.min.js");
const PLAYER: &str = include_str!("player.html");

/// A page on a free port of this machine.
pub(crate) struct Page {
    pub(crate) url: String,
    listener: TcpListener,
    html: String,
}

impl Page {
    pub(crate) async fn bind(report: &Report) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let urls = serde_json::json!({ "dash": report.dash, "hls": report.hls });
        // Inside of a script element, only `</script` and `<!--` could end it.
        let urls = urls.to_string().replace('<', "\\u003c");
        Ok(Self { url, listener, html: PLAYER.replace("{{urls}}", &urls) })
    }

    pub(crate) async fn serve(self) -> anyhow::Result<()> {
        let html = self.html;
        let router = Router::new()
            .route("/", get(async move || Html(html)))
            .route("/dash.all.min.js", get(async || script(DASH)))
            .route("/hls.min.js", get(async || script(HLS)));
        Ok(axum::serve(self.listener, router).await?)
    }
}

fn script(text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript"), (CACHE_CONTROL, "max-age=3600")], text)
}
