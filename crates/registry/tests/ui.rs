//! The compiler's errors for mistakes: each file in `ui` has one mistake, and its `.stderr` file has the error.
//! `TRYBUILD=overwrite cargo test --test ui` updates the errors; read them before you commit them.

#[test]
fn mistakes_are_explained_at_their_own_token() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
