//! What `LargePayloads` adds to a stack: a bucket, and to each function the variables and the permissions for its part of it.

use std::collections::BTreeMap;

use engine::RESULT_DAYS;
use local::{
    BUCKET_PAGE_ORIGIN, BUCKET_READ_METHODS, BUCKET_RESPONSE_HEADERS, BUCKET_UPLOAD_HEADERS,
    CORS_MAX_AGE_SECONDS,
};
use serde_json::{Value, json};

use crate::deployment::cloudformation::{Template, text};

const ON: (&str, &str) = ("LargePayloads", "true");
const KEY: (&str, &str) = (
    "KmsKeyArn",
    "arn:aws:kms:eu-central-1:123456789012:key/1a2b3c4d",
);
const ORIGINS: (&str, &str) = ("AllowedOrigins", "https://app.example.com");

/// The largest object of a single PUT: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html>.
const MAX_PUT_BYTES: u64 = 5 << 30;
const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

const FUNCTIONS: [&str; 3] = ["Submit", "Status", "Worker"];

/// The properties of the bucket in a stack with these parameters.
fn bucket(parameters: &[(&str, &str)]) -> Value {
    let template = Template::with(parameters);
    template.at("/Resources/Payloads/Properties").clone()
}

/// What a function's role may do with objects and with the key, apart from its environment's decryption.
fn permissions(parameters: &[(&str, &str)], function: &str) -> Vec<Value> {
    let template = Template::with(parameters);
    let pointer =
        format!("/Resources/{function}Role/Properties/Policies/0/PolicyDocument/Statement");
    let key = json!({ "Ref": "KmsKeyArn" });
    let of_environment = json!({ "Effect": "Allow", "Action": "kms:Decrypt", "Resource": key });
    let statements = template.list(&pointer).iter().filter(|statement| {
        let actions = statement["Action"].to_string();
        let is_about_them = ["\"s3:", "\"kms:", "\"*"].map(|start| actions.contains(start));
        is_about_them.contains(&true) && **statement != of_environment
    });
    statements.cloned().collect()
}

fn allowed(actions: &Value, prefix: &str) -> Value {
    let objects = format!("${{Payloads.Arn}}/{prefix}/*");
    json!({ "Effect": "Allow", "Action": actions, "Resource": { "Fn::Sub": objects } })
}

/// With the customer's key, by requests to S3, for this bucket.
fn allowed_by_way_of_s3(actions: &Value) -> Value {
    json!({
        "Effect": "Allow",
        "Action": actions,
        "Resource": { "Ref": "KmsKeyArn" },
        "Condition": {
            "StringLike": { "kms:ViaService": { "Fn::Sub": "s3.${AWS::Region}.*" } },
            "StringEquals": { "kms:EncryptionContext:aws:s3:arn": { "Fn::GetAtt": "Payloads.Arn" } },
        },
    })
}

#[test]
fn a_stack_that_did_not_ask_for_large_payloads_has_nothing_of_them() {
    for parameters in [&[][..], &[KEY, ORIGINS], &[("UploadDays", "30")]] {
        let template = Template::with(parameters);

        for section in ["/Globals", "/Resources", "/Outputs"] {
            let text = template.at(section).to_string();
            for trace in ["Payloads", "s3:", "S3::", "Upload", "PAYLOADS", "UPLOAD"] {
                let found = text.replace("UploadRoute", "").contains(trace);
                assert!(!found, "{section} has {trace} with {parameters:?}");
            }
        }
    }
}

#[test]
fn the_bucket_is_private_and_keeps_no_versions() {
    let bucket = bucket(&[ON]);

    let blocked = json!({
        "BlockPublicAcls": true,
        "BlockPublicPolicy": true,
        "IgnorePublicAcls": true,
        "RestrictPublicBuckets": true,
    });
    assert_eq!(bucket["PublicAccessBlockConfiguration"], blocked);
    let owned = json!({ "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] });
    assert_eq!(bucket["OwnershipControls"], owned);
    // Versions would outlive what is deleted or has expired.
    assert_eq!(bucket.get("VersioningConfiguration"), None);
}

#[test]
fn the_bucket_is_encrypted_with_the_customers_key_if_there_is_one() {
    let of = |parameters| {
        let encryption = bucket(parameters)["BucketEncryption"].clone();
        encryption["ServerSideEncryptionConfiguration"].clone()
    };

    let own = json!({ "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } });
    assert_eq!(of(&[ON]), json!([own]));
    let with_key = json!({ "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": { "Ref": "KmsKeyArn" } });
    let with_key = json!({ "BucketKeyEnabled": true, "ServerSideEncryptionByDefault": with_key });
    assert_eq!(of(&[ON, KEY]), json!([with_key]));
}

/// The days after which the bucket deletes what is below each prefix.
fn days_by_prefix(bucket: &Value) -> BTreeMap<String, Value> {
    let rules = bucket["LifecycleConfiguration"]["Rules"]
        .as_array()
        .expect("rules");
    for rule in rules {
        assert_eq!(rule["Status"], "Enabled", "{rule}");
    }
    let expiring = rules
        .iter()
        .filter(|rule| !rule["ExpirationInDays"].is_null());
    expiring
        .map(|rule| {
            let prefix = text(&rule["Prefix"]).to_owned();
            (prefix, rule["ExpirationInDays"].clone())
        })
        .collect()
}

#[test]
fn uploads_and_results_expire_each_in_its_time() {
    let days = days_by_prefix(&bucket(&[ON]));

    let uploads = ("uploads/".to_owned(), json!({ "Ref": "UploadDays" }));
    let results = RESULT_DAYS.map(|days| (format!("results/{days}/"), json!(days)));
    assert_eq!(days, results.into_iter().chain([uploads]).collect());
}

#[test]
fn every_retention_that_can_be_chosen_ends_a_day_before_the_last_results_expire() {
    let longest = Template::of_this_repository().number("/Parameters/RetentionSeconds/MaxValue");

    let days = days_by_prefix(&bucket(&[ON]));

    let of_results = days.values().filter_map(Value::as_u64);
    let last = of_results.max().expect("results expire");
    assert!(longest <= (last - 1) * SECONDS_OF_A_DAY);
}

#[test]
fn an_upload_in_parts_that_nobody_completes_is_dropped() {
    let bucket = bucket(&[ON]);

    let rules = bucket["LifecycleConfiguration"]["Rules"].as_array();
    let aborting = rules.expect("rules").iter();
    let aborting: Vec<_> = aborting
        .filter(|rule| !rule["AbortIncompleteMultipartUpload"].is_null())
        .collect();

    assert_eq!(aborting.len(), 1);
    let after = &aborting[0]["AbortIncompleteMultipartUpload"];
    assert_eq!(after, &json!({ "DaysAfterInitiation": 1 }));
    assert_eq!(aborting[0].get("Prefix"), None, "it is about every object");
}

#[test]
fn a_page_of_any_origin_may_read_with_a_link_and_ours_and_one_of_an_allowed_origin_may_upload() {
    let rules = |parameters| bucket(parameters)["CorsConfiguration"]["CorsRules"].clone();

    let reads = json!({
        "Id": "reads",
        "AllowedMethods": BUCKET_READ_METHODS,
        "AllowedOrigins": ["*"],
        "AllowedHeaders": ["*"],
        "ExposedHeaders": BUCKET_RESPONSE_HEADERS,
        "MaxAge": CORS_MAX_AGE_SECONDS,
    });
    let host = json!({ "Host": { "Fn::Select": [2, { "Fn::Split": ["/", { "Ref": "PublicBaseUrl" }] }] } });
    let own = [
        json!({ "Fn::GetAtt": "HttpApi.ApiEndpoint" }),
        json!({ "Fn::Sub": ["https://${Host}", host] }),
    ];
    let [pages, of_a_domain] = own.map(|own| {
        json!({
            "Id": "pages",
            "AllowedMethods": ["PUT"],
            "AllowedOrigins": [own, BUCKET_PAGE_ORIGIN],
            "AllowedHeaders": BUCKET_UPLOAD_HEADERS,
            "MaxAge": CORS_MAX_AGE_SECONDS,
        })
    });
    assert_eq!(rules(&[ON]), json!([reads, pages]));
    let with_domain = [ON, ("PublicBaseUrl", "https://jobs.example.com/v1")];
    assert_eq!(rules(&with_domain), json!([reads, of_a_domain]));
    let uploads = json!({
        "Id": "uploads",
        "AllowedMethods": ["PUT"],
        "AllowedOrigins": { "Fn::Split": [",", { "Ref": "AllowedOrigins" }] },
        "AllowedHeaders": BUCKET_UPLOAD_HEADERS,
        "MaxAge": CORS_MAX_AGE_SECONDS,
    });
    assert_eq!(rules(&[ON, ORIGINS]), json!([reads, pages, uploads]));
}

#[test]
fn each_function_may_access_its_own_part_of_the_bucket() {
    let of = |function| permissions(&[ON], function);

    let uploads = allowed(&json!(["s3:PutObject", "s3:GetObject"]), "uploads");
    let deletes = allowed(&json!("s3:DeleteObject"), "results");
    assert_eq!(of("Submit"), [uploads, deletes]);
    assert_eq!(of("Status"), [allowed(&json!("s3:GetObject"), "results")]);
    let reads = allowed(&json!("s3:GetObject"), "uploads");
    let writes = allowed(&json!("s3:PutObject"), "results");
    assert_eq!(of("Worker"), [reads, writes]);
}

#[test]
fn a_key_of_the_customers_is_used_by_way_of_the_bucket_only() {
    let reads = allowed_by_way_of_s3(&json!("kms:Decrypt"));
    let writes = allowed_by_way_of_s3(&json!(["kms:GenerateDataKey", "kms:Decrypt"]));

    for (function, expected) in [("Submit", &writes), ("Status", &reads), ("Worker", &writes)] {
        let without_key = permissions(&[ON], function);
        let with_key = permissions(&[ON, KEY], function);

        let (last, rest) = with_key.split_last().expect("permissions");
        assert_eq!(last, expected, "{function}");
        assert_eq!(rest, without_key, "{function}");
    }
}

#[test]
fn the_functions_know_the_bucket_and_submit_its_limits() {
    let template = Template::with(&[ON]);

    for function in FUNCTIONS {
        let environment = template.environment(&format!("{function}Function"));
        assert_eq!(
            environment["PAYLOADS_BUCKET"],
            &json!({ "Ref": "Payloads" })
        );
        let domain = "${Payloads}.s3.${AWS::Region}.${AWS::URLSuffix}";
        assert_eq!(
            environment["PAYLOADS_DOMAIN"],
            &json!({ "Fn::Sub": domain })
        );
        let limits = ["UPLOAD_DAYS", "MAX_UPLOAD_MIB"].map(|name| environment.get(name).copied());
        let days = json!({ "Ref": "UploadDays" });
        let mebibytes = json!({ "Ref": "MaxUploadMebibytes" });
        let expected = match function {
            "Submit" => [Some(&days), Some(&mebibytes)],
            _ => [None, None],
        };
        assert_eq!(limits, expected, "{function}");
    }
    let named = template.at("/Outputs/PayloadsBucket/Value");
    assert_eq!(named, &json!({ "Ref": "Payloads" }));
}

#[test]
fn an_upload_of_any_size_that_can_be_chosen_fits_in_one_put() {
    let template = Template::of_this_repository();

    let most = template.number("/Parameters/MaxUploadMebibytes/MaxValue");

    assert!(most << 20 <= MAX_PUT_BYTES);
}
