//! What an account may have and ask for, at most.
//!
//! The numbers are those that the service documented. An operator changes them with a TOML file:
//!
//! ```toml
//! assets = 5000
//! tasks-per-job = 10
//!
//! [throttle]
//! requests = 100
//! seconds = 1
//! ```

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use axum::http::StatusCode;
use azure_media::v2_19::tables::MODEL;
use serde::Deserialize;

use crate::error::ApiError;
use crate::store::Change;

/// The quotas of the account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Quotas {
    /// Assets.
    pub(crate) assets: u64,
    /// Assets that go into or come out of one task.
    pub(crate) assets_per_task: usize,
    /// Assets that go into one job, and that come out of it.
    pub(crate) assets_per_job: usize,
    /// Tasks of one job.
    pub(crate) tasks_per_job: usize,
    /// Jobs, whatever their state.
    pub(crate) jobs: u64,
    /// Locators of one asset at one time; a container has no room for more than five.
    pub(crate) locators_per_asset: u64,
    /// Policies of each kind.
    pub(crate) policies: u64,
    /// Encoding reserved units of type S1.
    pub(crate) reserved_units_s1: i64,
    /// Encoding reserved units of type S2.
    pub(crate) reserved_units_s2: i64,
    /// Encoding reserved units of type S3.
    pub(crate) reserved_units_s3: i64,
    /// Gigabytes of the largest file that is encoded with units of type S1.
    pub(crate) encoding_gigabytes_s1: u64,
    /// Gigabytes of the largest file that is encoded with units of type S2.
    pub(crate) encoding_gigabytes_s2: u64,
    /// Gigabytes of the largest file that is encoded with units of type S3.
    pub(crate) encoding_gigabytes_s3: u64,
    /// Days that jobs are kept once they are over; forever if it is 0.
    pub(crate) job_days: u32,
    /// Streaming endpoints.
    pub(crate) streaming_endpoints: u64,
    /// Streaming units of one streaming endpoint.
    pub(crate) streaming_units: i64,
    /// Requests of the API in a span of time; unlimited without.
    pub(crate) throttle: Option<ThrottleRule>,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            assets: 1_000_000,
            assets_per_task: 50,
            assets_per_job: 100,
            tasks_per_job: 30,
            jobs: 50_000,
            locators_per_asset: 5,
            policies: 1_000_000,
            reserved_units_s1: 25,
            reserved_units_s2: 25,
            reserved_units_s3: 10,
            encoding_gigabytes_s1: 26,
            encoding_gigabytes_s2: 60,
            encoding_gigabytes_s3: 260,
            job_days: 90,
            streaming_endpoints: 2,
            streaming_units: 10,
            throttle: None,
        }
    }
}

impl Quotas {
    /// Reads a file; what it does not say is as documented.
    ///
    /// # Errors
    /// When it cannot be read, or says what has no meaning.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("reading the quotas in {}", path.display()))?;
        let quotas: Self =
            toml::from_str(&text).with_context(|| format!("the quotas in {}", path.display()))?;
        if !(1..=5).contains(&quotas.locators_per_asset) {
            bail!("{}: locators-per-asset must be 1 to 5", path.display());
        }
        if quotas.throttle.is_some_and(|rule| rule.requests == 0 || rule.seconds == 0) {
            bail!("{}: throttle needs requests and seconds greater than 0", path.display());
        }
        Ok(quotas)
    }
}

impl Quotas {
    /// How many entities there can be of the sets that a creation adds to.
    pub(crate) fn of_creation(&self, set: &str) -> Vec<Change> {
        // The outputs of a job are assets.
        let sets: &[&str] = if set == "Jobs" { &["Jobs", "Assets"] } else { &[set] };
        let counted = COUNTED.iter().filter(|(name, _)| sets.contains(name));
        counted
            .filter_map(|(name, what)| {
                let limit = self.limit(name);
                let otherwise = quota_message(what, limit);
                Some(Change::Within { set: MODEL.entity_set(name)?, limit, otherwise })
            })
            .collect()
    }

    fn limit(&self, set: &str) -> u64 {
        match set {
            "Assets" => self.assets,
            "Jobs" => self.jobs,
            "MonitoringConfigurations" => 1,
            "StreamingEndpoints" => self.streaming_endpoints,
            _ => self.policies,
        }
    }
}

/// Sets that have a quota: each and its name in messages. The store counts what is in them.
pub(crate) const COUNTED: &[(&str, &str)] = &[
    ("Assets", "assets"),
    ("Jobs", "jobs"),
    ("AccessPolicies", "access policies"),
    ("AssetDeliveryPolicies", "asset delivery policies"),
    ("ContentKeyAuthorizationPolicies", "content key authorization policies"),
    ("ContentKeyAuthorizationPolicyOptions", "content key authorization policy options"),
    ("MonitoringConfigurations", "monitoring configurations"),
    ("StreamingEndpoints", "streaming endpoints"),
];

/// What to answer to what would exceed a quota, named as in "10 assets in a job".
pub(crate) fn quota_message(what: &str, limit: u64) -> String {
    format!("The quota is reached: the account can have {limit} {what}.")
}

/// How many requests are answered in a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThrottleRule {
    /// The number of requests.
    pub(crate) requests: u32,
    /// The span.
    #[serde(default = "one_second")]
    pub(crate) seconds: u32,
}

fn one_second() -> u32 {
    1
}

/// Counts the requests of the API.
#[derive(Debug)]
pub(crate) struct Throttle {
    rule: Option<ThrottleRule>,
    window: Mutex<Window>,
}

/// The span of time that is counted in.
#[derive(Debug)]
struct Window {
    begin: Instant,
    requests: u32,
}

impl Throttle {
    pub(crate) fn new(rule: Option<ThrottleRule>) -> Self {
        Self { rule, window: Mutex::new(Window { begin: Instant::now(), requests: 0 }) }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// 503, in the words of the service, if there were too many.
    pub(crate) fn admit(&self) -> Result<(), ApiError> {
        let Some(rule) = self.rule else { return Ok(()) };
        // Nothing below can panic: a poisoned window is as good as any.
        let mut window = self.window.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = Instant::now();
        if now.duration_since(window.begin) >= Duration::from_secs(rule.seconds.into()) {
            *window = Window { begin: now, requests: 0 };
        }
        if window.requests < rule.requests {
            window.requests += 1;
            return Ok(());
        }
        let (requests, seconds) = (rule.requests, rule.seconds);
        let message = match seconds {
            1 => format!(
                "Server is busy. More than {requests} requests per second can be throttled."
            ),
            _ => format!(
                "Server is busy. More than {requests} requests within {seconds} seconds can be \
                 throttled."
            ),
        };
        Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> anyhow::Result<Quotas> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Quotas::read(file.path())
    }

    #[test]
    fn a_file_changes_what_it_names() {
        let quotas = read("assets = 3\n[throttle]\nrequests = 7").unwrap();
        assert_eq!((quotas.assets, quotas.jobs), (3, 50_000));
        assert_eq!(quotas.throttle, Some(ThrottleRule { requests: 7, seconds: 1 }));
        for wrong in ["asset = 3", "assets = -1", "locators-per-asset = 6", "[throttle]"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(read("[throttle]\nrequests = 0").is_err());
    }

    #[test]
    fn requests_beyond_the_rule_are_refused_until_its_span_is_over() {
        let throttle = Throttle::new(Some(ThrottleRule { requests: 2, seconds: 3600 }));
        assert!(throttle.admit().is_ok() && throttle.admit().is_ok());
        let refused = throttle.admit().unwrap_err();
        assert_eq!(refused.status, 503);
        assert_eq!(
            refused.message,
            "Server is busy. More than 2 requests within 3600 seconds can be throttled."
        );
        let earlier = Instant::now().checked_sub(Duration::from_secs(3600)).unwrap();
        throttle.window.lock().unwrap().begin = earlier;
        assert!(throttle.admit().is_ok());
    }
}
