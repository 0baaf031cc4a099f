//! What this crate adds to a program: the flags for repositories, checks of GitHub, and the settings of a clone.

mod detection;
mod repository_extension;
