//! What must not compile, and what must.
//!
//! The expected errors are in `ui/*.stderr`; `TRYBUILD=overwrite cargo test --test types` renews
//! them.

#[test]
fn the_types_refuse_what_the_service_would_refuse() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass.rs");
    cases.compile_fail("tests/ui/fail_*.rs");
}
