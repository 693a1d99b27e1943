//! Error payloads in every form that OData up to V3 has, both ways.

use serde_json::{Value as Json, json};

/// What a service says of a request that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceError {
    /// The service's own code; many services leave it empty.
    pub code: String,
    /// What went wrong, for people.
    pub message: String,
}

impl ServiceError {
    /// The JSON of a light error, `odata.error`.
    pub fn to_light(&self) -> Json {
        json!({ "odata.error": self.body() })
    }

    /// The JSON of a verbose error, `error`.
    pub fn to_verbose(&self) -> Json {
        json!({ "error": self.body() })
    }

    fn body(&self) -> Json {
        json!({ "code": self.code, "message": { "lang": "en-US", "value": self.message } })
    }

    /// The XML of an error.
    pub fn to_xml(&self) -> String {
        let code = match self.code.as_str() {
            "" => "<m:code />".to_owned(),
            code => format!("<m:code>{}</m:code>", escape(code)),
        };
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><m:error xmlns:m=\
             \"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\">{code}\
             <m:message xml:lang=\"en-US\">{}</m:message></m:error>",
            escape(&self.message)
        )
    }

    /// Reads an error body in any of the forms; `None` if it is none of them.
    pub fn parse(body: &str) -> Option<Self> {
        match body.trim_start().chars().next()? {
            '{' => Self::from_json(&serde_json::from_str(body).ok()?),
            '<' => Self::from_xml(body),
            _ => None,
        }
    }

    fn from_json(json: &Json) -> Option<Self> {
        let error = json.get("odata.error").or_else(|| json.get("error"))?;
        let message = error.get("message")?;
        let text = message.get("value").unwrap_or(message).as_str()?;
        let code = error.get("code").and_then(Json::as_str).unwrap_or_default();
        Some(Self { code: code.to_owned(), message: text.to_owned() })
    }

    /// Takes the text of `code` and `message`, whatever their prefix: also the storage services'
    /// `<Error><Code>…</Code><Message>…</Message></Error>`.
    fn from_xml(body: &str) -> Option<Self> {
        let message = element(body, "message").or_else(|| element(body, "Message"))?;
        let code = element(body, "code").or_else(|| element(body, "Code")).unwrap_or_default();
        Some(Self { code, message })
    }
}

/// The text of the first element of this local name.
fn element(body: &str, name: &str) -> Option<String> {
    body.match_indices(name).find_map(|(at, _)| {
        let before = body[..at].chars().next_back()?;
        let rest = &body[at + name.len()..];
        let opens = matches!(before, '<' | ':') && rest.starts_with(['>', ' ']);
        let (attributes, content) = rest.split_once('>')?;
        let text = content.split('<').next()?;
        (opens && !attributes.ends_with('/')).then(|| unescape(text))
    })
}

fn escape(text: &str) -> String {
    let kept = |c: &char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    let text: String = text.chars().filter(kept).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescape(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_round_trips() {
        let error = ServiceError { code: String::new(), message: "a <b> & 'c' \"d\"".to_owned() };
        for body in [error.to_light().to_string(), error.to_verbose().to_string(), error.to_xml()] {
            assert_eq!(ServiceError::parse(&body), Some(error.clone()), "{body}");
        }
    }

    #[test]
    fn forms_of_other_services_are_read() {
        let parse = |body: &str| ServiceError::parse(body).map(|error| (error.code, error.message));
        let storage =
            "<?xml version='1.0'?><Error><Code>BlobNotFound</Code><Message>gone</Message></Error>";
        assert_eq!(parse(storage), Some(("BlobNotFound".into(), "gone".into())));
        let plain = r#"{"error":{"code":"x","message":"y"}}"#;
        assert_eq!(parse(plain), Some(("x".into(), "y".into())));
        for junk in ["", "{}", "<html>", "{", "text", "<m:message/>"] {
            assert_eq!(parse(junk), None, "{junk}");
        }
    }
}
