//! The steps of the world.

use crate::world::{Order, Whose};

/// A worker by its place.
pub(crate) type Who = usize;

/// A step of the world. `Late` is a write whose answer is lost: it takes effect now, later, or never ([`Step::Land`]), and
/// whoever sent it tries again or gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Time passes.
    Tick,
    /// Under a key: the read. Then the first of the two writes, which is the message.
    SubmitFirst(Whose),
    /// The record.
    SubmitSecond(Whose),
    /// The record, late.
    SubmitLate(Whose),
    /// The client gets a 503.
    SubmitGivesUp(Whose),
    /// A job's schedule sends its message: early, in time or late.
    Fire,
    /// The job's schedule is deleted, once a cancel or a delete has taken effect.
    Unschedule,
    /// A create of the schedule takes effect late, after the schedule fired or was deleted.
    ScheduleAgain,
    /// A write in flight arrives.
    Land(usize),
    /// SQS makes a second copy of a message.
    Duplicate(u8),
    /// A worker gets a message.
    Receive(Who, u8),
    /// It claims the job.
    Claim(Who),
    /// It claims the job, late.
    ClaimLate(Who),
    /// It ends a job that no attempt owns.
    End(Who),
    /// The same, late.
    EndLate(Who),
    /// An attempt saves a checkpoint.
    Save(Who),
    /// The same, late.
    SaveLate(Who),
    /// An attempt's handler leaves a thread behind.
    LeaveThread(Who),
    /// An attempt is out of the invocation's time, of which it had nearly the whole, or not.
    OutOfTime(Who, bool),
    /// An attempt writes how it ended.
    Write(Who, Wish),
    /// The same, late.
    WriteLate(Who, Wish),
    /// An attempt finds that its owner canceled the job.
    SeeCancel(Who),
    /// A worker gets no answer, and returns the message to the queue.
    GiveUp(Who),
    /// A worker's process dies.
    Crash(Who),
    /// The owner's command reads the record.
    Look(Order),
    /// It writes what it decided.
    Command,
    /// The same, late.
    CommandLate,
    /// The client gets a 503.
    CommandGivesUp,
    /// While a cancel is under way, a delete reads and writes.
    DeleteMeanwhile,
    /// TTL removes the record.
    Expire,
    /// SQS makes a second copy of a message about an end.
    DuplicateNotice(usize),
    /// A worker gets a message about an end, and delivers the webhook if the end is there.
    Deliver(usize, Sent),
    /// It writes the outcome of a delivery.
    WriteBack(usize),
    /// The same, late.
    WriteBackLate(usize),
    /// It gets no answer, or dies.
    LosePost(usize),
}

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sent {
    /// The receiver has it.
    Arrives,
    /// The receiver does not take it.
    Fails,
    /// The receiver wants no more.
    IsRefused,
}

/// The outcome that an attempt tries to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wish {
    /// It has the result.
    Succeed,
    /// It has a permanent error.
    FailForGood,
    /// It has a retryable error.
    Retry,
    /// It postpones itself.
    Snooze,
    /// It ends its slice.
    NextSlice,
    /// It was told to stop.
    Cancel,
}
