//! What the ways of searching have in common.

use super::profile::Profile;
use crate::point::{Pending, Point};
use crate::random::Random;

/// Who goes on, in one way of searching. What it needs of earlier runs stands in the profile.
pub(super) trait Chooser {
    /// A run begins.
    fn begin(&mut self, profile: &Profile, random: &mut Random);
    /// Chooses a thread.
    fn choose(&mut self, point: &Point<'_>, options: &[Pending], random: &mut Random) -> usize;
}
