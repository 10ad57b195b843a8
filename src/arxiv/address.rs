//! Addresses of servers: what is one, whose it is, and texts within them.

/// Whether a text is an http or https address with a host.
pub(crate) fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !host(text).is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// Host and port of an address.
pub(crate) fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Whether a host, with or without a port, is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whose rules hold for a host: all of arXiv's servers count together.
pub(super) fn server(host: &str) -> &str {
    if host == "arxiv.org" || host.ends_with(".arxiv.org") { "arxiv.org" } else { host }
}

/// An address with parameters, each value percent-encoded.
pub(super) fn with_parameters(base: &str, parameters: &[(&str, &str)]) -> String {
    let mut address = base.to_owned();
    for (number, (name, value)) in parameters.iter().enumerate() {
        address.push(if number == 0 && !base.contains('?') { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        encode_into(&mut address, value);
    }
    address
}

fn encode_into(out: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:,".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// Where a redirection leads, if that is allowed: to the same server, by a transport that is not
/// less safe.
pub(super) fn redirected(from: &str, to: &str) -> Option<String> {
    let to = match to.strip_prefix('/') {
        Some(_) => {
            let scheme = from.split("://").next()?;
            format!("{scheme}://{}{to}", host(from))
        }
        None => to.to_owned(),
    };
    let safe = to.starts_with("https://") || from.starts_with("http://");
    (is_address(&to) && safe && server(host(&to)) == server(host(from))).then_some(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_what_is_this_machine() {
        assert_eq!(host("http://127.0.0.1:8080/atom?x"), "127.0.0.1:8080");
        for own in ["127.0.0.1:80", "localhost", "[::1]:9", "127.9.9.9"] {
            assert!(is_loopback(own), "{own}");
        }
        for other in ["arxiv.org", "10.0.0.1:80", "127.0.0.1.example", "[2001::1]:80", ""] {
            assert!(!is_loopback(other), "{other}");
        }
        for text in ["http://", "arxiv.org", "file:///etc", "https://a b", "javascript:x"] {
            assert!(!is_address(text), "{text}");
        }
    }

    #[test]
    fn values_cannot_leave_their_place() {
        assert_eq!(
            with_parameters("http://a/oai", &[("verb", "ListRecords"), ("resumptionToken", "a%20&b=c#\u{e9}")]),
            "http://a/oai?verb=ListRecords&resumptionToken=a%2520%26b%3Dc%23%C3%A9"
        );
        assert_eq!(with_parameters("http://a/?k=1", &[("id", "x+y")]), "http://a/?k=1&id=x%2By");
    }

    #[test]
    fn redirections_stay_with_the_server() {
        let to = |from, to| redirected(from, to);
        assert_eq!(
            to("https://export.arxiv.org/oai2?a=b", "https://oaipmh.arxiv.org/oai?a=b").as_deref(),
            Some("https://oaipmh.arxiv.org/oai?a=b")
        );
        assert_eq!(to("http://127.0.0.1:9/oai2", "/oai").as_deref(), Some("http://127.0.0.1:9/oai"));
        for bad in ["https://evil.example/", "http://oaipmh.arxiv.org/oai", "https://arxiv.org.evil.example/"] {
            assert_eq!(to("https://export.arxiv.org/oai2", bad), None, "{bad}");
        }
        assert_eq!(to("http://127.0.0.1:9/", "http://127.0.0.1:10/"), None);
    }
}
