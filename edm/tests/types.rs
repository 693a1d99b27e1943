//! Which queries and bodies must not compile, and which must.
//!
//! The expected errors are in `ui/*.stderr`; `TRYBUILD=overwrite cargo test -p edm --test types`
//! renews them.

#[test]
fn terms_refuse_what_makes_no_sense() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass.rs");
    cases.compile_fail("tests/ui/fail_*.rs");
}
