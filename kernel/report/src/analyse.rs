//! From the recording to what the report says: who is who, what the events tell, the rows.
//!
//! `deadlocked` ends everything where a deadlock was proved.
//!
//! From below: `positions` finds things, `lookup` knows threads and places, `scan` reads the events
//! once with its help (`lock_orders` keeps who nested which locks), `facts` holds both and numbers
//! what gets a row, `words` puts it into words, `moments` says when what took effect. `tables`,
//! `dependencies`, `order` and `story` make parts of the report of that.

mod background;
pub(crate) mod deadlocked;
pub(crate) mod dependencies;
mod events;
mod facts;
pub(crate) mod gaps;
pub(crate) mod jobs;
mod lock_orders;
mod lookup;
mod moments;
pub(crate) mod order;
mod positions;
mod scan;
pub(crate) mod story;
pub(crate) mod tables;
pub(crate) mod tasks;
mod words;

pub(crate) use events::{ended_well, is_reported, length};
pub(crate) use facts::Facts;
pub(crate) use lock_orders::thread_key;
