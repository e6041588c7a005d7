//! Switches of the election (keepalived-config §3.2): what each comes to, and how it is written again. JSON and canonical
//! text go by the list that is made here, so that a switch is known to this file alone.

use std::time::Duration;

use vrrp::config::{
    Hearing, ListCheck, NoAddresses, OldChecksum, OnInferior, OnSuperior, Preempt, StallLimit, Switches,
};
use vrrp::types::{Interval, Priority};

use super::{Draft, last_of};
use crate::keywords::{global, instance};
use crate::model::{Address, AddressFlag, Switch};

/// A switch as it would be written.
pub(crate) struct WrittenSwitch {
    pub(crate) keyword: &'static str,
    pub(crate) value: SwitchValue,
    pub(crate) in_text: InText,
}

/// What is written behind the keyword of a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SwitchValue {
    /// The keyword is not there, and that says neither on nor off.
    Unsaid,
    Is(Switch),
    Priority(Priority),
    Word(&'static str),
    Time(Duration),
}

/// When the canonical text has a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InText {
    /// Always: every keepalived knows the keyword.
    Always,
    /// Where it is not off: older ones do not know the keyword, or take `off` for on.
    WhereMeant,
    /// Where it is not off, and strict mode does not say it as well.
    UnlessStrict,
    /// Not at all: it is what counts without it.
    No,
}

/// Without `tanist_linger` a master lingers for no longer than this.
const LONGEST_LINGER: Duration = Duration::from_secs(3);

/// How long a master that leaves by plan keeps its addresses at most, if nothing else is said. Not at all if one of them is to be
/// looked for on the link before it is used (`-nodad`): its successor would find it.
pub(crate) fn usual_linger<'a>(interval: Interval, addresses: impl IntoIterator<Item = &'a Address>) -> Duration {
    let is_looked_for = addresses.into_iter().any(|address| address.flags.contains(&AddressFlag::Dad));
    if is_looked_for { Duration::ZERO } else { interval.duration().min(LONGEST_LINGER) }
}

/// All switches, as they would be written.
pub(crate) fn written(switches: &Switches, usual_linger: Duration) -> impl Iterator<Item = WrittenSwitch> {
    let Switches { on_inferior, on_superior, hearing, lists, stall, old_checksum, no_addresses, linger } = *switches;
    let is = |on| SwitchValue::Is(if on { Switch::On } else { Switch::Off });
    let stall = match stall {
        StallLimit::Ours => SwitchValue::Unsaid,
        StallLimit::Backup(priority) => SwitchValue::Priority(priority),
    };
    let old_checksum = match old_checksum {
        OldChecksum::Recognised => SwitchValue::Unsaid,
        OldChecksum::Sent => SwitchValue::Is(Switch::On),
        OldChecksum::Refused => SwitchValue::Word("never"),
    };
    let lingers = if linger == usual_linger { InText::No } else { InText::WhereMeant };
    [
        (&instance::LOWER_PRIO_NO_ADVERT.def, is(on_inferior == OnInferior::Ignore), InText::Always),
        (&instance::HIGHER_PRIO_SEND_ADVERT, is(on_superior == OnSuperior::AnswerOnce), InText::Always),
        (&instance::OWNER_IGNORE_ADVERTS, is(hearing == Hearing::UnlessOwner), InText::UnlessStrict),
        (&instance::SKIP_CHECK_ADV_ADDR, is(lists == ListCheck::OtherMasters), InText::WhereMeant),
        (&instance::TIMER_EXPIRED_BACKUP, stall, InText::WhereMeant),
        (&instance::OLD_UNICAST_CHECKSUM, old_checksum, InText::WhereMeant),
        (&instance::NO_VIRTUAL_IPADDRESS, is(no_addresses == NoAddresses::Meant), InText::WhereMeant),
        (&instance::TANIST_LINGER, SwitchValue::Time(linger), lingers),
    ]
    .into_iter()
    .map(|(row, value, in_text)| WrittenSwitch { keyword: row.name, value, in_text })
}

impl Draft<'_> {
    pub(super) fn switches(&self, priority: Priority, preempt: Preempt) -> Switches {
        let is_strict = self.is_strict();
        let ignores_inferior = self.is_on(&instance::LOWER_PRIO_NO_ADVERT, &global::VRRP_LOWER_PRIO_NO_ADVERT);
        let answers_superior = self.is_on(&instance::HIGHER_PRIO_SEND_ADVERT, &global::VRRP_HIGHER_PRIO_SEND_ADVERT);
        // Rules 15 and 16; only an owner is meant.
        let ignores_all = self.is_on(&instance::OWNER_IGNORE_ADVERTS, &global::VRRP_OWNER_IGNORE_ADVERTS) || is_strict;
        let trusts_lists = self.is_on(&instance::SKIP_CHECK_ADV_ADDR, &global::VRRP_SKIP_CHECK_ADV_ADDR);
        let holds_nothing = self.settings.keyword(&instance::NO_VIRTUAL_IPADDRESS).is_some() && !is_strict;
        Switches {
            on_inferior: if ignores_inferior || is_strict { OnInferior::Ignore } else { OnInferior::Answer },
            on_superior: if answers_superior && !is_strict { OnSuperior::AnswerOnce } else { OnSuperior::Yield },
            hearing: if ignores_all && priority.is_owner() { Hearing::UnlessOwner } else { Hearing::Always },
            lists: if trusts_lists { ListCheck::OtherMasters } else { ListCheck::Each },
            stall: self.stall(preempt),
            old_checksum: match self.settings.value(&instance::OLD_UNICAST_CHECKSUM) {
                None => OldChecksum::Recognised,
                Some([]) => OldChecksum::Sent,
                // `never` is the only word.
                Some(_) => OldChecksum::Refused,
            },
            no_addresses: if holds_nothing { NoAddresses::Meant } else { NoAddresses::Refused },
            // Known with the addresses.
            linger: Duration::ZERO,
        }
    }

    /// `tanist_linger`, or what counts without it.
    pub(super) fn linger(&self, usual: Duration) -> Duration {
        self.value(&instance::TANIST_LINGER, &global::TANIST_LINGER).map_or(usual, Duration::from_micros)
    }

    /// Rule 14. Of both names the one that stands further down counts.
    fn stall(&self, preempt: Preempt) -> StallLimit {
        let last = last_of(self.settings, [&instance::TIMER_EXPIRED_BACKUP, &instance::THREAD_TIMER_EXPIRED]);
        let Some(words) = last.filter(|_| preempt == Preempt::Never) else { return StallLimit::Ours };
        let priority = words.value.first().and_then(|word| word.value.parse().ok());
        StallLimit::Backup(priority.map_or(Priority::HIGHEST, Priority::new))
    }
}
