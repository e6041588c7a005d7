//! The engine against the rules, on a clock that the tests turn.

mod announcing;
mod anything;
mod authentic;
mod batches;
mod bench;
mod causes;
mod changes;
mod crossed;
mod election;
mod flapping;
mod group_bench;
mod group_table;
mod groups;
mod inferior;
mod owner;
mod preemption;
mod refusals;
mod sending;
mod speakers;
mod stall;
mod startup;
mod switches;
mod table;
mod timing;
mod trackers;
mod unicast;
