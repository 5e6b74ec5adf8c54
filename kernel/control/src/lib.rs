//! What explored processes load before everything else: in them, nothing is left to chance.
//!
//! A program is compiled so that each of its atomic operations calls us ([`tsan`]), our `std` asks
//! at each operation of its own ([`twins`]), and what the system would decide is decided here
//! ([`interpose`]): who runs, who is woken, what time it is. One thread runs at a time
//! ([`scheduler`]). A run is a copy of a process that has loaded everything ([`explorer`]); it
//! leaves what it did in memory that both share ([`result`]).
//!
//! No twin of our `std` may be used here: it would ask us.

mod arena;
mod beyond;
mod blocks;
mod carriers;
mod dispatch;
mod events;
mod explorer;
mod frames;
mod heap;
mod interpose;
mod json;
mod local;
mod made;
mod orders;
mod outcomes;
mod own;
mod places;
mod process;
mod random;
mod result;
mod scheduler;
mod signals;
mod snapshot;
mod symbols;
mod system;
mod tally;
mod together;
mod tsan;
mod twins;
mod worker;
