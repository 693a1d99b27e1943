//! Webhooks: jobs and tasks tell the end points that their clients have subscribed how they get on.
//!
//! What is to be told is in the [outbox](crate::store::Outbox) from the moment it happens. Here it
//! is delivered: in order for each job, again and again with growing pauses until the end point
//! takes it, or until there is no hope left. A message can arrive twice: its `ETag` tells.

mod address;
mod message;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edm::Record;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, redirect};
use secrecy::ExposeSecret as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::ApiError;
use crate::sets;
use crate::store::{Event, Message};
use message::Sender;

pub(crate) use address::parse as parse_address;

/// Messages that are delivered at the same time, and to one end point.
const MOST_DELIVERIES: usize = 32;
const MOST_TO_END_POINT: u32 = 4;
/// How long an end point may take to connect, and to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(15);
/// How often messages are looked for.
const LOOK: Duration = Duration::from_millis(500);
/// The pauses between attempts: the first, which doubles each time, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(900);
/// After so many attempts, some twelve hours, a message is given up.
const MOST_ATTEMPTS: u32 = 60;

/// Makes the client that messages are delivered with.
pub(crate) fn client(public_only: bool) -> anyhow::Result<Client> {
    let mut client = Client::builder()
        // Where a redirect leads nobody has registered.
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .user_agent(concat!("mediad/", env!("CARGO_PKG_VERSION")));
    if public_only {
        client = client.dns_resolver(Arc::new(address::PublicOnly));
    }
    client.build().context("making the client for webhooks")
}

/// Delivers messages until told to stop.
pub(crate) async fn run(app: Arc<App>, client: Client, stop: CancellationToken) {
    let mut deliveries = JoinSet::new();
    let mut under_way = BTreeSet::new();
    while !stop.is_cancelled() {
        if let Err(error) = start(&app, &client, &mut deliveries, &mut under_way).await {
            tracing::error!(%error, "notifications cannot be read");
        }
        tokio::select! {
            Some(done) = deliveries.join_next() => {
                under_way.remove(&done.unwrap_or_default());
            }
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => {}
        }
    }
    // Those that are under way are delivered again with the next start.
    deliveries.shutdown().await;
}

/// Starts to deliver what is due, as far as there is room.
async fn start(
    app: &Arc<App>,
    client: &Client,
    deliveries: &mut JoinSet<i64>,
    under_way: &mut BTreeSet<i64>,
) -> Result<(), ApiError> {
    if deliveries.len() >= MOST_DELIVERIES {
        return Ok(());
    }
    for message in app.outbox.due(MOST_TO_END_POINT).await? {
        if deliveries.len() < MOST_DELIVERIES && under_way.insert(message.seq) {
            let (app, client) = (Arc::clone(app), client.clone());
            deliveries.spawn(async move {
                if let Err(error) = deliver(&app, &client, &message).await {
                    tracing::error!(%error, "the state of a notification was not recorded");
                }
                message.seq
            });
        }
    }
    Ok(())
}

/// Tries to deliver a message, and records how that went.
async fn deliver(app: &App, client: &Client, message: &Message) -> Result<(), ApiError> {
    let Some(end_point) = end_point_of(app, message).await? else {
        return Ok(app.outbox.settle(message).await?);
    };
    let problem = match send(app, client, message, &end_point).await {
        Ok(status) if status.is_success() => {
            tracing::debug!(end_point = message.end_point, seq = message.seq, "notified");
            return Ok(app.outbox.settle(message).await?);
        }
        Ok(status) => status.to_string(),
        // Addresses can have secrets in them.
        Err(error) => format!("{error:#}"),
    };
    let attempts = message.attempts.saturating_add(1);
    if attempts >= MOST_ATTEMPTS {
        tracing::error!(end_point = message.end_point, problem, "a notification was given up");
        return Ok(app.outbox.settle(message).await?);
    }
    let pause = pause_after(attempts);
    tracing::warn!(end_point = message.end_point, problem, attempts, ?pause, "not notified");
    Ok(app.outbox.postpone(message, pause).await?)
}

/// The end point of a message: as it is now, or, where the message is that it is gone, as it was.
async fn end_point_of(app: &App, message: &Message) -> Result<Option<Record>, ApiError> {
    let set = sets::set("NotificationEndPoints")?;
    let Event::Unregistration { address, credential, .. } = &message.event else {
        return Ok(app.store.get(set, &message.end_point).await?);
    };
    let mut end_point = Record::new(set.entity_type);
    end_point.put("EndPointAddress", address.as_str());
    if let Some(credential) = credential {
        end_point.put("EncryptedEndPointCredential", credential.as_str());
    }
    Ok(Some(end_point))
}

fn pause_after(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE)
}

async fn send(
    app: &App,
    client: &Client,
    message: &Message,
    end_point: &Record,
) -> anyhow::Result<reqwest::StatusCode> {
    let address = end_point.text("EndPointAddress");
    let url = parse_address(address, app.public_webhooks).map_err(anyhow::Error::msg)?;
    let account = sets::account_id(app).await?;
    let sender = Sender { name: &app.account.name, id: &account };
    let body = message::body(message, end_point, &sender);
    let mut request = client
        .post(url)
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header("ms-mediaservices-accountid", &account);
    if let Some(key) = credential(app, end_point)? {
        let signature = message::signature(key.expose_secret(), &body);
        request = request.header("ms-signature", HeaderValue::try_from(signature)?);
    }
    let answer = request.body(body).send().await.map_err(reqwest::Error::without_url)?;
    Ok(answer.status())
}

/// The key that signs messages to an end point, if it has one.
fn credential(app: &App, end_point: &Record) -> anyhow::Result<Option<crate::keys::Secret>> {
    let encrypted = end_point.text("EncryptedEndPointCredential");
    if encrypted.is_empty() {
        return Ok(None);
    }
    let encrypted = STANDARD.decode(encrypted).context("the credential is not base64")?;
    let key = app.protection.unwrap(&encrypted);
    Ok(Some(key.context("the credential was not encrypted to the certificate of the service")?))
}

/// Whether a credential is one that messages can be signed with.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check_credential(app: &App, end_point: &Record) -> Result<(), String> {
    credential(app, end_point).map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit() {
        let pauses: Vec<_> = (1..=5).map(|attempts| pause_after(attempts).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16]);
        assert_eq!(pause_after(u32::MAX), LONGEST_PAUSE);
        let hours = (1..MOST_ATTEMPTS).map(pause_after).sum::<Duration>().as_secs() / 3600;
        assert_eq!(hours, 12);
    }
}
