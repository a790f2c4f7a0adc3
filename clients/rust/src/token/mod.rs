//! License tokens, keys and status lists, verified without a request to the catalog.

pub(crate) mod claims;
pub(crate) mod jws;
pub(crate) mod key_set;
pub(crate) mod status_list;
pub(crate) mod verify;
