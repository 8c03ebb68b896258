//! The caller of a request, from data of the gateway's authorizer, never from data that a client can write.

use engine::Owner;
use lambda_http::aws_lambda_events::apigw::{
    ApiGatewayProxyRequestContext, ApiGatewayRequestAuthorizerIamDescription,
    ApiGatewayV2httpRequestContext,
};
use serde_json::{Map, Value};

/// The caller of an HTTP API or a function URL. `None` if an authorizer let the request through but identified nobody
/// that a job could belong to.
pub(crate) fn of_payload_2(context: &ApiGatewayV2httpRequestContext) -> Option<Owner> {
    let Some(authorizer) = &context.authorizer else {
        return Some(Owner::anonymous());
    };
    if let Some(jwt) = &authorizer.jwt {
        return subject(
            jwt.claims.get("iss").map(String::as_str),
            jwt.claims.get("sub").map(String::as_str),
        );
    }
    if let Some(iam) = &authorizer.iam {
        return of_iam(iam);
    }
    of_lambda_authorizer(authorizer.fields.get("principalId"))
}

/// The caller of a REST API.
pub(crate) fn of_payload_1(context: &ApiGatewayProxyRequestContext) -> Option<Owner> {
    // A REST API's authorizer is one flat map.
    let fields = &context.authorizer.fields;
    if let Some(claims) = fields.get("claims").and_then(Value::as_object) {
        return subject(text(claims, "iss"), text(claims, "sub"));
    }
    let identity = &context.identity;
    if let Some(arn) = &identity.user_arn {
        let cognito = identity.cognito_identity_id.as_deref();
        return principal(cognito, arn, identity.user.as_deref());
    }
    if fields.is_empty() {
        Some(Owner::anonymous())
    } else {
        of_lambda_authorizer(fields.get("principalId"))
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// Issuer and subject: a subject is unique within its issuer only (RFC 7519, section 4.1.2). No URL has a bar in it, so the
/// two cannot run into each other.
fn subject(issuer: Option<&str>, subject: Option<&str>) -> Option<Owner> {
    let subject = subject.filter(|subject| !subject.is_empty())?;
    Owner::named(&format!("{}|{subject}", issuer.unwrap_or_default()))
}

fn of_iam(iam: &ApiGatewayRequestAuthorizerIamDescription) -> Option<Owner> {
    let cognito = iam
        .cognito_identity
        .as_ref()
        .and_then(|cognito| cognito.identity_id.as_deref());
    principal(cognito, iam.user_arn.as_deref()?, iam.user_id.as_deref())
}

/// The IAM principal: its ARN, which people read, and its unique id, so that a role or a user that is deleted and created again
/// under the same ARN does not inherit its predecessor's jobs
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>). An assumed role is
/// the role, whatever its session is called. All users of a Cognito identity pool assume one role, so there the identity is
/// the owner.
fn principal(cognito_identity: Option<&str>, arn: &str, unique_id: Option<&str>) -> Option<Owner> {
    if let Some(identity) = cognito_identity.filter(|identity| !identity.is_empty()) {
        return Owner::named(&format!("cognito|{identity}"));
    }
    let unique_id = unique_id.unwrap_or_default();
    let role = arn
        .split_once(":assumed-role/")
        .and_then(|(_, role)| role.split_once('/'));
    let (arn, unique_id) = match role {
        // `AROA…:session`. Of other principals the colon is a part of the id: `123456789012:name` is a federated user.
        Some((_, session)) => (
            &arn[..arn.len() - session.len() - 1],
            unique_id.split(':').next().unwrap_or_default(),
        ),
        None => (arn, unique_id),
    };
    // An id is letters, digits and colons, and no ARN ends in a bar and such a text: the two cannot run into each other.
    let bar = if unique_id.is_empty() { "" } else { "|" };
    Owner::named(&format!("{arn}{bar}{unique_id}"))
}

fn of_lambda_authorizer(principal: Option<&Value>) -> Option<Owner> {
    let principal = principal?
        .as_str()
        .filter(|principal| !principal.is_empty())?;
    Owner::named(&format!("principal|{principal}"))
}

#[cfg(test)]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a test gives a value as it stands in the event"
)]
mod tests {
    use super::*;
    use serde_json::json;

    fn payload_2(authorizer: Value) -> Option<String> {
        let context = json!({"http": {"method": "GET"}, "authorizer": authorizer});
        of_payload_2(&serde_json::from_value(context).unwrap()).map(|owner| owner.to_string())
    }

    fn payload_1(identity: Value, authorizer: Value) -> Option<String> {
        let context = json!({"identity": identity, "authorizer": authorizer, "httpMethod": "GET"});
        of_payload_1(&serde_json::from_value(context).unwrap()).map(|owner| owner.to_string())
    }

    #[test]
    fn without_an_authorizer_everybody_is_anonymous() {
        assert_eq!(payload_2(Value::Null).unwrap(), "anonymous");
        assert_eq!(
            payload_1(json!({"sourceIp": "192.0.2.1"}), json!({})).unwrap(),
            "anonymous"
        );
        assert_eq!(payload_1(json!({}), Value::Null).unwrap(), "anonymous");
    }

    #[test]
    fn a_jwt_names_issuer_and_subject() {
        let claims = json!({"iss": "https://issuer.example.com", "sub": "alice"});
        assert_eq!(
            payload_2(json!({"jwt": {"claims": claims}})).unwrap(),
            "https://issuer.example.com|alice"
        );
        assert_eq!(
            payload_1(json!({}), json!({"claims": claims})).unwrap(),
            "https://issuer.example.com|alice"
        );
    }

    #[test]
    fn a_token_without_a_subject_is_nobodys_and_not_anonymous() {
        assert_eq!(
            payload_2(json!({"jwt": {"claims": {"iss": "https://issuer.example.com"}}})),
            None
        );
        assert_eq!(payload_1(json!({}), json!({"claims": {"sub": ""}})), None);
        assert_eq!(payload_2(json!({"lambda": {"tenant": "a"}})), None);
        assert_eq!(payload_1(json!({}), json!({"integrationLatency": 3})), None);
        assert_eq!(payload_2(json!({})), None);
    }

    #[test]
    fn an_assumed_role_is_the_role_whatever_its_session_is_called() {
        let role =
            |session: &str| format!("arn:aws:sts::123456789012:assumed-role/Deployer/{session}");
        let owner = "arn:aws:sts::123456789012:assumed-role/Deployer";
        assert_eq!(
            payload_2(json!({"iam": {"userArn": role("one")}})).unwrap(),
            owner
        );
        assert_eq!(
            payload_1(json!({"userArn": role("two/three")}), json!({})).unwrap(),
            owner
        );
        let user = "arn:aws:iam::123456789012:user/team/alice";
        assert_eq!(payload_2(json!({"iam": {"userArn": user}})).unwrap(), user);
    }

    #[test]
    fn a_principal_that_is_created_again_is_another_one() {
        let arn = "arn:aws:sts::123456789012:assumed-role/Deployer";
        let owner = |id: &str, session: &str| {
            let (arn, id) = (format!("{arn}/{session}"), format!("{id}:{session}"));
            let iam = json!({"iam": {"userArn": arn, "userId": id, "callerId": id}});
            let identity = json!({"userArn": arn, "user": id, "caller": id});
            assert_eq!(payload_2(iam), payload_1(identity.clone(), json!({})));
            payload_1(identity, json!({})).unwrap()
        };
        assert_eq!(owner("AROA1", "one"), format!("{arn}|AROA1"));
        assert_eq!(owner("AROA1", "one"), owner("AROA1", "two"));
        assert_ne!(owner("AROA1", "one"), owner("AROA2", "one"));
    }

    #[test]
    fn a_principal_that_is_not_a_role_has_its_whole_id() {
        for (arn, id) in [
            ("arn:aws:iam::123456789012:user/team/alice", "AIDA1"),
            ("arn:aws:iam::123456789012:root", "123456789012"),
            (
                "arn:aws:sts::123456789012:federated-user/bob",
                "123456789012:bob",
            ),
        ] {
            let iam = json!({"iam": {"userArn": arn, "userId": id}});
            assert_eq!(payload_2(iam).unwrap(), format!("{arn}|{id}"));
        }
    }

    #[test]
    fn users_of_an_identity_pool_share_a_role_and_not_their_jobs() {
        let arn = "arn:aws:sts::123456789012:assumed-role/PoolRole/CognitoIdentityCredentials";
        let cognito = json!({"amr": ["authenticated"], "identityId": "eu-west-1:1234"});
        assert_eq!(
            payload_2(json!({"iam": {"userArn": arn, "cognitoIdentity": cognito}})).unwrap(),
            "cognito|eu-west-1:1234"
        );
    }

    #[test]
    fn a_lambda_authorizer_names_its_principal() {
        assert_eq!(
            payload_2(json!({"lambda": {"principalId": "p1"}})).unwrap(),
            "principal|p1"
        );
        assert_eq!(
            payload_1(json!({}), json!({"principalId": "p1"})).unwrap(),
            "principal|p1"
        );
    }
}
