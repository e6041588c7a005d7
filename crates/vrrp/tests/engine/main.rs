//! The engine against the rules, on a clock that the tests turn.

mod anything;
mod bench;
mod causes;
mod changes;
mod election;
mod owner;
mod preemption;
mod refusals;
mod rivals;
mod sending;
mod standstill;
mod timing;
mod trackers;
