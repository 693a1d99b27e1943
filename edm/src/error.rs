//! Error payloads in every form that OData has, both ways.

use serde_json::{Value as Json, json};

/// What a service says of a request that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceError {
    /// The service's own code; many services leave it empty.
    pub code: String,
    /// What went wrong, for people.
    pub message: String,
    /// What it is about, such as the name of a property; V4.
    pub target: Option<String>,
    /// More errors of the same request; V4, and some services of V2.
    pub details: Vec<ErrorDetail>,
    /// What helps those who run the service.
    pub inner: Option<Box<Json>>,
}

/// One of several errors of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorDetail {
    /// The service's own code.
    pub code: String,
    /// What went wrong, for people.
    pub message: String,
    /// What it is about, such as the name of a property.
    pub target: Option<String>,
}

impl ServiceError {
    /// An error without details.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), ..Self::default() }
    }

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
        let body = body.trim_start_matches('\u{feff}').trim_start();
        match body.chars().next()? {
            '{' => Self::from_json(&serde_json::from_str(body).ok()?),
            '<' => Self::from_xml(body),
            _ => None,
        }
    }

    /// Finds the error that a service has put behind the start of a payload, when it failed after
    /// it had begun to answer.
    pub fn in_stream(body: &str) -> Option<Self> {
        let in_json = ["\"odata.error\"", "\"error\""].into_iter().find_map(|name| {
            let before = &body[..body.rfind(name)?];
            let start = before.trim_end().strip_suffix('{')?.len();
            let mut values = serde_json::Deserializer::from_str(&body[start..]).into_iter();
            Self::from_json(&values.next()?.ok()?)
        });
        in_json.or_else(|| {
            let start = body.rfind("<m:error").or_else(|| body.rfind("<error"))?;
            Self::from_xml(&body[start..])
        })
    }

    fn from_json(json: &Json) -> Option<Self> {
        let error = json.get("odata.error").or_else(|| json.get("error"))?.as_object()?;
        let inner = error.get("innererror").filter(|inner| !inner.is_null());
        // Services of SAP have the details within.
        let details = error.get("details").or_else(|| inner?.get("errordetails"));
        let details = details.and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        if !error.contains_key("message") && !error.contains_key("code") {
            return None;
        }
        Some(Self {
            code: text(error.get("code")),
            message: text(error.get("message")),
            target: optional(error.get("target")),
            details: details
                .iter()
                .map(|detail| ErrorDetail {
                    code: text(detail.get("code")),
                    message: text(detail.get("message")),
                    target: optional(detail.get("target").or_else(|| detail.get("propertyref"))),
                })
                .collect(),
            inner: inner.cloned().map(Box::new),
        })
    }

    /// Takes the text of `code` and `message`, whatever their prefix: also the storage services'
    /// `<Error><Code>…</Code><Message>…</Message></Error>`.
    fn from_xml(body: &str) -> Option<Self> {
        // What is nested must not be taken for what is missing outside.
        let nested = ["details>", "innererror>"].iter().filter_map(|name| body.find(name)).min();
        let (outer, nested) = body.split_at(nested.unwrap_or(body.len()));
        let message = element(outer, "message").or_else(|| element(outer, "Message"))?;
        let code = element(outer, "code").or_else(|| element(outer, "Code")).unwrap_or_default();
        let detail = |part: &str| {
            Some(ErrorDetail {
                code: element(part, "code").unwrap_or_default(),
                message: element(part, "message")?,
                target: element(part, "target"),
            })
        };
        let details = nested.split("detail>").filter_map(detail).collect();
        Some(Self { code, message, target: element(outer, "target"), details, inner: None })
    }
}

/// A text, the `value` of a message, or the digits of a number.
fn text(json: Option<&Json>) -> String {
    match json.map(|json| json.get("value").unwrap_or(json)) {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn optional(json: Option<&Json>) -> Option<String> {
    json.and_then(Json::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
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
        let error = ServiceError::new("", "a <b> & 'c' \"d\"");
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
