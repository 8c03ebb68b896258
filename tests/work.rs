//! What happens to a job after it was accepted: attempts, batches, crashes, faults on the wire, calls and units.

mod bad_handlers;
mod batches;
mod budget;
mod crashes;
mod expiry;
mod fairness;
mod far_starts;
mod histories;
mod large;
mod lifecycle;
mod profiles;
mod slices;
mod slow_receivers;
mod webhook_schedule;
mod webhooks;
mod wire;
mod wire_faults;
