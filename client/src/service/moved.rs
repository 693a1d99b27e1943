//! A service that has moved: following it, and where not to.

use url::Url;

use super::Service;
use super::builder::parse_root;
use crate::error::without_secrets;
use crate::{Error, ErrorKind};

impl Service {
    /// Remembers where the service has moved to. `Location` is its new root, or where the resource
    /// that was asked for is now; the call is made again there, with its method and body.
    pub(super) fn follow(&self, from: &Url, asked: &Url, location: &str) -> Result<(), Error> {
        let refuse = |problem| {
            let location = from.join(location).as_ref().map(without_secrets).unwrap_or_default();
            Err(Error::new(ErrorKind::Redirect { location, problem }))
        };
        let Some(root) = from.join(location).ok().and_then(|url| new_root(from, asked, url)) else {
            return refuse("which is not an http(s) URL");
        };
        let host = root.host_str().unwrap_or_default();
        let allowed = |pattern: &String| match pattern.strip_prefix('.') {
            Some(domain) => host.strip_suffix(domain).is_some_and(|name| name.ends_with('.')),
            None => host == pattern,
        };
        if !self.inner.redirect_hosts.iter().any(allowed) {
            return refuse(
                "a host that is not allowed: allow it with redirect_host if it is right",
            );
        }
        if from.scheme() == "https" && root.scheme() == "http" {
            return refuse("which would send the token in the clear");
        }
        if root == *from {
            return refuse("which is where it was called");
        }
        tracing::debug!(root = %without_secrets(&root), "the service has moved");
        match self.inner.root.write() {
            Ok(mut slot) => *slot = root,
            Err(poisoned) => *poisoned.into_inner() = root,
        }
        Ok(())
    }
}

/// The root that a location tells: all of it, or what is before the path that was asked for.
fn new_root(from: &Url, asked: &Url, mut location: Url) -> Option<Url> {
    let below = asked.path().strip_prefix(from.path()).filter(|below| !below.is_empty());
    if let Some(root) = below.and_then(|below| location.path().strip_suffix(below)) {
        let root = root.to_owned();
        location.set_path(&root);
    }
    parse_root(location.as_str()).map(|(root, _)| root)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_location_is_a_root_or_a_resource() {
        let url = |text: &str| Url::parse(text).unwrap();
        for (location, root) in [
            ("https://b/api/", "https://b/api/"),
            ("https://b/v2", "https://b/v2/"),
            ("https://b/v2/Things('1')/Parts?$top=1", "https://b/v2/"),
        ] {
            let asked = url("http://a/api/Things('1')/Parts?$top=1");
            let new = new_root(&url("http://a/api/"), &asked, url(location));
            assert_eq!(new.unwrap().as_str(), root, "{location}");
        }
    }
}
