//! The compiler's errors about mistakes. Each file in `ui` contains mistakes, and its `.stderr` file contains the
//! errors. `TRYBUILD=overwrite cargo test --test ui` updates the errors. Read them before you commit them.

#[test]
fn mistakes_are_explained_at_their_own_token() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
