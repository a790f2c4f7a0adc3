//! Files of releases: links, downloads that resume, checksums and signatures.

pub(crate) mod download;
pub(crate) mod index;
pub(crate) mod link;
pub(crate) mod minisign;
pub(crate) mod part_file;
pub(crate) mod signed_names;
pub(crate) mod verify;
