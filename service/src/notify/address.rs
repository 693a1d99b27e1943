//! Which addresses messages are delivered to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// The longest address.
const LONGEST: usize = 2048;

/// Checks the address of a webhook. With `public_only` it must be https, and its host not an
/// address within the operator's network.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(address: &str, public_only: bool) -> Result<Url, String> {
    if address.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} characters"));
    }
    let url = Url::parse(address).map_err(|error| error.to_string())?;
    match (url.scheme(), public_only) {
        ("https", _) | ("http", false) => {}
        ("http", true) => return Err("this service delivers to https only".to_owned()),
        (scheme, _) => return Err(format!("'{scheme}' is neither http nor https")),
    }
    let literal = match url.host() {
        Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        Some(Host::Domain(_)) => None,
        None => return Err("it has no host".to_owned()),
    };
    if public_only && literal.is_some_and(|ip| !is_public(ip)) {
        return Err("this service delivers to public addresses only".to_owned());
    }
    Ok(url)
}

/// Resolves names to public addresses only: whatever a name leads to when it is registered, it can
/// lead elsewhere later.
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|found| is_public(found.ip())).collect();
            if public.is_empty() {
                return Err(format!("{} has no public address", name.as_str()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let special = match ip.octets() {
        // This network; shared address space; IETF assignments; benchmarks; reserved.
        [0 | 240..=255, ..] | [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] => true,
        _ => false,
    };
    !(special
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation())
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match ip.segments() {
        // IPv4 in IPv6: mapped, NAT64, 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            embedded(high, low)
        }
        [0x2002, high, low, ..] => embedded(high, low),
        // Special purposes, Teredo among them; documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, ..] => false,
        // All other global unicast.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_a_network_are_not_public() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(ip.parse().expect("an address")), "{ip}");
        }
        for ip in ["8.8.8.8", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(is_public(ip.parse().expect("an address")), "{ip}");
        }
    }

    #[test]
    fn addresses_are_urls_of_the_web() {
        for good in ["http://127.0.0.1:8080/hook?code=a", "https://example.com/", "http://[::1]/"] {
            assert!(parse(good, false).is_ok(), "{good}");
        }
        for bad in ["", "hook", "ftp://example.com/", "file:///etc/passwd", "http://", "queue1"] {
            assert!(parse(bad, false).is_err(), "{bad}");
        }
        for bad in
            ["http://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://0x7f.1/"]
        {
            assert!(parse(bad, true).is_err(), "{bad}");
        }
        assert!(parse("https://example.com/hook", true).is_ok());
        assert!(parse(&format!("https://example.com/{}", "x".repeat(LONGEST)), false).is_err());
    }
}
