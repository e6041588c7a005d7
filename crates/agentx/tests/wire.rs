//! Bytes both ways: worked examples of RFC 2741, all messages there and back, and any bytes at all.

use std::net::Ipv4Addr;

use agentx::{
    Body, CloseReason, ErrorCode, Header, Malformed, Message, Oid, Registration, Response, SearchRange, Start, Value,
    VarBind,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Result<Message, Malformed> {
    let (header, payload) = bytes.split_first_chunk().ok_or(Malformed::Short)?;
    let header = Header::read(header)?;
    Message::read(&header, payload.get(..header.payload()).ok_or(Malformed::Short)?)
}

fn oid() -> impl Strategy<Value = Oid> {
    vec(any::<u32>(), 0..12).prop_map(Oid::from)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

fn variables() -> impl Strategy<Value = Vec<VarBind>> {
    let value = prop_oneof![
        any::<i32>().prop_map(Value::Integer),
        bytes().prop_map(Value::Octets),
        bytes().prop_map(Value::Opaque),
        oid().prop_map(Value::Oid),
        any::<[u8; 4]>().prop_map(|it| Value::IpAddress(it.into())),
        any::<u32>().prop_map(Value::Counter32),
        any::<u32>().prop_map(Value::Gauge32),
        any::<u32>().prop_map(Value::TimeTicks),
        any::<u64>().prop_map(Value::Counter64),
        prop_oneof![
            Just(Value::Null),
            Just(Value::NoSuchObject),
            Just(Value::NoSuchInstance),
            Just(Value::EndOfMibView)
        ],
    ];
    vec((oid(), value).prop_map(|(name, value)| VarBind { name, value }), 0..5)
}

fn ranges() -> impl Strategy<Value = Vec<SearchRange>> {
    let start = prop_oneof![Just(Start::At), Just(Start::After)];
    let until = proptest::option::of(vec(any::<u32>(), 1..12).prop_map(Oid::from));
    vec((oid(), start, until).prop_map(|(from, start, until)| SearchRange { from, start, until }), 0..5)
}

fn registration() -> impl Strategy<Value = Registration> {
    (any::<u8>(), any::<u8>(), oid(), proptest::option::of((1u8.., any::<u32>())))
        .prop_map(|(timeout, priority, subtree, range)| Registration { timeout, priority, subtree, range })
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        (any::<u8>(), oid(), bytes()).prop_map(|(timeout, id, description)| Body::Open { timeout, id, description }),
        any::<u8>().prop_map(|reason| Body::Close(CloseReason::from(reason))),
        registration().prop_map(Body::Register),
        registration().prop_map(Body::Unregister),
        ranges().prop_map(Body::Get),
        ranges().prop_map(Body::GetNext),
        (any::<u16>(), any::<u16>(), ranges()).prop_map(|(non_repeaters, max_repetitions, ranges)| Body::GetBulk {
            non_repeaters,
            max_repetitions,
            ranges
        }),
        variables().prop_map(Body::TestSet),
        prop_oneof![Just(Body::CommitSet), Just(Body::UndoSet), Just(Body::CleanupSet), Just(Body::Ping)],
        variables().prop_map(Body::Notify),
        (any::<u32>(), any::<u16>(), any::<u16>(), variables()).prop_map(|(uptime, error, index, variables)| {
            Body::Response(Response { uptime, error: ErrorCode::from(error), index, variables })
        }),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    (any::<[u32; 3]>(), proptest::option::of(bytes()), body()).prop_map(
        |([session, transaction, packet], context, body)| {
            let has_one = !matches!(
                body,
                Body::Open { .. }
                    | Body::Close(_)
                    | Body::CommitSet
                    | Body::UndoSet
                    | Body::CleanupSet
                    | Body::Response(_)
            );
            Message { session, transaction, packet, context: context.filter(|_| has_one), body }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(message in message()) {
        let bytes = message.bytes();
        prop_assert_eq!(read(&bytes), Ok(message));
    }

    #[test]
    fn what_is_cut_off_or_longer_is_no_message(message in message(), cut in any::<prop::sample::Index>()) {
        let mut bytes = message.bytes();
        let whole = bytes.len();
        let kept = cut.index(whole);
        prop_assert!(read(&bytes[..kept]).is_err());
        // A list takes what there is of it, whole.
        bytes.extend([9; 4]);
        let header = Header::read(bytes.first_chunk().unwrap()).unwrap();
        prop_assert!(Message::read(&header, &bytes[Header::LENGTH..]).is_err());
    }

    #[test]
    fn any_bytes_end(mut bytes in vec(any::<u8>(), 0..200), kind in 0u8..20, whole in any::<bool>()) {
        if whole && bytes.len() >= Header::LENGTH {
            // So that more than the header is looked at.
            let length = u8::try_from(bytes.len() - Header::LENGTH).unwrap_or(0);
            bytes[..2].copy_from_slice(&[1, kind]);
            bytes[16..20].fill(0);
            let low = if bytes[2] & 0x10 == 0 { 16 } else { 19 };
            bytes[low] = length - length % 4;
        }
        read(&bytes).ok();
    }
}

/// RFC 2741 §5.1: `ifEntry`'s OID with a prefix, and with another byte order.
#[test]
fn prefixes_and_both_byte_orders_are_read() {
    let numbers = [1, 1, 2, 0x11_2233];
    for (flags, word) in [(0x10, u32::to_be_bytes as fn(u32) -> [u8; 4]), (0, u32::to_le_bytes)] {
        let mut bytes = vec![1, 6, flags, 0];
        for header in [7, 8, 9, 24] {
            bytes.extend(word(header));
        }
        bytes.extend([4, 2, 1, 0]);
        numbers.iter().for_each(|number| bytes.extend(word(*number)));
        bytes.extend([0; 4]);
        let from = Oid::from(&[1, 3, 6, 1, 2, 1, 1, 2, 0x11_2233][..]);
        let range = SearchRange { from, start: Start::At, until: None };
        let expected =
            Message { session: 7, transaction: 8, packet: 9, context: None, body: Body::GetNext(vec![range]) };
        assert_eq!(read(&bytes), Ok(expected));
    }
}

#[test]
fn what_breaks_a_limit_is_named() {
    let ping = Message { session: 1, transaction: 2, packet: 3, context: None, body: Body::Ping };
    let with = |place: usize, bytes: &[u8]| {
        let mut all = ping.bytes();
        all.resize(all.len().max(place), 0);
        all.splice(place..(place + bytes.len()).min(all.len()), bytes.iter().copied());
        read(&all)
    };
    assert_eq!(with(0, &[2]), Err(Malformed::Version(2)));
    assert_eq!(with(1, &[14]), Err(Malformed::Kind(14)));
    assert_eq!(with(16, &[0, 4, 0, 4]), Err(Malformed::TooLong(0x4_0004)));
    assert_eq!(with(16, &[0, 0, 0, 3]), Err(Malformed::Uneven(3)));
    assert_eq!(with(16, &[0, 0, 0, 4, 0, 0, 0, 0]), Err(Malformed::Trailing));
    let get = |payload: &[u8]| {
        let mut bytes = Message { body: Body::Get(Vec::new()), ..ping.clone() }.bytes();
        bytes[19] = u8::try_from(payload.len()).unwrap();
        bytes.extend(payload);
        read(&bytes)
    };
    assert_eq!(get(&[124, 4, 0, 0]), Err(Malformed::Oid(129)));
    assert_eq!(get(&[1, 4, 0, 0]), Err(Malformed::Short));
    let notify = |kind: u8, value: &[u8]| {
        let mut bytes = Message { body: Body::Notify(Vec::new()), ..ping.clone() }.bytes();
        let variable = [&[0, kind, 0, 0, 0, 0, 0, 0], value].concat();
        bytes[19] = u8::try_from(variable.len()).unwrap();
        bytes.extend(variable);
        read(&bytes)
    };
    assert_eq!(notify(3, &[]), Err(Malformed::Value(3)));
    assert_eq!(notify(64, &[0, 0, 0, 3, 10, 0, 0, 0]), Err(Malformed::Address(3)));
    assert_eq!(notify(4, &[0xff, 0xff, 0xff, 0xff]), Err(Malformed::Short));
    let found = notify(64, &[0, 0, 0, 4, 10, 0, 0, 1]).unwrap();
    let address = Value::IpAddress(Ipv4Addr::new(10, 0, 0, 1));
    assert_eq!(found.body, Body::Notify(vec![VarBind { name: Oid::default(), value: address }]));
}

#[test]
fn an_object_identifier_is_ordered_and_written_as_in_snmp() {
    let oid = |numbers: &[u32]| Oid::from(numbers);
    assert!(oid(&[1, 3]) < oid(&[1, 3, 0]) && oid(&[1, 3, 9]) < oid(&[1, 4]));
    assert_eq!(oid(&[1, 3, 6]).to_string(), "1.3.6");
    assert_eq!(oid(&[1, 3]).with(&[6, 1]), oid(&[1, 3, 6, 1]));
    assert_eq!(oid(&[1, 3, 6]).below(&[1, 3]), Some(&[6][..]));
    assert_eq!(Oid::from(vec![1; 200]).numbers().len(), Oid::MOST);
}
