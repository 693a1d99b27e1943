//! Hostile and broken documents.

use edm::atom::{self, Body};
use edm::json::PayloadErrorKind;

use crate::model::{JOB, Job};

/// An entry with these children, and vocabularies with prefixes of no meaning.
pub(crate) fn entry(children: &str) -> String {
    format!(
        "<entry xmlns='http://www.w3.org/2005/Atom' \
         xmlns:d='http://schemas.microsoft.com/ado/2007/08/dataservices' \
         xmlns:m='http://schemas.microsoft.com/ado/2007/08/dataservices/metadata'\
         >{children}</entry>"
    )
}

pub(crate) fn properties(children: &str) -> String {
    let inside = format!("<m:properties>{children}</m:properties>");
    entry(&format!("<content type='application/xml'>{inside}</content>"))
}

fn refused(text: &str) -> String {
    atom::read_draft(text.as_bytes(), &JOB).unwrap_err().to_string()
}

#[test]
fn nothing_is_expanded() {
    let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>]>";
    let text = format!("{bomb}{}", properties("<d:Name>&b;</d:Name>"));
    assert!(refused(&text).contains("document type is not allowed"), "{}", refused(&text));
    let text = properties("<d:Name>&b;</d:Name>");
    assert!(refused(&text).contains("the entity 'b' is not known"), "{}", refused(&text));
    let file = "<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>";
    assert!(refused(file).contains("document type is not allowed"));
}

#[test]
fn depth_and_width_have_limits() {
    let deep = format!("{}{}", "<d:First>".repeat(10_000), "</d:First>".repeat(10_000));
    assert!(refused(&properties(&deep)).contains("nested deeper"));
    let wide = "<d:Name/>".repeat(300_000);
    assert!(refused(&properties(&wide)).contains("more than"));
    let attributes: String = (0..100).map(|n| format!(" a{n}=''")).collect();
    assert!(refused(&properties(&format!("<d:Name{attributes}/>"))).contains("attributes"));
    let names: String = (0..5_000).map(|n| format!(" xmlns:a{n}='u'")).collect();
    assert!(refused(&properties(&format!("<d:Name{names}/>"))).contains("namespace bindings"));
    let inline = |inside: &str| {
        entry(&format!(
            "<link rel='http://schemas.microsoft.com/ado/2007/08/dataservices/related/Inputs'>\
             <m:inline><feed>{inside}</feed></m:inline></link>"
        ))
    };
    let nested = (0..9).fold(String::new(), |inside, _| inline(&inside));
    assert!(refused(&nested).contains("nested deeper"), "{}", refused(&nested));
}

#[test]
fn what_is_broken_is_told() {
    let whole = properties("<d:Name>x</d:Name>");
    for end in [0, 1, 10, whole.len() / 2, whole.len() - 1] {
        assert!(atom::read_draft(&whole.as_bytes()[..end], &JOB).is_err());
    }
    let kind = |text: &str| Body::new(text).entity(&mut Job::default()).unwrap_err().kind;
    assert_eq!(kind(""), PayloadErrorKind::Empty);
    assert_eq!(kind(&whole[..whole.len() / 2]), PayloadErrorKind::Truncated);
    assert_eq!(kind("<!doctype html><html><br></html>"), PayloadErrorKind::Markup);
    assert_eq!(kind("{\"d\":{}}"), PayloadErrorKind::Syntax);
    assert_eq!(kind(&format!("{whole}{whole}")), PayloadErrorKind::Syntax);
    assert_eq!(kind("<d:entry/>"), PayloadErrorKind::Syntax);
    assert!(refused("<feed xmlns='http://www.w3.org/2005/Atom'/>").contains("expected an entry"));
    assert!(atom::read_draft(b"\xff\xff\xff", &JOB).is_err());
    for zero in ["\0", "&#0;", "&#x0;"] {
        refused(&properties(&format!("<d:Name>a{zero}</d:Name>")));
    }
}
