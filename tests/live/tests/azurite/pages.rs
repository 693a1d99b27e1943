//! Pages. Azure's tables say where the next one is in headers, not as OData says it: what a client
//! of OData does not know, it lets its user do.

use live::AZURITE;
use live::clients::azurite::Person;

use super::table;

#[tokio::test]
async fn the_next_page_is_in_headers() {
    let Some(server) = AZURITE.server() else { return };
    let people = table(&server, "Pages").await;
    for row in 0..7 {
        let person = people.create().set(Person::PARTITION_KEY, "p");
        person.set(Person::ROW_KEY, format!("r{row}")).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut next = people.clone().top(3);
    loop {
        let (page, reply) = next.list().with_reply().await.unwrap();
        seen.push(page.into_iter().map(|person| person.row_key).collect::<Vec<_>>());
        let token = |name: &str| reply.header(&format!("x-ms-continuation-{name}"));
        let (Some(partition), Some(row)) = (token("NextPartitionKey"), token("NextRowKey")) else {
            break;
        };
        next = people.clone().top(3);
        next = next.option("NextPartitionKey", partition).option("NextRowKey", row);
    }
    assert_eq!(seen, [vec!["r0", "r1", "r2"], vec!["r3", "r4", "r5"], vec!["r6"]]);
}
