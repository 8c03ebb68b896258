//! The service with a front between its functions and the back ends, and an auditor behind the front.

use std::sync::Arc;

use local::{Backends, Endpoints, Service, ServiceOptions, StartError, dynamodb_client};

use crate::audit::Auditor;
use crate::faults::{Front, ObjectFront, Plan, Rates};

/// The running service with its front.
pub(crate) struct FaultyService {
    pub(crate) service: Service,
    pub(crate) front: Front,
    /// Before S3.
    _objects: ObjectFront,
    pub(crate) plan: Arc<Plan>,
    pub(crate) auditor: Arc<Auditor>,
}

impl FaultyService {
    /// Starts the service; the faults are drawn from `seed`.
    pub(crate) async fn start(
        options: ServiceOptions,
        seed: u64,
        rates: Rates,
    ) -> Result<Self, StartError> {
        let backends = Backends::start(&options).await?;
        let plan = Arc::new(Plan::new(seed, rates));
        let auditor = Arc::new(Auditor::new(dynamodb_client(&backends.endpoints.dynamodb)));
        let behind = backends.endpoints.clone();
        let front = Front::audited(behind, plan.clone(), auditor.clone()).await;
        let front = front.map_err(StartError::back_end)?;
        let of_objects = plan.clone();
        let objects = ObjectFront::start(&backends.endpoints.s3, move |call| {
            of_objects.object_fault(call)
        });
        let objects = objects.await.map_err(StartError::back_end)?;
        let endpoints = Endpoints {
            dynamodb: front.url.clone(),
            sqs: front.url.clone(),
            s3: objects.url.clone(),
            scheduler: front.url.clone(),
        };
        Ok(Self {
            service: Service::on(backends, &endpoints, options).await?,
            front,
            _objects: objects,
            plan,
            auditor,
        })
    }
}
