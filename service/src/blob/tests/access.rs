//! Who may do what.

use super::*;
use crate::blob::error::BlobError;

#[tokio::test]
async fn permissions_open_their_operations_only() {
    let bench = Bench::new().await;
    let typed = [("x-ms-blob-type", "BlockBlob"), ("content-length", "1")];
    let container = format!("/{CONTAINER}?restype=container");
    for letters in ["r", "w", "l", "d", "rwdl", ""] {
        bench.set_policy("w").await;
        bench.put("b", b"x").await.expect(201);
        bench.set_policy(letters).await;
        let check = |got: Got, letter: char| {
            if letters.contains(letter) {
                assert!(got.status.is_success(), "{letters}: {letter} {}", got.text());
            } else {
                assert_eq!(got.header("x-ms-error-code"), "AuthorizationPermissionMismatch");
                assert_eq!(got.status, 403);
            }
        };
        check(bench.get("b").await, 'r');
        check(bench.head("b").await, 'r');
        let query = "comp=blocklist&blocklisttype=all";
        check(bench.send(Method::GET, "b", query, &[], Body::empty()).await, 'r');
        check(bench.send(Method::PUT, "c", "", &typed, "x").await, 'w');
        check(bench.put_block("c", "MDAw", b"x").await, 'w');
        check(bench.commit("c", &[]).await, 'w');
        check(bench.send(Method::PUT, "b", "comp=metadata", &[], Body::empty()).await, 'w');
        check(bench.send(Method::PUT, "b", "comp=properties", &[], Body::empty()).await, 'w');
        for (method, comp) in [(Method::GET, "&comp=list"), (Method::HEAD, "")] {
            let uri = format!("{container}{comp}&{}", bench.sas);
            check(bench.request(method, &uri, &[], Body::empty()).await, 'l');
        }
        check(bench.send(Method::DELETE, "b", "", &[], Body::empty()).await, 'd');
    }
    // Not with any SAS.
    bench.set_policy("rwdl").await;
    let uri = format!("{container}&{}", bench.sas);
    for method in [Method::PUT, Method::DELETE] {
        let got = bench.request(method, &uri, &[], Body::empty()).await;
        got.expect_error(403, "AuthorizationPermissionMismatch");
    }
}

#[tokio::test]
async fn a_sas_must_be_ours_in_force_and_for_this_container() {
    let bench = Bench::new().await;
    bench.put("b", b"x").await.expect(201);
    let get = async |container: &str, query: &str| {
        let uri = format!("/{container}/b?{query}");
        bench.request(Method::GET, &uri, &[], Body::empty()).await
    };
    get(CONTAINER, &bench.sas).await.expect(200);
    let forged = bench.sas.replace("sig=", "sig=AAAA");
    let longer = bench.sas.replace("se=20", "se=21");
    let other = bench.sas.replace(POLICY, "other");
    for refused in ["", "sig=", &forged, &longer, &other, &sas(-300, -1), &sas(60, 3600)] {
        get(CONTAINER, refused).await.expect_error(403, "AuthenticationFailed");
    }
    bench.store.create_container("asset-2").await.unwrap();
    let policy = bench.store.policy(CONTAINER, POLICY).await.unwrap().unwrap();
    bench.store.set_policy("asset-2", POLICY, &policy).await.unwrap();
    get("asset-2", &bench.sas).await.expect_error(403, "AuthenticationFailed");

    // The account key itself is not accepted as a header.
    let uri = format!("/{CONTAINER}/b");
    let headers = [("authorization", "SharedKey acct:AAAA")];
    let got = bench.request(Method::GET, &uri, &headers, Body::empty()).await;
    got.expect_error(403, "AuthenticationFailed");
}

#[tokio::test]
async fn removing_the_policy_revokes_the_sas() {
    let bench = Bench::new().await;
    bench.put("b", b"x").await.expect(201);
    assert!(bench.store.remove_policy(CONTAINER, POLICY).await.unwrap());
    bench.get("b").await.expect_error(403, "AuthenticationFailed");
    assert!(!bench.store.remove_policy(CONTAINER, POLICY).await.unwrap());

    let expired =
        Policy { start: None, expiry: Some(Timestamp::now()), permissions: Permissions::READ };
    bench.store.set_policy(CONTAINER, POLICY, &expired).await.unwrap();
    bench.get("b").await.expect_error(403, "AuthenticationFailed");
}

#[tokio::test]
async fn a_container_has_five_policies() {
    let bench = Bench::new().await;
    let policy = bench.store.policy(CONTAINER, POLICY).await.unwrap().unwrap();
    for number in 1..5 {
        let id = format!("p{number}");
        bench.store.set_policy(CONTAINER, &id, &policy).await.unwrap();
    }
    let sixth = bench.store.set_policy(CONTAINER, "p5", &policy).await;
    assert!(matches!(sixth, Err(BlobError::TooManyPolicies(_))));
    // To change one is no sixth.
    bench.store.set_policy(CONTAINER, "p4", &policy).await.unwrap();
}

#[tokio::test]
async fn containers_come_and_go() {
    let bench = Bench::new().await;
    let again = bench.store.create_container(CONTAINER).await;
    assert!(matches!(again, Err(BlobError::ContainerExists(_))));
    let odd = bench.store.create_container("No").await;
    assert!(matches!(odd, Err(BlobError::InvalidContainerName(_))));

    bench.put("b", b"x").await.expect(201);
    bench.put_block("c", "MDAw", b"x").await.expect(201);
    bench.store.delete_container(CONTAINER).await.unwrap();
    assert!(!bench.store.container_exists(CONTAINER).await.unwrap());
    bench.get("b").await.expect_error(403, "AuthenticationFailed");
    bench.wait_for_files(0).await;
    let gone = bench.store.delete_container(CONTAINER).await;
    assert!(matches!(gone, Err(BlobError::ContainerNotFound(_))));

    // A new container of that name starts empty.
    bench.store.create_container(CONTAINER).await.unwrap();
    assert!(bench.store.policy(CONTAINER, POLICY).await.unwrap().is_none());
    assert!(bench.store.get(CONTAINER, "b").await.unwrap().is_none());
}
