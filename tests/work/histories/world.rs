//! A table, a queue, two workers, and what is known of them.
//!
//! Over 300 lines: one world with a method for each step of a history, which all change the same fields.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use dynoxide::Database;
use dynoxide::storage_backend::ManualClock as TableClock;
use engine::{
    Checkpoint, Claim, ClaimDecision, Created, CreationToken, Ending, Failure, Fingerprint,
    IdSecrets, JobId, JobMessage, JobQueue, JobRecord, JobStore, NewJob, Owner, Pause, Percent,
    Progress, Receipt, Rescheduling, Timestamp, Unclaimed, Written, owns_attempt,
};
use rehearse::audit::{Image, Ledger, Sender, Write};
use serde_json::value::RawValue;
use sqs::{Clock, ManualClock, Queues};

use super::step::{JOBS, Step, WORKERS};
use crate::backends::{TABLE, dynamodb_client, listen, sqs_client};

const LEASE: Duration = Duration::from_secs(30);
const DEADLINE: Duration = Duration::from_secs(100);
/// Longer than the answers here take, and shorter than a job's life, so that histories see both sides of it.
const HORIZON: Duration = Duration::from_secs(40);
const RETENTION: Duration = Duration::from_secs(50);
/// In the year 2096: nobody's clock is there yet.
const BEGIN_S: u64 = 4_000_000_000;

/// An attempt, and the message that it was claimed with.
struct Run {
    record: JobRecord,
    delivery: Delivery,
    said: Progress,
    /// What it said before.
    earlier: Progress,
    /// How often it said something.
    number: u64,
}

impl Run {
    fn of(record: JobRecord, delivery: Delivery) -> Self {
        let said = Progress {
            percent: record.percent,
            summary: None,
            checkpoint: record.checkpoint.clone(),
        };
        Self {
            earlier: said.clone(),
            number: 0,
            said,
            record,
            delivery,
        }
    }
}

#[derive(Clone)]
struct Delivery {
    message: JobMessage,
    receipt: Receipt,
    sent_ms: i64,
}

pub(super) struct World {
    clock: ManualClock,
    table_clock: Arc<TableClock>,
    database: Database,
    table: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    queue_url: String,
    store: JobStore,
    queue: JobQueue,
    ids: Vec<JobId>,
    workers: Vec<Option<Run>>,
    frozen: Vec<Run>,
    last: Option<Delivery>,
    /// Whose the messages are that nobody deleted.
    messages: BTreeMap<u32, JobId>,
    images: BTreeMap<JobId, Option<Image>>,
    accepted: Vec<JobId>,
    ledger: Ledger,
    claims: u32,
    commands: u32,
    sent: u32,
    saved: u32,
    /// What a job that waits was given back with.
    kept: BTreeMap<JobId, Option<Checkpoint>>,
}

impl World {
    pub(super) async fn start() -> Self {
        let table_clock = Arc::new(TableClock::new(BEGIN_S));
        let database = Database::memory_with_clock(table_clock.clone()).unwrap();
        let (listener, url) = listen().await;
        let served = database.clone();
        tokio::spawn(dynoxide::server::serve_with_shutdown(
            listener,
            served,
            pending(),
        ));
        let table = dynamodb_client(&url);
        local::create_table(&table, TABLE).await.unwrap();

        let clock = ManualClock::starting_at(BEGIN_S * 1_000);
        let queues = Arc::new(Queues::new(Clock::from(clock.clone())));
        let (listener, url) = listen().await;
        tokio::spawn(sqs::serve(listener, queues, pending()));
        let sqs = sqs_client(&url);
        let made = sqs
            .create_queue()
            .queue_name("jobs")
            .attributes(QueueAttributeName::VisibilityTimeout, "31")
            .send()
            .await;
        let queue_url = made.unwrap().queue_url.unwrap();
        let secrets = IdSecrets::parse("ID_SECRETS", "0123456789abcdef0123456789abcdef").unwrap();
        let ids = (0..JOBS).map(|job| secrets.issue(&owner(), [u8::try_from(job).unwrap(); 10]));
        Self {
            store: JobStore::new(table.clone(), TABLE),
            queue: JobQueue::new(sqs.clone(), &queue_url),
            ids: ids.collect(),
            workers: (0..WORKERS).map(|_| None).collect(),
            frozen: Vec::new(),
            last: None,
            messages: BTreeMap::new(),
            images: BTreeMap::new(),
            accepted: Vec::new(),
            ledger: Ledger::default(),
            claims: 0,
            commands: 0,
            sent: 0,
            saved: 0,
            kept: BTreeMap::new(),
            clock,
            table_clock,
            database,
            table,
            sqs,
            queue_url,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_ms(i64::try_from(self.clock.now_ms()).unwrap())
    }

    pub(super) async fn take(&mut self, step: &Step) {
        match *step {
            Step::Submit { job } => self.submit(self.ids[job]).await,
            Step::SendOnly { job } => self.send(self.ids[job]).await,
            Step::Deliver { worker } => self.deliver(worker).await,
            Step::DeliverAgain { worker } => {
                if let (None, Some(delivery)) = (&self.workers[worker], self.last.clone()) {
                    self.handle(worker, delivery).await;
                }
            }
            Step::Progress { worker } => {
                if let Some(mut run) = self.workers[worker].take() {
                    self.progress(&mut run).await;
                    self.workers[worker] = Some(run);
                }
            }
            Step::ProgressComesLate { worker } => {
                if let Some(run) = self.workers[worker].take() {
                    let earlier = run.number.saturating_sub(1);
                    self.say(&run, earlier, &run.earlier).await;
                    self.workers[worker] = Some(run);
                }
            }
            Step::GiveBack { worker, pause } => {
                if let Some(run) = self.workers[worker].take() {
                    self.give_back(run, pause).await;
                }
            }
            Step::EndSlice {
                worker,
                leaves_thread,
            } => {
                if let Some(run) = self.workers[worker].take() {
                    self.end_slice(run, leaves_thread).await;
                }
            }
            Step::Finish { worker, succeeds } => {
                if let Some(run) = self.workers[worker].take() {
                    self.finish(run, succeeds).await;
                }
            }
            Step::Freeze { worker } => self.frozen.extend(self.workers[worker].take()),
            Step::ThawAndProgress => {
                if let Some(mut run) = self.frozen.pop() {
                    self.progress(&mut run).await;
                    self.frozen.push(run);
                }
            }
            Step::ThawAndGiveBack { pause } => {
                if let Some(run) = self.frozen.pop() {
                    self.give_back(run, pause).await;
                }
            }
            Step::ThawAndEndSlice => {
                if let Some(run) = self.frozen.pop() {
                    self.end_slice(run, false).await;
                }
            }
            Step::ThawAndFinish => {
                if let Some(run) = self.frozen.pop() {
                    self.finish(run, true).await;
                }
            }
            Step::Cancel { job } => {
                let (id, now) = (self.ids[job], self.now());
                self.store.cancel(&id, || now, RETENTION).await.unwrap();
                self.look_after_command(id).await;
            }
            Step::Delete { job } => {
                let (id, now) = (self.ids[job], self.now());
                self.store.delete(&id, || now, HORIZON).await.unwrap();
                self.look_after_command(id).await;
            }
            Step::Sweep => self.sweep().await,
            Step::Advance { seconds } => self.advance(seconds),
        }
    }

    fn advance(&self, seconds: u64) {
        let by = Duration::from_secs(seconds);
        self.clock.advance(by);
        self.table_clock.tick(by);
    }

    async fn send(&mut self, id: JobId) {
        let message = JobMessage {
            id,
            kind: "rehearsal".parse().unwrap(),
            fingerprint: fingerprint(),
            traceparent: None,
            uploads: Vec::new(),
            input: RawValue::from_string("{}".to_owned()).unwrap(),
        };
        let body = message.to_body();
        let before = self.count().await;
        self.queue
            .send(body, &owner(), Duration::ZERO, None)
            .await
            .unwrap();
        assert_eq!(self.count().await, before + 1);
        self.ledger.sent(&id.to_string());
        self.sent += 1;
        self.messages.insert(self.sent, id);
    }

    async fn submit(&mut self, id: JobId) {
        let now = self.now();
        // As `submit` does: a key that stands for a live job sends nothing.
        let standing = self.store.get(&id).await.unwrap();
        let replaced = match standing {
            Some(record) if !record.is_expired(now) => return,
            standing => standing.map(|record| record.creation_token),
        };
        self.send(id).await;
        let job = NewJob {
            id,
            owner: owner(),
            kind: "rehearsal".parse().unwrap(),
            fingerprint: fingerprint(),
            creation_token: CreationToken::of(u128::from(self.sent).to_be_bytes()),
            summary: String::new(),
            scheduled_start: now,
            schedule: None,
            deadline: DEADLINE,
            write_horizon: HORIZON,
            retention: RETENTION,
            max_attempts: 3,
            callback: None,
        };
        let created = self.store.create(job, replaced.as_ref(), now);
        let created = created.await.unwrap();
        assert!(matches!(created, Created::New(_)), "{created:?}");
        self.accepted.push(id);
        self.kept.remove(&id);
        self.look(id, "submit").await;
    }

    async fn deliver(&mut self, worker: usize) {
        if self.workers[worker].is_some() {
            return;
        }
        if let Some(delivery) = self.receive().await {
            self.last = Some(delivery.clone());
            self.handle(worker, delivery).await;
        }
    }

    async fn receive(&self) -> Option<Delivery> {
        let request = self.sqs.receive_message().queue_url(&self.queue_url);
        let names = MessageSystemAttributeName::All;
        let answer = request.message_system_attribute_names(names).send().await;
        let message: Message = answer.unwrap().messages?.pop()?;
        let sent = &message.attributes.as_ref()?[&MessageSystemAttributeName::SentTimestamp];
        Some(Delivery {
            message: JobMessage::parse(message.body()?).unwrap(),
            sent_ms: sent.parse().unwrap(),
            receipt: Receipt(message.receipt_handle?),
        })
    }

    /// What the worker does with a delivery.
    async fn handle(&mut self, worker: usize, delivery: Delivery) {
        let (id, now) = (delivery.message.id, self.now());
        self.claims += 1;
        let token = format!("claim {}", self.claims);
        let (request, lease) = (fingerprint(), now.plus(LEASE));
        let claim = self
            .store
            .claim(&id, &request, &token, now, lease)
            .await
            .unwrap();
        self.look(id, &token).await;
        match claim {
            Claim::Acquired(record) => {
                if let Some(kept) = self.kept.remove(&id) {
                    assert_eq!(record.checkpoint, kept, "the checkpoint of {id}");
                }
                self.workers[worker] = Some(Run::of(*record, delivery));
            }
            Claim::Refused(decision, record) => {
                self.refused(delivery, decision, record.as_deref()).await;
            }
        }
    }

    async fn refused(
        &mut self,
        delivery: Delivery,
        decision: ClaimDecision,
        record: Option<&JobRecord>,
    ) {
        let now = self.now();
        let age = now.since(Timestamp::from_ms(delivery.sent_ms));
        match Unclaimed::of(decision, age, HORIZON, now) {
            Unclaimed::HandBack { after } => return self.hand_back(&delivery, after).await,
            Unclaimed::Drop => return self.done(&delivery).await,
            Unclaimed::End => {}
        }
        let record = record.unwrap();
        let (store, expires_at) = (&self.store, engine::expiry(now, RETENTION));
        let over = Ending::Failed(Failure::new("over", "over"));
        let ended = match decision {
            ClaimDecision::Overdue => store.finish_overdue(record, now).await,
            ClaimDecision::Canceled => {
                let (ended_at, expires_at) = record.canceled_end(now, RETENTION);
                let ending = &Ending::Canceled;
                store
                    .finish_unowned(record, ending, ended_at, expires_at, now)
                    .await
            }
            _ => {
                store
                    .finish_unowned(record, &over, now, expires_at, now)
                    .await
            }
        };
        let ended = ended.unwrap();
        self.look(record.id, "worker").await;
        if ended.is_some() {
            self.done(&delivery).await;
        } else {
            self.hand_back(&delivery, Duration::ZERO).await;
        }
    }

    async fn progress(&mut self, run: &mut Run) {
        run.earlier.clone_from(&run.said);
        let percent = run.said.percent.get().saturating_add(30);
        run.said.percent = Percent::new(percent.min(99));
        self.saved += 1;
        run.said.checkpoint = Some(Checkpoint::of(&self.saved).unwrap());
        run.number += 1;
        self.say(run, run.number, &run.said).await;
    }

    async fn say(&mut self, run: &Run, number: u64, said: &Progress) {
        let written = self.store.progress(&run.record, number, said, self.now());
        let written = written.await.unwrap();
        let standing = self.store.get(&run.record.id).await.unwrap();
        let is_own = standing.is_some_and(|record| {
            let is_of_run = owns_attempt(&record, &run.record, self.now());
            if is_of_run && run.number > 0 {
                assert_eq!(record.checkpoint, run.said.checkpoint);
            }
            is_of_run
        });
        // A write that comes late tells nobody to stop who has his job.
        assert_eq!(is_own, written != Written::Fenced);
        self.look(run.record.id, token(run)).await;
    }

    /// The attempt gives its job back for a while.
    async fn give_back(&mut self, run: Run, pause: Pause) {
        let now = self.now();
        let again = Rescheduling {
            pause,
            reason: "later".to_owned(),
            next_start: now.plus(Duration::from_secs(5)),
        };
        let written = self
            .store
            .reschedule(&run.record, &again, &run.said, now)
            .await
            .unwrap();
        self.gave_back(run, written, again.next_start.since(now))
            .await;
    }

    /// The attempt goes on in a later invocation.
    async fn end_slice(&mut self, run: Run, leaves_thread: bool) {
        let now = self.now();
        let lease = run.record.lease_until.filter(|_| leaves_thread);
        let next_start = lease.unwrap_or(now).max(now);
        let written = self
            .store
            .end_slice(&run.record, &run.said, next_start, now)
            .await
            .unwrap();
        self.gave_back(run, written, next_start.since(now)).await;
    }

    /// The write by which an attempt gives its job back has been answered.
    async fn gave_back(&mut self, run: Run, written: Written, after: Duration) {
        self.look(run.record.id, token(&run)).await;
        match written {
            Written::Applied => {
                self.kept.insert(run.record.id, run.said.checkpoint.clone());
                self.hand_back(&run.delivery, after).await;
            }
            Written::CancelRequested => self.end(run, &Ending::Canceled).await,
            Written::Fenced => {}
        }
    }

    async fn finish(&mut self, run: Run, succeeds: bool) {
        let ending = if succeeds {
            Ending::Success {
                result: "1".to_owned(),
            }
        } else {
            Ending::Failed(Failure::new("rehearsed-failure", "asked for"))
        };
        self.end(run, &ending).await;
    }

    async fn end(&mut self, run: Run, ending: &Ending) {
        let now = self.now();
        let written = self
            .store
            .finish(&run.record, ending, &run.said, now, RETENTION);
        let written = written.await.unwrap();
        self.look(run.record.id, token(&run)).await;
        match written {
            Written::Applied => self.done(&run.delivery).await,
            Written::CancelRequested => Box::pin(self.end(run, &Ending::Canceled)).await,
            Written::Fenced => {}
        }
    }

    /// A stale receipt is refused, and the message comes when it comes.
    async fn hand_back(&self, delivery: &Delivery, after: Duration) {
        let _ = self.queue.hand_back(&delivery.receipt, after).await;
    }

    async fn done(&mut self, delivery: &Delivery) {
        let before = self.count().await;
        let request = self.sqs.delete_message().queue_url(&self.queue_url);
        let _ = request.receipt_handle(&delivery.receipt.0).send().await;
        // One message of the job's is gone, unless the receipt was an old one's.
        if self.count().await < before {
            let id = delivery.message.id;
            let gone = self.messages.iter().find(|(_, owner)| **owner == id);
            let gone = *gone.unwrap().0;
            self.messages.remove(&gone);
        }
    }

    async fn count(&self) -> u32 {
        let wanted = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let request = self.sqs.get_queue_attributes().queue_url(&self.queue_url);
        let answer = request
            .set_attribute_names(Some(wanted.to_vec()))
            .send()
            .await;
        let counts = answer.unwrap().attributes.unwrap();
        wanted
            .iter()
            .map(|name| counts[name].parse::<u32>().unwrap())
            .sum()
    }

    /// Each command is an invocation of its own, and so another sender.
    async fn look_after_command(&mut self, id: JobId) {
        self.commands += 1;
        self.look(id, &format!("command {}", self.commands)).await;
    }

    /// Shows the ledger what became of a record, if anything did.
    async fn look(&mut self, id: JobId, sender: &str) {
        let image = self.image(id).await;
        let before = self.images.insert(id, image.clone()).flatten();
        if before != image {
            let now_ms = i64::try_from(self.clock.now_ms()).unwrap();
            let write = Write {
                after: image,
                sender: Some(Sender(sender.to_owned())),
                arrived_ms: now_ms,
                begun_ms: now_ms,
                done_ms: now_ms,
            };
            self.ledger.wrote(&id.to_string(), write);
        }
    }

    async fn image(&self, id: JobId) -> Option<Image> {
        let key = aws_sdk_dynamodb::types::AttributeValue::S(id.to_string());
        let request = self.table.get_item().table_name(TABLE).key("id", key);
        Some(Image::of(&request.send().await.unwrap().item?))
    }

    async fn sweep(&mut self) {
        self.database.sweep_ttl().unwrap();
        let now_ms = i64::try_from(self.clock.now_ms()).unwrap();
        for id in self.ids.clone() {
            let image = self.image(id).await;
            let before = self.images.insert(id, image.clone()).flatten();
            if let (Some(before), None) = (before, image) {
                assert!(before.expires_at * 1_000 <= now_ms, "{before:?}");
            }
        }
    }

    /// No promise was broken so far.
    pub(super) fn assert_kept(&self, step: &Step) {
        assert_eq!(self.ledger.violations(), [], "after {step:?}");
        let now_ms = i64::try_from(self.clock.now_ms()).unwrap();
        for (id, image) in &self.images {
            let is_live = image
                .as_ref()
                .is_some_and(|image| image.state != "COMPLETED" && image.deadline_ms > now_ms);
            let has_message = self.messages.values().any(|owner| owner == id);
            assert!(
                !is_live || has_message,
                "{id} has no message after {step:?}"
            );
        }
    }

    /// Workers without faults process the remaining messages, until every job has finished.
    pub(super) async fn come_to_rest(&mut self) {
        self.workers.iter_mut().for_each(|worker| *worker = None);
        for _ in 0..200 {
            if self.count().await == 0 {
                break;
            }
            self.deliver(0).await;
            if let Some(run) = self.workers[0].take() {
                self.finish(run, true).await;
            }
            self.advance(2);
        }
        assert_eq!(self.count().await, 0, "messages that are never deleted");
        let now = self.now();
        for id in &self.accepted {
            let record = self.store.get(id).await.unwrap();
            let is_over = record.is_none_or(|record| record.judged(now).state.is_completed());
            assert!(is_over, "{id} has no end");
        }
        self.assert_kept(&Step::Sweep);
    }
}

fn token(run: &Run) -> &str {
    run.record.run_token.as_deref().unwrap()
}

fn owner() -> Owner {
    Owner::named("alice").unwrap()
}

fn fingerprint() -> Fingerprint {
    Fingerprint::of(b"the request")
}
