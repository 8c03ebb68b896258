//! Ids and their owners.

use super::*;

const A: &str = "0123456789abcdef0123456789abcdef";
const B: &str = "fedcba9876543210fedcba9876543210";

fn secrets(list: &str) -> IdSecrets {
    IdSecrets::parse("ID_SECRETS", list).unwrap()
}

fn owner(name: &str) -> Owner {
    Owner::named(name).unwrap()
}

#[test]
fn an_id_is_a_uuid_of_version_8_and_reads_back() {
    let id = secrets(A).issue(&owner("alice"), [0xff; 10]);
    assert_eq!(id.0.get_version_num(), 8);
    assert_eq!(id.0.get_variant(), uuid::Variant::RFC4122);
    assert_eq!(id.to_string().parse::<JobId>().unwrap(), id);
}

#[test]
fn an_id_belongs_to_the_owner_it_was_issued_to_and_to_nobody_else() {
    let secrets = secrets(A);
    let id = secrets.issue(&owner("alice"), [7; 10]);
    assert!(secrets.issued_to(&id, &owner("alice")));
    assert!(!secrets.issued_to(&id, &owner("bob")));
}

#[test]
fn an_id_with_any_bit_changed_was_never_issued() {
    let secrets = secrets(A);
    let id = secrets.issue(&owner("alice"), [7; 10]);
    for bit in 0..128 {
        let mut bytes = *id.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let altered = JobId(Uuid::from_bytes(bytes));
        assert!(!secrets.issued_to(&altered, &owner("alice")), "bit {bit}");
    }
}

#[test]
fn all_74_bits_of_the_seed_stay_in_the_id() {
    let secrets = secrets(A);
    let distinct: std::collections::HashSet<_> = (0..80)
        .map(|bit| {
            let mut seed = [0; 10];
            seed[bit / 8] ^= 1 << (bit % 8);
            secrets.issue(&owner("alice"), seed)
        })
        .collect();
    // Six of the 80 bits make way for version (4) and variant (2) and give one id together.
    assert_eq!(distinct.len(), 75);
}

#[test]
fn after_a_rotation_old_ids_are_known_and_new_ones_use_the_new_secret() {
    let alice = owner("alice");
    let before = secrets(A).issue(&alice, [7; 10]);
    let rotated = secrets(&format!("{B},{A}"));
    assert!(rotated.issued_to(&before, &alice));
    let after = rotated.issue(&alice, [7; 10]);
    assert!(secrets(B).issued_to(&after, &alice));
    assert!(!secrets(A).issued_to(&after, &alice));
}

#[test]
fn a_key_gives_one_id_for_each_owner_and_its_old_one_after_a_rotation() {
    let (alice, bob) = (owner("alice"), owner("bob"));
    let before = secrets(A).for_key(&alice, "k1").next().unwrap();
    assert_eq!(secrets(A).for_key(&alice, "k1").next().unwrap(), before);
    assert_ne!(secrets(A).for_key(&alice, "k2").next().unwrap(), before);
    assert_ne!(secrets(A).for_key(&bob, "k1").next().unwrap(), before);
    let rotated: Vec<_> = secrets(&format!("{B},{A}")).for_key(&alice, "k1").collect();
    assert_eq!(rotated.len(), 2);
    assert_eq!(rotated[1], before);
}

#[test]
fn each_item_of_a_batch_has_an_id_of_its_own_apart_from_that_of_a_single_submit() {
    let (alice, bob) = (owner("alice"), owner("bob"));
    let secret = secrets(A);
    let first = |owner, key, index| secret.for_item(owner, key, index).next().unwrap();
    let mut ids: Vec<_> = (0..100).map(|index| first(&alice, "k1", index)).collect();
    assert_eq!(first(&alice, "k1", 7), ids[7]);
    assert!(secret.issued_to(&ids[7], &alice));
    ids.extend([first(&bob, "k1", 7), first(&alice, "k2", 7)]);
    ids.extend(["k1", "k17"].map(|key| secret.for_key(&alice, key).next().unwrap()));
    let distinct: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());

    let rotated = secrets(&format!("{B},{A}"));
    let after: Vec<_> = rotated.for_item(&alice, "k1", 7).collect();
    assert_eq!((after.len(), after[1]), (2, ids[7]));
}

#[test]
fn what_is_not_a_canonical_uuid_8_does_not_parse() {
    let id = secrets(A).issue(&owner("alice"), [0xab; 10]).to_string();
    let (upper, braced, bare) = (id.to_uppercase(), format!("{{{id}}}"), id.replace('-', ""));
    for text in [
        "",
        "x",
        &upper,
        &braced,
        &bare,
        "018f4d3e-0000-7000-8000-000000000000",
    ] {
        assert!(text.parse::<JobId>().is_err(), "{text}");
    }
}

#[test]
fn a_short_secret_stops_the_cold_start_and_is_not_shown() {
    for list in ["", "short", &format!("{A},short"), &format!("{A},")] {
        let error = IdSecrets::parse("ID_SECRETS", list)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("ID_SECRETS") && !error.contains("short,") && !error.contains(A),
            "{error}"
        );
    }
    assert!(!format!("{:?}", secrets(A)).contains(A));
}
