//! How the worlds of a scene begin, and the record that a submit writes.

use engine::{CreationToken, IdSecrets, JobRecord, JobState, NewJob, Outcome, Owner, ScheduleName};

use crate::shared::Shared;
use crate::world::{
    Life, Seen, Standing, Submit, Submitter, WRITE_HORIZON, Whose, Worker, World, at, fingerprint,
};
use crate::{Guard, Lifecycle, Scene};

/// By how much the owner's side (submit, cancel, delete) is ahead of the workers or behind them: within the code's margins.
const SKEWS_S: [i64; 2] = [-1, 1];

impl World {
    /// The worlds that a scene begins with.
    pub(crate) fn before(model: &Lifecycle) -> Vec<Self> {
        let worlds = model.scene.requests().iter();
        worlds
            .flat_map(|bodies| SKEWS_S.map(|skew_s| Self::with(bodies, skew_s, model)))
            .flat_map(|world| world.at_first(model))
            .collect()
    }

    fn with(bodies: &[u8], skew_s: i64, model: &Lifecycle) -> Self {
        let submitter = |body: &u8| Submitter {
            submit: Submit::Begun,
            body: *body,
            life: Life::default(),
        };
        Self {
            now: 0,
            skew_s,
            submitters: bodies.iter().map(submitter).collect(),
            command: None,
            record: None,
            messages: Vec::new(),
            schedule: None,
            workers: [Worker::Idle, Worker::Idle],
            pending: Vec::new(),
            leftovers: Vec::new(),
            notices: Vec::new(),
            posts: Vec::new(),
            has_callbacks: model.scene == Scene::Webhook,
            announces_first: !model.lacks(Guard::AnnouncedEnd),
            left: model.left(),
            died_claiming: false,
            seen: Seen::default(),
        }
    }

    /// Without a record, or, where a key is used again, with that of the job before: it expires at this tick by one of the
    /// clocks, or its owner has just deleted it.
    fn at_first(self, model: &Lifecycle) -> Vec<Self> {
        if model.scene != Scene::Reuse {
            return vec![self];
        }
        let whose = self.submitters.len();
        let end = Some(Outcome::Success);
        let with = |is_deleted: bool, expires_at| {
            let mut world = self.clone();
            let life = Life {
                is_begun: true,
                started: 1,
                end,
                deleted: is_deleted,
                ..Life::default()
            };
            world.submitters.push(Submitter {
                submit: Submit::Over,
                body: 1,
                life,
            });
            let state = JobState::Completed(Outcome::Success);
            let job = JobRecord {
                state,
                expires_at,
                is_deleted,
                ..JobRecord::clone(&world.new_record(whose, model))
            };
            world.record = Some(Standing {
                whose,
                job: job.into(),
            });
            world
        };
        let (by_one, by_the_other) = (self.time().min(self.owners_time()), self.readers_time());
        vec![
            with(false, by_one),
            with(false, by_the_other),
            with(true, self.owners_time().plus(WRITE_HORIZON)),
        ]
    }

    /// The record that a submitter writes now.
    pub(crate) fn new_record(&self, whose: Whose, model: &Lifecycle) -> Shared {
        let owner = Owner::anonymous();
        let secrets = IdSecrets::parse("ID_SECRETS", "a secret that only the model of a life has");
        let kind = "any".parse();
        let (Ok(secrets), Ok(kind), Ok(token)) = (secrets, kind, u8::try_from(whose)) else {
            panic!("the secret, the kind and the number are valid");
        };
        let (id, creation_token) = (
            secrets.issue(&owner, [0; 10]),
            CreationToken::of([token; 16]),
        );
        let ahead = at(model.scene.ahead()).since(at(0));
        let schedule = (!ahead.is_zero()).then(|| ScheduleName::of(&id, &creation_token));
        let job = NewJob {
            id,
            owner,
            kind,
            fingerprint: fingerprint(self.submitters[whose].body),
            creation_token,
            summary: "0".to_owned(),
            scheduled_start: self.owners_time().plus(ahead),
            schedule,
            deadline: at(model.scene.deadline()).since(at(0)),
            write_horizon: model.write_horizon(),
            retention: model.retention(),
            max_attempts: model.scene.max_attempts(),
            callback: self
                .has_callbacks
                .then(|| "https://example.com/".to_owned()),
        };
        JobRecord::begin(job, self.owners_time()).into()
    }
}
