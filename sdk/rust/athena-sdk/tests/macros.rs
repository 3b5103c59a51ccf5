//! What the macros make of types: encodings, descriptions, topics.

use athena_sdk::abi::Describe;
use athena_sdk::event::Event;
use athena_sdk::prelude::*;
use athena_sdk::rt::State;

/// An order.
#[data]
#[derive(Debug, PartialEq)]
struct Order {
    to: Address,
    lines: Vec<(u8, Option<u32>)>,
}

#[data]
#[derive(Debug, PartialEq)]
enum Answer {
    No,
    Yes(Order, bool),
    Later { at: u64 },
}

/// Says "hello".
#[template]
struct Shop {
    owner: Address,
    keys: [[u8; 32]; 2],
}

/// Sold.
#[event]
#[allow(dead_code)]
struct Sold {
    #[indexed]
    to: Address,
    price: u64,
}

fn order() -> Order {
    Order {
        to: Address([1; 24]),
        lines: vec![(7, None), (8, Some(9))],
    }
}

#[test]
fn structs_and_enums_round_trip() {
    let mut want = vec![1; 24];
    want.extend([8, 7, 0, 8, 1, 9, 0, 0, 0]);
    assert_eq!(order().encode(), want);
    assert_eq!(Order::decode_all(&want), Ok(order()));
    for (answer, first) in [
        (Answer::No, 0),
        (Answer::Yes(order(), true), 1),
        (Answer::Later { at: 5 }, 2),
    ] {
        let bytes = answer.encode();
        assert_eq!(bytes[0], first);
        assert_eq!(Answer::decode_all(&bytes), Ok(answer));
    }
    assert!(Answer::decode_all(&[3]).is_err());
    let shop = Shop {
        owner: Address([2; 24]),
        keys: [[3; 32], [4; 32]],
    };
    assert_eq!(
        Shop::decode_all(&shop.encode()).map(|s| s.keys),
        Ok(shop.keys)
    );
}

#[test]
fn types_describe_themselves() {
    assert_eq!(Order::TYPE, "Order{to:Address,lines:Vec<(u8,Option<u32>)>}");
    let want = format!("Answer<No,Yes({},bool),Later{{at:u64}}>", Order::TYPE);
    assert_eq!(Answer::TYPE, want);
    assert_eq!(Shop::DOCS, br#""Says \"hello\".""#);
    let want = r#"[{"name":"owner","type":"Address"},{"name":"keys","type":"[[u8;32];2]"}]"#;
    assert_eq!(Shop::FIELDS, want.as_bytes());
}

#[test]
fn events_describe_themselves() {
    assert_eq!(Sold::TOPIC, athena_sdk::hash::blake3(b"Sold"));
    let topic: String = Sold::TOPIC.iter().map(|b| format!("{b:02x}")).collect();
    let want = format!(
        concat!(
            r#"{{"name":"Sold","topic":"{topic}","docs":"Sold.","fields":["#,
            r#"{{"name":"to","type":"Address","indexed":true}},"#,
            r#"{{"name":"price","type":"u64","indexed":false}}]}}"#,
        ),
        topic = topic
    );
    assert_eq!(core::str::from_utf8(Sold::ABI), Ok(want.as_str()));
}
