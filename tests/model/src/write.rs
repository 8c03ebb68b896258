//! The writes of the table: under which condition each one takes effect, and what it sets.
//!
//! Over 300 lines: one branch for each write, with its condition beside what it sets.

use engine::{
    AttemptWrite, CallbackState, Condition, CreationToken, Delivered, Fingerprint, JobRecord,
    JobState, Move, Outcome, Timestamp, transition,
};

use crate::condition::Value;
use crate::effects::{after_attempt, ended, said_by};
use crate::shared::Shared;
use crate::step::Wish;
use crate::world::{FLIGHT, Standing, Whose, World};
use crate::{Guard, Lifecycle};

/// A write in flight: its answer was lost, and it may take effect until then, or never.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pending {
    pub(crate) write: Write,
    pub(crate) decided_at: Timestamp,
    pub(crate) until: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Write {
    /// `submit`: a new record.
    Create {
        whose: Whose,
        job: Shared,
        seen: Option<CreationToken>,
    },
    /// The next attempt, for the worker with this token.
    Claim {
        fingerprint: Fingerprint,
        token: String,
        lease_until: Timestamp,
    },
    /// A checkpoint of an attempt.
    Save {
        run: Shared,
        said: u8,
        number: u64,
    },
    /// The end of an attempt.
    Attempt {
        run: Shared,
        wish: Wish,
        said: u8,
        next_start: Timestamp,
    },
    /// The end of a job that no attempt owns; by its owner: the job of the command's first look.
    End {
        of: Standing,
        end: Move,
        is_overdue: bool,
        ended_at: Timestamp,
        expires_at: Timestamp,
        first: Option<Whose>,
    },
    AskToStop {
        of: Standing,
        first: Whose,
    },
    Delete {
        of: Standing,
        expires_at: Timestamp,
        first: Whose,
    },
    /// The outcome of a delivery of a webhook.
    Deliver {
        of: Whose,
        token: CreationToken,
        outcome: Delivered,
    },
}

impl Write {
    fn condition(&self) -> Condition {
        match self {
            Self::Create { seen: None, .. } => Condition::IdIsNew,
            Self::Create { seen: Some(_), .. } => Condition::IdIsFree,
            Self::Claim { .. } => Condition::Claimable,
            Self::Save { .. } => Condition::OwnsAttemptSoFar,
            Self::Attempt { wish, .. } => match wish {
                Wish::Succeed | Wish::Cancel => Condition::OwnsAttempt,
                Wish::FailForGood | Wish::Retry | Wish::Snooze | Wish::NextSlice => {
                    Condition::OwnsUncanceledAttempt
                }
            },
            Self::End {
                is_overdue: true, ..
            } => Condition::Overdue,
            Self::End { .. } => Condition::Unchanged,
            Self::AskToStop { .. } => Condition::Started,
            Self::Delete { .. } => Condition::SameJob,
            Self::Deliver { outcome, .. } => match outcome {
                Delivered::Yes => Condition::Undelivered,
                Delivered::NotYet { .. } => Condition::UndeliveredSoFar,
                Delivered::Never => Condition::AwaitsDelivery,
            },
        }
    }

    fn values(&self, decided_at: Timestamp) -> Vec<(&'static str, Value<'_>)> {
        use Value::{Number, Text};
        let mut values = vec![
            (":now", Number(decided_at.ms())),
            (":now_seconds", Number(decided_at.ms() / 1_000)),
            (":scheduled", Text(JobState::Scheduled.as_str())),
            (":started", Text(JobState::Started.as_str())),
            (":completed", Text("COMPLETED")),
            (":pending", Text(CallbackState::Pending.as_str())),
            (":failed", Text(CallbackState::Failed.as_str())),
        ];
        match self {
            Self::Create { seen, .. } => values.push((
                ":seen",
                Text(seen.as_ref().map_or("", CreationToken::as_str)),
            )),
            Self::Claim { fingerprint, .. } => {
                values.push((":fingerprint", Text(fingerprint.as_str())));
            }
            Self::Save { run, .. } | Self::Attempt { run, .. } => {
                values.push((":token", Text(run.run_token.as_deref().unwrap_or_default())));
            }
            Self::End { of, .. } | Self::Delete { of, .. } | Self::AskToStop { of, .. } => values
                .extend([
                    (":version", Number(of.job.version.try_into().unwrap_or(0))),
                    (":creation_token", Text(of.job.creation_token.as_str())),
                ]),
            Self::Deliver { .. } => {}
        }
        if let Self::Deliver { token, outcome, .. } = self {
            values.push((":creation_token", Text(token.as_str())));
            if let Delivered::NotYet { attempts_before } = outcome {
                values.push((":attempts", Number((*attempts_before).into())));
            }
        }
        if let Self::Save { number, .. } = self {
            values.push((":number", Number((*number).try_into().unwrap_or(0))));
        }
        values
    }
}

impl Wish {
    pub(crate) fn as_write(self) -> AttemptWrite {
        match self {
            Self::Succeed => AttemptWrite::End(Outcome::Success),
            Self::FailForGood => AttemptWrite::End(Outcome::Failed),
            Self::Cancel => AttemptWrite::End(Outcome::Canceled),
            Self::Retry | Self::Snooze => AttemptWrite::Reschedule,
            Self::NextSlice => AttemptWrite::EndSlice,
        }
    }
}

impl World {
    /// Writes now: whether the condition held.
    pub(crate) fn put(&mut self, write: &Write, decided_at: Timestamp, model: &Lifecycle) -> bool {
        if self.announces_first {
            self.announce(write);
        }
        let holds = self.take_effect(write, decided_at, model);
        // Only then, in a process that is still there.
        if holds && !self.announces_first {
            self.announce(write);
        }
        holds
    }

    fn take_effect(&mut self, write: &Write, decided_at: Timestamp, model: &Lifecycle) -> bool {
        let record = self.record.as_ref().map(|standing| &*standing.job);
        let holds = model
            .conditions
            .hold(write.condition(), record, &write.values(decided_at));
        if holds {
            self.apply(write, decided_at, model);
        }
        holds
    }

    /// Sends a write whose answer gets lost.
    pub(crate) fn send_late(&mut self, write: Write, decided_at: Timestamp) {
        self.left.late -= 1;
        if self.announces_first {
            self.announce(&write);
        }
        self.pending.push(Pending {
            write,
            decided_at,
            until: self.now + FLIGHT,
        });
    }

    /// A write in flight arrives.
    pub(crate) fn land(&mut self, place: usize, model: &Lifecycle) {
        let Pending {
            write, decided_at, ..
        } = self.pending.remove(place);
        self.take_effect(&write, decided_at, model);
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each write")]
    fn apply(&mut self, write: &Write, decided_at: Timestamp, model: &Lifecycle) {
        if let Write::Create { whose, job, .. } = write {
            self.submitters[*whose].life.is_begun = true;
            self.record = Some(Standing {
                whose: *whose,
                job: job.clone(),
            });
            return;
        }
        let Some(Standing { whose, job }) = self.record.clone() else {
            return;
        };
        let changed = match write {
            Write::Create { .. } => None,
            Write::Claim {
                token, lease_until, ..
            } => {
                self.seen.left_its_end |= self.submitters[whose].life.end.is_some();
                Some(JobRecord {
                    state: transition(job.state, Move::Start).unwrap_or(JobState::Started),
                    attempt: job.attempt + u32::from(!job.is_between_slices),
                    is_between_slices: job.is_between_slices && model.lacks(Guard::SliceStep),
                    lease_until: Some(*lease_until),
                    run_token: Some(token.clone()),
                    progress_number: 0,
                    schedule: None,
                    ..JobRecord::clone(&job)
                })
            }
            Write::Save { run, said, number } => {
                self.seen.stale_write |= is_stale(&job, run);
                self.seen.took_back |= *said < said_by(&job);
                Some(JobRecord {
                    summary: said.to_string(),
                    progress_number: *number,
                    ..JobRecord::clone(&job)
                })
            }
            Write::Attempt {
                run,
                wish,
                said,
                next_start,
            } => {
                self.seen.stale_write |= is_stale(&job, run);
                let life = &mut self.submitters[whose].life;
                life.snoozed += u32::from(*wish == Wish::Snooze);
                life.sliced += u32::from(*wish == Wish::NextSlice);
                Some(JobRecord {
                    summary: said.to_string(),
                    ..after_attempt(&job, *wish, *next_start, decided_at, model)
                })
            }
            Write::End {
                end,
                ended_at,
                expires_at,
                first,
                ..
            } => {
                self.acts_on(whose, *first);
                let life = &mut self.submitters[whose].life;
                life.canceled_unstarted |= *end == Move::Cancel && life.started == 0;
                Some(ended(&job, *end, *ended_at, *expires_at))
            }
            Write::AskToStop { first, .. } => {
                self.acts_on(whose, Some(*first));
                self.seen.asked_nobody |= job.is_between_slices;
                Some(JobRecord {
                    cancel_requested: true,
                    ..JobRecord::clone(&job)
                })
            }
            Write::Delete {
                first, expires_at, ..
            } => {
                self.acts_on(whose, Some(*first));
                self.submitters[whose].life.deleted = true;
                let state = self.submitters[whose]
                    .life
                    .end
                    .map_or(job.state, JobState::Completed);
                let tombstone = JobRecord {
                    state,
                    is_deleted: true,
                    is_between_slices: false,
                    lease_until: None,
                    cancel_requested: false,
                    expires_at: *expires_at,
                    callback: None,
                    ..JobRecord::clone(&job)
                };
                (!model.lacks(Guard::Tombstone)).then_some(tombstone)
            }
            Write::Deliver { of, outcome, .. } => {
                self.acts_on(whose, Some(*of));
                Some(self.with_outcome(&job, *outcome))
            }
        };
        self.record = changed.map(|changed| {
            let version = job.version + 1;
            Standing {
                whose,
                job: JobRecord { version, ..changed }.into(),
            }
        });
    }

    fn acts_on(&mut self, whose: Whose, first: Option<Whose>) {
        self.seen.acted_on_another |= first.is_some_and(|first| first != whose);
    }
}

/// Whether a write of this run comes too late: another claim has the job, or nobody since the slice's end.
fn is_stale(job: &JobRecord, run: &JobRecord) -> bool {
    job.run_token != run.run_token || job.is_between_slices
}
