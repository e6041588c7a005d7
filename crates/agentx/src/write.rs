//! Messages to bytes.

use crate::{Body, Header, Message, Oid, Registration, SearchRange, Start, Value, VarBind};

pub(crate) fn message(message: &Message) -> Vec<u8> {
    let mut payload = Writer(Vec::new());
    if let Some(context) = &message.context {
        payload.octets(context);
    }
    let kind = payload.body(&message.body);
    let context = if message.context.is_some() { Header::CONTEXT } else { 0 };
    let mut all = Writer(vec![Header::VERSION, kind, Header::NETWORK_ORDER | context, 0]);
    for word in [message.session, message.transaction, message.packet, length(&payload.0)] {
        all.word(word);
    }
    all.0.extend(payload.0);
    all.0
}

/// What is longer than this could not be sent anyway.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

struct Writer(Vec<u8>);

impl Writer {
    /// Writes it; returns its number.
    fn body(&mut self, body: &Body) -> u8 {
        match body {
            Body::Open { timeout, id, description } => {
                self.0.extend([*timeout, 0, 0, 0]);
                self.oid(id, Start::After);
                self.octets(description);
                1
            }
            Body::Close(reason) => {
                self.0.extend([reason.code(), 0, 0, 0]);
                2
            }
            Body::Register(registration) => self.registration(registration, 3),
            Body::Unregister(registration) => self.registration(registration, 4),
            Body::Get(ranges) => self.ranges(ranges, 5),
            Body::GetNext(ranges) => self.ranges(ranges, 6),
            Body::GetBulk { non_repeaters, max_repetitions, ranges } => {
                self.half(*non_repeaters);
                self.half(*max_repetitions);
                self.ranges(ranges, 7)
            }
            Body::TestSet(variables) => self.variables(variables, 8),
            Body::CommitSet => 9,
            Body::UndoSet => 10,
            Body::CleanupSet => 11,
            Body::Notify(variables) => self.variables(variables, 12),
            Body::Ping => 13,
            Body::Response(response) => {
                self.word(response.uptime);
                self.half(response.error.code());
                self.half(response.index);
                self.variables(&response.variables, Header::RESPONSE)
            }
        }
    }

    fn registration(&mut self, it: &Registration, kind: u8) -> u8 {
        self.0.extend([it.timeout, it.priority, it.range.map_or(0, |(place, _)| place), 0]);
        self.oid(&it.subtree, Start::After);
        if let Some((_, end)) = it.range {
            self.word(end);
        }
        kind
    }

    fn ranges(&mut self, ranges: &[SearchRange], kind: u8) -> u8 {
        let nowhere = Oid::default();
        for range in ranges {
            self.oid(&range.from, range.start);
            self.oid(range.until.as_ref().unwrap_or(&nowhere), Start::After);
        }
        kind
    }

    fn variables(&mut self, variables: &[VarBind], kind: u8) -> u8 {
        for VarBind { name, value } in variables {
            self.half(value.kind());
            self.half(0);
            self.oid(name, Start::After);
            self.value(value);
        }
        kind
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Integer(number) => self.word(number.cast_unsigned()),
            Value::Octets(bytes) | Value::Opaque(bytes) => self.octets(bytes),
            Value::Oid(oid) => self.oid(oid, Start::After),
            Value::IpAddress(address) => self.octets(&address.octets()),
            Value::Counter32(number) | Value::Gauge32(number) | Value::TimeTicks(number) => self.word(*number),
            Value::Counter64(number) => self.0.extend(number.to_be_bytes()),
            Value::Null | Value::NoSuchObject | Value::NoSuchInstance | Value::EndOfMibView => {}
        }
    }

    fn oid(&mut self, oid: &Oid, start: Start) {
        let include = u8::from(start == Start::At);
        let numbers = oid.numbers();
        // It has 128 at most.
        let count = u8::try_from(numbers.len()).unwrap_or(u8::MAX);
        self.0.extend([count, 0, include, 0]);
        numbers.iter().for_each(|number| self.word(*number));
    }

    fn octets(&mut self, bytes: &[u8]) {
        self.word(length(bytes));
        self.0.extend(bytes);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    fn half(&mut self, half: u16) {
        self.0.extend(half.to_be_bytes());
    }

    fn word(&mut self, word: u32) {
        self.0.extend(word.to_be_bytes());
    }
}
