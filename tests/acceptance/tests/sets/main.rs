//! Entity sets of the account, with their rules, and what they do in the background.

#![allow(clippy::unwrap_used)]

mod formats;
mod ingest;
mod job_templates;
mod monitoring;
mod notifications;
mod quotas;
mod receiver;
mod reserved_units;
mod storage;
