//! The kinds of diagnostics: one row each, and a section in the texts beside it.

mod explanation;

pub use explanation::{Example, Explanation};

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is wrong with what was written, but tanist does not carry it out.
    Unsupported,
    /// Nothing is wrong, but something deserves a thought.
    Advice,
    /// What was written is not what happens, and that can be lived with.
    Warning,
    /// Something that was asked for does not happen.
    Error,
}

impl Severity {
    /// In lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::Advice => "advice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Declares [`Code`] from rows `Variant "name" Severity "what it means";`.
macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident $meaning:literal;)+) => {
        /// Which kind of diagnostic. Names are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)+
        }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// As written in brackets behind the severity.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// How bad it is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }
        }
    };
}

codes! {
    // Files and lines.
    FileUnreadable "file-unreadable" Error "The main file cannot be read.";
    MainNotPlain "main-not-plain" Warning "keepalived does not read a main file of this kind.";
    NothingConfigured "nothing-configured" Warning "The configuration holds nothing that could be run.";
    TooLarge "too-large" Error "A named limit of the language is exceeded.";
    IncludeUnreadable "include-unreadable" Error "An included file cannot be read.";
    IncludeExecutable "include-executable" Error "An included file is executable, so that it is skipped.";
    IncludeNotRegular "include-not-regular" Error "An include names a directory or a device.";
    IncludeLoop "include-loop" Error "A file includes itself.";
    IncludeMissing "include-missing" Error "A strict include finds nothing.";
    IncludeEmpty "include-empty" Warning "An include finds nothing.";
    NotUtf8 "not-utf8" Warning "The text is not UTF-8.";
    Utf16 "utf-16" Error "The file is UTF-16.";
    ByteOrderMark "byte-order-mark" Advice "The file begins with a byte-order mark.";
    OddBlank "odd-blank" Error "A character looks like a space and is not one.";
    OddQuotes "odd-quotes" Error "Typographic quotes are not quote characters.";
    LookAlike "look-alike" Error "A letter of a keyword is of another alphabet.";
    EscapedComment "escaped-comment" Warning "An escaped comment sign starts a comment all the same.";
    StrayBackslash "stray-backslash" Error "A backslash does not continue this line.";
    NulByte "nul-byte" Error "The text holds a NUL byte.";
    LineTooLong "line-too-long" Warning "keepalived would cut this line.";
    Semicolon "semicolon" Warning "A semicolon is part of the word before it.";
    SingleQuotes "single-quotes" Error "Single quotes do not protect a brace.";
    UnterminatedQuote "unterminated-quote" Error "A double quote is not closed.";
    ConditionUnknown "condition-unknown" Error "A line depends on a configuration id that is not known.";
    ConditionElsewhere "condition-elsewhere" Warning "The lines of a configuration are for other machines than this one.";
    ConditionEmpty "condition-empty" Warning "A condition names no configuration id.";
    ConditionAlone "condition-alone" Advice "Nothing follows a condition.";
    ConditionTwice "condition-twice" Error "A line has two conditions.";
    ConditionExpanded "condition-expanded" Warning "A condition comes out of a definition, on which keepalived crashes.";
    ConditionBrace "condition-brace" Error "A condition takes a brace away from its partner.";
    ConditionInclude "condition-include" Advice "An include depends on a condition: keepalived reads the file twice.";
    LoopMalformed "loop-malformed" Error "A loop cannot be read.";
    LoopValue "loop-value" Warning "A value of a loop is missing.";
    LoopInside "loop-inside" Error "A loop does not begin its line.";
    EscapeAtStart "escape-at-start" Error "A line starts with an escaped comment sign, on which keepalived crashes.";
    Template "template" Error "The file is a template that was not filled in.";
    UndefinedName "undefined-name" Error "A name is used that is not defined.";
    UndefinedKept "undefined-kept" Warning "A name that is not defined stays as it is written.";
    ReferenceGlued "reference-glued" Error "A name stays as it is written because of what follows it.";
    ReferenceParameters "reference-parameters" Error "A name is used with parameters that it cannot have.";
    RandomVrid "random-vrid" Advice "A VRID is random.";
    DefinitionName "definition-name" Error "This cannot be the name of a definition.";
    DefinitionBlank "definition-blank" Error "A space is before the `=` of a definition.";
    DefinitionPredefined "definition-predefined" Advice "A definition replaces a predefined name.";
    DefinitionGap "definition-gap" Error "An empty line ends a definition of several lines.";
    DefinitionOpen "definition-open" Error "The file ends within a definition of several lines.";
    DefinitionComment "definition-comment" Advice "A comment does not end a definition of several lines.";
    TextAfterDefinition "text-after-definition" Error "Text follows the use of a definition of several lines.";
    ExpandedTooLong "expanded-too-long" Warning "keepalived stops expanding a line that grows too long.";
    ExpansionTooLarge "expansion-too-large" Error "A definition refers to itself or grows too large.";

    // Blocks.
    UnclosedBlock "unclosed-block" Error "A block has no closing brace.";
    ExtraBrace "extra-brace" Error "A closing brace closes nothing.";
    UnexpectedBrace "unexpected-brace" Error "A block opens where none may.";
    MissingBrace "missing-brace" Error "A block has no opening brace.";
    UnnamedBlock "unnamed-block" Error "A block that needs a name has none.";
    DuplicateBlock "duplicate-block" Error "Two blocks have one name.";

    // Keywords and their arguments.
    UnknownKeyword "unknown-keyword" Error "No such keyword is known.";
    UnknownBlock "unknown-block" Error "No such block is known.";
    WrongBlock "wrong-block" Error "The keyword belongs in another block.";
    MergeConflict "merge-conflict" Error "The file has marks of a merge conflict.";
    ForeignText "foreign-text" Error "The file holds text that is not a configuration.";
    NotYet "not-yet" Unsupported "The keyword is not supported yet.";
    NotYetRefused "not-yet-refused" Unsupported "The keyword is not supported yet, and running without it would do harm.";
    Declined "declined" Warning "The keyword is accepted and deliberately not carried out.";
    NoEffect "no-effect" Advice "The keyword is accepted and changes nothing.";
    LoadBalancer "load-balancer" Advice "The file configures the load balancer, which tanist is not.";
    MissingArgument "missing-argument" Error "The keyword needs an argument.";
    EqualsSign "equals-sign" Error "An equals sign is between a keyword and its value.";
    SurplusWords "surplus-words" Warning "More words follow than the keyword takes.";
    FlagArgument "flag-argument" Error "A word after a flag does not switch it off.";
    RepeatedKeyword "repeated-keyword" Warning "The keyword is repeated.";
    BadNumber "bad-number" Error "A number is invalid.";
    NumberWithText "number-with-text" Error "Text follows the digits of a number.";
    OutOfRange "out-of-range" Error "The number is outside its range.";
    BadTime "bad-time" Error "A time is invalid.";
    BadWord "bad-word" Error "The keyword does not take this word.";
    TextTooLong "text-too-long" Warning "A word is longer than the keyword takes.";
    BadAddress "bad-address" Error "An address is invalid.";
    BadInterface "bad-interface" Error "This cannot be the name of an interface.";
    AddressScope "address-scope" Advice "A link-local address is written with its scope.";
    OtherScope "other-scope" Error "The scope of a link-local address is another interface than that of the router.";
    UnusedPrefix "unused-prefix" Advice "A prefix length means nothing here.";

    // Scripts.
    ScriptUnquoted "script-unquoted" Error "A command and its arguments need quotes around them.";
    ScriptEmpty "script-empty" Error "The command is empty.";
    ScriptShell "script-shell" Warning "No shell runs the command.";
    ScriptRelative "script-relative" Advice "The command has no absolute path.";
    ScriptUser "script-user" Advice "Nothing says which user runs the scripts.";
    OlderKeepalived "older-keepalived" Advice "Older versions of keepalived read this otherwise.";
    ScriptSecurity "script-security" Advice "Scripts run without `enable_script_security`.";

    // Addresses.
    AddressOption "address-option" Warning "An option of an address is not known.";
    AddressOptionFamily "address-option-family" Warning "An option of an address is for the other family.";
    AddressDropped "address-dropped" Error "An address is left out because of its options.";
    SecondAddress "second-address" Error "Two addresses are on one line.";
    DottedNetmask "dotted-netmask" Error "A netmask is written in place of a prefix length.";
    BadPrefixLength "bad-prefix-length" Error "A prefix length is invalid.";
    NoPrefixLength "no-prefix-length" Advice "An address without prefix length is a single host.";
    OddAddress "odd-address" Warning "No host can have this address.";
    DuplicateAddress "duplicate-address" Advice "An address is repeated in one router.";
    SharedAddress "shared-address" Warning "Two routers have one address.";
    OtherFamily "other-family" Error "An address is of the other family than the router.";
    TooManyAddresses "too-many-addresses" Warning "The addresses do not fit into an advertisement.";
    NoAddress "no-address" Warning "A router has no virtual address.";
    NoAddressRefused "no-address-refused" Error "A router must have a virtual address in version 3.";
    FirstNotLinkLocal "first-not-link-local" Advice "The first IPv6 address is not a link-local one.";

    // Routes and rules.
    RouteWord "route-word" Error "A word of a route or rule is not known.";
    RouteValue "route-value" Error "An option of a route or rule has a value that it cannot have.";
    RouteName "route-name" Error "No file on this machine has a name that is used in a route or rule.";
    RouteFamily "route-family" Error "A route or rule is of both families.";
    RouteIncomplete "route-incomplete" Error "A route has no destination, or no way there that the kernel takes.";
    RoutePart "route-part" Error "A route is added without a next hop or an encapsulation that was written.";
    RouteOption "route-option" Warning "An option of a route or rule does not do what was written.";
    SecondDestination "second-destination" Error "Two destinations are on one line.";
    ProtocolReset "protocol-reset" Warning "A route or rule that is tracked cannot have a protocol of its own.";
    DeprecatedOption "deprecated-option" Warning "An option is written in a deprecated form.";
    FamilyWord "family-word" Warning "keepalived skips the word after `inet` and `inet6`.";
    RuleAction "rule-action" Error "A rule has not exactly one action, or one that it cannot have.";
    RuleCondition "rule-condition" Error "A condition of a rule is ignored, so that the rule matches more packets.";
    NoPreference "no-preference" Warning "A rule without preference is numbered by its place in the file.";
    SinglePort "single-port" Advice "keepalived ignores a port that is not a range.";

    // Peers.
    PeerOption "peer-option" Warning "An option of a unicast peer cannot be read.";
    DuplicatePeer "duplicate-peer" Advice "A unicast peer is repeated.";
    PeerSelf "peer-self" Advice "A router's own address is among its unicast peers.";
    PeerOnlySelf "peer-only-self" Warning "A router's own address is its only unicast peer: it speaks to nobody.";
    UnicastTtlAlone "unicast-ttl-alone" Error "With `unicast_ttl` and no peers keepalived sends nothing that leaves the host.";
    UnicastNoPeerFault "unicast-no-peer-fault" Warning "`unicast_fault_no_peer` stops a router that has no peers.";
    UnicastStrict "unicast-strict" Error "Strict mode has no unicast.";
    UnicastGroup "unicast-group" Error "A multicast group means nothing with unicast peers.";
    UnicastVirtualMac "unicast-virtual-mac" Advice "Unicast leaves from the interface's own MAC, whatever `use_vmac` says.";
    UnicastSource "unicast-source" Advice "Unicast without a source address that the peers can list.";
    VirtualSource "virtual-source" Error "The source address of a router is one of its virtual addresses.";
    SourceNotLinkLocal "source-not-link-local" Warning "IPv6 advertisements come from an address that is not link-local.";
    UnicastVrf "unicast-vrf" Error "`vrf` is for unicast without interface.";
    TrackSourceAlone "track-source-alone" Warning "No source address is written that could be tracked.";

    // Trackers.
    CheckTarget "check-target" Error "The target of a check without a program cannot be read.";
    TrackOwn "track-own" Advice "A router tracks its own interface, which it does anyway.";
    TrackOwnWeight "track-own-weight" Warning "A weight on the router's own interface has no effect.";
    TrackVirtualMac "track-virtual-mac" Advice "A virtual MAC interface is tracked.";
    TrackTwice "track-twice" Warning "A thing is tracked twice.";
    TrackOwner "track-owner" Error "The priority of an owner does not move.";
    OwnerProcess "owner-process" Warning "keepalived moves the priority of an owner by the weight of a process.";
    GroupWeight "group-weight" Error "A weighted tracker does not go with a sync group, and is left out.";
    GroupWeightZero "group-weight-zero" Warning "A weight inside a sync group becomes 0: it stops the router.";
    GroupWeightProcess "group-weight-process" Warning "The weight of a process moves one router of a sync group alone.";
    GroupWeightOwner "group-weight-owner" Warning "A sync group with an owner has no weights.";
    GroupTracksToo "group-tracks-too" Advice "A router tracks what its sync group tracks.";
    WeightFutile "weight-futile" Warning "A weight can never change the priority.";
    WeightSpare "weight-spare" Warning "A failure does not lower the priority, since the sum of all weights is cut at 254.";
    WeightNopreempt "weight-nopreempt" Advice "Weights do not displace a master where `nopreempt` is set.";
    NeverTracked "never-tracked" Advice "Nothing tracks this.";
    TrackEntry "track-entry" Error "A tracking entry cannot be read.";
    UndefinedTracker "undefined-tracker" Error "A tracking entry names nothing that is defined.";
    DefinedLater "defined-later" Warning "keepalived drops a reference to what is defined further down.";
    NothingWatched "nothing-watched" Error "A block does not say what is to be watched.";
    QuorumRange "quorum-range" Error "No number of processes is within `quorum` and `quorum_max`.";
    BfdSession "bfd-session" Error "There cannot be such a BFD session.";
    BfdHops "bfd-hops" Warning "`max_hops` is more than the TTL of a session.";
    BfdMultihop "bfd-multihop" Warning "A BFD session over several hops accepts no packet that a router has forwarded.";
    BfdHopLimit "bfd-hop-limit" Advice "A BFD session takes packets of hosts that are not on its link.";
    BfdInterval "bfd-interval" Warning "An interval of a BFD session is very short.";
    BfdRate "bfd-rate" Warning "The BFD sessions exchange very many packets.";
    GarpGroup "garp-group" Error "A `garp_group` has no interval, or no interface of its own.";
    LinkDelay "link-delay" Error "A delay of a link change cannot be read.";
    LinkDelayLong "link-delay-long" Warning "A link counts as up for longer than the other routers wait.";
    LinkDelayUp "link-delay-up" Advice "An entry has no delay for the interface coming up.";
    GroupMember "group-member" Error "A sync group names a router that it cannot have.";
    GroupEmpty "group-empty" Error "A sync group has no router.";
    GroupOfOne "group-of-one" Advice "A sync group of one router does nothing.";
    GroupStates "group-states" Advice "A sync group does not start as MASTER.";
    TrackGroupMember "track-group-member" Error "A track group names a router that it cannot have.";
    TrackGroupUnknown "track-group-unknown" Warning "A static route or rule names a track group that is not defined above it.";
    WeightRange "weight-range" Error "A weight is outside its range.";

    // Routers.
    NoInterface "no-interface" Error "A router has no interface.";
    NoVrid "no-vrid" Error "A router has no VRID.";
    SameVrid "same-vrid" Error "Two routers have one VRID on one interface.";
    BadState "bad-state" Error "The state is neither MASTER nor BACKUP.";
    StateTwice "state-twice" Warning "A router has both states.";
    OwnerByState "owner-by-state" Warning "`state MASTER` without `priority` makes a router the owner.";
    OwnerPriority "owner-priority" Advice "Priority 255 makes a router the owner of its addresses.";
    OwnerIgnore "owner-ignore" Warning "`owner_ignore_adverts` does not go with the priority of the router.";
    Ipv6Version2 "ipv6-version-2" Warning "VRRPv2 has no IPv6.";
    FamilyMix "family-mix" Error "The router is of the other family already.";
    IntervalRounded "interval-rounded" Warning "The interval is not one that the protocol can carry.";
    NopreemptIgnored "nopreempt-ignored" Warning "`nopreempt` does not go with this.";
    PreemptTwice "preempt-twice" Advice "A router says both `preempt` and `nopreempt`.";
    PreemptDelayIgnored "preempt-delay-ignored" Warning "`preempt_delay` does not go with this.";
    PreemptDelayUnused "preempt-delay-unused" Advice "With `nopreempt` there is nothing to delay.";
    StalledPreempt "stalled-preempt" Warning "`timer_expired_backup` needs `nopreempt`.";
    VmacName "vmac-name" Warning "This cannot be the name of the virtual MAC interface.";
    VmacNameTaken "vmac-name-taken" Warning "Two routers want one virtual MAC interface.";
    VmacOption "vmac-option" Warning "A word of `use_vmac` cannot be what it is meant to be.";
    VmacMode "vmac-mode" Warning "The mode of virtual MAC interfaces does not go with this.";
    ManyRounds "many-rounds" Warning "More rounds of announcements are written than are sent.";
    OwnerVirtualMac "owner-virtual-mac" Warning "An owner's addresses are on the interface and on the virtual MAC.";
    XmitBaseAlone "xmit-base-alone" Warning "`vmac_xmit_base` needs `use_vmac`.";
    AddressVmac "address-vmac" Advice "An address has a virtual MAC that it gets anyway.";
    SharedMac "shared-mac" Error "Two routers have addresses on one virtual MAC and do not change state together.";
    PromoteImplied "promote-implied" Advice "A virtual MAC keeps the other addresses of a subnet anyway.";
    VmacAndIpvlan "vmac-and-ipvlan" Warning "A router asks for both a virtual MAC and an ipvlan interface.";
    IpvlanAddress "ipvlan-address" Error "An IPv4 ipvlan interface needs an address of its own.";
    AhState "ah-state" Warning "With AH a router starts as BACKUP.";
    AuthNoType "auth-no-type" Error "A password without `auth_type` is not used.";
    AuthNoPassword "auth-no-password" Error "`auth_type` without a password is not used.";
    AuthVersion3 "auth-version-3" Error "VRRPv3 has no authentication.";
    AuthTwice "auth-twice" Error "A router has both kinds of authentication.";
    HmacKey "hmac-key" Error "A key of `auth_hmac` cannot be used.";
    HmacKeyShared "hmac-key-shared" Warning "Others may read the file of a key.";
    HmacNoKey "hmac-no-key" Error "`auth_hmac` has no key to sign with.";
    PasswordCut "password-cut" Advice "Only eight bytes of a password count.";
    PasswordComment "password-comment" Warning "A comment sign cuts the password.";
    SampleVrid "sample-vrid" Advice "VRID 51 is that of the sample configuration.";
    SamplePassword "sample-password" Advice "The password is that of the sample configuration.";
    SampleRouterId "sample-router-id" Advice "The router id is that of the sample configuration.";
    StrictOverrides "strict-overrides" Warning "Strict mode changes what was written.";
    StrictRefuses "strict-refuses" Error "Strict mode does not do what was asked for.";
    StrictAccepts "strict-accepts" Advice "Packets to the addresses of strict routers are dropped.";
    UnicastWithoutPeers "unicast-without-peers" Warning "`unicast_src_ip` without peers means multicast.";
    BadGroup "bad-group" Error "The multicast group is not one for advertisements.";
    GapZero "gap-zero" Advice "A gap of 0 is the default.";
    GlobalLate "global-late" Advice "`global_defs` is below a router.";
    FirewallTwice "firewall-twice" Advice "keepalived does not use both kinds of firewall tables.";
    IpsetsAlone "ipsets-alone" Advice "Sets are asked for without the tables that use them.";
    OnePipe "one-pipe" Error "Two pipes have one path.";
    PipeReader "pipe-reader" Error "A script is to read a pipe that is not configured.";
    ReloadFile "reload-file" Error "A file of reloads or dumps has no absolute path.";
    ReloadRepeat "reload-repeat" Warning "`reload_repeat` without `reload_time_file`.";
    MailAddress "mail-address" Error "A mail address is invalid.";
    MailServer "mail-server" Error "A mail server, or `smtp_helo_name`, is invalid.";
    MailNowhere "mail-nowhere" Warning "Mails are asked for, but nothing says where they go.";
    MailUnused "mail-unused" Advice "Nothing asks for mails, although it is said where they go.";

    // The machine.
    MachineInterface "machine-interface" Error "The interface of a router is not there.";
    MachineVirtualMac "machine-virtual-mac" Error "A virtual MAC does not work on this machine or interface.";
    MachineSource "machine-source" Warning "The machine does not have an address that a router must send from.";
    MachineProgram "machine-program" Error "A script is not there, or may not be run.";
    MachineScriptRefused "machine-script-refused" Error "A script is not run, because others can change what it does.";
    MachineScriptWeak "machine-script-weak" Warning "Others can change what a script does that runs as root.";
    MachineUser "machine-user" Error "There is no such user or group on this machine.";

    // Members of one LAN.
    LanAddresses "lan-addresses" Error "The members of a virtual router have different addresses.";
    LanOrder "lan-order" Advice "The members of a virtual router list its addresses in different orders.";
    LanPrefix "lan-prefix" Warning "The members of a virtual router give an address different prefix lengths.";
    LanExcluded "lan-excluded" Warning "The members of a virtual router have different excluded addresses.";
    LanVrid "lan-vrid" Error "One address is in different virtual routers of two members.";
    LanVersion "lan-version" Error "The members of a virtual router speak different protocol versions.";
    LanInterval "lan-interval" Error "The members of a VRRPv2 router advertise at different intervals.";
    LanIntervalLearned "lan-interval-learned" Warning "The members of a VRRPv3 router advertise at different intervals.";
    LanAuthentication "lan-authentication" Error "The members of a virtual router authenticate differently.";
    LanPeers "lan-peers" Error "A member does not reach another by unicast.";
    LanSource "lan-source" Error "Two members of a virtual router send from one address.";
    LanDownTimer "lan-down-timer" Warning "The members of a virtual router wait for different numbers of advertisements.";
    LanOldChecksum "lan-old-checksum" Error "One member sends the old checksum of unicast, which another refuses.";
    LanChecksum "lan-checksum" Advice "The members of a virtual router make checksums differently.";
    LanAccept "lan-accept" Warning "Only some members of a virtual router take packets to its addresses.";
    LanSyncGroup "lan-sync-group" Warning "Virtual routers change state together on some members only.";
    LanPreempt "lan-preempt" Advice "`nopreempt` is on the wrong member.";
    LanGroup "lan-group" Error "The members of a virtual router use different multicast groups.";
    LanVirtualMac "lan-virtual-mac" Warning "The members of a virtual router use its virtual MAC differently.";
    LanOwners "lan-owners" Error "Two members of a virtual router are its owner.";
    LanPriorities "lan-priorities" Warning "Two members of a virtual router have one priority.";
    LanStates "lan-states" Warning "Two members of a virtual router say `state MASTER`.";
    LanWeight "lan-weight" Warning "The weights of a member are too small for another one to take over.";
    LanAlone "lan-alone" Advice "Only one member has this virtual router.";
}
