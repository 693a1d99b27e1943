//! How fast the API answers when the store is full.

use std::path::Path;
use std::time::Duration;

use acceptance::{Api, Service, percent};
use anyhow::{Context as _, bail};
use reqwest::Method;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::latency::Latencies;

/// What the store holds, and how it is asked.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) assets: u64,
    pub(crate) files_per_asset: u64,
    /// Requests a second.
    pub(crate) rate: u32,
    pub(crate) seconds: u32,
}

/// How long at most the service may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Requests before those that count: connections and caches.
const WARM_UP: u32 = 3;
/// How many rows a transaction of filling has.
const CHUNK: u64 = 100_000;
/// How often a page is asked for.
const PAGES: u64 = 30;

/// What is asked for over and over, in turn.
#[derive(Clone, Copy)]
enum Kind {
    Key,
    Name,
    Files,
    Create,
    Merge,
}

const KINDS: [(Kind, &str); 5] = [
    (Kind::Key, "GET Assets('…')"),
    (Kind::Name, "GET Assets?$filter=Name eq '…'"),
    (Kind::Files, "GET Assets('…')/Files"),
    (Kind::Create, "POST Assets"),
    (Kind::Merge, "MERGE Assets('…')"),
];

/// Fills a store, and measures requests at a steady rate and then pages.
pub(crate) fn measure(settings: Settings) -> anyhow::Result<Vec<Latencies>> {
    let scratch = tempfile::tempdir().context("making a temporary directory")?;
    let quotas = scratch.path().join("quotas.toml");
    // The quota of assets is just what the store is filled with.
    std::fs::write(&quotas, format!("assets = {}\n", settings.assets * 2))?;
    let quotas = quotas.to_str().context("the temporary directory has an odd name")?;
    let service = Service::start_with(&["--quotas", quotas]);
    let template = template(&service.api);
    let database = service.data().join("entities.db");
    let (_, stopped) = service.terminate();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(fill(&database, &template, settings))?;
    let size = std::fs::metadata(&database)?.len();
    eprintln!("store: the database has {} MB", size / 1_000_000);
    let service = stopped.start_with(&["--quotas", quotas]);
    runtime.block_on(async {
        let client = Client::new(&service)?;
        let mut all = steady(&client, settings).await?;
        all.extend(pages(&client, settings).await?);
        Ok(all)
    })
}

/// Makes an asset with a file, as the service makes them: what fills the store is copied from them.
fn template(api: &Api) -> [String; 2] {
    let asset = api.post("Assets", r#"{"Name":"template"}"#).send().expect(201).json();
    let asset = asset["Id"].as_str().expect("an id").to_owned();
    let body = format!(r#"{{"Name":"template.mp4","ParentAssetId":"{asset}"}}"#);
    let file = api.post("Files", body).send().expect(201).json();
    [asset, file["Id"].as_str().expect("an id").to_owned()]
}

/// The id of the asset or file with a number, spread over all ids as random ones are.
fn id(number: u64) -> String {
    let spread = number.wrapping_mul(2_654_435_761) & 0xffff_ffff;
    format!("nb:cid:UUID:{spread:08x}-0000-4000-8000-{number:012x}")
}

/// The same in SQL.
fn id_in_sql(number: &str) -> String {
    format!(
        "printf('nb:cid:UUID:%08x-0000-4000-8000-%012x', ({number} * 2654435761) & 0xffffffff, {number})"
    )
}

async fn fill(
    database: &Path,
    [asset, file]: &[String; 2],
    settings: Settings,
) -> anyhow::Result<()> {
    let mut connection = SqliteConnectOptions::new()
        .filename(database)
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-2000000")
        .disable_statement_logging()
        .connect()
        .await
        .context("opening the database of the stopped service")?;
    let assets = [("Id", id_in_sql("n")), ("Name", "'asset ' || n".to_owned())];
    copy(&mut connection, "Assets", asset, 0..settings.assets, &assets).await?;
    // Files have the numbers behind those of assets: ids differ.
    let per = settings.files_per_asset;
    let first = settings.assets;
    let parent = id_in_sql(&format!("((n - {first}) / {per})"));
    let name = format!("'file ' || ((n - {first}) % {per}) || '.mp4'");
    let files = [("Id", id_in_sql("n")), ("Name", name), ("ParentAssetId", parent)];
    copy(&mut connection, "Files", file, first..first + settings.assets * per, &files).await
}

/// Copies an entity, once for each number `n`, with some columns computed from it.
async fn copy(
    connection: &mut SqliteConnection,
    table: &str,
    template: &str,
    numbers: std::ops::Range<u64>,
    computed: &[(&str, String)],
) -> anyhow::Result<()> {
    let names = format!("SELECT name FROM pragma_table_info('{table}') WHERE name <> 'seq'");
    let names: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(names)).fetch_all(&mut *connection).await?;
    let value = |name: &String| {
        let found = computed.iter().find(|(column, _)| column == name);
        found.map_or_else(|| format!("template.\"{name}\""), |(_, sql)| sql.clone())
    };
    let columns: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let values: Vec<String> = names.iter().map(value).collect();
    let sql = format!(
        "WITH RECURSIVE number(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < ?2)
         INSERT INTO \"{table}\" ({}) SELECT {}
         FROM number JOIN \"{table}\" AS template ON template.\"Id\" = ?3",
        columns.join(", "),
        values.join(", ")
    );
    let mut from = numbers.start;
    while from < numbers.end {
        let to = numbers.end.min(from + CHUNK);
        sqlx::query(AssertSqlSafe(sql.clone()))
            .bind(i64::try_from(from)?)
            .bind(i64::try_from(to)?)
            .bind(template)
            .execute(&mut *connection)
            .await
            .with_context(|| format!("filling {table}"))?;
        from = to;
        eprint!("\rstore: {table}: {} of {}", from - numbers.start, numbers.end - numbers.start);
    }
    eprintln!();
    Ok(())
}

/// Requests to the service.
#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    root: String,
    bearer: String,
}

impl Client {
    fn new(service: &Service) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let bearer = format!("Bearer {}", service.api.token);
        Ok(Self { http, root: service.info.api.clone(), bearer })
    }

    /// Sends a request and reads all of the answer; returns its length.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> anyhow::Result<usize> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.root))
            .header("authorization", &self.bearer)
            .header("x-ms-version", "2.19")
            .header("accept", "application/json");
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let body = response.bytes().await?;
        if !status.is_success() {
            bail!("{path}: {status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(body.len())
    }

    async fn ask(&self, kind: Kind, number: u64, turn: u32) -> anyhow::Result<usize> {
        let asset = format!("Assets('{}')", percent(&id(number)));
        let merge = || Method::from_bytes(b"MERGE").context("MERGE is a method");
        match kind {
            Kind::Key => self.send(Method::GET, &asset, None).await,
            Kind::Name => {
                let path = format!("Assets?$filter=Name%20eq%20'asset%20{number}'");
                self.send(Method::GET, &path, None).await
            }
            Kind::Files => self.send(Method::GET, &format!("{asset}/Files"), None).await,
            Kind::Create => {
                let body = format!(r#"{{"Name":"made {turn}"}}"#);
                self.send(Method::POST, "Assets", Some(body)).await
            }
            Kind::Merge => {
                let body = format!(r#"{{"AlternateId":"turn {turn}"}}"#);
                self.send(merge()?, &asset, Some(body)).await
            }
        }
    }
}

/// Sends a request whenever it is time for one, whether or not others were answered: a slow answer
/// makes those behind it wait, and that counts.
async fn steady(client: &Client, settings: Settings) -> anyhow::Result<Vec<Latencies>> {
    let mut all: Vec<Latencies> = KINDS
        .iter()
        .map(|(_, name)| Latencies::new(format!("{name}, {} requests a second", settings.rate)))
        .map(|latencies| latencies.goal(Duration::from_millis(10)))
        .collect();
    let period = Duration::from_secs(1) / settings.rate;
    let (warm, total) = (WARM_UP * settings.rate, (WARM_UP + settings.seconds) * settings.rate);
    let start = Instant::now() + period;
    let mut requests: JoinSet<anyhow::Result<(u32, Duration)>> = JoinSet::new();
    for turn in 0..total {
        let due = start + period * turn;
        tokio::time::sleep_until(due).await;
        let client = client.clone();
        let number = u64::from(turn).wrapping_mul(0x9e37_79b9_7f4a_7c15) % settings.assets;
        requests.spawn(async move {
            let (kind, _) = KINDS[turn as usize % KINDS.len()];
            client.ask(kind, number, turn).await?;
            Ok((turn, due.elapsed()))
        });
    }
    while let Some(done) = requests.join_next().await {
        let (turn, time) = done??;
        if turn >= warm {
            all[turn as usize % KINDS.len()].times.push(time);
        }
    }
    Ok(all)
}

/// Pages of a thousand, one after another: from the start, and from the middle as clients ask that
/// skip.
async fn pages(client: &Client, settings: Settings) -> anyhow::Result<Vec<Latencies>> {
    let goal = Duration::from_millis(100);
    let mut first = Latencies::new("GET Assets, a page of 1,000".to_owned()).goal(goal);
    let middle = settings.assets / 2;
    let mut skipped = Latencies::new(format!("GET Assets?$skip={middle}&$top=1000"));
    for _ in 0..PAGES {
        for (path, latencies) in [
            ("Assets".to_owned(), &mut first),
            (format!("Assets?$skip={middle}&$top=1000"), &mut skipped),
        ] {
            let start = Instant::now();
            client.send(Method::GET, &path, None).await?;
            latencies.times.push(start.elapsed());
        }
    }
    Ok(vec![first, skipped])
}
