//! What this crate adds to a program: the flags for repositories, the reporter's name, checks of the network, GitHub and AWS, and
//! the settings that it detects in a clone.

mod detection;
mod repository_extension;
