//! Tables of nf_tables, in parts of transactions.

use netlink_packet_netfilter::nftables::{
    ChainAttribute, ChainMessage, ChecksumType, Cmp, DataAttribute, ExpressionAttribute, Expressions, Hook, HookNumber,
    Immediate, ListAttribute, Lookup, Meta, MetaKey, NfTablesMessage, Operator, Payload, Register, RuleAttribute,
    RuleMessage, SetAttribute, SetElementAttribute, SetElementList, SetElementMessage, SetFlags, SetMessage,
    TableAttribute, TableMessage, Verdict, VerdictAttribute,
};
use netlink_packet_netfilter::{NetfilterHeader, NetfilterMessage, NetfilterProtoFamily};

use crate::machine::tables::Part;
use crate::netlink::Mode;

/// An expression of a rule.
pub(super) type Expression = ListAttribute<ExpressionAttribute>;

/// A table: its family, and its name.
pub(in crate::machine) struct Table {
    pub(in crate::machine) family: NetfilterProtoFamily,
    pub(in crate::machine) name: String,
}

/// A set of addresses.
pub(super) struct Set {
    pub(super) name: &'static str,
    /// By this number it is known within the transaction.
    pub(super) id: u32,
    /// nft's number of the type of its keys, for those who list it.
    pub(super) key_type: u32,
    /// Bytes.
    pub(super) key_len: u32,
    pub(super) flags: SetFlags,
}

/// Where a chain is hooked in.
pub(super) struct HookedChain<'a> {
    pub(super) name: &'static str,
    pub(super) hook: HookNumber,
    pub(super) priority: i32,
    /// In the family `netdev`.
    pub(super) device: Option<&'a str>,
}

/// A field of a packet.
pub(super) struct Field {
    pub(super) base: Base,
    pub(super) offset: u32,
    pub(super) len: u32,
}

/// Where offsets count from.
#[derive(Clone, Copy)]
pub(super) enum Base {
    Link,
    Network,
    Transport,
}

impl Base {
    const fn number(self) -> u32 {
        match self {
            Self::Link => 0,
            Self::Network => 1,
            Self::Transport => 2,
        }
    }
}

impl Table {
    pub(super) fn part(&self, message: NfTablesMessage, mode: Mode) -> Part {
        (NetfilterMessage::new(NetfilterHeader::new(self.family, 0, 0), message), mode)
    }

    /// Makes it, instead of one that is there.
    pub(super) fn replace(&self) -> Vec<Part> {
        let make = || self.part(NfTablesMessage::NewTable(self.which()), Mode::CreateOrKeep);
        vec![make(), self.remove(), make()]
    }

    pub(super) fn remove(&self) -> Part {
        self.part(NfTablesMessage::DeleteTable(self.which()), Mode::Change)
    }

    fn which(&self) -> TableMessage {
        TableMessage { attributes: vec![TableAttribute::Name(self.name.clone())] }
    }

    pub(super) fn chain(&self, chain: &HookedChain<'_>) -> Part {
        let mut hook = vec![Hook::Number(chain.hook), Hook::Priority(chain.priority.cast_unsigned())];
        hook.extend(chain.device.map(|device| Hook::NetDeviceName(device.to_owned())));
        let attributes = vec![
            ChainAttribute::Table(self.name.clone()),
            ChainAttribute::Name(chain.name.to_owned()),
            ChainAttribute::Hook(hook),
            ChainAttribute::Type("filter".to_owned()),
        ];
        self.part(NfTablesMessage::NewChain(ChainMessage { attributes }), Mode::Create)
    }

    /// A set, with an expression for each of its elements, if any.
    pub(super) fn set(&self, set: &Set, of_elements: Vec<Expression>) -> Part {
        let mut attributes = vec![
            SetAttribute::Table(self.name.clone()),
            SetAttribute::Name(set.name.to_owned()),
            SetAttribute::Flags(set.flags),
            SetAttribute::KeyType(set.key_type),
            SetAttribute::KeyLen(set.key_len),
            SetAttribute::Id(set.id),
        ];
        if !of_elements.is_empty() {
            attributes.push(SetAttribute::ListExpressions(of_elements));
        }
        self.part(NfTablesMessage::NewSet(SetMessage { attributes }), Mode::Create)
    }

    /// Puts elements into a set of the same transaction.
    pub(super) fn first_elements(&self, set: &Set, keys: impl Iterator<Item = Vec<u8>>) -> Part {
        let mut message = self.elements(set, keys);
        message.attributes.push(SetElementList::SetId(set.id));
        self.part(NfTablesMessage::NewSetElement(message), Mode::Create)
    }

    pub(super) fn add_element(&self, set: &Set, key: Vec<u8>) -> Part {
        self.part(NfTablesMessage::NewSetElement(self.elements(set, [key].into_iter())), Mode::CreateOrKeep)
    }

    pub(super) fn remove_element(&self, set: &Set, key: Vec<u8>) -> Part {
        self.part(NfTablesMessage::DeleteSetElement(self.elements(set, [key].into_iter())), Mode::Change)
    }

    fn elements(&self, set: &Set, keys: impl Iterator<Item = Vec<u8>>) -> SetElementMessage {
        let element = |key| ListAttribute::Element(vec![SetElementAttribute::Key(DataAttribute::Value(key))]);
        let attributes = vec![
            SetElementList::Table(self.name.clone()),
            SetElementList::Set(set.name.to_owned()),
            SetElementList::Elements(keys.map(element).collect()),
        ];
        SetElementMessage { attributes }
    }

    pub(super) fn rule(&self, chain: &str, expressions: &[Vec<Expression>]) -> Part {
        let attributes = vec![
            RuleAttribute::Table(self.name.clone()),
            RuleAttribute::Chain(chain.to_owned()),
            RuleAttribute::Expressions(expressions.concat()),
        ];
        self.part(NfTablesMessage::NewRule(RuleMessage { attributes }), Mode::Append)
    }
}

/// The rule goes on only if the field has this value.
pub(super) fn is(field: &Field, value: &[u8]) -> Vec<Expression> {
    [load(field), vec![compare(Operator::Equal, value)]].concat()
}

/// The rule goes on only if the field's value is neither below nor above these.
pub(super) fn is_within(field: &Field, lowest: &[u8], highest: &[u8]) -> Vec<Expression> {
    let limits = vec![compare(Operator::GreatherThanEqual, lowest), compare(Operator::LessThanEqual, highest)];
    [load(field), limits].concat()
}

/// The rule goes on only if what the kernel knows of the packet is this.
pub(super) fn meta_is(key: MetaKey, value: &[u8]) -> Vec<Expression> {
    [load_meta(key, Register::Reg1), vec![compare(Operator::Equal, value)]].concat()
}

/// The rule goes on only if what was loaded is in the set.
pub(super) fn is_in(set: &Set) -> Vec<Expression> {
    let lookup = vec![Lookup::Set(set.name.to_owned()), Lookup::SourceRegister(Register::Reg1), Lookup::SetId(set.id)];
    vec![Expressions::Lookup(lookup).into()]
}

pub(super) fn load(field: &Field) -> Vec<Expression> {
    let mut payload = of(field);
    payload.push(Payload::DestinationRegister(Register::Reg1));
    vec![Expressions::Payload(payload).into()]
}

pub(super) fn load_meta(key: MetaKey, register: Register) -> Vec<Expression> {
    vec![Expressions::Meta(vec![Meta::Key(key), Meta::DestinationRegister(register)]).into()]
}

pub(super) fn write(field: &Field, value: &[u8]) -> Vec<Expression> {
    let mut payload = of(field);
    payload.push(Payload::SourceRegister(Register::Reg1));
    vec![immediate(value), Expressions::Payload(payload).into()]
}

/// The same for what a checksum covers, which stands so many bytes behind the field's base.
pub(super) fn write_with_checksum(field: &Field, value: &[u8], checksum: u32) -> Vec<Expression> {
    let mut payload = of(field);
    let covered = [Payload::CsumType(ChecksumType::Inet), Payload::CsumOffset(checksum)];
    payload.push(Payload::SourceRegister(Register::Reg1));
    payload.extend(covered);
    vec![immediate(value), Expressions::Payload(payload).into()]
}

pub(super) fn write_meta(key: MetaKey, value: u8) -> Vec<Expression> {
    let set = Expressions::Meta(vec![Meta::Key(key), Meta::SourceRegister(Register::Reg1)]);
    vec![immediate(&[value]), set.into()]
}

/// The last word of a rule: NF_DROP or NF_ACCEPT.
pub(super) fn verdict(code: u32) -> Vec<Expression> {
    let verdict = DataAttribute::Verdict(vec![VerdictAttribute::Code(Verdict::Other(code))]);
    let data = vec![Immediate::DestinationRegister(Register::Verdict), Immediate::Data(verdict)];
    vec![Expressions::Immediate(data).into()]
}

pub(super) fn counter() -> Expression {
    Expressions::Other { expression_type: "counter".to_owned(), attributes: Vec::new() }.into()
}

fn compare(operator: Operator, value: &[u8]) -> Expression {
    let data = Cmp::Data(DataAttribute::Value(value.to_vec()));
    Expressions::Cmp(vec![Cmp::SourceRegister(Register::Reg1), Cmp::Op(operator), data]).into()
}

fn immediate(value: &[u8]) -> Expression {
    let data = Immediate::Data(DataAttribute::Value(value.to_vec()));
    Expressions::Immediate(vec![Immediate::DestinationRegister(Register::Reg1), data]).into()
}

fn of(field: &Field) -> Vec<Payload> {
    vec![Payload::Base(field.base.number()), Payload::Offset(field.offset), Payload::Len(field.len)]
}
