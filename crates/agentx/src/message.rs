//! Messages, and the header that each begins with.

use crate::{Malformed, Oid, VarBind};

/// One message (a PDU of RFC 2741 §6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Given by the master in its answer to [`Body::Open`]; 0 before.
    pub session: u32,
    /// Names what belongs together; an answer has that of its request.
    pub transaction: u32,
    /// Names the message; an answer has that of its request.
    pub packet: u32,
    /// `None`: the default context. Heeded where a message can have one.
    pub context: Option<Vec<u8>>,
    /// What it says.
    pub body: Body,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A subagent introduces itself.
    Open {
        /// Seconds that the master waits for answers; 0: as it likes.
        timeout: u8,
        /// Identifies the subagent.
        id: Oid,
        /// Describes it.
        description: Vec<u8>,
    },
    /// The session ends.
    Close(CloseReason),
    /// The subagent answers for a part of the tree from now on.
    Register(Registration),
    /// It no longer does; its timeout counts for nothing.
    Unregister(Registration),
    /// The values of these objects; where each search would end does not count.
    Get(Vec<SearchRange>),
    /// The first object of each range.
    GetNext(Vec<SearchRange>),
    /// The same, and of the ranges after the first `non_repeaters` so many objects one after the other.
    GetBulk {
        /// Ranges at the beginning of which one object is wanted.
        non_repeaters: u16,
        /// Objects that are wanted of each of the others.
        max_repetitions: u16,
        /// What is asked for.
        ranges: Vec<SearchRange>,
    },
    /// Whether these values can be set.
    TestSet(Vec<VarBind>),
    /// Set them.
    CommitSet,
    /// Take that back.
    UndoSet,
    /// The last word about them.
    CleanupSet,
    /// An event: `snmpTrapOID.0` and what belongs to it.
    Notify(Vec<VarBind>),
    /// Whether the other end is there.
    Ping,
    /// The answer to any of these.
    Response(Response),
}

/// A part of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Seconds that the master waits for answers; 0: as for the session.
    pub timeout: u8,
    /// Of several subagents that answer for it the lowest is asked.
    pub priority: u8,
    /// The part begins with these numbers.
    pub subtree: Oid,
    /// One of these numbers, counted from 1, stands for a range that ends with the second.
    pub range: Option<(u8, u32)>,
}

/// A part of the tree in which an object is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRange {
    /// Where it begins.
    pub from: Oid,
    /// Whether that counts.
    pub start: Start,
    /// Where it ends, not counted; `None`: wherever the subagent's tree ends.
    pub until: Option<Oid>,
}

/// Whether a search finds the object at its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It does not.
    After,
    /// It does.
    At,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// `sysUpTime` in hundredths of a second; from a subagent it counts for nothing.
    pub uptime: u32,
    /// What went wrong.
    pub error: ErrorCode,
    /// Which of the variables of the request it is about, counted from 1; 0: none.
    pub index: u16,
    /// The values that were asked for.
    pub variables: Vec<VarBind>,
}

macro_rules! numbers {
    ($(#[$doc:meta])* $name:ident: $number:ty { $($(#[$each:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$each])* $variant,)+
            /// Any other number.
            Other($number),
        }

        impl $name {
            /// The number on the wire.
            #[must_use]
            pub const fn code(self) -> $number {
                match self {
                    $(Self::$variant => $code,)+
                    Self::Other(code) => code,
                }
            }
        }

        impl From<$number> for $name {
            fn from(code: $number) -> Self {
                match code {
                    $($code => Self::$variant,)+
                    code => Self::Other(code),
                }
            }
        }
    };
}

numbers! {
    /// What went wrong (RFC 2741 §6.2.16).
    ErrorCode: u16 {
        /// Nothing.
        None = 0,
        /// Something.
        General = 5,
        /// The object is not there, or is not to be written.
        NotWritable = 17,
        /// The values were not set.
        CommitFailed = 14,
        /// That was not taken back.
        UndoFailed = 15,
        /// There is no session.
        OpenFailed = 256,
        /// There is no such session.
        NotOpen = 257,
        /// There are no objects in this context.
        UnsupportedContext = 262,
        /// Somebody answers for it already.
        DuplicateRegistration = 263,
        /// Nobody does.
        UnknownRegistration = 264,
        /// The message cannot be read.
        Parse = 266,
        /// The master does not want it.
        RequestDenied = 267,
        /// It cannot be done now.
        Processing = 268,
    }
}

numbers! {
    /// Why a session ends (RFC 2741 §6.2.2).
    CloseReason: u8 {
        /// None of these.
        Unsaid = 1,
        /// Messages cannot be read.
        ParseError = 2,
        /// Messages break the rules.
        ProtocolError = 3,
        /// Answers do not come in time.
        Timeouts = 4,
        /// Whoever says it ends.
        Shutdown = 5,
        /// The administrator wants it.
        ByManager = 6,
    }
}

/// Whether words are big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Network,
    Little,
}

/// What a message begins with: what its payload is, how long, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the message is; one that we do not know is refused with its payload.
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    /// See [`Message`].
    pub session: u32,
    /// See [`Message`].
    pub transaction: u32,
    /// See [`Message`].
    pub packet: u32,
    pub(crate) payload: u32,
}

impl Header {
    /// Bytes.
    pub const LENGTH: usize = 20;
    /// Longest payload that is read.
    pub const MOST: u32 = 1 << 18;

    pub(crate) const VERSION: u8 = 1;
    pub(crate) const CONTEXT: u8 = 0x08;
    pub(crate) const NETWORK_ORDER: u8 = 0x10;
    pub(crate) const RESPONSE: u8 = 18;

    /// Reads the bytes that a message begins with.
    ///
    /// # Errors
    /// If they begin none, or one that is too long: where the next begins is not known then.
    pub fn read(bytes: &[u8; Self::LENGTH]) -> Result<Self, Malformed> {
        crate::read::header(bytes)
    }

    /// Length of the payload, [`Header::MOST`] at most.
    #[must_use]
    pub const fn payload(&self) -> usize {
        self.payload as usize
    }

    /// Whether it is an answer, which must not be answered.
    #[must_use]
    pub const fn is_response(&self) -> bool {
        self.kind == Self::RESPONSE
    }

    pub(crate) const fn order(&self) -> Order {
        if self.flags & Self::NETWORK_ORDER != 0 { Order::Network } else { Order::Little }
    }
}

impl Message {
    /// Reads the payload of a message.
    ///
    /// # Errors
    /// If it is none. The next message begins behind it all the same.
    pub fn read(header: &Header, payload: &[u8]) -> Result<Self, Malformed> {
        crate::read::message(header, payload)
    }

    /// The bytes, in network order.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        crate::write::message(self)
    }

    /// The answer to it.
    #[must_use]
    pub fn answer(&self, response: Response) -> Self {
        let Self { session, transaction, packet, .. } = *self;
        Self { session, transaction, packet, context: None, body: Body::Response(response) }
    }
}
