//! This program as the analyst, which completes and explains for all kernels of a user.

use analyst::{Place, serve};

/// Whether an argument says that this process is the analyst. People don't start it.
pub const ANALYST: &str = crate::assist::COMMAND;

/// Is the analyst of a build until nobody needs it.
///
/// # Errors
/// One sentence: there can be none.
pub fn serve_analyst(build: &str) -> Result<(), String> {
    let place = Place::of_user(build).map_err(|error| error.to_string())?;
    serve(&place, std::io::stdout()).map_err(|error| error.to_string())
}
