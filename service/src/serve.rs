//! The running service: listeners for all that it answers, workers beside it, an orderly end.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use prometheus_client::metrics::gauge::Gauge;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::app::App;
use crate::blob::GarbageRules;
use crate::config::ServeOptions;
use crate::encode::{EncodeSettings, Tools};
use crate::listen::Listener;
use crate::metrics::Metrics;
use crate::quotas::Quotas;
use crate::tls::Tls;
use crate::{ingest, jobs, listen, metrics, notify, route, sets};

/// How often the space that blobs take is brought up to date.
const METER_INTERVAL: Duration = Duration::from_secs(5);
/// How often what crashes left behind is looked for.
const GARBAGE_INTERVAL: Duration = Duration::from_secs(3600);

/// Runs the service until it is told to end.
pub(crate) async fn serve(options: ServeOptions) -> anyhow::Result<()> {
    options.check()?;
    raise_descriptor_limit();
    let settings = Arc::new(encode_settings(&options)?);
    let quotas = options.quotas.as_deref().map(Quotas::read).transpose()?.unwrap_or_default();
    std::fs::create_dir_all(&options.data)
        .with_context(|| format!("making the data directory {}", options.data.display()))?;
    let _lock = lock(&options.data)?;
    let (plain, secret) = options.addresses();
    let (plain, secret) = (bind(&plain).await?, bind(&secret).await?);
    let monitoring = bind(options.metrics.as_slice()).await?;
    let public = match &options.urls.public_url {
        Some(url) => url.clone(),
        None => public_url(&plain, &secret)?,
    };
    let app = App::open(&options.data, &public, &options.urls, &options.storage, quotas).await?;
    let app = Arc::new(App {
        public_webhooks: options.public_webhooks,
        stream_options: options.streams.clone(),
        ..app
    });
    let webhooks = notify::client(options.public_webhooks)?;
    let tls = match options.tls.source(&options.data) {
        Some(source) => {
            let mut hosts = app.urls.hosts();
            hosts.extend(options.tls.tls_host.iter().cloned());
            Some(Tls::open(&source, &hosts)?)
        }
        None => None,
    };
    sets::seed(&app, options.encoders).await.context("making what every account has")?;

    let stop = CancellationToken::new();
    let workers =
        tokio::spawn(jobs::run(Arc::clone(&app), settings, options.encoders, stop.clone()));
    let mut background = JoinSet::new();
    background.spawn(collect_garbage(Arc::clone(&app), stop.clone()));
    background.spawn(meter_storage(Arc::clone(&app), stop.clone()));
    background.spawn(sets::finish_operations(Arc::clone(&app), stop.clone()));
    background.spawn(jobs::purge::run(Arc::clone(&app), stop.clone()));
    background.spawn(ingest::run(Arc::clone(&app), stop.clone()));
    background.spawn(notify::run(Arc::clone(&app), webhooks, stop.clone()));
    let end = end_asked_for()?;
    announce(&app, &plain, &secret, &monitoring, tls.as_ref())?;
    let connections = Gauge::default();
    if !monitoring.is_empty() {
        let router = metrics::router(Metrics::new(Arc::clone(&app), connections.clone()));
        let monitoring = monitoring.into_iter().map(|socket| Listener { socket, tls: None });
        // With room of its own: that many clients come is what is to be seen.
        background.spawn(listen::serve(
            monitoring.collect(),
            router,
            Gauge::default(),
            stop.clone(),
        ));
    }
    let plain = plain.into_iter().map(|socket| Listener { socket, tls: None });
    let secret = secret.into_iter().map(|socket| Listener { socket, tls: tls.clone() });
    let listeners = plain.chain(secret).collect();
    let server =
        tokio::spawn(listen::serve(listeners, route::router(&app), connections, stop.clone()));
    end.await;
    tracing::info!("ending");
    stop.cancel();
    server.await?;
    workers.await?;
    while let Some(ended) = background.join_next().await {
        ended?;
    }
    Ok(())
}

async fn bind(addresses: &[SocketAddr]) -> anyhow::Result<Vec<TcpListener>> {
    let mut listeners = Vec::with_capacity(addresses.len());
    for address in addresses {
        let listener = TcpListener::bind(address).await;
        listeners.push(listener.with_context(|| format!("listening at {address}"))?);
    }
    Ok(listeners)
}

/// The URL of what is listened at; that with TLS, if there is one.
fn public_url(plain: &[TcpListener], secret: &[TcpListener]) -> anyhow::Result<Url> {
    let (scheme, listener) = match (secret, plain) {
        ([first, ..], _) => ("https", first),
        ([], [first, ..]) => ("http", first),
        ([], []) => bail!("there is no address to listen at"),
    };
    Ok(Url::parse(&format!("{scheme}://{}", listener.local_addr()?))?)
}

fn encode_settings(options: &ServeOptions) -> anyhow::Result<EncodeSettings> {
    let mut settings = EncodeSettings::new(Tools::find()?);
    settings.chunk_seconds = options.encode_chunk_seconds;
    settings.x264_preset =
        options.x264_preset.parse().map_err(|error| anyhow::anyhow!("--x264-preset: {error}"))?;
    Ok(settings)
}

/// Takes as many descriptors as the system lets the process have: connections and the files that
/// they send need one each, and the usual limit is meant for programs that use select(2).
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

/// Two processes must not share a data directory.
fn lock(data: &Path) -> anyhow::Result<File> {
    let file = File::create(data.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("{} is in use by another mediad", data.display())
        }
        Err(TryLockError::Error(error)) => Err(error).context("locking the data directory"),
    }
}

/// Tells on stdout what a client needs, in one line.
fn announce(
    app: &App,
    plain: &[TcpListener],
    secret: &[TcpListener],
    monitoring: &[TcpListener],
    tls: Option<&Tls>,
) -> anyhow::Result<()> {
    let addresses = |listeners: &[TcpListener]| -> io::Result<Vec<String>> {
        listeners.iter().map(|listener| Ok(listener.local_addr()?.to_string())).collect()
    };
    let mut line = serde_json::json!({
        "account": app.account.name,
        "api": app.urls.api(),
        "token": app.urls.token(),
        "blob": app.urls.blob(&app.account.name),
        "streaming": app.urls.streaming("default"),
        "key_delivery": app.urls.key_delivery(),
        "client_id": app.account.client_id,
        "client_secret": app.account.client_secret,
        "listen": addresses(plain)?,
        "listen_tls": addresses(secret)?,
    });
    if let Some(authority) = tls.and_then(|tls| tls.authority.as_deref()) {
        tracing::info!("clients have to trust {}", authority.display());
        line["ca"] = authority.display().to_string().into();
    }
    if let Some(address) = addresses(monitoring)?.pop() {
        line["metrics"] = address.into();
    }
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    tracing::info!(api = app.urls.api(), "ready");
    Ok(())
}

/// Ends when the process is asked to end, from the moment that this is called on.
fn end_asked_for() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

async fn meter_storage(app: Arc<App>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(METER_INTERVAL) => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = sets::storage_account::refresh(&app).await {
            tracing::warn!(%error, "the space in use was not brought up to date");
        }
    }
}

async fn collect_garbage(app: Arc<App>, stop: CancellationToken) {
    loop {
        match app.blob_store.collect_garbage(GarbageRules::default()).await {
            Ok(report) => tracing::debug!(?report, "garbage collected"),
            Err(error) => tracing::warn!(%error, "garbage was not collected"),
        }
        tokio::select! {
            () = tokio::time::sleep(GARBAGE_INTERVAL) => {}
            () = stop.cancelled() => return,
        }
    }
}
