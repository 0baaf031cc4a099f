//! What the compiler says about mistakes: each file in `ui` has one, and the text that a newcomer
//! reads is in the `.stderr` beside it. `TRYBUILD=overwrite cargo test --test ui` writes the texts anew;
//! read them before you keep them.

#[test]
fn mistakes_are_explained_at_their_own_token() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
